"""Builds the HTTP door."""

from functools import partial
from typing import Final

from starlette.types import ASGIApp

from services.notifier.settings import NotifierSettings
from services.notifier.store.credentials import CredentialStore
from services.notifier.store.network import NetworkStore
from services.notifier.store.people_bulk import BulkStore
from services.notifier.store.people_list import PeopleListStore
from services.notifier.use_cases.feeds import Feeds
from services.notifier.use_cases.importing import Importing
from services.notifier.use_cases.mailed_links import MailedLinks
from services.notifier.use_cases.network_page import Network
from services.notifier.use_cases.optouts import look_up, opt_out
from services.notifier.use_cases.people_bulk import PeopleBulk
from services.notifier.use_cases.people_page import PeopleList
from services.notifier.use_cases.signing_in import SigningIn
from services.notifier.use_cases.sorting import Sorting
from services.notifier.use_cases.tools import Tools
from services.notifier.use_cases.watching import Watch
from services.notifier.web.application import Adapters, build_web
from services.notifier.web.bodies import Room
from services.notifier.web.desk import Desk, ReplyT, Upkeep
from services.notifier.web.events import Intake
from services.notifier.web.optout import OptOutDesk
from services.notifier.web.peers import Peers, read_networks
from services.notifier.web.site import Site
from services.notifier.wiring.ground import Ground
from shared.health import check_broker
from shared.messages.values import Message
from shared.mongo import ping
from shared.requests import ask

UPLOADS_AT_ONCE: Final = 2
"""Of the largest; of smaller ones, as many as take no more of the disk."""
CONTACTS_TIMEOUT_S: Final = 10.0
"""How long a page or a program waits for the service that owns people."""


def build_door(
    ground: Ground,
    *,
    tools: Tools,
    signing_in: SigningIn,
    mailed_links: MailedLinks,
    feeds: Feeds,
    upkeep: Upkeep,
    watch: Watch,
) -> ASGIApp:
    """Return the HTTP application."""
    client = ground.client

    async def ask_contacts(verb: str, request: Message, reply: type[ReplyT]) -> ReplyT:
        return await ask(client, service="contacts", verb=verb, request=request, reply=reply, timeout_s=CONTACTS_TIMEOUT_S)

    adapters = Adapters(
        checks={"nats": partial(check_broker, client), "mongodb": partial(ping, ground.database)},
        credentials=CredentialStore(ground.database),
        intake=Intake(
            emitter=tools.emitter,
            is_connected=lambda: client.is_connected,
            counters=ground.counters,
            clock=ground.clock,
            tracing=ground.tracing,
        ),
        status=ground.status,
        opt_outs=OptOutDesk(
            look_up=lambda token: look_up(tools, token=token),
            opt_out=lambda token, occasion_only: opt_out(tools, token=token, occasion_only=occasion_only),
        ),
        site=Site(tools=tools, signing_in=signing_in, mailed_links=mailed_links, watch=watch, peers=_peers(ground.settings)),
        desk=Desk(
            tools=tools,
            feeds=feeds,
            contacts=ask_contacts,
            upkeep=upkeep,
            importing=Importing(
                client=client, contacts=ask_contacts, clock=ground.clock, max_bytes=ground.settings.upload_max_bytes
            ),
            sorting=Sorting(tools=tools, store=tools.sorting),
            network=Network(tools=tools, store=NetworkStore(ground.database)),
            people=PeopleList(tools=tools, store=PeopleListStore(ground.database)),
            people_bulk=PeopleBulk(tools=tools, people=PeopleListStore(ground.database), store=BulkStore(ground.database)),
            uploads=Room(capacity_bytes=UPLOADS_AT_ONCE * ground.settings.upload_max_bytes),
        ),
    )
    return build_web(adapters)


def _peers(settings: NotifierSettings) -> Peers:
    trusted = read_networks(settings.trusted_proxies.split(","))
    return Peers(trusted=trusted, user_header=settings.proxy_user_header, public_url=settings.public_url)
