"""Dates that come round every year."""

from calendar import isleap
from collections.abc import Iterator
from datetime import date
from itertools import count

from shared.messages.snapshots import Leap
from shared.messages.values import LAST_YEAR, PartialDate


def day_in_year(*, month: int, day: int, year: int, leap_day: Leap) -> date:
    """
    Return the day on which a yearly date falls in *year*.

    29 February is itself in leap years, and in others the day that *leap_day* names. Each year is computed from the date
    itself, never from the year before, so that it cannot drift.
    """
    if (month, day) == (2, 29) and not isleap(year):
        return date(year, 2, 28) if leap_day == "feb28" else date(year, 3, 1)
    return date(year, month, day)


def yearly(*, anchor: PartialDate, since: date, leap_day: Leap) -> Iterator[date]:
    """
    Yield, in order, the days from *since* on at which *anchor* comes round; of a month without a day, its first.

    A year that *anchor* may have plays no part: whoever counts from it leaves out what comes before. Ends with `LAST_YEAR`.

    Raises:
        ValueError: *anchor* has no month.
    """
    if anchor.month is None:
        raise ValueError(f"{anchor} does not say when in the year it is")
    for year in count(since.year):
        if year > LAST_YEAR:
            return
        on = day_in_year(month=anchor.month, day=anchor.day or 1, year=year, leap_day=leap_day)
        if on >= since:
            yield on
