"""What the notifier knows of its own state, for `hobnob doctor`."""

from datetime import datetime, timedelta
from typing import Final

from services.notifier.domain.deliveries import info_of
from services.notifier.domain.items import today_of
from services.notifier.domain.telling import next_digest_at
from services.notifier.store.overview import Plans
from services.notifier.use_cases.people import profiles_of
from services.notifier.use_cases.telling_tools import TROUBLED, Telling
from shared.messages.snapshots import OwnerProfile
from shared.messages.telling import Diagnosis, OwnerWatch, StuckDelivery

SHOWN: Final = 50
"""Of failing channels and of stuck deliveries: more would not fit into a reply, and say nothing new."""
OVERDUE: Final = timedelta(minutes=1)
"""A greeting that is this late is held up: the postman looks every few seconds."""
STUCK: Final = timedelta(minutes=10)
"""A message that is this late waits for more than its turn."""


async def diagnose(telling: Telling) -> Diagnosis:
    """Return the notifier's state."""
    now = telling.tools.clock()
    plans = {each.owner: each for each in await telling.overview.plans(now=now)}
    owners = await telling.tools.people.owners()
    profiles = await profiles_of(telling.tools, owners={*owners, *plans})
    channels = await telling.channels.count_by_owner(profiles)
    failing = await telling.channels.failing(limit=SHOWN)
    stuck = await telling.deliveries.stuck(before=now - STUCK, limit=SHOWN)
    greetings = await telling.overview.count_states(TROUBLED)
    overdue = await telling.overview.count_overdue(before=now - OVERDUE)
    database_at, database_version = await telling.overview.clock()
    return Diagnosis(
        at=telling.tools.clock(),
        database_at=database_at,
        database_version=database_version,
        owners=tuple(
            _watch(
                profile, plans.get(owner), channels=channels.get(owner, 0), next_digest=next_digest_at(profile=profile, now=now)
            )
            for owner, profile in sorted(profiles.items())
        ),
        failing=tuple(info_of(each) for each in failing),
        stuck=tuple(
            StuckDelivery(
                owner=delivery.owner,
                what=delivery.what,
                since=delivery.due_at,
                attempts=delivery.attempts,
                last_error=delivery.tries[-1].error if delivery.tries else None,
                next_try_at=next_at,
            )
            for delivery, next_at in stuck
        ),
        greetings=greetings,
        has_mail=telling.outlets.mail is not None,
        mail_trouble=telling.tools.post.gate.reason,
        overdue=overdue,
    )


def _watch(profile: OwnerProfile, plans: Plans | None, *, channels: int, next_digest: datetime | None) -> OwnerWatch:
    next_at = plans.next_at if plans else None
    return OwnerWatch(
        owner=profile.owner,
        people=plans.people if plans else 0,
        dates=plans.dates if plans else 0,
        timers=plans.timers if plans else 0,
        next_on=today_of(profile, now=next_at) if next_at else None,
        next_due_at=next_at,
        next_digest_at=next_digest,
        channels=channels,
    )
