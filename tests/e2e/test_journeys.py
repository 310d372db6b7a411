"""What people do, from the first fact to the greeting, through the real command and through a foreign NATS client."""

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Stack, signed_in, wait_for

CONTACT_KEYS = [
    *("id", "name", "closeness", "birthday", "dates", "emails", "company", "title", "connected_on"),
    *("last_contact_at", "muted", "deceased"),
]
ITEM_KEYS = ["id", "contact", "occasion", "on", "state", "belated", "milestone", "draft", "created_at"]
"""What the design promises; scripts rely on it, so what came later stands behind."""
LATER_ITEM_KEYS = ["common_ground", "send_at", "via", "reason", "links"]
UPCOMING_KEYS = ["id", "contact", "occasion", "on", "due_at", "milestone"]
RECEIPT_KEYS = ["file", "format", "read", "created", "updated", "merged", "unchanged", "skipped"]


@pytest.fixture
def owner(stack: Stack) -> str:
    """An owner whose reminders come at midnight UTC: whatever is due today is due now."""
    return stack.add_owner()


def new_contact(stack: Stack, owner: str, **fields: Any) -> str:
    """State that a person exists and return the id once contacts knows them."""
    stack.run("emit", "contact.upserted", "--owner", owner, "--data", json.dumps(fields))
    found = wait_for(lambda: stack.json("contacts", "list", "--owner", owner, "--search", fields["name"]))
    contact: str = found[0]["id"]
    return contact


AGE = 28
"""As many years after a 29 February there is another one."""


def birthday(days_ago: int) -> str:
    """Return the date of birth of somebody who turned 28 that many days ago."""
    day = (datetime.now(UTC) - timedelta(days=days_ago)).date()
    return day.replace(year=day.year - AGE).isoformat()


def test_a_job_change_is_in_the_inbox_within_two_seconds(stack: Stack, owner: str) -> None:
    """`emit job.changed --now` puts a reminder with a draft into the inbox in 2 s; the same event again adds nothing."""
    new_contact(stack, owner, name="Ada Quickwater", emails=["ada@example.com"])
    data = json.dumps({"contact": {"email": "ada@example.com"}, "company": "Foxglove Labs", "title": "Chief Botanist"})
    emit = ("emit", "job.changed", "--owner", owner, "--now", "--data", data)
    sent = stack.json(*emit)
    emitted_at = time.time()
    (item,) = stack.wait_for_inbox(owner, 1, within_s=5)
    assert datetime.fromisoformat(item["created_at"]).timestamp() - emitted_at < 2
    assert (sent["sent"], sent["refused"]) == (1, [])
    assert item["occasion"] == "new_job"
    assert "Foxglove Labs" in item["draft"]["body"]
    again = stack.json(*emit)
    assert again["last_sequence"] > sent["last_sequence"]
    new_contact(stack, owner, name="Marker Person")  # facts are taken in order: the repeated one is done with
    assert [each["id"] for each in stack.inbox(owner, "--state", "all")] == [item["id"]]


def test_a_foreign_client_publishes_one_cloudevent(stack: Stack, owner: str) -> None:
    """A NATS client that knows nothing of this code gets a reminder from one JSON message."""
    event = {
        "specversion": "1.0",
        "id": "hr-4711",
        "source": "https://hr.example.com",
        "type": "hobnob.connection.accepted.v1",
        "time": datetime.now(UTC).isoformat(),
        "data": {"name": "Bram Foreigner", "emails": ["bram@example.org"], "deliver_now": True},
    }

    credential = stack.add_emitter(owner)

    async def publish() -> None:
        client = await signed_in(credential)
        await client.jetstream().publish(f"hobnob.intake.{owner}.connection.accepted", json.dumps(event).encode())
        await client.close()

    asyncio.run(publish())
    (item,) = stack.wait_for_inbox(owner, 1)
    assert (item["occasion"], item["contact"]["name"]) == ("new_connection", "Bram Foreigner")


