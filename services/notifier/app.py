"""The composition root: builds every adapter and passes it in by argument."""

import socket
from contextlib import AsyncExitStack
from typing import Final

import nats.errors
from faststream import FastStream
from faststream.nats import NatsBroker

from services.notifier.consumer import SERVICE, register
from services.notifier.drafts import Drafter
from services.notifier.relay import Relay
from services.notifier.settings import NotifierSettings
from services.notifier.store.agenda import AgendaStore
from services.notifier.store.inbox import InboxStore
from services.notifier.store.people import PeopleStore
from services.notifier.use_cases.snoozes import wake_overslept
from services.notifier.use_cases.tools import Tools
from services.notifier.web import build_web, listen, serve
from shared.broker import build_broker, client_of
from shared.clock import Clock, system_clock
from shared.counters import Counters
from shared.errors import BrokerUnavailable
from shared.jetstream import jetstream
from shared.mongo import Database, open_database, store_errors
from shared.service import build_service, every

RELAY_PERIOD_S: Final = 5.0
"""How long a change waits after a crash between its write and its publication."""
HEAL_PERIOD_S: Final = 30.0
"""How often snoozes whose timer never came are looked for: one indexed query."""
CHECK_TIMEOUT_S: Final = 2
"""How long a health check waits for the broker."""


def build_app(settings: NotifierSettings, *, clock: Clock = system_clock) -> FastStream:
    """Return the service, not yet connected to anything."""
    broker = build_broker(settings, service=SERVICE)
    counters = Counters()
    wiring = _Wiring(broker, settings=settings, counters=counters, clock=clock)
    register(broker, tools=lambda: wiring.tools)
    return build_service(
        broker,
        service=SERVICE,
        counters=counters,
        resources=wiring.open,
        background=[wiring.relay_left_over, wiring.heal_snoozes, wiring.serve_http],
    )


class _Wiring:
    """What can exist only once the broker is connected, and the tasks that live as long as it."""

    tools: Tools
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
            drafter=Drafter(),
            counters=self._counters,
            clock=self._clock,
        )

    async def relay_left_over(self) -> None:
        """Publish what a crash left unpublished."""
        await every(RELAY_PERIOD_S, self.tools.relay.publish_left_over, name="relay")

    async def heal_snoozes(self) -> None:
        """Wake items whose snooze timer never came."""
        await every(HEAL_PERIOD_S, lambda: wake_overslept(self.tools), name="heal_snoozes")

    async def serve_http(self) -> None:
        """Serve the HTTP door."""
        checks = {"nats": self._check_nats, "mongodb": self._check_mongodb}
        await serve(build_web(checks=checks), listener=self._listener)

    async def _check_nats(self) -> None:
        try:
            await self.tools.client.flush(timeout=CHECK_TIMEOUT_S)
        except (TimeoutError, nats.errors.Error) as exc:
            raise BrokerUnavailable("the NATS server does not answer") from exc

    async def _check_mongodb(self) -> None:
        with store_errors():
            await self._database.command("ping")
