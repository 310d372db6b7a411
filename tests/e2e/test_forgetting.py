"""Who is forgotten is nowhere any more: no stream, no collection and no uploaded file holds a word about them."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from motor.motor_asyncio import AsyncIOMotorClient
from nats.aio.client import Client
from nats.js.errors import NotFoundError

from deploy.local.state import read_state
from shared.dead_desk import DeadDesk
from shared.dead_letters import DeadLetter, Wanted
from shared.errors import NotFound
from shared.messages.cloudevents import dump_event, new_event
from shared.messages.curation import MergeContacts, MergeReply
from shared.messages.facts import FactName
from shared.messages.rpc import (
    AddOwner,
    ContactPage,
    ContactReply,
    EditItem,
    GetContact,
    InboxItem,
    InboxPage,
    ItemAction,
    ItemReply,
    ListContacts,
    ListInbox,
    OwnerReply,
    OwnerSettings,
    SendItem,
    SnoozeItem,
)
from shared.messages.snapshots import ContactSnapshot
from shared.messages.values import Message
from shared.requests import ask
from tests.conftest import eventually
from tests.e2e.conftest import Stack, signed_in

ReplyT = TypeVar("ReplyT", bound=Message)
FoundT = TypeVar("FoundT")

READ_AT_ONCE = 64
"""Messages of the broker that are read beside each other."""
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


@dataclass(frozen=True)
class Teller:
    """
    Tells of people, and asks about them, over one connection.

    A command takes a second of a processor to start: it is run where the command itself is what matters.
    """

    stack: Stack
    client: Client
    owner: str

    async def ask(self, service: str, verb: str, request: Message, reply: type[ReplyT]) -> ReplyT:
        """Ask a service."""
        return await ask(self.client, service=service, verb=verb, request=request, reply=reply, timeout_s=20)

    async def people(self) -> dict[str, ContactSnapshot]:
        """Return the owner's people by name."""
        page = await self.ask("contacts", "list", ListContacts(owner=self.owner), ContactPage)
        return {person.name: person for person in page.contacts}

    async def inbox(self) -> list[InboxItem]:
        """Return the owner's inbox."""
        return list((await self.ask("notifier", "inbox.list", ListInbox(owner=self.owner), InboxPage)).items)

    async def publish(self, name: str, body: bytes) -> None:
        """Put something on the intake."""
        await self.client.jetstream().publish(f"hobnob.intake.{self.owner}.{name}", body)

    async def run(self, *arguments: str) -> None:
        """Run a command, whatever comes of it."""
        await asyncio.to_thread(self.stack.attempt, *arguments, "--owner", self.owner)


async def state_facts(teller: Teller) -> None:
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
    for number, (name, data) in enumerate(facts):
        at = today - timedelta(seconds=len(facts) - number)
        event = new_event(name=FactName(name), source="crm", id=f"f-{number}", data=data, time=at)
        await teller.publish(name, dump_event(event))


async def state_all(teller: Teller, folder: Path) -> str:
    """Tell of somebody in every way there is, have the owner act, and return the person's id."""
    await state_facts(teller)
    card = folder / f"Ann_{MARK}.vcf"
    card.write_text(f"BEGIN:VCARD\nVERSION:3.0\nFN:Ann {MARK}\nEMAIL:{EMAIL}\nNOTE:Imported {MARK}\nEND:VCARD\n")
    broken = folder / f"Ann {MARK}.bin"
    broken.write_bytes(b"\x00\xff" * 500 + EMAIL.encode())
    await asyncio.gather(teller.run("import", str(card)), teller.run("import", str(broken)))
    people = await waited(teller.people, lambda found: len(found) == 3)
    await act_upon(teller, await waited(teller.inbox, lambda found: len(found) >= 4))
    ids = [people[name].id for name in (f"Ann {MARK}", f"Ann at home {MARK}")]
    await teller.ask("contacts", "merge", MergeContacts(owner=teller.owner, contact=ids[0], other=ids[1]), MergeReply)
    return ids[0]


async def waited(look: Callable[[], Awaitable[FoundT]], is_right: Callable[[FoundT], bool]) -> FoundT:
    """Return what is seen once it is as it should be."""
    seen: list[FoundT] = []

    async def is_there() -> bool:
        seen.append(await look())
        return is_right(seen[-1])

    await eventually(is_there, within_s=60)
    return seen[-1]


