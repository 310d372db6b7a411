"""Greetings leave by mail while everything goes wrong: nobody is greeted twice, and every item says what became of it."""

import asyncio
import email
import email.policy
import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nats
import pytest

from shared.messages.rpc import InboxPage, ListInbox
from shared.requests import ask
from shared.topology import ensure_topology
from tests.e2e.conftest import HOBNOB, Stack, clean_environment, wait_for
from tests.e2e.mail_sink import LATE, Moods, Sink, mail_sink
from tests.servers import mongod, nats_server

ROOT = Path(__file__).parents[2]
SERVICES = ("contacts", "scheduler", "notifier")
OWNER = "me"
PEOPLE = 1000
KILLS = 10
SEED = 20261124
SMTP_TIMEOUT_S = 2
EVIL_NAMES = [
    "{{ ().__class__.__mro__ }}",
    "{{7*7}} {% raw %}",
    "Eve\r\nBcc: victim@example.net\r\n\r\nboo",
    "<script>alert(1)</script> <img src=x onerror=alert(1)>",
    '"Mallory" <mallory@example.net>',
    "=?utf-8?q?Eve=0D=0ABcc:victim@example.net?=",
    "\u202egnp.exe",
]


@dataclass
class Processes:
    """The three services as processes of this test, which may be killed and are started again at once."""

    environment: dict[str, str]
    folder: Path
    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def start(self, service: str) -> None:
        """Start a service."""
        with (self.folder / f"{service}.log").open("ab") as log:
            self.running[service] = subprocess.Popen(
                [sys.executable, "-m", f"services.{service}"],
                cwd=ROOT,
                stdout=log,
                stderr=log,
                env={**self.environment, "HOBNOB_MONGO_DATABASE": f"hobnob_{service}"},
            )

    def kill(self, service: str) -> None:
        """End it with SIGKILL."""
        self.running[service].kill()
        self.running[service].wait()

    def hobnob(self, *arguments: str, stdin: str | None = None) -> Any:
        """Run a command with `--json` and return its document; None while the service that answers is being started."""
        outcome = subprocess.run(
            [str(HOBNOB), *arguments, "--json"],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            env=self.environment,
            cwd=ROOT,
            check=False,
        )
        if outcome.returncode == 1 and "notifier" in outcome.stderr:
            return None
        assert outcome.returncode == 0, f"{arguments}: {outcome.stderr}"
        return json.loads(outcome.stdout)

    def items(self) -> list[dict[str, Any]]:
        """Return the whole inbox, in every state; nothing while nobody answers."""
        return self.hobnob("inbox", "list", "--state", "all", "--owner", OWNER) or []

    def has_none(self, *states: str) -> bool:
        """Whether no item is in one of *states*, as somebody says who answers."""
        return all(self.hobnob("inbox", "list", "--state", state, "--limit", "1", "--owner", OWNER) == [] for state in states)

    def unread(self) -> int:
        """Return how many items are unread."""
        return asyncio.run(_unread(self.environment["HOBNOB_NATS_URL"]))


async def _unread(url: str) -> int:
    client = await nats.connect(url)
    request = ListInbox(owner=OWNER, limit=1)
    try:
        page = await ask(client, service="notifier", verb="inbox.list", request=request, reply=InboxPage, timeout_s=10)
    finally:
        await client.close()
    return page.unread


@contextmanager
def everything(folder: Path, sink: Sink, **settings: str) -> Iterator[Processes]:
    """Run the servers and the services with a mail server, for an owner whose mails leave after a second."""
    with ExitStack() as stack:
        nats_url = stack.enter_context(nats_server(folder))
        mongo_url = stack.enter_context(mongod(folder))
        environment = clean_environment() | {
            "HOBNOB_NATS_URL": nats_url,
            "HOBNOB_MONGO_URL": mongo_url,
            "HOBNOB_HTTP_PORT": "0",
            "HOBNOB_SMTP_URL": f"smtp://127.0.0.1:{sink.port}?starttls=off&timeout={SMTP_TIMEOUT_S}",
            "HOBNOB_SEND_LEASE_S": str(2 * SMTP_TIMEOUT_S),
            **settings,
        }
        asyncio.run(with_streams(nats_url))
        processes = Processes(environment, folder)
        try:
            for service in SERVICES:
                processes.start(service)
            wait_for(lambda: is_up(processes), within_s=30)
            processes.hobnob("owner", "add", OWNER, "--name", "Robin Testwell", "--email", "robin@example.org")
            processes.hobnob("owner", "set", OWNER, "--undo-s", "1")
            yield processes
        finally:
            for process in processes.running.values():
                process.kill()
                process.wait()


