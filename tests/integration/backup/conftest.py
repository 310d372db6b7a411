"""All three services in this process, around a broker and a database of their own, and the command's functions beside them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from faststream import FastStream
from pydantic import SecretStr

from cli.client import Hobnob, connected
from cli.target import Target
from services.contacts.app import build_app as build_contacts
from services.contacts.settings import ContactsSettings
from services.notifier.app import build_app as build_notifier
from services.notifier.settings import NotifierSettings
from services.scheduler.app import build_app as build_scheduler
from services.scheduler.settings import SchedulerSettings
from shared.emitting import Emitter
from shared.errors import HobnobError
from shared.messages.cloudevents import CloudEvent
from shared.messages.rpc import (
    AddOwner,
    ContactPage,
    GetHealth,
    HealthReply,
    InboxItem,
    InboxPage,
    ListContacts,
    ListInbox,
    OwnerReply,
    OwnerSettings,
)
from shared.messages.snapshots import ContactSnapshot
from shared.mongo import Database, open_database
from shared.topology import ensure_topology
from tests.conftest import eventually
from tests.servers import Servers, nats_server

OWNER = "me"
OWNER_LEFT = "old"
"""Of what releases left (tests/deploy/record.py)."""
Leave = Callable[[Database], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A whole Hobnob, and a command that is connected to it."""

    hobnob: Hobnob
    contacts: Database
    notifier: Database
    owner: str = OWNER

    async def emit(self, events: Sequence[CloudEvent]) -> None:
        """State facts, and return when they are acknowledged."""
        await Emitter(self.hobnob.client).emit(events, owner=self.owner)

    async def people(self) -> list[ContactSnapshot]:
        """Return everybody."""
        page = await self.hobnob.ask("contacts", "list", ListContacts(owner=self.owner, limit=200), ContactPage)
        return list(page.contacts)

    async def until_people(self, count: int) -> None:
        """Wait until there are so many."""

        async def are_there() -> bool:
            return len(await self.people()) == count

        await eventually(are_there, within_s=60)

    async def items(self) -> dict[str, InboxItem]:
        """Return the whole inbox by the items' ids, each of which is there once."""
        query = ListInbox.model_validate({"owner": self.owner, "state": "all", "limit": 200})
        page = await self.hobnob.ask("notifier", "inbox.list", query, InboxPage)
        assert page.cursor is None
        assert len({item.id for item in page.items}) == len(page.items)
        return {item.id: item for item in page.items}

    async def until_items(self, count: int, **values: Any) -> None:
        """Wait until so many items have these values."""

        async def are_there() -> bool:
            found = (await self.items()).values()
            return sum(all(getattr(item, name) == value for name, value in values.items()) for item in found) == count

        await eventually(are_there, within_s=60)


@asynccontextmanager
async def a_stack(
    folder: Path, servers: Servers, *, smtp_url: str | None = None, left: Mapping[str, Leave] | None = None
) -> AsyncIterator[Stack]:
    """Run a stack until the block ends: a new one with one owner, or one that finds what *left* puts into its databases."""
    name = f"b{uuid4().hex[:10]}"
    folder.mkdir(exist_ok=True)  # noqa: ASYNC240  # before anything runs
    async with AsyncExitStack() as stack:
        url = stack.enter_context(nats_server(folder))
        hobnob = await stack.enter_async_context(connected(Target(nats_url=url, user=None, password=None, http_url=None)))
        await ensure_topology(hobnob.client)
        databases = []
        for service in ("contacts", "notifier"):
            database = await stack.enter_async_context(open_database(servers.mongo_url, name=f"{name}_{service}"))
            stack.push_async_callback(database.client.drop_database, database.name)
            databases.append(database)
            if left:
                await left[service](database)
        common: dict[str, Any] = {"nats_url": url, "mongo_url": servers.mongo_url}
        of_contacts = ContactsSettings(**common, mongo_database=databases[0].name, relay_period_s=0.2)
        smtp: dict[str, Any] = {"smtp_url": SecretStr(smtp_url), "send_retry_s": 0.2} if smtp_url else {}
        of_notifier = NotifierSettings(**common, mongo_database=databases[1].name, http_port=0, **smtp)
        apps = {
            "contacts": build_contacts(of_contacts),
            "scheduler": build_scheduler(SchedulerSettings(nats_url=url)),
            "notifier": build_notifier(of_notifier),
        }
        for service, app in apps.items():
            await stack.enter_async_context(_running(app, service, hobnob))
        if left:
            yield Stack(hobnob=hobnob, contacts=databases[0], notifier=databases[1], owner=OWNER_LEFT)
            return
        settings = OwnerSettings(name="Robin Testwell", timezone="UTC", deliver_at="00:00", email="robin@example.org", undo_s=0)
        await hobnob.ask("contacts", "owner.add", AddOwner(owner=OWNER, settings=settings), OwnerReply)
        yield Stack(hobnob=hobnob, contacts=databases[0], notifier=databases[1])


@asynccontextmanager
async def _running(app: FastStream, service: str, hobnob: Hobnob) -> AsyncIterator[None]:
    task = asyncio.create_task(app.run())

    async def is_up() -> bool:
        if task.done():
            task.result()
        try:
            await hobnob.ask(service, "health", GetHealth(), HealthReply, timeout_s=1)
        except HobnobError:
            return False
        return True

    try:
        await eventually(is_up, within_s=60)
        yield
    finally:
        app.exit()
        await task


@pytest.fixture
async def stack(servers: Servers, tmp_path: Path) -> AsyncIterator[Stack]:
    """A stack for one test."""
    async with a_stack(tmp_path / "stack", servers) as running:
        yield running
