"""Builds what the settings pages and the sign-in by mail work with."""

from urllib.parse import urlsplit

from services.notifier.use_cases.access import Access
from services.notifier.use_cases.channels import Channels
from services.notifier.use_cases.mailed_links import MailedLinks
from services.notifier.use_cases.own_dead_letters import OwnDeadLetters
from services.notifier.use_cases.signing_in import SigningIn
from services.notifier.use_cases.telling_tools import Telling
from services.notifier.web.desk import Upkeep
from services.notifier.wiring.ground import Ground
from services.notifier.wiring.tools import Owners
from shared.dead_desk import DeadDesk
from shared.dead_reading import DeadReader


def build_upkeep(ground: Ground, *, access: Access, channels: Channels, telling: Telling) -> Upkeep:
    """Return what the settings work with."""
    return Upkeep(
        access=access,
        channels=channels,
        telling=telling,
        dead_letters=OwnDeadLetters(reader=DeadReader(ground.client), desk=DeadDesk(ground.client)),
        nats_url=_without_login(ground.settings.nats_url),
    )


def open_mailed_links(ground: Ground, *, signing_in: SigningIn, telling: Telling, owners: Owners) -> MailedLinks:
    """Return what mails links to sign in."""
    links = MailedLinks(
        signing_in=signing_in, outlets=telling.outlets, writer=telling.writer, find=owners.find, clock=ground.clock
    )
    ground.stack.push_async_callback(links.aclose)
    return links


def _without_login(url: str) -> str:
    """Return the first of the broker's addresses without the password of this service."""
    first = url.split(",")[0]
    parts = urlsplit(first if "://" in first else f"nats://{first}")
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
