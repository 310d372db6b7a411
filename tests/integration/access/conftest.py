"""A broker with the shipped configuration, a notifier whose doorkeeper answers there, and clients that come in."""

import asyncio
import itertools
import uuid
from collections.abc import AsyncIterator, Awaitable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.aio.client import Client
from pydantic import SecretStr

from deploy.local.credentials import StackCredentials, ensure_credentials
from deploy.local.layout import DataFolder
from deploy.local.specs import nats_spec
from services.notifier.settings import NotifierSettings
from shared import subjects
from shared.access import OPERATOR, credential_user, inbox_prefix
from shared.jetstream import Outgoing, jetstream, publish_one
from shared.messages.access import CredentialIssued, IssueCredential, RevokeCredential, Scope
from shared.messages.rpc import Ok
from shared.messages.snapshots import OwnerProfile
from shared.messages.values import Message
from shared.mongo import Database, open_database
from shared.requests import ask
from shared.streams import PEOPLE
from shared.topology import ensure_topology
from tests.conftest import eventually
from tests.integration.notifier.conftest import running
from tests.knocking import is_refused
from tests.servers import Servers, child, free_port

OUTLAWED_WITHIN_S = 1.0
"""A revoked credential is of no use after this."""


@dataclass(frozen=True)
class Broker:
    """A running nats-server with deploy/nats/nats.conf."""

    url: str
    credentials: StackCredentials
    log: Path


class Visitor:
    """A client that notes what the broker does not permit and when it is cut off."""

    def __init__(self, user: str) -> None:
        self.user = user
        self.violations: list[str] = []
        self.was_cut = asyncio.Event()
        self._numbers = itertools.count()
        self.client: Client

    async def come_in(self, broker: Broker, password: str, *, stays: bool = False, **options: Any) -> "Visitor":
        """Connect; with *stays*, again and again."""

        async def on_error(error: Exception) -> None:
            self.violations.append(str(error))

        async def on_cut() -> None:
            self.was_cut.set()

        self.client = await nats.connect(
            broker.url,
            user=self.user,
            password=password,
            inbox_prefix=inbox_prefix(self.user),
            allow_reconnect=stays,
            error_cb=on_error,
            disconnected_cb=on_cut,
            **options,
        )
        self.was_cut.clear()
        return self

    async def may_publish(self, subject: str) -> bool:
        """Whether the broker lets this user publish there; the message, if it is let through, is an empty one."""
        return await self._is_silent(self.client.publish(subject, b""), subject)

    async def may_subscribe(self, subject: str) -> bool:
        """Whether the broker lets this user listen there."""
        return await self._is_silent(self.client.subscribe(subject), subject)

    async def _is_silent(self, attempt: Awaitable[object], subject: str) -> bool:
        self.violations.clear()
        await attempt
        # Nobody may publish there: violations come in order, and a pong may overtake them.
        sentinel = f"sentinel.{next(self._numbers)}"
        await self.client.publish(sentinel, b"")

        async def is_told() -> bool:
            return any(f'"{sentinel}"' in violation for violation in self.violations)

        await eventually(is_told)
        return not any(f'to "{subject.lower()}"' in violation for violation in self.violations)


@dataclass
class Door:
    """A stack's broker with its notifier, as seen by the operator and by those who come in."""

    broker: Broker
    operator: Client
    database: Database
    settings: NotifierSettings
    owner: str = field(default_factory=lambda: f"o{uuid.uuid4().hex[:12]}")

    async def add_owner(self, owner: str) -> None:
        """Have contacts announce an owner."""
        contacts = await self.service("contacts")
        profile = OwnerProfile(owner=owner, rev=1, name="Robin Testwell")
        message = Outgoing(subjects.profile(owner), profile.model_dump_json().encode())
        await publish_one(jetstream(contacts.client), message, stream=PEOPLE)
        await contacts.client.close()

    async def service(self, name: str) -> Visitor:
        """Return a client that signs in as a service, or as the operator."""
        return await Visitor(name).come_in(self.broker, self.broker.credentials.password_of(name).get_secret_value())

    async def ask(self, verb: str, request: Message, reply: type[Any]) -> Any:
        """Ask the notifier as the operator."""
        return await ask(self.operator, service="notifier", verb=verb, request=request, reply=reply, timeout_s=5)

    async def issue(self, name: str, *, scope: Scope = Scope.EMIT, owner: str | None = None, replace: bool = False) -> str:
        """Have a credential made and return its secret."""
        request = IssueCredential(owner=owner or self.owner, name=name, scope=scope, replace=replace)
        issued: CredentialIssued = await self.ask("credential.issue", request, CredentialIssued)
        return issued.secret

    async def revoke(self, name: str) -> None:
        """End a credential."""
        await self.ask("credential.revoke", RevokeCredential(owner=self.owner, name=name), Ok)

    def visitor(self, name: str) -> Visitor:
        """Return somebody who is yet to come in with the credential *name*."""
        return Visitor(credential_user(owner=self.owner, name=name))


async def is_kept_out(visitor: Visitor, broker: Broker, password: str) -> bool:
    """Whether the broker refuses this user and password."""
    return await is_refused(broker.url, user=visitor.user, password=password)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker as the local stack starts it."""
    folder = DataFolder(tmp_path_factory.mktemp("access"))
    folder.create()
    credentials = ensure_credentials(folder.credentials)
    port = free_port()
    spec = nats_spec(folder, port=port, credentials=credentials)
    with child(list(spec.arguments), port=port, log=spec.log, environment=spec.environment):
        yield Broker(url=f"nats://127.0.0.1:{port}", credentials=credentials, log=spec.log)


@pytest.fixture
async def empty_door(broker: Broker, servers: Servers) -> AsyncIterator[Door]:
    """The broker with its streams; no notifier, so that nobody answers who may come in."""
    operator = (await Visitor(OPERATOR).come_in(broker, broker.credentials.operator.get_secret_value())).client
    await ensure_topology(operator)
    name = f"access_{uuid.uuid4().hex[:12]}"
    settings = NotifierSettings(
        nats_url=broker.url,
        nats_user="notifier",
        nats_password=broker.credentials.notifier,
        mongo_url=SecretStr(servers.mongo_url),
        mongo_database=name,
        http_port=0,
        doorkeeper_password=broker.credentials.doorkeeper,
        nats_issuer_seed=broker.credentials.issuer_seed,
    )
    async with open_database(servers.mongo_url, name=name) as database:
        yield Door(broker=broker, operator=operator, database=database, settings=settings)
        await database.client.drop_database(name)
    await operator.close()


@pytest.fixture
async def door(empty_door: Door) -> AsyncIterator[Door]:
    """The broker with a notifier at work and an owner."""
    async with running(empty_door.settings, empty_door.operator):
        await empty_door.add_owner(empty_door.owner)
        yield empty_door