def test_birthdays_around_today(stack: Stack, owner: str) -> None:
    """Imported on the very day: today's reminder; 3 days ago: one belated item; 10 days ago: none until next year."""
    for name, days_ago in (("Today Person", 0), ("Belated Person", 3), ("Bygone Person", 10)):
        new_contact(stack, owner, name=name, birthday=birthday(days_ago))
    items = stack.wait_for_inbox(owner, 2)
    assert {item["contact"]["name"]: item["belated"] for item in items} == {"Today Person": False, "Belated Person": True}
    assert all("28th" in item["draft"]["subject"] + item["draft"]["body"] for item in items)
    names = [item["contact"]["name"] for item in stack.json("upcoming", "--owner", owner, "--days", "366")]
    assert "Bygone Person" in names


def test_import_of_two_files(stack: Stack, owner: str, tmp_path: Path) -> None:
    """A LinkedIn CSV and a vCard become people once; again they change nothing; every shape is the documented one."""
    connections = tmp_path / "Connections.csv"
    connections.write_text(
        "First Name,Last Name,URL,Email Address,Company,Position,Connected On\n"
        "Cleo,Harbourmaster,https://www.linkedin.com/in/cleo-h-example,,Tidepool,Pilot,02 Mar 2021\n"
        "Dev,Lanternlight,https://www.linkedin.com/in/dev-l-example,,Wickworks,Chandler,11 Nov 2022\n"
    )
    card = tmp_path / "cards.vcf"
    card.write_text("BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Esme Rookwood\r\nBDAY:--0229\r\nEMAIL:esme@example.org\r\nEND:VCARD\r\n")
    command = ("import", str(connections), str(card), "--owner", owner)
    first, second = stack.json(*command)["files"], stack.json(*command)["files"]
    assert [list(receipt) for receipt in first] == [RECEIPT_KEYS, RECEIPT_KEYS]
    assert [(r["file"], r["format"], r["read"], r["created"]) for r in first] == [
        ("Connections.csv", "linkedin", 2, 2),
        ("cards.vcf", "vcard", 1, 1),
    ]
    assert [(r["created"], r["unchanged"]) for r in second] == [(0, 2), (0, 1)]
    people = stack.json("contacts", "list", "--owner", owner)
    assert [person["name"] for person in people] == ["Cleo Harbourmaster", "Dev Lanternlight", "Esme Rookwood"]
    assert list(people[0]) == CONTACT_KEYS
    assert (people[0]["company"], people[0]["connected_on"], people[2]["birthday"]) == ("Tidepool", "2021-03-02", "--02-29")
    upcoming = wait_for(lambda: stack.json("upcoming", "--owner", owner, "--days", "366"))
    assert list(upcoming[0]) == UPCOMING_KEYS
    assert [item["due_at"] for item in upcoming] == sorted(item["due_at"] for item in upcoming)


def test_a_bad_file_does_not_spoil_the_good_one(stack: Stack, owner: str, tmp_path: Path) -> None:
    """One file that is no known format is explained in one line and exit code 1; the other one is imported."""
    bad, good = tmp_path / "nonsense.csv", tmp_path / "good.vcf"
    bad.write_bytes(b"\x00\x01\x02 nothing")
    good.write_text("BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Good Row\r\nEMAIL:good@example.com\r\nEND:VCARD\r\n")
    outcome = stack.run("import", str(bad), str(good), str(tmp_path / "absent.csv"), "--owner", owner, "--json", code=1)
    first, second, third = json.loads(outcome.stdout)["files"]
    assert (first["read"], [row["line"] for row in first["skipped"]]) == (0, [0])
    assert second["created"] == 1
    assert third["skipped"][0]["reason"] == "No such file or directory"
    assert len(outcome.stderr.splitlines()) == 2


