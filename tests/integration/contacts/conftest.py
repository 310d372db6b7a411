"""The contacts service, running in this process against real servers, and a client beside it."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, TypeVar

import nats
import pytest
from nats.aio.client import Client
from pydantic import TypeAdapter

from services.contacts.app import build_app
from services.contacts.parked_store import ParkedStore
from services.contacts.settings import ContactsSettings
from shared import subjects
from shared.emitting import Emitter
from shared.messages.cloudevents import new_event
from shared.messages.curation import Forgotten, MergeReply, Provenance
from shared.messages.facts import FactName
from shared.messages.imports import ImportProgress
from shared.messages.rpc import (
    AddOwner,
    ContactPage,
    ContactReply,
    Err,
    FactPage,
    FactParked,
    HealthReply,
    ListContacts,
    Ok,
    OwnerList,
    OwnerReply,
    OwnerSettings,
    ParkedCount,
)
from shared.messages.snapshots import ContactSnapshot
from shared.messages.values import Message
from shared.mongo import open_database
from shared.topology import ensure_topology
from tests.conftest import eventually
from tests.integration.contacts.core import Core
from tests.servers import Servers
from tests.unit.contacts.facts import START

REPLIES: TypeAdapter[Any] = TypeAdapter(
    ContactPage
    | ContactReply
    | Err
    | FactPage
    | FactParked
    | Forgotten
    | HealthReply
    | MergeReply
    | Provenance
    | Ok
    | OwnerList
    | OwnerReply
    | ParkedCount
    | ImportProgress
)
ReplyT = TypeVar("ReplyT", bound=Message)


@dataclass
class World:
    """A running service and one owner of it."""

    client: Client
    settings: ContactsSettings
    owner: str

    async def ask(self, verb: str, request: Message, expect: type[ReplyT]) -> ReplyT:
        """Send a request and return the reply, which must be of the type expected."""
        reply = await self.client.request(subjects.rpc("contacts", verb), request.model_dump_json().encode(), timeout=10)
        found = REPLIES.validate_json(reply.data)
        assert isinstance(found, expect), found
        return found

    async def emit(self, name: str, data: dict[str, Any], *, id: str | None = None, owner: str | None = None) -> int:
        """State a fact on the intake and return its sequence."""
        event = new_event(name=FactName(name), source="crm", id=id or uuid.uuid4().hex, data=data, time=START)
        acks = await Emitter(self.client).emit([event], owner=owner or self.owner)
        return acks[0].seq

    async def people(self, search: str | None = None) -> tuple[ContactSnapshot, ...]:
        """Return all contacts of the owner (the first page)."""
        return (await self.ask("list", ListContacts(owner=self.owner, search=search, limit=200), ContactPage)).contacts

    async def until_people(self, count: int, *, within_s: float = 20.0) -> tuple[ContactSnapshot, ...]:
        """Wait until the owner has *count* contacts and return them."""

        async def enough() -> bool:
            return len(await self.people()) == count

        await eventually(enough, within_s=within_s)
        return await self.people()

    async def add_owner(self, owner: str) -> None:
        """Add an owner."""
        await self.ask("owner.add", AddOwner(owner=owner, settings=OwnerSettings(name=owner)), OwnerReply)


@pytest.fixture
async def world(servers: Servers) -> AsyncIterator[World]:
    """A contacts service with a database of its own."""
    client = await nats.connect(servers.nats_url)
    await ensure_topology(client)
    name = f"t{uuid.uuid4().hex[:12]}"
    settings = ContactsSettings(
        nats_url=servers.nats_url, mongo_url=servers.mongo_url, mongo_database=name, relay_period_s=0.2, import_lease_s=2.0
    )
    # What earlier tests left on the intake is not for this database.
    js = client.jetstream()
    await js.purge_stream("HOBNOB_INTAKE")
    app = build_app(settings)
    running = asyncio.create_task(app.run())
    made = World(client, settings, owner=name)

    async def is_up() -> bool:
        assert not running.done() or running.result() is None
        try:
            await made.add_owner(name)
        except nats.errors.NoRespondersError:
            return False
        return True

    await eventually(is_up)
    yield made
    app.exit()
    await running
    await client.close()


@pytest.fixture
async def core(servers: Servers) -> AsyncIterator[Core]:
    """The use case that applies facts, without the service around it."""
    client = await nats.connect(servers.nats_url)
    await ensure_topology(client)
    name = f"t{uuid.uuid4().hex[:12]}"
    async with open_database(servers.mongo_url, name=name) as database:
        made = Core(client, database, owner=name)
        await made.process()[1].ensure_indexes()
        await ParkedStore(database).ensure_indexes()
        yield made
    await client.close()
