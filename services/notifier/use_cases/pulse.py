"""Whether everything is alive, for one owner: what came last, what is armed, what comes next."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.notifier.domain.deliveries import info_of
from services.notifier.domain.digest import Watched
from services.notifier.domain.telling import next_digest_at
from services.notifier.use_cases.digest import look_back
from services.notifier.use_cases.telling_tools import Telling
from shared.messages.snapshots import OwnerProfile
from shared.messages.telling import ChannelInfo

LOOKED_BACK: Final = timedelta(days=366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """
    The state of things for one owner.

    `watched` is of the last seven days; `last_reminder_at` is when the inbox last got something, None when it never did;
    `mail_trouble` is why no mail can be sent although there is a server.
    """

    watched: Watched
    last_reminder_at: datetime | None
    next_due_at: datetime | None
    next_digest_at: datetime | None
    channels: tuple[ChannelInfo, ...]
    has_mail: bool
    mail_trouble: str | None


async def feel_pulse(telling: Telling, *, profile: OwnerProfile) -> Pulse:
    """Return the state of things for the owner of *profile*."""
    now = telling.tools.clock()
    latest = await telling.tools.inbox.recent(owner=profile.owner, since=now - LOOKED_BACK, limit=1)
    plans = next(iter(await telling.overview.plans(now=now, owner=profile.owner)), None)
    return Pulse(
        watched=await look_back(telling, profile=profile),
        last_reminder_at=latest[0].surfaced_at if latest else None,
        next_due_at=plans.next_at if plans else None,
        next_digest_at=next_digest_at(profile=profile, now=now),
        channels=tuple(info_of(each) for each in await telling.channels.of(profile.owner)),
        has_mail=telling.outlets.mail is not None,
        mail_trouble=telling.tools.post.gate.reason,
    )
