"""Recurrence rules, and how little work a bad one can cause."""

import time
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scheduler.domain.rules import BadRuleError, rule_days

START = date(2026, 1, 31)


def first(rule: str, count: int, *, start: date = START, since: date = START) -> list[str]:
    """Return the first days of a rule as text."""
    return [day.isoformat() for day in rule_days(rule=rule, start=start, since=since)[:count]]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=MONTHLY", ["2026-01-31", "2026-03-31", "2026-05-31", "2026-07-31"]),
        ("RRULE:FREQ=MONTHLY;BYMONTHDAY=-1", ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]),
        ("freq=monthly;bymonthday=1", ["2026-02-01", "2026-03-01", "2026-04-01", "2026-05-01"]),
        ("FREQ=YEARLY;BYMONTH=5;BYDAY=2SU", ["2026-05-10", "2027-05-09", "2028-05-14", "2029-05-13"]),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SA", ["2026-01-31", "2026-02-14", "2026-02-28", "2026-03-14"]),
        ("FREQ=DAILY;BYHOUR=1,2,3;BYMINUTE=0,1;BYSECOND=5", ["2026-01-31", "2026-02-01", "2026-02-02", "2026-02-03"]),
        ("FREQ=DAILY;UNTIL=20260202T000000Z", ["2026-01-31", "2026-02-01", "2026-02-02"]),
        ("FREQ=DAILY;UNTIL=20260202", ["2026-01-31", "2026-02-01", "2026-02-02"]),
        ("FREQ=DAILY;COUNT=2", ["2026-01-31", "2026-02-01"]),
        ("FREQ=DAILY;UNTIL=20200101", []),
    ],
)
def test_rules(rule: str, expected: list[str]) -> None:
    """Rules mean what RFC 5545 says; day 31 of a month stays 31."""
    assert first(rule, 4) == expected


@pytest.mark.parametrize("rule", ["FREQ=DAILY;INTERVAL=3", "FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,TH;WKST=SU", "FREQ=WEEKLY"])
def test_an_old_start_keeps_its_phase(rule: str) -> None:
    """Starting long ago changes the work, not the days."""
    start, since = date(1990, 5, 17), date(2026, 11, 1)
    plain = rule_days(rule=rule, start=start, since=start)
    later = rule_days(rule=rule, start=start, since=since)
    period = {"FREQ=DAILY;INTERVAL=3": 3, "FREQ=WEEKLY": 7}.get(rule, 21)
    assert {(day - start).days % period for day in later} <= {(day - start).days % period for day in plain}
    assert later[0] < since + timedelta(days=period)


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY;INTERVAL=5",
        "FREQ=HOURLY",
        "FREQ=NEVER",
        "every day",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=-1",
        "FREQ=DAILY;INTERVAL=x",
        "FREQ=DAILY;BYDAY=XX",
        "FREQ=DAILY;COUNT=3;UNTIL=20270101",
        "FREQ=DAILY;UNTIL=tomorrow",
        "FREQ=DAILY;UNTIL=20261399",
        "FREQ=DAILY\nEXDATE:20260101",
        "DTSTART:20260101\nRRULE:FREQ=DAILY",
        "",
    ],
)
def test_what_is_no_rule(rule: str) -> None:
    """A text that is no rule about days is refused by name."""
    with pytest.raises(BadRuleError):
        rule_days(rule=rule, start=START, since=START)


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=WEEKLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYWEEKNO=60",
        "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6",
        "FREQ=DAILY;INTERVAL=7;BYDAY=MO",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=5",
        "FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29",
    ],
)
def test_a_rule_without_days_costs_little(rule: str) -> None:
    """A search that finds nothing ends within five years of the calendar, in a fraction of a second."""
    began = time.process_time()
    assert rule_days(rule=rule, start=date(2025, 1, 31), since=START) == ()
    assert time.process_time() - began < 0.5


@pytest.mark.parametrize(
    "rule", ["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,TU", "FREQ=MONTHLY", "FREQ=YEARLY", "FREQ=DAILY;COUNT=90000"]
)
def test_a_start_in_1800_costs_little(rule: str) -> None:
    """The work does not grow with the age of the start."""
    began = time.process_time()
    rule_days(rule=rule, start=date(1800, 1, 1), since=START)
    assert time.process_time() - began < 0.5


@settings(max_examples=60, deadline=2000)
@given(
    st.sampled_from(["YEARLY", "MONTHLY", "WEEKLY", "DAILY"]),
    st.lists(
        st.one_of(
            st.integers(1, 10**7).map(lambda n: f"INTERVAL={n}"),
            st.integers(-1, 400).map(lambda n: f"COUNT={n}"),
            st.integers(-40, 40).map(lambda n: f"BYMONTHDAY={n}"),
            st.integers(-2, 15).map(lambda n: f"BYMONTH={n}"),
            st.integers(-400, 400).map(lambda n: f"BYYEARDAY={n}"),
            st.integers(-60, 60).map(lambda n: f"BYWEEKNO={n}"),
            st.integers(-400, 400).map(lambda n: f"BYSETPOS={n}"),
            st.sampled_from(["MO", "2TU", "-1FR", "MO,WE", "9SU"]).map(lambda d: f"BYDAY={d}"),
            st.text(max_size=12),
        ),
        max_size=5,
    ),
    st.dates(date(1800, 1, 1), date(2261, 12, 31)),
)
def test_any_rule_ends_in_days_or_a_refusal(freq: str, parts: list[str], start: date) -> None:
    """Whatever the text: ordered days from the wanted one on, or a refusal; nothing else, and soon."""
    try:
        days = rule_days(rule=";".join([f"FREQ={freq}", *parts]), start=start, since=START)
    except BadRuleError:
        return
    assert list(days) == sorted(set(days))
    assert all(day >= max(START, start) for day in days)
