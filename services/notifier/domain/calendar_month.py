"""The arithmetic of a calendar page: a month, its neighbours, and the weeks that show it."""

import re
from calendar import Calendar
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Self

from shared.messages.values import FIRST_YEAR, LAST_YEAR

WEEK_DAYS: Final = 7
_WRITTEN: Final = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})")


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """
    A month of the Gregorian calendar, written `YYYY-MM`.

    Raises:
        ValueError: there is no such month, or its year is outside 1800-2261.
    """

    year: int
    month: int

    def __post_init__(self) -> None:
        if not FIRST_YEAR <= self.year <= LAST_YEAR:
            raise ValueError(f"the year must be from {FIRST_YEAR} to {LAST_YEAR}")
        if not 1 <= self.month <= 12:
            raise ValueError("the month must be from 1 to 12")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the written form."""
        found = _WRITTEN.fullmatch(text)
        if found is None:
            raise ValueError("write a month as YYYY-MM")
        return cls(int(found["year"]), int(found["month"]))

    @classmethod
    def of(cls, day: date) -> Self:
        """Return the month that a date lies in."""
        return cls(day.year, day.month)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.month, 1)

    @property
    def previous(self) -> Self | None:
        """The month before; None at the beginning of what Hobnob knows."""
        return self._shifted(-1)

    @property
    def following(self) -> Self | None:
        """The month after; None at the end of what Hobnob knows."""
        return self._shifted(1)

    def holds(self, day: date) -> bool:
        """Whether *day*, of any year, lies in it."""
        return (day.year, day.month) == (self.year, self.month)

    def weeks(self, *, first_weekday: int) -> tuple[tuple[date, ...], ...]:
        """
        Return the whole weeks that the month touches, in order; the first and the last may hold days of its neighbours.

        Args:
            first_weekday: The day on which a week begins, 0 is Monday. It depends on the country.
        """
        return tuple(tuple(week) for week in Calendar(first_weekday).monthdatescalendar(self.year, self.month))

    def _shifted(self, months: int) -> Self | None:
        year, month = divmod(self.year * 12 + self.month - 1 + months, 12)
        return type(self)(year, month + 1) if FIRST_YEAR <= year <= LAST_YEAR else None


def weekdays(*, first_weekday: int) -> tuple[date, ...]:
    """Return seven dates that stand for the days of a week, in the order of its columns, so that they can be named."""
    monday = date(2024, 1, 1)
    return tuple(monday + timedelta(days=(first_weekday + column) % WEEK_DAYS) for column in range(WEEK_DAYS))