async def with_streams(url: str) -> None:
    """Create the streams."""
    client = await nats.connect(url)
    await ensure_topology(client)
    await client.close()


def is_up(processes: Processes) -> bool:
    """Whether contacts answers."""
    command = [str(HOBNOB), "owner", "list", "--json"]
    done = subprocess.run(command, capture_output=True, env=processes.environment, cwd=ROOT, check=False)
    return done.returncode == 0


def connected(number: int, name: str) -> str:
    """Return the event of a connection that was accepted just now."""
    now = datetime.now(UTC).isoformat()
    data = {"name": name, "emails": [f"p{number}@example.com"], "deliver_now": True, "occurred_at": now}
    event = {"specversion": "1.0", "id": f"c{number}", "source": "test", "type": "hobnob.connection.accepted.v1", "data": data}
    return json.dumps(event | {"time": now})


def accept_connections(processes: Processes, names: list[str]) -> None:
    """Have so many people connect, and wait for an item about each."""
    lines = "\n".join(connected(number, name) for number, name in enumerate(names))
    sent = processes.hobnob("emit", "connection.accepted", "--owner", OWNER, "--data", "-", stdin=lines)
    assert (sent["sent"], sent["refused"]) == (len(names), [])
    wait_for(lambda: processes.unread() == len(names), within_s=60)


def wait_for_mails(sink: Sink, count: int) -> None:
    """Wait until so many mails have come."""
    wait_for(lambda: len(sink.taken) >= count, within_s=90)


