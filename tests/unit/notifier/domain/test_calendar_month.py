"""The arithmetic of a calendar page."""

from calendar import monthrange
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.calendar_month import Month, weekdays
from shared.messages.values import FIRST_YEAR, LAST_YEAR

MONTHS = st.builds(Month, st.integers(FIRST_YEAR, LAST_YEAR), st.integers(1, 12))
WEEKDAYS = st.integers(0, 6)


@pytest.mark.parametrize(
    ("first_weekday", "begins", "ends", "weeks"),
    [
        (0, date(2026, 1, 26), date(2026, 3, 1), 5),
        (6, date(2026, 2, 1), date(2026, 2, 28), 4),
        (5, date(2026, 1, 31), date(2026, 3, 6), 5),
    ],
)
def test_the_same_february_depends_on_where_weeks_begin(first_weekday: int, begins: date, ends: date, weeks: int) -> None:
    """On Monday, Sunday or Saturday: February 2026 takes four weeks or five."""
    found = Month(2026, 2).weeks(first_weekday=first_weekday)
    assert (found[0][0], found[-1][-1], len(found)) == (begins, ends, weeks)


@given(MONTHS, WEEKDAYS)
def test_weeks_are_whole_and_hold_the_month(month: Month, first_weekday: int) -> None:
    """Every week begins on the weekday asked for, days follow one another, and none of the month's is missing."""
    weeks = month.weeks(first_weekday=first_weekday)
    days = [day for week in weeks for day in week]
    assert all(len(week) == 7 and week[0].weekday() == first_weekday for week in weeks)
    assert all(after - before == timedelta(days=1) for before, after in pairwise(days))
    assert sum(month.holds(day) for day in days) == monthrange(month.year, month.month)[1]
    assert all(any(month.holds(day) for day in week) for week in weeks)


@given(MONTHS)
def test_neighbours_are_each_others(month: Month) -> None:
    """The month before the next one is the month itself; what is written is read; years end well."""
    assert Month.parse(str(month)) == month
    if (following := month.following) is not None:
        assert following.previous == month
        assert following > month
        assert following.first == (month.first + timedelta(days=32)).replace(day=1)


def test_the_calendar_ends() -> None:
    """Before the first month and after the last there is none."""
    assert Month(FIRST_YEAR, 1).previous is None
    assert Month(LAST_YEAR, 12).following is None


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-13", "2026-00", "2026-1", "26-01", "1799-12", "2262-01", "２０２６-01", "2026-01-01"]
)
def test_what_is_no_month_is_refused(text: str) -> None:
    """Wrong forms, months that do not exist and years outside those that Hobnob knows."""
    with pytest.raises(ValueError, match=r"month|year"):
        Month.parse(text)


@given(WEEKDAYS)
def test_columns_are_the_days_of_a_week(first_weekday: int) -> None:
    """Each once, in order, beginning where the week does."""
    assert [day.weekday() for day in weekdays(first_weekday=first_weekday)] == [(first_weekday + n) % 7 for n in range(7)]
