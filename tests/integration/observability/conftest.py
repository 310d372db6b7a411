"""All three services in this process, traced into memory, each with its status port; one set for a module."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import time
from typing import Any
from uuid import uuid4

import nats
import pytest_asyncio
from faststream import FastStream
from nats.aio.client import Client
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from services.contacts.app import build_app as build_contacts
from services.contacts.settings import ContactsSettings
from services.notifier.app import build_app as build_notifier
from services.notifier.settings import NotifierSettings
from services.scheduler.app import build_app as build_scheduler
from services.scheduler.settings import SchedulerSettings
from shared.errors import NotFound
from shared.messages.access import CredentialIssued, IssueCredential, Scope
from shared.messages.rpc import AddOwner, OwnerReply, OwnerSettings
from shared.opentelemetry_spans import OpenTelemetryTracing
from shared.requests import ask
from shared.streams import AGENDA, INBOX, INTAKE, PEOPLE, TIMERS
from shared.topology import ensure_topology
from tests.conftest import eventually
from tests.integration.notifier.doors import Answer, ask_door
from tests.servers import Servers, free_port


@dataclass
class Trio:
    """The three services, and what can be seen of them."""

    client: Client
    apps: dict[str, FastStream]
    ports: dict[str, int]
    door: int
    exporter: InMemorySpanExporter
    owner: str
    secret: str = ""

    async def get(self, service: str, path: str) -> Answer:
        """Fetch a path from a service's status port."""
        return await ask_door(self.ports[service], "GET", path)

    def spans(self) -> list[ReadableSpan]:
        """Return all spans that have ended."""
        return list(self.exporter.get_finished_spans())


@asynccontextmanager
async def running_app(app: FastStream) -> AsyncIterator[None]:
    """Run a service until the block ends."""
    task = asyncio.create_task(app.run(sleep_time=0.02))
    try:
        yield
    finally:
        app.exit()
        await task


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def trio(servers: Servers) -> AsyncIterator[Trio]:
    """The services, up and ready, and one owner whose reminders are due at midnight."""
    exporter = InMemorySpanExporter()
    client = await nats.connect(servers.nats_url)
    await ensure_topology(client)
    for stream in (INTAKE, PEOPLE, AGENDA, TIMERS, INBOX):
        # What other tests left there is not for these services.
        await client.jetstream().purge_stream(stream)
    name = f"o{uuid4().hex[:10]}"
    ports = {service: free_port() for service in ("contacts", "scheduler", "notifier")}
    door = free_port()
    common: dict[str, Any] = {"nats_url": servers.nats_url}
    stored = common | {"mongo_url": servers.mongo_url}
    apps = {
        "contacts": build_contacts(
            ContactsSettings(**stored, mongo_database=f"{name}_c", metrics_port=ports["contacts"]), tracing=_tracing(exporter)
        ),
        "scheduler": build_scheduler(SchedulerSettings(**common, metrics_port=ports["scheduler"]), tracing=_tracing(exporter)),
        "notifier": build_notifier(
            NotifierSettings(**stored, mongo_database=f"{name}_n", metrics_port=ports["notifier"], http_port=door),
            tracing=_tracing(exporter),
        ),
    }
    made = Trio(client=client, apps=apps, ports=ports, door=door, exporter=exporter, owner=name)
    async with AsyncExitStack() as stack:
        for app in apps.values():
            await stack.enter_async_context(running_app(app))

        async def is_ready() -> bool:
            try:
                return (await made.get("notifier", "/health/ready")).status == 200
            except OSError:
                return False

        await eventually(is_ready, within_s=60)
        settings = OwnerSettings(name="Ann Example", deliver_at=time(0, 0))
        await _ask(client, "contacts", "owner.add", AddOwner(owner=name, settings=settings), OwnerReply)

        async def has_token() -> bool:
            try:
                request = IssueCredential(owner=name, name="crm", scope=Scope.EMIT)
                made.secret = (await _ask(client, "notifier", "credential.issue", request, CredentialIssued)).secret
            except NotFound:  # the owner has not come to the notifier yet
                return False
            return True

        await eventually(has_token)
        yield made
    await client.close()


def _tracing(exporter: InMemorySpanExporter) -> OpenTelemetryTracing:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return OpenTelemetryTracing(provider)


async def _ask(client: Client, service: str, verb: str, request: Any, reply: Any) -> Any:
    return await ask(client, service=service, verb=verb, request=request, reply=reply, timeout_s=10)