async def act_upon(teller: Teller, items: Sequence[InboxItem]) -> None:
    """Edit, snooze, dismiss and send what came of it."""
    requests: list[tuple[str, dict[str, Any], type[ItemAction]]] = [
        ("edit", {"body": f"Dear {MARK}"}, EditItem),
        ("snooze", {"until": "tomorrow"}, SnoozeItem),
        ("dismiss", {}, ItemAction),
        ("send", {}, SendItem),
    ]
    for item, (verb, more, request) in zip(items, requests, strict=False):
        await teller.ask("notifier", f"inbox.{verb}", request(owner=teller.owner, item=item.id, **more), ItemReply)


async def bury_two(teller: Teller) -> None:
    """Have facts about them refused, so that they lie among the dead letters."""
    event = {
        "specversion": "1.0",
        "id": f"bad-{MARK}",
        "source": "crm",
        "type": "hobnob.contact.upserted.v1",
        "data": {"name": f"Ann {MARK}", "emails": [EMAIL], "birthday": f"no date {MARK}"},
    }
    await teller.publish("contact.upserted", json.dumps(event).encode())
    await teller.publish("contact.upserted", f"{{not JSON, of {EMAIL}".encode())

    async def letters() -> list[DeadLetter]:
        return await DeadDesk(teller.client).newest(wanted=Wanted(owner=teller.owner), limit=None)

    await waited(letters, lambda found: len(found) == 2)


async def found_on_the_broker(client: Client) -> list[str]:
    """Return where on the broker the mark is: subjects, headers and bodies of every message of every stream."""
    js = client.jetstream()
    at_once = asyncio.Semaphore(READ_AT_ONCE)

    async def look(name: str, sequence: int) -> str | None:
        async with at_once:
            try:
                message = await js.get_msg(name, sequence)
            except NotFoundError:
                return None  # erased, or replaced
        has_mark = MARK in repr((message.subject, message.headers)) or MARK.encode() in (message.data or b"")
        return f"{name} {message.subject}" if has_mark else None

    streams = await js.streams_info()
    looks = [look(str(s.config.name), at) for s in streams for at in range(s.state.first_seq, s.state.last_seq + 1)]
    return [place for place in await asyncio.gather(*looks) if place]


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


async def places(teller: Teller) -> set[str]:
    """Return the streams and collections in which the mark is."""
    found = await found_on_the_broker(teller.client) + [place async for place in found_in_the_database(teller.stack)]
    return {place.split()[0] for place in found}


async def test_nothing_is_left_of_who_is_forgotten(stack: Stack, tmp_path: Path) -> None:
    """Whatever was told, imported, drafted, sent and refused about them is gone; what was told of others stays."""
    client = await signed_in(await asyncio.to_thread(stack.operator))
    teller = Teller(stack, client, f"o{uuid4().hex[:12]}")
    robin = OwnerSettings(name="Robin Testwell", timezone="UTC", deliver_at=time(0))
    await teller.ask("contacts", "owner.add", AddOwner(owner=teller.owner, settings=robin), OwnerReply)
    contact = await state_all(teller, tmp_path)
    await bury_two(teller)
    before = await places(teller)
    # It would prove nothing that the mark is gone from where it never was.
    assert before >= {
        *("HOBNOB_INTAKE", "HOBNOB_PEOPLE", "HOBNOB_AGENDA", "HOBNOB_TIMERS", "HOBNOB_DEAD", "OBJ_HOBNOB_IMPORTS"),
        *("hobnob_contacts.contacts", "hobnob_contacts.facts", "hobnob_contacts.imports"),
        *("hobnob_notifier.people", "hobnob_notifier.inbox", "hobnob_notifier.agenda"),
    }
    forget = ("contacts", "forget", contact, "--owner", teller.owner, "--yes")
    done = await asyncio.to_thread(stack.json, *forget)
    assert done["unfinished"] == []
    assert done["erased"]["HOBNOB_INTAKE"] >= 8
    assert done["erased"]["HOBNOB_DEAD"] == 2
    assert set(done["erased"]) >= {"contacts.facts", "contacts.reports", "HOBNOB_TIMERS", "HOBNOB_INBOX", "notifier.inbox"}
    assert await places(teller) == set()
    ((name, bob),) = (await teller.people()).items()
    assert name == "Bob Bystander"
    assert [meeting.place for meeting in bob.meetings] == ["Café"]
    assert await teller.inbox() == []
    with pytest.raises(NotFound):
        await teller.ask("contacts", "get", GetContact(owner=teller.owner, id=contact), ContactReply)
    await client.close()
