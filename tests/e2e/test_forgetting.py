"""Who is forgotten is nowhere any more: no stream, no collection and no uploaded file holds a word about them."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient
from nats.js.errors import NotFoundError

from deploy.local.state import read_state
from shared.messages.cloudevents import dump_event, new_event
from shared.messages.facts import FactName
from tests.e2e.conftest import Stack, signed_in, wait_for

MARK = "zqforgetme"
"""In every value that is stated about somebody, and in nothing else."""
EMAIL = f"{MARK}@example.com"
OTHER_EMAIL = f"{MARK}.home@example.org"


def everything_about(today: datetime) -> dict[str, Any]:
    """Return a fact with every field that a person may have, each with the mark."""
    day = f"--{today:%m-%d}"
    return {
        "name": f"Ann {MARK}",
        "given_name": f"Ann{MARK}",
        "family_name": f"Doe{MARK}",
        "nickname": f"N{MARK}",
        "emails": [EMAIL],
        "phones": [f"+1 555 {MARK}"],
        "linkedin_url": f"https://www.linkedin.com/in/{MARK}",
        "uid": f"uid-{MARK}",
        "external_id": f"ext-{MARK}",
        "birthday": day,
        "dates": [{"label": f"Wedding {MARK}", "on": day}],
        "company": f"Company {MARK}",
        "title": f"Title {MARK}",
        "location": f"Place {MARK}",
        "tags": [MARK],
        "interests": [f"i{MARK}"],
        "causes": [f"c{MARK}"],
        "schools": [f"s{MARK}"],
        "notes": f"Notes {MARK}",
        "closeness": "intimate",
    }


async def state_facts(stack: Stack, owner: str) -> None:
    """Tell of one person, known as two, and of another, in facts of every kind."""
    today = datetime.now(UTC)
    by_email = {"email": EMAIL}
    both = [by_email, {"email": "bob.bystander@example.com"}]
    facts: list[tuple[str, dict[str, Any]]] = [
        ("contact.upserted", everything_about(today)),
        ("contact.upserted", {"name": f"Ann at home {MARK}", "emails": [OTHER_EMAIL], "birthday": f"--{today:%m-%d}"}),
        ("contact.upserted", {"name": "Bob Bystander", "emails": ["bob.bystander@example.com"]}),
        ("job.changed", {"contact": by_email, "company": f"Next {MARK}", "title": f"Chief {MARK}", "deliver_now": True}),
        ("interaction.logged", {"contact": by_email, "note": f"Talked of {MARK}", "channel": f"ch{MARK}"}),
        ("search.started", {"contact": by_email, "target": f"Target {MARK}"}),
        (
            "meeting.scheduled",
            {"contacts": both, "meeting_id": "m-1", "starts_at": f"{today:%Y}-12-31T10:00:00Z", "place": "Café"},
        ),
    ]
    client = await signed_in(stack.operator())
    for number, (name, data) in enumerate(facts):
        at = today - timedelta(seconds=len(facts) - number)
        event = new_event(name=FactName(name), source="crm", id=f"f-{number}", data=data, time=at)
        await client.jetstream().publish(f"hobnob.intake.{owner}.{name}", dump_event(event))
    await client.close()


def state_all(stack: Stack, owner: str, folder: Path) -> str:
    """Tell of somebody in every way there is, have the owner act, and return the person's id."""
    asyncio.run(state_facts(stack, owner))
    people = wait_for(lambda: len(found := stack.json("contacts", "list", "--owner", owner)) == 3 and found)
    ids = {person["name"]: person["id"] for person in people}
    card = folder / f"Ann_{MARK}.vcf"
    card.write_text(f"BEGIN:VCARD\nVERSION:3.0\nFN:Ann {MARK}\nEMAIL:{EMAIL}\nNOTE:Imported {MARK}\nEND:VCARD\n")
    stack.run("import", str(card), "--owner", owner)
    broken = folder / f"Ann {MARK}.bin"
    broken.write_bytes(b"\x00\xff" * 500 + EMAIL.encode())
    stack.attempt("import", str(broken), "--owner", owner)
    act_upon(stack, owner, wait_for(lambda: len(found := stack.inbox(owner)) >= 4 and found))
    stack.run("contacts", "merge", ids[f"Ann {MARK}"], ids[f"Ann at home {MARK}"], "--owner", owner, "--yes")
    return str(ids[f"Ann {MARK}"])


