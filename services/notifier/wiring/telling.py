"""Builds what tells owners: their channels, digests and calendar feeds."""

import os
from datetime import timedelta

from services.notifier.channels.apprise import Notifier
from services.notifier.channels.smtp import Mailer
from services.notifier.channels.smtp_address import SmtpAddress
from services.notifier.channels.vault import Vault
from services.notifier.notices import NoticeWriter
from services.notifier.post_office import trust
from services.notifier.store.channels import ChannelStore
from services.notifier.store.deliveries import DeliveryStore
from services.notifier.store.feeds import FeedStore
from services.notifier.store.lateness import LatenessStore
from services.notifier.store.overview import OverviewStore
from services.notifier.use_cases.channels import Channels
from services.notifier.use_cases.feeds import Feeds
from services.notifier.use_cases.outlets import Mail, Outlets
from services.notifier.use_cases.telling_tools import Telling
from services.notifier.use_cases.tools import Tools
from services.notifier.wiring.ground import Ground
from services.notifier.wiring.tools import Owners
from shared import subjects
from shared.jetstream import subjects_in
from shared.logging import get_logger
from shared.streams import TIMERS

log = get_logger(__name__)


async def open_telling(ground: Ground, *, tools: Tools) -> Telling:
    """Return what the use cases about telling the owner work with."""
    channels, deliveries = ChannelStore(ground.database), DeliveryStore(ground.database)
    lateness = LatenessStore(ground.database)
    for store in (channels, deliveries, lateness):
        await store.ensure_indexes()
    settings = ground.settings

    async def count_armed(owner: str) -> int:
        """Count the timers of an owner's contacts that are in the broker."""
        found = await subjects_in(ground.client, stream=TIMERS, filter_subject=subjects.timers_of_owner(owner))
        return sum(subjects.parse_timer(subject).contact != subjects.OWNER_LEVEL for subject in found)

    return Telling(
        tools=tools,
        channels=channels,
        deliveries=deliveries,
        lateness=lateness,
        overview=OverviewStore(ground.database),
        outlets=Outlets(
            store=channels,
            vault=Vault(settings.secrets_key, environment=os.environ),
            notifier=Notifier(),
            mail=_open_mail(ground),
            clock=ground.clock,
        ),
        writer=NoticeWriter(public_url=settings.public_url),
        count_armed=count_armed,
        settle=timedelta(seconds=settings.digest_settle_s),
    )


def build_channels(ground: Ground, *, telling: Telling, owners: Owners) -> Channels:
    """Return what the use cases about channels work with."""
    return Channels(outlets=telling.outlets, writer=telling.writer, profile_of=owners.profile_of, clock=ground.clock)


async def open_feeds(ground: Ground, *, telling: Telling, owners: Owners) -> Feeds:
    """Return what the use cases about calendar feeds work with."""
    store = FeedStore(ground.database)
    await store.ensure_indexes()
    return Feeds(
        tools=telling.tools,
        store=store,
        writer=telling.writer,
        has_owner=owners.has_owner,
        public_url=ground.settings.public_url,
    )


def _open_mail(ground: Ground) -> Mail | None:
    if ground.settings.smtp_url is None:
        log.info("mail_off", reason="HOBNOB_SMTP_URL is not set")
        return None
    address = SmtpAddress.parse(ground.settings.smtp_url.get_secret_value())
    mailer = Mailer(address, tls=trust(ground.settings))
    ground.stack.push_async_callback(mailer.aclose)
    return Mail(mailer=mailer, sender=address.sender)