def text_and_html(raw: bytes) -> tuple[email.message.EmailMessage, str, str]:
    """Read a mail as a mail program does."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, email.message.EmailMessage)
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    return message, str(plain.get_content()), str(html.get_content())


@pytest.mark.timeout(480)
def test_a_thousand_greetings_while_everything_is_killed(tmp_path: Path) -> None:
    """The notifier is killed ten times and the mail server drops connections: no address gets two, no item is left behind."""
    chance = random.Random(SEED)
    moods = Moods(drop=0.01, drop_late=0.02, refuse=0.01, put_off=0.02, pause_s=0.03)
    names = [EVIL_NAMES[n] if n < len(EVIL_NAMES) else f"First{n} Last{n}" for n in range(PEOPLE)]
    with mail_sink(moods, seed=SEED) as sink, everything(tmp_path, sink, HOBNOB_SEND_RETRY_S="0.2") as processes:
        accept_connections(processes, names)
        began = time.monotonic()
        sent = processes.hobnob("inbox", "send", "--all-standard", "--owner", OWNER)
        assert (len(sent["scheduled"]), sent["skipped"]) == (PEOPLE, [])
        for _ in range(KILLS):
            wait_for_mails(sink, len(sink.taken) + chance.randrange(5, 60))
            time.sleep(chance.random() * 0.05)
            processes.kill("notifier")
            processes.start("notifier")

        wait_for(lambda: processes.has_none("scheduled", "sending"), within_s=180)
        took_s = time.monotonic() - began
        items = processes.items()
        assert len(items) == PEOPLE
        by_address = {f"p{n}@example.com": name for n, name in enumerate(names)}
        received = Counter(sink.addresses())
        states = Counter(item["state"] for item in items)
        print(
            f"\n{PEOPLE} greetings, {KILLS} kills, {sum(sink.drops.values())} dropped connections ({sink.drops}), {took_s:.0f} s:"
        )
        print(f"  {dict(states)}; {received.total()} mails received, of unconfirmed ones {received.total() - states['sent']}")
        assert max(received.values()) == 1, [address for address, count in received.items() if count > 1]
        assert set(received) <= set(by_address)
        assert set(states) <= {"sent", "failed", "unconfirmed"}
        assert states["sent"] <= received.total() <= states["sent"] + states["unconfirmed"]
        assert states["unconfirmed"] >= sink.drops[LATE], "each of those is in doubt"
        assert states["sent"] > PEOPLE / 2
        for item in items:
            assert bool(item["reason"]) == (item["state"] != "sent")
        inert(sink)


def inert(sink: Sink) -> None:
    """Check that the mails to people with evil names are what they should be."""
    seen = 0
    for address, raw in sink.taken:
        message, plain, html = text_and_html(raw)
        assert message.keys().count("To") == 1
        assert "Bcc" not in message
        assert message["To"].addresses[0].addr_spec == address
        assert len(message["To"].addresses) == 1
        for text in (plain, html, message["Subject"]):
            assert "49" not in text
            assert "{{" not in text
            assert "<class" not in text
        assert "<script" not in html.lower()
        assert "<img" not in html.lower()
        seen += int(address.removeprefix("p").partition("@")[0]) < len(EVIL_NAMES)
    assert seen > 0


@pytest.mark.timeout(240)
def test_the_commands_behave_as_documented(tmp_path: Path) -> None:
    """Send, undo, send by hand, put off, never again: each from the command line, each idempotent."""
    with mail_sink() as sink, everything(tmp_path, sink) as processes:
        accept_connections(processes, [f"First{n} Last{n}" for n in range(6)])
        first, second, third, fourth, fifth, sixth = sorted(item["id"] for item in processes.items())

        def do(verb: str, item: str, *options: str) -> dict[str, Any]:
            done: dict[str, Any] = processes.hobnob("inbox", verb, item, "--owner", OWNER, *options)
            return done

        scheduled = do("send", first)
        assert scheduled["state"] in ("scheduled", "sending", "sent")
        assert do("send", second, "--at", "morning")["state"] == "scheduled"
        assert do("undo", second)["state"] == "unread"
        assert do("undo", second)["state"] == "unread"
        assert do("snooze", second, "--until", "next-week")["state"] == "snoozed"
        assert do("mark-sent", third)["state"] == "sent"
        assert do("dismiss", fourth)["state"] == "dismissed"
        assert do("not-this-person", fifth)["state"] == "withdrawn"
        assert do("not-this-person", fifth)["state"] == "withdrawn"
        edited = do("edit", sixth, "--subject", "Well met", "--body", "Good to know you.")
        assert edited["draft"] == {"subject": "Well met", "body": "Good to know you."}
        assert processes.hobnob("inbox", "send", "--all-standard", "--owner", OWNER)["skipped"] == [
            {"id": sixth, "reason": "edited"}
        ]
        do("send", sixth)
        wait_for(lambda: len(sink.taken) == 2, within_s=20)
        wait_for(lambda: Counter(item["state"] for item in processes.items())["sent"] == 3, within_s=20)
        people = {person["id"]: person for person in processes.hobnob("contacts", "list", "--owner", OWNER)}
        mailed = {people[item.split(":")[0]]["emails"][0] for item in (first, sixth)}
        assert set(sink.addresses()) == mailed
        _, plain, html = text_and_html(next(raw for to, raw in sink.taken if to == people[sixth.split(":")[0]]["emails"][0]))
        assert plain.strip() == "Good to know you."
        assert "<p>Good to know you.</p>" in html


@pytest.mark.timeout(240)
def test_a_stack_that_was_started_with_a_wrong_password(tmp_path: Path) -> None:
    """`hobnob up` hands its mail server on; one that lets nobody in is named by the doctor, and put right, nothing was lost."""
    stack = Stack(tmp_path / "stack")

    def up(sink: Sink, who: str) -> None:
        url = f"smtp://{who}127.0.0.1:{sink.port}?starttls=off&timeout={SMTP_TIMEOUT_S}"
        started = stack.attempt("up", "--detach", "--port", "0", environment={"HOBNOB_SMTP_URL": url})
        assert started.returncode == 0, started.stderr

    def mail(*, code: int) -> dict[str, Any]:
        checks = {check["name"]: check for check in stack.json("doctor", code=code)["checks"]}
        found: dict[str, Any] = checks["mail"]
        return found

    with mail_sink() as sink:
        try:
            up(sink, "me:s3cr3tPassw0rd@")
            owner = stack.add_owner()
            stack.run("owner", "set", owner, "--email", "robin@example.org", "--undo-s", "0")
            stack.run("emit", "connection.accepted", "--owner", owner, "--data", "-", stdin=connected(1, "Anna Example"))
            [item] = stack.wait_for_inbox(owner, 1)
            assert stack.json("inbox", "send", item["id"], "--owner", owner)["state"] != "sent"
            wait_for(lambda: [each for each in stack.inbox(owner, "--state", "scheduled") if each["reason"]])
            broken = mail(code=1)
            assert broken["state"] == "fail"
            assert "no way to log in" in broken["summary"]
            assert "HOBNOB_SMTP_URL" in broken["advice"]
            stack.run("down")
            up(sink, "")
            wait_for(lambda: stack.inbox(owner, "--state", "sent"))
            assert sink.addresses() == ["p1@example.com"]
            assert mail(code=0)["state"] == "ok"
        finally:
            stack.run("down")
    for log in (stack.folder / "logs").iterdir():
        assert "s3cr3tPassw0rd" not in log.read_text(errors="replace"), log.name
