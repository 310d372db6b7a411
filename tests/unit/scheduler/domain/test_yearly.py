"""Dates that come round every year."""

from datetime import date
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scheduler.domain.yearly import day_in_year, yearly
from shared.messages.snapshots import Leap
from shared.messages.values import PartialDate


@pytest.mark.parametrize(
    ("leap_day", "expected"),
    [
        ("feb28", [date(2026, 2, 28), date(2027, 2, 28), date(2028, 2, 29), date(2029, 2, 28)]),
        ("mar1", [date(2026, 3, 1), date(2027, 3, 1), date(2028, 2, 29), date(2029, 3, 1)]),
    ],
)
@pytest.mark.parametrize("anchor", ["--02-29", "2000-02-29"])
def test_29_february(anchor: str, leap_day: Leap, expected: list[date]) -> None:
    """A leap day is itself in leap years and the owner's choice in others, and never drifts to another for good."""
    days = yearly(anchor=PartialDate.parse(anchor), since=date(2026, 1, 1), leap_day=leap_day)
    assert list(islice(days, 4)) == expected


def test_2100_is_no_leap_year() -> None:
    """The rule of the centuries holds."""
    assert day_in_year(month=2, day=29, year=2100, leap_day="mar1") == date(2100, 3, 1)
    assert day_in_year(month=2, day=29, year=2000, leap_day="mar1") == date(2000, 2, 29)


def test_a_month_is_its_first_day() -> None:
    """Of a month without a day, the first."""
    assert next(yearly(anchor=PartialDate.parse("1985-04"), since=date(2026, 4, 2), leap_day="feb28")) == date(2027, 4, 1)


def test_a_year_alone_has_no_day() -> None:
    """A bare year is refused, not guessed at."""
    with pytest.raises(ValueError, match="when in the year"):
        next(yearly(anchor=PartialDate.parse("1985"), since=date(2026, 1, 1), leap_day="feb28"))


def test_it_ends_with_the_calendar() -> None:
    """No date lies beyond the last year that the broker can hold."""
    days = list(yearly(anchor=PartialDate.parse("--06-01"), since=date(2259, 7, 1), leap_day="feb28"))
    assert days == [date(2260, 6, 1), date(2261, 6, 1)]


@given(st.dates(date(1900, 1, 1), date(2030, 1, 1)), st.dates(date(2000, 1, 1), date(2200, 1, 1)))
def test_once_a_year(anchor: date, since: date) -> None:
    """From any day on there is exactly one occurrence a year, in order."""
    found = list(islice(yearly(anchor=PartialDate.from_date(anchor), since=since, leap_day="mar1"), 10))
    assert found[0] >= since
    assert [day.year for day in found] == list(range(found[0].year, found[0].year + 10))
