"""A real notifier between a real broker and a real database, and what its tests say to it."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import nats
import pytest
from nats.aio.client import Client

from services.notifier.app import build_app
from services.notifier.settings import NotifierSettings
from shared import subjects
from shared.jetstream import Outgoing, PipelinedJetStream, jetstream, publish_all, publish_one
from shared.messages.reminders import ITEM_TIMERS, Agenda, ItemState, Reminder, reminder_id
from shared.messages.rpc import GetHealth, HealthReply, InboxItem, InboxPage, ListInbox
from shared.messages.snapshots import ContactSnapshot, OwnerProfile
from shared.messages.values import Message, Occasion, PartialDate
from shared.mongo import Database, Document, open_database
from shared.requests import ask
from shared.streams import AGENDA, INBOX, PEOPLE, TIMERS
from shared.topology import ensure_topology
from tests.conftest import eventually
from tests.servers import Servers


@dataclass
class World:
    """One owner, the broker, the notifier's database; everything the other services would say is said here."""

    client: Client
    js: PipelinedJetStream
    database: Database
    settings: NotifierSettings
    owner: str = field(default_factory=lambda: f"o{uuid4().hex[:12]}")

    # --- what contacts and the scheduler would publish ----------------------------------------------------------------

    def contact(self, who: str = "anna") -> str:
        """Return a contact id that no other test uses."""
        return f"{self.owner}-{who}"

    def snapshot(self, who: str = "anna", /, *, rev: int = 1, **changes: Any) -> ContactSnapshot:
        """Return somebody whose birthday is today."""
        values: dict[str, Any] = {"name": "Anna Example", "emails": ("anna@example.com",), "birthday": born()} | changes
        return ContactSnapshot(owner=self.owner, id=self.contact(who), rev=rev, **values)

    def reminder(self, who: str = "anna", /, **changes: Any) -> Reminder:
        """Return the firing of that birthday."""
        values: dict[str, Any] = {
            "owner": self.owner,
            "contact": self.contact(who),
            "occasion": Occasion.BIRTHDAY,
            "key": "birthday",
            "on": today(),
            "due_at": datetime.now(UTC),
            "basis": str(born()),
            "rev": 1,
            "milestone": 30,
        } | changes
        values.setdefault("id", reminder_id(contact=values["contact"], key=values["key"], on=values["on"]))
        return Reminder(**values)

    async def publish(self, *messages: ContactSnapshot | OwnerProfile | Reminder | Agenda) -> None:
        """Publish each message where its service would."""
        for message in messages:
            match message:
                case OwnerProfile():
                    stream, subject = PEOPLE, subjects.profile(message.owner)
                case ContactSnapshot():
                    stream, subject = PEOPLE, subjects.person(message.owner, message.id)
                case Agenda():
                    stream, subject = AGENDA, subjects.agenda(message.owner, message.contact)
                case Reminder():
                    key = f"{message.kind}-0a1b2c3d" if message.kind in ITEM_TIMERS else message.key
                    stream, subject = TIMERS, subjects.due(message.owner, message.contact, key)
            await publish_one(self.js, Outgoing(subject, message.model_dump_json().encode()), stream=stream)

    async def publish_burst(self, reminders: Sequence[Reminder]) -> None:
        """Publish many firings at once."""
        bursting = [Outgoing(subjects.due(r.owner, r.contact, r.key), r.model_dump_json().encode()) for r in reminders]
        await publish_all(self.js, bursting, stream=TIMERS)

    # --- what the owner sees ------------------------------------------------------------------------------------------

    async def ask(self, verb: str, request: Message, reply: type[Any]) -> Any:
        """Ask the notifier."""
        return await ask(self.client, service="notifier", verb=verb, request=request, reply=reply, timeout_s=5)

    async def inbox(self, **filters: Any) -> list[InboxItem]:
        """Return the first page of the inbox."""
        page: InboxPage = await self.ask("inbox.list", ListInbox(owner=self.owner, **filters), InboxPage)
        return list(page.items)

    async def counters(self) -> dict[str, int]:
        """Return what the notifier has counted since it started."""
        health: HealthReply = await self.ask("health", GetHealth(), HealthReply)
        return health.counters

    async def item(self, item: str) -> Document:
        """Return the document of one item."""
        found = await self.database["inbox"].find_one({"_id": item})
        assert found is not None
        return found

    async def until_state(self, item: str, state: ItemState) -> None:
        """Wait until an item has taken a state."""

        async def is_there() -> object:
            return await self.database["inbox"].find_one({"_id": item, "state": state.value})

        await eventually(is_there)

    async def until_known(self, *snapshots: ContactSnapshot) -> None:
        """Wait until the projection holds these revisions."""

        async def is_there() -> bool:
            queries = [{"_id": s.id, "rev": {"$gte": s.rev}} for s in snapshots]
            return await self.database["people"].count_documents({"$or": queries}) == len(snapshots)

        await eventually(is_there)

    async def until_counted(self, name: str, count: int = 1) -> None:
        """Wait until the notifier has counted *name* that often."""

        async def is_counted() -> bool:
            return (await self.counters()).get(name, 0) >= count

        await eventually(is_counted)

    async def an_item(self, who: str = "anna", /, **changes: Any) -> str:
        """Let a birthday fire and return the id of its unread item."""
        await self.publish(self.snapshot(who), reminder := self.reminder(who, **changes))
        await self.until_state(reminder.id, ItemState.UNREAD)
        return reminder.id

    async def said(self, item: str) -> list[ItemState]:
        """Return the states of an item that were published, in order."""
        return [state for state, _ in await self.published(stream=INBOX, subject=f"{subjects.INBOX}.{self.owner}.*", item=item)]

    async def published(self, *, stream: str, subject: str, item: str) -> list[tuple[ItemState, dict[str, Any]]]:
        """Return every change of *item* on a stream."""
        info = await self.js.stream_info(stream, subjects_filter=subject)
        total = sum((info.state.subjects or {}).values())
        subscription = await self.js.pull_subscribe(subject, stream=stream)
        try:
            messages = await subscription.fetch(total, timeout=5) if total else []
        finally:
            await subscription.unsubscribe()
        bodies = [json.loads(message.data) for message in messages]
        return [(ItemState(body["state"]), body) for body in bodies if body["item"] == item]


