"""The owner is told: the whole way from the settings over the broker's cron to a service on this machine."""

import email
import email.policy
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.e2e.conftest import Stack, running_stack, wait_for
from tests.e2e.mail_sink import mail_sink
from tests.e2e.sink import http_sink

SOONEST_S = 12
"""What is left of a minute must be enough to set everything up."""


@pytest.fixture(scope="module")
def telling_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack whose digests wait only a moment for what comes at the same instant."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.e2e.conftest.clean_environment", _environment)
        yield from running_stack(tmp_path_factory.mktemp("telling"))


def _environment() -> dict[str, str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("HOBNOB_")}
    return clean | {"HOBNOB_DIGEST_SETTLE_S": "1"}


def a_birthday(stack: Stack, owner: str, name: str, *, closeness: str) -> None:
    """State that somebody has their birthday today."""
    today = datetime.now(UTC).date()
    data = {"name": name, "emails": [f"{abs(hash(name))}@example.com"], "birthday": f"--{today:%m-%d}", "closeness": closeness}
    stack.run("emit", "contact.upserted", "--owner", owner, "--data", json.dumps(data))


def test_a_digest_comes_at_the_owners_minute(telling_stack: Stack) -> None:
    """The cron that the scheduler armed fires in the owner's minute, and the digest of that date comes once, to the channel."""
    stack = telling_stack
    owner = stack.add_owner()
    a_birthday(stack, owner, "Anna {{7*7}} <b>Example</b>", closeness="intimate")
    a_birthday(stack, owner, "Bo Example", closeness="moderate")
    stack.wait_for_inbox(owner, 2)
    with http_sink() as sink:
        added = stack.json("channel", "add", "-", "--owner", owner, "--name", "desk", stdin=sink.url + "\n")
        assert "s3cr3t" not in json.dumps(added)
        now = datetime.now(UTC)
        if now.second > 60 - SOONEST_S:
            time.sleep(60 - now.second)
            now = datetime.now(UTC)
        at = (now + timedelta(minutes=1)).replace(second=0, microsecond=0)
        stack.run("owner", "set", owner, "--digest-at", f"{at:%H:%M}", "--heartbeat-on", "never", "--quiet", "never")
        assert [message for message in sink.messages if "reminders" in message["title"]] == []
        [digest] = wait_for(lambda: [m for m in sink.messages if "reminders" in m["title"]], within_s=90)
        came_at = datetime.now(UTC)
        assert at <= came_at < at + timedelta(seconds=15)
        lines = [line for line in digest["message"].splitlines() if line.startswith("•")]
        assert lines[0].startswith("• Anna {{7*7}} <b>Example</b>: birthday, today")
        assert lines[1].startswith("• Bo Example: birthday, today")
        assert "49" not in digest["title"]
        time.sleep(3)  # a second one would be here by now
        assert len([m for m in sink.messages if "reminders" in m["title"]]) == 1
    listed = stack.json("channel", "list", "--owner", owner)
    assert [(each["name"], each["state"]) for each in listed] == [("desk", "ok")]


def test_what_is_urgent_comes_at_once(telling_stack: Stack) -> None:
    """A connection that an emitter wants told now comes within seconds; the secret of a channel is in no log."""
    stack = telling_stack
    owner = stack.add_owner(deliver_at="23:59")
    with http_sink() as sink:
        stack.run("channel", "add", "-", "--owner", owner, stdin=sink.url + "\n")
        stack.run(
            "owner", "set", owner, "--quiet", "never", "--at-once", "any", "--digest-days", "never", "--heartbeat-on", "never"
        )
        a_birthday(stack, owner, "Cy Example", closeness="connected")
        stack.run("owner", "set", owner, "--deliver-at", "00:00")
        [message] = wait_for(lambda: sink.messages, within_s=30)
        assert message["title"] == "Cy Example: birthday, today"
        assert "hobnob inbox send" in message["message"]
    for log in (stack.folder / "logs").iterdir():
        assert "s3cr3tT0ken" not in log.read_text(errors="replace"), log.name


