"""Clocks on walls: a date and a time of day in a zone, turned into an instant. Pure; reads no clock."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

SECOND = timedelta(seconds=1)


@lru_cache(maxsize=8192)
def instant_of(*, on: date, at: time, zone: ZoneInfo) -> datetime:
    """
    Return the instant, in UTC, at which clocks on the walls of *zone* show *at* on *on*.

    - An hour that comes twice (clocks go back): the first of the two.
    - An hour that is skipped (clocks go forward): the first instant after the gap. That is still the same date, except where
      a zone skipped a whole day, as Samoa did with 30 December 2011: then the first instant of the next.

    Source:
        PEP 495: a skipped time with fold=0 has the offset from before the change, so it lies after it, and with fold=1 before it.
    """
    wall = datetime.combine(on, at.replace(tzinfo=None))
    instant = wall.replace(tzinfo=zone).astimezone(UTC)
    if _wall_at(instant, zone) == wall:
        return instant
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC).replace(microsecond=0)
    return _first_instant_showing(wall, zone=zone, after=before, until=instant)


def _first_instant_showing(wall: datetime, *, zone: ZoneInfo, after: datetime, until: datetime) -> datetime:
    """Bisect for the first whole second in (*after*, *until*] whose wall time is *wall* or later."""
    low, high = 0, -((after - until) // SECOND)
    while high - low > 1:
        middle = (low + high) // 2
        if _wall_at(after + middle * SECOND, zone) >= wall:
            high = middle
        else:
            low = middle
    return after + high * SECOND


def _wall_at(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None)
