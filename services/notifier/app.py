"""The composition root: builds every adapter and passes it in by argument."""

import os
import socket
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Final

import nats.errors
from faststream import FastStream
from faststream.nats import NatsBroker

from services.notifier.channels.apprise import Notifier
from services.notifier.channels.smtp import CONNECTIONS, Mailer
from services.notifier.channels.smtp_address import SmtpAddress
from services.notifier.channels.vault import Vault
from services.notifier.consumer import SERVICE, register
from services.notifier.doorkeeper import SWEEP_PERIOD_S, Doorkeeper
from services.notifier.drafts import Drafter
from services.notifier.nats_jwt import Issuer
from services.notifier.notices import NoticeWriter
from services.notifier.post_office import open_post, trust
from services.notifier.postman import Postman
from services.notifier.relay import Relay
from services.notifier.settings import NotifierSettings
from services.notifier.store.accounts import AccountStore
from services.notifier.store.agenda import AgendaStore
from services.notifier.store.channels import ChannelStore
from services.notifier.store.credentials import CredentialStore
from services.notifier.store.deliveries import DeliveryStore
from services.notifier.store.feeds import FeedStore
from services.notifier.store.inbox import InboxStore
from services.notifier.store.lateness import LatenessStore
from services.notifier.store.overview import OverviewStore
from services.notifier.store.people import PeopleStore
from services.notifier.store.sessions import SessionStore
from services.notifier.system_account import SystemAccount, open_system_account
from services.notifier.teller import PERIOD_S as TELLER_PERIOD_S
from services.notifier.teller import Teller
from services.notifier.use_cases.access import Access
from services.notifier.use_cases.channels import Channels
from services.notifier.use_cases.feeds import Feeds
from services.notifier.use_cases.optouts import look_up, opt_out
from services.notifier.use_cases.outlets import Mail, Outlets
from services.notifier.use_cases.people import profiles_of
from services.notifier.use_cases.signing_in import SigningIn
from services.notifier.use_cases.snoozes import wake_overslept
from services.notifier.use_cases.telling_tools import Telling
from services.notifier.use_cases.tools import Tools
from services.notifier.use_cases.watching import Watch
from services.notifier.web.application import Adapters, build_web
from services.notifier.web.desk import Desk, ReplyT
from services.notifier.web.events import Intake
from services.notifier.web.optout import OptOutDesk
from services.notifier.web.peers import Peers, read_networks
from services.notifier.web.server import listen, serve
from services.notifier.web.site import Site
from shared import subjects
from shared.broker import build_broker, client_of
from shared.clock import Clock, system_clock
from shared.counters import Counters
from shared.emitting import Emitter
from shared.errors import BrokerUnavailable
from shared.jetstream import jetstream, subjects_in
from shared.logging import get_logger
from shared.messages.snapshots import OwnerProfile
from shared.messages.values import Message
from shared.mongo import Database, open_database, store_errors
from shared.requests import ask
from shared.service import build_service, every
from shared.streams import DEAD, TIMERS
from shared.violations import Violations

log = get_logger(__name__)

RELAY_PERIOD_S: Final = 5.0
"""How long a change waits after a crash between its write and its publication."""
HEAL_PERIOD_S: Final = 30.0
"""How often snoozes whose timer never came are looked for: one indexed query."""
CHECK_TIMEOUT_S: Final = 2
"""How long a health check waits for the broker."""
CONTACTS_TIMEOUT_S: Final = 10.0
"""How long a page or a program waits for the service that owns people."""


def build_app(settings: NotifierSettings, *, clock: Clock = system_clock) -> FastStream:
    """Return the service, not yet connected to anything."""
    counters = Counters()
    broker = build_broker(settings, service=SERVICE, counters=counters)
    wiring = _Wiring(broker, settings=settings, counters=counters, clock=clock)
    register(
        broker,
        tools=lambda: wiring.tools,
        access=lambda: wiring.access,
        telling=lambda: wiring.telling,
        signing_in=lambda: wiring.signing_in,
        channels=lambda: wiring.channels,
        feeds=lambda: wiring.feeds,
    )
    return build_service(
        broker,
        service=SERVICE,
        counters=counters,
        resources=wiring.open,
        background=[
            wiring.relay_left_over,
            wiring.heal_snoozes,
            wiring.cut_off_revoked,
            wiring.carry_mail,
            wiring.tell_owners,
            wiring.serve_http,
        ],
    )


