"""The composition root: builds every adapter and passes it in by argument."""

import socket
from contextlib import AsyncExitStack
from typing import Final

import nats.errors
from faststream import FastStream
from faststream.nats import NatsBroker

from services.notifier.consumer import SERVICE, register
from services.notifier.doorkeeper import SWEEP_PERIOD_S, Doorkeeper
from services.notifier.drafts import Drafter
from services.notifier.nats_jwt import Issuer
from services.notifier.relay import Relay
from services.notifier.settings import NotifierSettings
from services.notifier.store.agenda import AgendaStore
from services.notifier.store.credentials import CredentialStore
from services.notifier.store.inbox import InboxStore
from services.notifier.store.people import PeopleStore
from services.notifier.system_account import SystemAccount, open_system_account
from services.notifier.use_cases.access import Access
from services.notifier.use_cases.people import profiles_of
from services.notifier.use_cases.snoozes import wake_overslept
from services.notifier.use_cases.tools import Tools
from services.notifier.web.application import Adapters, build_web
from services.notifier.web.events import Intake
from services.notifier.web.server import listen, serve
from shared.broker import build_broker, client_of
from shared.clock import Clock, system_clock
from shared.counters import Counters
from shared.emitting import Emitter
from shared.errors import BrokerUnavailable
from shared.jetstream import jetstream
from shared.logging import get_logger
from shared.mongo import Database, open_database, store_errors
from shared.service import build_service, every
from shared.streams import DEAD
from shared.violations import Violations

log = get_logger(__name__)

RELAY_PERIOD_S: Final = 5.0
"""How long a change waits after a crash between its write and its publication."""
HEAL_PERIOD_S: Final = 30.0
"""How often snoozes whose timer never came are looked for: one indexed query."""
CHECK_TIMEOUT_S: Final = 2
"""How long a health check waits for the broker."""


def build_app(settings: NotifierSettings, *, clock: Clock = system_clock) -> FastStream:
    """Return the service, not yet connected to anything."""
    counters = Counters()
    broker = build_broker(settings, service=SERVICE, counters=counters)
    wiring = _Wiring(broker, settings=settings, counters=counters, clock=clock)
    register(broker, tools=lambda: wiring.tools, access=lambda: wiring.access)
    return build_service(
        broker,
        service=SERVICE,
        counters=counters,
        resources=wiring.open,
        background=[wiring.relay_left_over, wiring.heal_snoozes, wiring.cut_off_revoked, wiring.serve_http],
    )


class _Wiring:
    """What can exist only once the broker is connected, and the tasks that live as long as it."""

    tools: Tools
    access: Access
    _database: Database
    _listener: socket.socket

    def __init__(self, broker: NatsBroker, *, settings: NotifierSettings, counters: Counters, clock: Clock) -> None:
        self._broker = broker
        self._settings = settings
        self._counters = counters
        self._clock = clock

    async def open(self, stack: AsyncExitStack) -> None:
        """Open the port and the database and build every adapter."""
        self._listener = stack.enter_context(listen(host=self._settings.http_host, port=self._settings.http_port))
        url = self._settings.mongo_url.get_secret_value()
        self._database = await stack.enter_async_context(open_database(url, name=self._settings.mongo_database))
        inbox, agenda = InboxStore(self._database), AgendaStore(self._database)
        await inbox.ensure_indexes()
        await agenda.ensure_indexes()
        client = client_of(self._broker)
        self.tools = Tools(
            client=client,
            inbox=inbox,
            people=PeopleStore(self._database),
            agenda=agenda,
            relay=Relay(inbox=inbox, js=jetstream(client), counters=self._counters),
            drafter=Drafter(folder=self._settings.templates_dir, counters=self._counters),
            counters=self._counters,
            clock=self._clock,
        )
        await self._open_access(stack)

    async def _open_access(self, stack: AsyncExitStack) -> None:
        """Connect the doorkeeper, where the broker has one, and let it answer."""
        system = await self._open_system_account(stack)
        store = CredentialStore(self._database)
        await store.ensure_indexes()
        self.access = Access(
            store=store, has_owner=self._has_owner, connections=system, counters=self._counters, clock=self._clock
        )
        if system is not None and (seed := self._settings.nats_issuer_seed) is not None:
            issuer = Issuer(seed.get_secret_value())
            await system.answer(Doorkeeper(access=self.access, issuer=issuer, clock=self._clock).on_knock)

    async def _open_system_account(self, stack: AsyncExitStack) -> SystemAccount | None:
        password = self._settings.doorkeeper_password
        if password is None:
            log.info("doorkeeper_off", reason="HOBNOB_DOORKEEPER_PASSWORD is not set: the broker decides alone who may come in")
            return None
        opening = open_system_account(self._settings.nats_url, password=password, violations=Violations(self._counters))
        return await stack.enter_async_context(opening)

    async def _has_owner(self, owner: str) -> bool:
        return owner in await profiles_of(self.tools, owners={owner})

    async def relay_left_over(self) -> None:
        """Publish what a crash left unpublished."""
        await every(RELAY_PERIOD_S, self.tools.relay.publish_left_over, name="relay")

    async def heal_snoozes(self) -> None:
        """Wake items whose snooze timer never came."""
        await every(HEAL_PERIOD_S, lambda: wake_overslept(self.tools), name="heal_snoozes")

    async def cut_off_revoked(self) -> None:
        """Cut connections whose credential is gone, which the revocation itself may have missed."""
        await every(SWEEP_PERIOD_S, self.access.sweep, name="cut_off_revoked")

    async def serve_http(self) -> None:
        """Serve the HTTP door."""
        client = self.tools.client
        adapters = Adapters(
            checks={"nats": self._check_nats, "mongodb": self._check_mongodb},
            credentials=CredentialStore(self._database),
            intake=Intake(
                emitter=Emitter(client),
                is_connected=lambda: client.is_connected,
                counters=self._counters,
                clock=self._clock,
            ),
            counters=self._counters,
            count_dead=self._count_dead,
        )
        await serve(build_web(adapters), listener=self._listener)

    async def _check_nats(self) -> None:
        try:
            await self.tools.client.flush(timeout=CHECK_TIMEOUT_S)
        except (TimeoutError, nats.errors.Error) as exc:
            raise BrokerUnavailable("the NATS server does not answer") from exc

    async def _count_dead(self) -> int:
        try:
            info = await self.tools.client.jetstream(timeout=CHECK_TIMEOUT_S).stream_info(DEAD)
        except (TimeoutError, nats.errors.Error) as exc:
            raise BrokerUnavailable(f"{DEAD} did not answer") from exc
        return info.state.messages

    async def _check_mongodb(self) -> None:
        with store_errors():
            await self._database.command("ping")
