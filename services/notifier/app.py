"""The composition root: has every part built (`wiring/`) and passes it to those that need it."""

import socket
from contextlib import AsyncExitStack
from typing import Final

from faststream import FastStream
from faststream.nats import NatsBroker

from services.notifier.channels.smtp import CONNECTIONS
from services.notifier.consumer import SERVICE, register
from services.notifier.doorkeeper import SWEEP_PERIOD_S
from services.notifier.migrations import MIGRATIONS
from services.notifier.postman import Postman
from services.notifier.settings import NotifierSettings
from services.notifier.teller import PERIOD_S as TELLER_PERIOD_S
from services.notifier.teller import Teller
from services.notifier.use_cases.access import Access
from services.notifier.use_cases.channels import Channels
from services.notifier.use_cases.feeds import Feeds
from services.notifier.use_cases.mailed_links import MailedLinks
from services.notifier.use_cases.signing_in import SigningIn
from services.notifier.use_cases.snoozes import wake_overslept
from services.notifier.use_cases.telling_tools import Telling
from services.notifier.use_cases.tools import Tools
from services.notifier.use_cases.watching import Watch
from services.notifier.wiring.access import open_access, open_signing_in
from services.notifier.wiring.backup import backup_of
from services.notifier.wiring.checks import watch_over
from services.notifier.wiring.door import build_door
from services.notifier.wiring.ground import Ground
from services.notifier.wiring.neighbours import Neighbours
from services.notifier.wiring.settings_pages import build_upkeep, open_mailed_links
from services.notifier.wiring.telling import build_channels, open_feeds, open_telling
from services.notifier.wiring.tools import Owners, open_tools
from shared.backup.serving import answer_backups
from shared.backup.store import StoreBackup
from shared.broker import build_broker, client_of
from shared.clock import Clock, system_clock
from shared.counters import Counters
from shared.http_server import listen, serve
from shared.mongo import open_database
from shared.schema import bring_up_to_date
from shared.service import build_service, every
from shared.status import Status
from shared.tracing import Tracing, open_tracing

RELAY_PERIOD_S: Final = 5.0
"""How long a change waits after a crash between its write and its publication."""
HEAL_PERIOD_S: Final = 30.0
"""How often snoozes whose timer never came are looked for: one indexed query."""


def build_app(settings: NotifierSettings, *, clock: Clock = system_clock, tracing: Tracing | None = None) -> FastStream:
    """Return the service, not yet connected to anything; without *tracing* the settings say whether there is any."""
    counters = Counters()
    status = Status(service=SERVICE, counters=counters)
    tracing = tracing or open_tracing(settings.tracing, service=SERVICE)
    broker = build_broker(settings, service=SERVICE, counters=counters, tracing=tracing)
    parts = _Parts(broker, settings=settings, status=status, tracing=tracing, clock=clock)
    register(
        broker,
        tools=lambda: parts.tools,
        access=lambda: parts.access,
        telling=lambda: parts.telling,
        signing_in=lambda: parts.signing_in,
        channels=lambda: parts.channels,
        feeds=lambda: parts.feeds,
    )
    answer_backups(broker, service=SERVICE, backup=lambda: parts.backup)
    return build_service(
        broker,
        settings=settings,
        status=status,
        tracing=tracing,
        resources=parts.open,
        background=[
            parts.relay_left_over,
            parts.heal_snoozes,
            parts.cut_off_revoked,
            parts.carry_mail,
            parts.tell_owners,
            parts.tell_neighbours,
            parts.serve_http,
        ],
    )


class _Parts:
    """What can exist only once the broker is connected, and the tasks that live as long as it."""

    tools: Tools
    access: Access
    telling: Telling
    channels: Channels
    signing_in: SigningIn
    feeds: Feeds
    backup: StoreBackup
    _ground: Ground
    _watch: Watch
    _neighbours: Neighbours
    _mailed_links: MailedLinks
    _teller: Teller
    _listener: socket.socket

    def __init__(
        self, broker: NatsBroker, *, settings: NotifierSettings, status: Status, tracing: Tracing | None, clock: Clock
    ) -> None:
        self._broker = broker
        self._settings = settings
        self._status = status
        self._tracing = tracing
        self._clock = clock

    async def open(self, stack: AsyncExitStack) -> None:
        """Open the port and the database and have every part built."""
        settings = self._settings
        self._listener = stack.enter_context(listen(host=settings.http_host, port=settings.http_port))
        opening = open_database(settings.mongo_url.get_secret_value(), name=settings.mongo_database)
        ground = self._ground = Ground(
            settings=settings,
            client=client_of(self._broker),
            database=await stack.enter_async_context(opening),
            stack=stack,
            status=self._status,
            tracing=self._tracing,
            clock=self._clock,
        )
        watch_over(ground)
        self.backup = backup_of(ground)
        await bring_up_to_date(ground.database, MIGRATIONS, clock=self._clock)
        self._watch = Watch()
        self._neighbours = Neighbours(ground.client, self._watch)
        await self._neighbours.listen()
        self.tools = await open_tools(ground, watch=self._watch)
        owners = Owners(self.tools)
        self.access = await open_access(ground, owners=owners)
        self.signing_in = await open_signing_in(ground, owners=owners)
        self.telling = await open_telling(ground, tools=self.tools)
        self.channels = build_channels(ground, telling=self.telling, owners=owners)
        self.feeds = await open_feeds(ground, telling=self.telling, owners=owners)
        self._mailed_links = open_mailed_links(ground, signing_in=self.signing_in, telling=self.telling, owners=owners)
        self._teller = Teller(self.telling)
        stack.push_async_callback(self._teller.aclose)

    async def relay_left_over(self) -> None:
        """Publish what a crash left unpublished."""
        await every(RELAY_PERIOD_S, self.tools.relay.publish_left_over, name="relay")

    async def heal_snoozes(self) -> None:
        """Wake items whose snooze timer never came."""
        await every(HEAL_PERIOD_S, lambda: wake_overslept(self.tools), name="heal_snoozes")

    async def cut_off_revoked(self) -> None:
        """Cut connections whose credential is gone, which the revocation itself may have missed."""
        await every(SWEEP_PERIOD_S, self.access.sweep, name="cut_off_revoked")

    async def tell_owners(self) -> None:
        """Tell owners what is due."""
        await every(TELLER_PERIOD_S, self._teller.turn, name="teller")

    async def tell_neighbours(self) -> None:
        """Tell other notifiers whose inboxes changed here."""
        await self._neighbours.tell()

    async def carry_mail(self) -> None:
        """Send greetings that are due."""
        await Postman(self.tools, workers=CONNECTIONS).run()

    async def serve_http(self) -> None:
        """Serve the HTTP door."""
        door = build_door(
            self._ground,
            tools=self.tools,
            signing_in=self.signing_in,
            mailed_links=self._mailed_links,
            feeds=self.feeds,
            upkeep=build_upkeep(self._ground, access=self.access, channels=self.channels, telling=self.telling),
            watch=self._watch,
        )
        await serve(door, listener=self._listener, before_end=self._watch.close)