@asynccontextmanager
async def running(settings: NotifierSettings, client: Client) -> AsyncIterator[None]:
    """Run a notifier until the block ends."""
    app = build_app(settings)
    task = asyncio.create_task(app.run())

    async def is_up() -> bool:
        if task.done():
            task.result()
        try:
            await ask(client, service="notifier", verb="health", request=GetHealth(), reply=HealthReply, timeout_s=1)
        except Exception:  # noqa: BLE001  # whatever it is, it is not up
            return False
        return True

    try:
        await eventually(is_up)
        yield
    finally:
        app.exit()
        await task


@pytest.fixture
async def world(servers: Servers) -> AsyncIterator[World]:
    """The world without a notifier in it."""
    client = await nats.connect(servers.nats_url)
    await ensure_topology(client)
    name = f"notifier_{uuid4().hex[:12]}"
    settings = NotifierSettings(nats_url=servers.nats_url, mongo_url=servers.mongo_url, mongo_database=name, http_port=0)
    async with open_database(servers.mongo_url, name=name) as database:
        yield World(client=client, js=jetstream(client), database=database, settings=settings)
        await database.client.drop_database(name)
    await client.close()


@pytest.fixture
async def notified(world: World) -> AsyncIterator[World]:
    """The world with a notifier at work."""
    async with running(world.settings, world.client):
        yield world


def today() -> date:
    """Return the date that it is, in UTC; read anew each time, since a run may cross midnight."""
    return datetime.now(UTC).date()


def born() -> PartialDate:
    """Return a date of birth whose birthday is today."""
    return PartialDate(year=1990, month=today().month, day=today().day)


def days(count: int) -> date:
    """Return the date *count* days from today."""
    return today() + timedelta(days=count)
