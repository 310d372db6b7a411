"""Instants that people name: the morning where somebody lives, tonight, tomorrow, next week."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from shared.errors import InvalidMessage
from shared.messages.rpc import SnoozePreset

MORNING: Final = time(9)
"""When a greeting that waits for the morning is sent."""
TONIGHT: Final = time(19)

_DAY: Final = timedelta(days=1)


def next_morning(*, now: datetime, zone: ZoneInfo) -> datetime:
    """Return the next instant, after *now*, at which it is nine in the morning in *zone*."""
    today = now.astimezone(zone).date()
    for day in (today, today + _DAY):
        if (morning := _at(day, MORNING, zone)) > now:
            return morning
    return _at(today + 2 * _DAY, MORNING, zone)  # a zone that skipped a whole day


def morning_of(*, day: date, zone: ZoneInfo) -> datetime:
    """Return the instant at which it is nine in the morning of *day* in *zone*."""
    return _at(day, MORNING, zone)


def snooze_end(preset: SnoozePreset, *, now: datetime, zone: ZoneInfo, deliver_at: time) -> datetime:
    """
    Return when a snooze ends that was named by a word.

    Args:
        preset: `tonight` is 19:00, `tomorrow` the next day and `next-week` the next Monday at the delivery hour.
        now: Instant of the request.
        zone: The owner's.
        deliver_at: The hour at which the owner's reminders come.

    Raises:
        InvalidMessage: tonight has begun.
    """
    today = now.astimezone(zone).date()
    match preset:
        case "tonight":
            if (tonight := _at(today, TONIGHT, zone)) <= now:
                raise InvalidMessage(f"until: it is past {TONIGHT:%H:%M} already; say tomorrow, or an hour")
            return tonight
        case "tomorrow":
            return _at(today + _DAY, deliver_at, zone)
        case "next-week":
            return _at(today + (7 - today.weekday()) * _DAY, deliver_at, zone)


def to_milliseconds(instant: datetime) -> datetime:
    """Return *instant* as MongoDB keeps it, so that the same request twice is recognised as the same."""
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def _at(day: date, at: time, zone: ZoneInfo) -> datetime:
    """
    Return the instant of an hour on a date.

    An hour that comes twice is the first of the two; one that is skipped is as much later as clocks went forward.
    """
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)
