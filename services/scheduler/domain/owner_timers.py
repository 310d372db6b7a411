"""
The timers that belong to an owner and to none of their contacts: for now the digest.

They are crons, kept by the broker in the owner's zone (ADR 0009). A cron skips an hour that a date does not have: the
notifier makes up for such a digest.
"""

from dataclasses import dataclass

from shared.messages.snapshots import OwnerProfile
from shared.messages.telling import DIGEST_KEY, WEEK, OwnerTimer, Weekday

_DAYS: dict[Weekday, str] = {day: day.value[:3].upper() for day in WEEK}


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmedCron:
    """What the broker has armed on a subject: a cron and the zone it is read in."""

    schedule: str
    timezone: str


def wanted_timers(*, profile: OwnerProfile) -> dict[str, OwnerTimer]:
    """Return the owner's timers that should be armed, by key."""
    schedule = digest_schedule(profile=profile)
    if schedule is None:
        return {}
    timer = OwnerTimer(owner=profile.owner, key=DIGEST_KEY, schedule=schedule, timezone=profile.timezone)
    return {DIGEST_KEY: timer}


def digest_schedule(*, profile: OwnerProfile) -> str | None:
    """
    Return when the digest comes, as a cron of six fields; None when it never does.

    Source:
        NATS ADR-51: seconds first, names of days; measured on nats-server 2.15.1.
    """
    days = profile.telling.timer_days
    if not days:
        return None
    at = profile.telling.digest_at or profile.deliver_at
    which = "*" if len(days) == len(WEEK) else ",".join(_DAYS[day] for day in days)
    return f"{at.second} {at.minute} {at.hour} * * {which}"


def is_right(*, wanted: OwnerTimer | None, armed: ArmedCron | None) -> bool:
    """Whether what is armed is what should be; None stands for nothing."""
    if wanted is None or armed is None:
        return wanted is None and armed is None
    return (wanted.schedule, wanted.timezone) == (armed.schedule, armed.timezone)