def test_commands_about_channels(telling_stack: Stack, tmp_path: Path) -> None:
    """Every mistake is one clear line; a channel is tested and forgotten; without one, a digest cannot be sent."""
    stack = telling_stack
    owner = stack.add_owner()
    for url, said in (("syslog://localhost", "not allowed"), ("env:HOME", "HOBNOB_CHANNEL_"), ("email", "HOBNOB_SMTP_URL")):
        refused = stack.run("channel", "add", url, "--owner", owner, code=1)
        assert said in refused.stderr
        assert len(refused.stderr.strip().splitlines()) == 1
    assert "no channel" in stack.run("digest", "send", "--owner", owner, code=1).stderr
    with http_sink() as sink:
        stack.run("channel", "add", sink.url, "--owner", owner, "--name", "desk")
        stack.run("channel", "test", "desk", "--owner", owner)
        sent = stack.json("digest", "send", "--heartbeat", "--owner", owner)
        assert sent["channel"] == "desk"
        assert [message["title"] for message in sink.messages] == ["Hobnob can reach you here", sent["subject"]]
    stack.run("channel", "remove", "desk", "--owner", owner)
    assert stack.json("channel", "list", "--owner", owner) == []
    preview = stack.json("digest", "preview", "--heartbeat", "--owner", owner)
    assert preview["reminders"] == 0
    assert "What was watched" in preview["text"]


def test_email_is_a_channel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through the mail server that `hobnob up` was given, an owner is told at their own address, in text and in HTML."""
    with mail_sink() as sink:
        url = f"smtp://127.0.0.1:{sink.port}?starttls=off&from=hobnob@example.org"
        monkeypatch.setattr("tests.e2e.conftest.clean_environment", lambda: _environment() | {"HOBNOB_SMTP_URL": url})
        with contextmanager(running_stack)(tmp_path / "mail") as stack:
            owner = stack.add_owner(deliver_at="23:59")
            assert "--email" in stack.run("channel", "add", "email", "--owner", owner, code=1).stderr
            stack.run("owner", "set", owner, "--email", "robin@example.com", "--quiet", "never", "--at-once", "any")
            added = stack.json("channel", "add", "email", "--owner", owner)
            assert (added["name"], added["shown"]) == ("email", "email to robin@example.com")
            stack.run("channel", "test", "email", "--owner", owner)
            stack.run("owner", "set", owner, "--digest-days", "never", "--heartbeat-on", "never")
            a_birthday(stack, owner, "Dee {{7*7}} <b>Example</b>\r\nBcc: eve@example.org", closeness="intimate")
            stack.run("owner", "set", owner, "--deliver-at", "00:00")
            wait_for(lambda: len(sink.taken) == 2, within_s=30)
            assert stack.json("digest", "send", "--owner", owner)["channel"] == "email"
            [listed] = stack.json("channel", "list", "--owner", owner)
            assert listed["state"] == "ok"
    assert sink.addresses() == ["robin@example.com"] * 3
    tried, at_once, digest = (email.message_from_bytes(content, policy=email.policy.default) for _, content in sink.taken)
    assert tried["Subject"] == "Hobnob can reach you here"
    assert at_once["Subject"] == "Dee {{7*7}} <b>Example</b> Bcc: eve@example.org: birthday, today"
    assert digest["Subject"] == "1 reminder: Dee {{7*7}} <b>Example</b> Bcc: eve@example.org"
    for message in (tried, at_once, digest):
        assert (message["From"], message["To"]) == ("Hobnob <hobnob@example.org>", "Robin Testwell <robin@example.com>")
        assert message["Bcc"] is None
        assert message["Message-ID"].endswith("@example.org>")
    text, html = (at_once.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    assert f"--owner {owner}" in text.get_content()
    assert "<b>Example" not in html.get_content()