def test_send_snooze_and_dismiss(stack: Stack, owner: str) -> None:
    """Sending resets the cadence, a snoozed item leaves and comes back, a dismissed one stays away."""
    names = ("Sendable One", "Snoozable Two", "Dismissable Three")
    contacts = {name: new_contact(stack, owner, name=name, birthday=birthday(0)) for name in names}
    items = {item["contact"]["name"]: item for item in stack.wait_for_inbox(owner, 3)}
    assert all(list(item) == ITEM_KEYS + LATER_ITEM_KEYS for item in items.values())

    def act(verb: str, name: str, *more: str) -> str:
        state: str = stack.json("inbox", verb, items[name]["id"], "--owner", owner, *more)["state"]
        return state

    assert act("edit", "Sendable One", "--body", "Happy birthday from me!") == "unread"
    assert act("send", "Sendable One") == "sent"
    assert act("snooze", "Snoozable Two", "--until", "tomorrow") == "snoozed"
    assert act("dismiss", "Dismissable Three") == "dismissed"
    assert stack.inbox(owner) == []
    shown = wait_for(
        lambda: next((c for c in stack.json("contacts", "list", "--owner", owner) if c["last_contact_at"] is not None), None)
    )
    assert shown["id"] == contacts["Sendable One"]
    sent = next(item for item in stack.inbox(owner, "--state", "sent"))
    assert sent["draft"]["body"] == "Happy birthday from me!"
    assert act("snooze", "Snoozable Two", "--until", (datetime.now(UTC) + timedelta(seconds=10)).isoformat()) == "snoozed"
    (back,) = stack.wait_for_inbox(owner, 1)
    assert back["contact"]["name"] == "Snoozable Two"


def test_muting_withdraws_at_once(stack: Stack, owner: str) -> None:
    """No greeting for a muted occasion, not even one that is in the inbox already."""
    contact = new_contact(stack, owner, name="Mute Me", birthday=birthday(0))
    stack.wait_for_inbox(owner, 1)
    stack.run("contacts", "set", contact, "--owner", owner, "--mute", "birthday")
    stack.wait_for_inbox(owner, 0)
    stack.run("contacts", "set", contact, "--owner", owner, "--closeness", "well", "--tag", "friends")
    (person,) = stack.json("contacts", "list", "--owner", owner, "--tag", "friends")
    assert (person["closeness"], person["muted"]) == ("well", ["birthday"])


def test_owners_do_not_see_each_other(stack: Stack, owner: str) -> None:
    """One owner's people, reminders and plans are nobody else's, not even by id."""
    other = stack.add_owner()
    contact = new_contact(stack, owner, name="Private Person", birthday=birthday(0))
    (item,) = stack.wait_for_inbox(owner, 1)
    for listing in ("contacts list", "inbox list", "upcoming --days 366"):
        assert stack.json(*listing.split(), "--owner", other) == []
    for command in (["contacts", "show", contact], ["inbox", "send", item["id"]], ["contacts", "forget", contact, "--yes"]):
        assert "there is no" in stack.run(*command, "--owner", other, code=1).stderr


def test_mistakes_are_one_line(stack: Stack, owner: str) -> None:
    """Every mistake is one line on stderr, without a traceback; a broken line of a stream does not stop the others."""
    usage = stack.run("emit", "job.chnaged", "--data", "{}", code=2)
    missing = stack.run("contacts", "show", "nobody", "--owner", owner, code=1)
    refused = stack.run("emit", "job.changed", "--owner", owner, "--data", '{"contact": {}}', code=1)
    for outcome in (usage, missing, refused):
        assert len(outcome.stderr.splitlines()) == 1, outcome.stderr
        assert outcome.stderr.startswith("hobnob: ")
    lines = '{"name": "Line One"}\nnot json\n{"name": "Line Three"}\n'
    tally = stack.json("emit", "contact.upserted", "--owner", owner, "--data", "-", stdin=lines, code=1)
    assert (tally["sent"], [row["line"] for row in tally["refused"]]) == (2, [2])
    wait_for(lambda: len(stack.json("contacts", "list", "--owner", owner)) == 2)


def test_lists_follow_their_pages(stack: Stack, owner: str) -> None:
    """A list is whole however many pages it has, and --limit cuts it."""
    lines = "".join(json.dumps({"name": f"Person {n:03}", "emails": [f"p{n}@example.com"]}) + "\n" for n in range(450))
    assert stack.json("emit", "contact.upserted", "--owner", owner, "--data", "-", stdin=lines)["sent"] == 450
    everybody = wait_for(lambda: len(f := stack.json("contacts", "list", "--owner", owner)) == 450 and f)
    assert [person["name"] for person in everybody] == [f"Person {n:03}" for n in range(450)]
    assert len(stack.json("contacts", "list", "--owner", owner, "--limit", "201")) == 201