class _Wiring:
    """What can exist only once the broker is connected, and the tasks that live as long as it."""

    tools: Tools
    access: Access
    telling: Telling
    channels: Channels
    signing_in: SigningIn
    feeds: Feeds
    _watch: Watch
    _teller: Teller
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
        self._watch = Watch()
        inbox, agenda = InboxStore(self._database, on_change=self._watch.ring), AgendaStore(self._database)
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
            emitter=Emitter(client),
            post=await open_post(self._settings, stack),
        )
        await self._open_access(stack)
        await self._open_signing_in()
        await self._open_telling(stack)
        await self._open_feeds()

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

    async def _open_signing_in(self) -> None:
        sessions = SessionStore(self._database)
        await sessions.ensure_indexes()
        self.signing_in = SigningIn(
            accounts=AccountStore(self._database),
            sessions=sessions,
            has_owner=self._has_owner,
            counters=self._counters,
            clock=self._clock,
            public_url=self._settings.public_url,
        )

    async def _open_system_account(self, stack: AsyncExitStack) -> SystemAccount | None:
        password = self._settings.doorkeeper_password
        if password is None:
            log.info("doorkeeper_off", reason="HOBNOB_DOORKEEPER_PASSWORD is not set: the broker decides alone who may come in")
            return None
        opening = open_system_account(self._settings.nats_url, password=password, violations=Violations(self._counters))
        return await stack.enter_async_context(opening)

    async def _open_telling(self, stack: AsyncExitStack) -> None:
        """Build what tells owners: the stores, the channels and the task that uses them."""
        channels, deliveries = ChannelStore(self._database), DeliveryStore(self._database)
        lateness = LatenessStore(self._database)
        for store in (channels, deliveries, lateness):
            await store.ensure_indexes()
        settings = self._settings
        outlets = Outlets(
            store=channels,
            vault=Vault(settings.secrets_key, environment=os.environ),
            notifier=Notifier(),
            mail=self._open_mail(stack),
            clock=self._clock,
        )
        writer = NoticeWriter(public_url=settings.public_url)
        self.telling = Telling(
            tools=self.tools,
            channels=channels,
            deliveries=deliveries,
            lateness=lateness,
            overview=OverviewStore(self._database),
            outlets=outlets,
            writer=writer,
            count_armed=self._count_armed,
            settle=timedelta(seconds=settings.digest_settle_s),
        )
        self.channels = Channels(outlets=outlets, writer=writer, profile_of=self._profile_of, clock=self._clock)
        self._teller = Teller(self.telling)
        stack.push_async_callback(self._teller.aclose)

    async def _open_feeds(self) -> None:
        store = FeedStore(self._database)
        await store.ensure_indexes()
        self.feeds = Feeds(
            tools=self.tools,
            store=store,
            writer=self.telling.writer,
            has_owner=self._has_owner,
            public_url=self._settings.public_url,
        )

    async def _ask_contacts(self, verb: str, request: Message, reply: type[ReplyT]) -> ReplyT:
        return await ask(
            self.tools.client, service="contacts", verb=verb, request=request, reply=reply, timeout_s=CONTACTS_TIMEOUT_S
        )

    def _open_mail(self, stack: AsyncExitStack) -> Mail | None:
        if self._settings.smtp_url is None:
            log.info("mail_off", reason="HOBNOB_SMTP_URL is not set")
            return None
        address = SmtpAddress.parse(self._settings.smtp_url.get_secret_value())
        mailer = Mailer(address, tls=trust(self._settings))
        stack.push_async_callback(mailer.aclose)
        return Mail(mailer=mailer, sender=address.sender)

    async def _profile_of(self, owner: str) -> OwnerProfile | None:
        return (await profiles_of(self.tools, owners={owner})).get(owner)

    async def _count_armed(self, owner: str) -> int:
        """Count the timers of an owner's contacts that are in the broker."""
        wanted = subjects.timers_of_owner(owner)
        found = await subjects_in(self.tools.client, stream=TIMERS, filter_subject=wanted)
        return sum(subjects.parse_timer(subject).contact != subjects.OWNER_LEVEL for subject in found)

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

    async def tell_owners(self) -> None:
        """Tell owners what is due."""
        await every(TELLER_PERIOD_S, self._teller.turn, name="teller")

    async def carry_mail(self) -> None:
        """Send greetings that are due."""
        await Postman(self.tools, workers=CONNECTIONS).run()

    async def serve_http(self) -> None:
        """Serve the HTTP door."""
        client = self.tools.client
        adapters = Adapters(
            checks={"nats": self._check_nats, "mongodb": self._check_mongodb},
            credentials=CredentialStore(self._database),
            intake=Intake(
                emitter=self.tools.emitter,
                is_connected=lambda: client.is_connected,
                counters=self._counters,
                clock=self._clock,
            ),
            counters=self._counters,
            count_dead=self._count_dead,
            opt_outs=OptOutDesk(
                look_up=lambda token: look_up(self.tools, token=token),
                opt_out=lambda token, occasion_only: opt_out(self.tools, token=token, occasion_only=occasion_only),
            ),
            site=Site(tools=self.tools, signing_in=self.signing_in, watch=self._watch, peers=self._peers()),
            desk=Desk(tools=self.tools, feeds=self.feeds, contacts=self._ask_contacts),
        )
        await serve(build_web(adapters), listener=self._listener, before_end=self._watch.close)

    def _peers(self) -> Peers:
        settings = self._settings
        trusted = read_networks(settings.trusted_proxies.split(","))
        return Peers(trusted=trusted, user_header=settings.proxy_user_header, public_url=settings.public_url)

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
