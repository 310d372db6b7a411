"""
When an owner is told something: what goes at once, what waits for the digest or for the morning, and when that is.

A digest belongs to a local date, and each date has at most one. A firing of its timer is a hint (ADR 0001): whether a digest
is due is judged here, from the present settings.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from shared.messages.snapshots import ContactSnapshot, OwnerProfile
from shared.messages.telling import WEEK, AtOnce, Weekday
from shared.messages.values import Closeness, Occasion
from shared.wall_clock import instant_of

NEAR: Final = timedelta(minutes=15)
"""What comes this close to a digest is told by it and not besides."""
EARLY: Final = timedelta(seconds=30)
"""The broker's clock may be ahead of ours by this much: its timers are believed."""
LATE: Final = timedelta(minutes=30)
"""A digest that comes later than this is late, and then it keeps quiet hours."""
MISSED: Final = timedelta(minutes=5)
"""How long the timer of a digest is waited for; after that it is not coming."""
MADE_UP_FOR: Final = timedelta(hours=6)
"""A digest whose timer never came is made up for during this time; after that, the next one tells everything."""


class NoDigest(StrEnum):
    """Why a firing brings no digest; each is counted as `digest.skipped.<reason>`."""

    NOT_THIS_DAY = "not_this_day"
    """The owner wants none on this weekday."""
    TOO_EARLY = "too_early"
    """Its hour has not come: a timer of former settings, or one that fired after its day."""
    QUIET = "quiet"
    """It is late, and the owner wants quiet now; the next one tells everything."""
    NO_CHANNEL = "no_channel"
    """There is nowhere to tell anything."""
    NO_OWNER = "no_owner"
    """Nothing is known of this owner."""
    REPEATED = "repeated"
    """There is one for this date already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestDue:
    """The digest of local date *on* is due, since *due_at*."""

    on: date
    due_at: datetime


def zone_of(profile: OwnerProfile) -> ZoneInfo:
    """Return the owner's time zone."""
    return ZoneInfo(profile.timezone)


def weekday_of(on: date) -> Weekday:
    """Return the day of the week of a date."""
    return WEEK[on.weekday()]


def digest_at(*, profile: OwnerProfile, on: date) -> datetime:
    """
    Return the instant of the digest of a local date, whether or not there is one on that day.

    An hour that the date skips: the first instant after the gap. One that it has twice: the first of the two.
    """
    return instant_of(on=on, at=profile.telling.digest_at or profile.deliver_at, zone=zone_of(profile))


def next_digest_at(*, profile: OwnerProfile, now: datetime) -> datetime | None:
    """Return the instant of the next digest after *now*; None when the owner wants none on any day."""
    today = now.astimezone(zone_of(profile)).date()
    for ahead in range(9):
        on = today + timedelta(days=ahead)
        if weekday_of(on) in profile.telling.timer_days and (at := digest_at(profile=profile, on=on)) > now:
            return at
    return None


def is_heartbeat(*, profile: OwnerProfile, on: date) -> bool:
    """Whether the digest of *on* also says what was watched."""
    return weekday_of(on) == profile.telling.heartbeat_on


def judge_digest(*, profile: OwnerProfile, now: datetime) -> DigestDue | NoDigest:
    """
    Decide whether a digest is due *now*, by the settings as they are now.

    It is from its hour to the end of its local date. One that is late does not break into quiet hours, unless its own hour
    lies in them. A moment before its hour counts as its hour.
    """
    on = now.astimezone(zone_of(profile)).date()
    if weekday_of(on) not in profile.telling.timer_days:
        return NoDigest.NOT_THIS_DAY
    due_at = digest_at(profile=profile, on=on)
    if now + EARLY < due_at:
        return NoDigest.TOO_EARLY
    if keeps_quiet(profile=profile, due_at=due_at, now=now, grace=LATE):
        return NoDigest.QUIET
    return DigestDue(on=on, due_at=due_at)


def missed_digest(*, profile: OwnerProfile, now: datetime) -> DigestDue | None:
    """
    Return the digest whose timer should have fired a while ago, if there is one to make up for.

    The broker's cron skips an hour that a date does not have, and may not know a zone that we know.
    """
    judged = judge_digest(profile=profile, now=now)
    if isinstance(judged, NoDigest) or not MISSED <= now - judged.due_at <= MADE_UP_FOR:
        return None
    return judged


def near_digest_on(*, profile: OwnerProfile, now: datetime) -> date | None:
    """Return the present date if its digest goes out within minutes, or should have a few minutes ago."""
    on = now.astimezone(zone_of(profile)).date()
    has_one = weekday_of(on) in profile.telling.timer_days
    return on if has_one and abs(digest_at(profile=profile, on=on) - now) <= NEAR else None


def is_quiet(*, profile: OwnerProfile, now: datetime) -> bool:
    """Whether *now* lies in the owner's quiet hours, from their beginning up to, not including, their end."""
    return _is_between(now.astimezone(zone_of(profile)).time(), profile.telling.quiet_from, profile.telling.quiet_until)


def keeps_quiet(*, profile: OwnerProfile, due_at: datetime, now: datetime, grace: timedelta) -> bool:
    """Whether what was due at *due_at*, and is late by more than *grace*, waits for the end of quiet hours it was not due in."""
    return now > due_at + grace and is_quiet(profile=profile, now=now) and not is_quiet(profile=profile, now=due_at)


def quiet_ends_at(*, profile: OwnerProfile, now: datetime) -> datetime:
    """Return the first instant after *now* at which quiet hours end."""
    zone = zone_of(profile)
    today = now.astimezone(zone).date()
    ends = (instant_of(on=today + timedelta(days=ahead), at=profile.telling.quiet_until, zone=zone) for ahead in range(3))
    return next(at for at in ends if at > now)


def goes_at_once(*, rules: Iterable[AtOnce], occasion: Occasion, person: ContactSnapshot | None) -> bool:
    """
    Whether a reminder is told at once and not left to the digest.

    Args:
        rules: The owner's; one that fits is enough.
        occasion: Of the reminder.
        person: The contact now; None when nothing is known of them.
    """
    closeness = person.closeness if person else Closeness.CONNECTED
    is_now = person is not None and _is_to_be_now(occasion, person)
    return any(
        (not rule.occasions or occasion in rule.occasions)
        and (not rule.closeness or closeness in rule.closeness)
        and (is_now or not rule.deliver_now)
        for rule in rules
    )


def _is_to_be_now(occasion: Occasion, person: ContactSnapshot) -> bool:
    match occasion:
        case Occasion.NEW_JOB:
            return person.job is not None and person.job.deliver_now
        case Occasion.NEW_CONNECTION:
            return person.connection_deliver_now
        case _:
            return False


def _is_between(at: time, start: time, end: time) -> bool:
    if start <= end:
        return start <= at < end
    return at >= start or at < end