def act_upon(stack: Stack, owner: str, items: list[dict[str, Any]]) -> None:
    """Edit, send by hand, snooze and dismiss what came of it."""
    for item, action in zip(items, ("edit", "snooze", "dismiss", "send"), strict=False):
        more = {"edit": ["--body", f"Dear {MARK}"], "snooze": ["--until", "tomorrow"]}.get(action, [])
        stack.attempt("inbox", action, item["id"], *more, "--owner", owner)


async def bury_one(stack: Stack, owner: str) -> None:
    """Have a fact about them refused, so that it lies among the dead letters."""
    client = await signed_in(stack.operator())
    event = {
        "specversion": "1.0",
        "id": f"bad-{MARK}",
        "source": "crm",
        "type": "hobnob.contact.upserted.v1",
        "data": {"name": f"Ann {MARK}", "emails": [EMAIL], "birthday": f"no date {MARK}"},
    }
    await client.jetstream().publish(f"hobnob.intake.{owner}.contact.upserted", json.dumps(event).encode())
    await client.jetstream().publish(f"hobnob.intake.{owner}.contact.upserted", f"{{not JSON, of {EMAIL}".encode())
    await client.close()


async def found_on_the_broker(stack: Stack) -> AsyncIterator[str]:
    """Yield where on the broker the mark is: subjects, headers and bodies of every message of every stream."""
    client = await signed_in(stack.operator())
    js = client.jetstream()
    for stream in await js.streams_info():
        name = stream.config.name
        assert name is not None
        for sequence in range(stream.state.first_seq, stream.state.last_seq + 1):
            try:
                message = await js.get_msg(name, sequence)
            except NotFoundError:
                continue  # erased, or replaced
            if MARK in repr((message.subject, message.headers)) or MARK.encode() in (message.data or b""):
                yield f"{name} {message.subject}"
    await client.close()


async def found_in_the_database(stack: Stack) -> AsyncIterator[str]:
    """Yield which documents hold the mark, of every collection of every database of ours."""
    state = read_state(stack.folder / "stack.json")
    assert state is not None
    mongo: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(state.mongo_url)
    for database in await mongo.list_database_names():
        if database in ("admin", "config", "local"):
            continue
        for collection in await mongo[database].list_collection_names():
            async for document in mongo[database][collection].find():
                if MARK in repr(document):
                    yield f"{database}.{collection} {document['_id']}"
    mongo.close()


async def places(stack: Stack) -> set[str]:
    """Return the streams and collections in which the mark is."""
    found = [place async for place in found_on_the_broker(stack)] + [place async for place in found_in_the_database(stack)]
    return {place.split()[0] for place in found}


def test_nothing_is_left_of_who_is_forgotten(stack: Stack, tmp_path: Path) -> None:
    """Whatever was told, imported, drafted, sent and refused about them is gone; what was told of others stays."""
    owner = stack.add_owner()
    contact = state_all(stack, owner, tmp_path)
    asyncio.run(bury_one(stack, owner))
    wait_for(lambda: len(stack.json("dead", "list", "--owner", owner)) == 2)
    before = asyncio.run(places(stack))
    # It would prove nothing that the mark is gone from where it never was.
    assert before >= {
        *("HOBNOB_INTAKE", "HOBNOB_PEOPLE", "HOBNOB_AGENDA", "HOBNOB_TIMERS", "HOBNOB_DEAD", "OBJ_HOBNOB_IMPORTS"),
        *("hobnob_contacts.contacts", "hobnob_contacts.facts", "hobnob_contacts.imports"),
        *("hobnob_notifier.people", "hobnob_notifier.inbox", "hobnob_notifier.agenda"),
    }
    done = stack.json("contacts", "forget", contact, "--owner", owner, "--yes")
    assert done["unfinished"] == []
    assert done["erased"]["HOBNOB_INTAKE"] >= 8
    assert done["erased"]["HOBNOB_DEAD"] == 2
    assert set(done["erased"]) >= {"contacts.facts", "contacts.reports", "HOBNOB_TIMERS", "HOBNOB_INBOX", "notifier.inbox"}
    assert asyncio.run(places(stack)) == set()
    (bob,) = stack.json("contacts", "list", "--owner", owner)
    assert bob["name"] == "Bob Bystander"
    assert [meeting["place"] for meeting in stack.json("contacts", "show", bob["id"], "--owner", owner)["meetings"]] == ["Café"]
    assert stack.inbox(owner) == []
    assert re.search("there is no contact", stack.run("contacts", "show", contact, "--owner", owner, code=1).stderr)
