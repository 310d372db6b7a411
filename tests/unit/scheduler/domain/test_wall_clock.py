"""The owner's hour, in every zone there is."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scheduler.domain.wall_clock import OwnerClock, instant_of

ZONES = sorted(available_timezones())


@pytest.mark.parametrize(
    ("zone", "on", "hour", "utc"),
    [
        ("Europe/Berlin", date(2026, 1, 15), time(9), "2026-01-15T08:00"),
        ("Europe/Berlin", date(2026, 7, 15), time(9), "2026-07-15T07:00"),
        # 02:30 does not exist: 03:00 summer time is the first instant after the gap.
        ("Europe/Berlin", date(2026, 3, 29), time(2, 30), "2026-03-29T01:00"),
        # 02:30 comes twice: the first, in summer time.
        ("Europe/Berlin", date(2026, 10, 25), time(2, 30), "2026-10-25T00:30"),
        ("America/New_York", date(2026, 3, 8), time(2, 0), "2026-03-08T07:00"),
        ("America/New_York", date(2026, 11, 1), time(1, 30), "2026-11-01T05:30"),
        # A change of half an hour only.
        ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 15), "2026-10-03T15:30"),
        # Midnight itself is skipped.
        ("Africa/Cairo", date(2026, 4, 24), time(0), "2026-04-23T22:00"),
        # Samoa had no 30 December 2011: the first instant of the 31st.
        ("Pacific/Apia", date(2011, 12, 30), time(9), "2011-12-30T10:00"),
        ("Asia/Kathmandu", date(2026, 5, 1), time(9), "2026-05-01T03:15"),
    ],
)
def test_hours_that_are_skipped_or_come_twice(zone: str, on: date, hour: time, utc: str) -> None:
    """A skipped hour becomes the first instant after the gap, a repeated one its first."""
    assert instant_of(on=on, at=hour, zone=ZoneInfo(zone)) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@given(
    zone=st.sampled_from(ZONES),
    on=st.dates(date(1970, 1, 2), date(2100, 1, 1)),
    hour=st.times().map(lambda t: t.replace(microsecond=0)),
)
def test_an_instant_shows_the_hour_or_there_is_none(zone: str, on: date, hour: time) -> None:
    """What the wall shows at the instant is what was asked, or later, and just before it was earlier."""
    place = ZoneInfo(zone)
    instant = instant_of(on=on, at=hour, zone=place)
    wanted = datetime.combine(on, hour)
    shown = instant.astimezone(place).replace(tzinfo=None)
    assert shown >= wanted
    before = (instant - timedelta(seconds=1)).astimezone(place).replace(tzinfo=None)
    assert before < wanted or shown == wanted
    if shown != wanted:
        assert before < wanted


@given(zone=st.sampled_from(ZONES), on=st.dates(date(1971, 1, 1), date(2100, 1, 1)))
def test_a_date_survives_the_way_there_and_back(zone: str, on: date) -> None:
    """The local date of a date's delivery hour is that date, wherever the date exists."""
    clock = OwnerClock(ZoneInfo(zone), time(9))
    found = clock.date_of(instant=clock.due_at(on=on))
    assert found == on or zone in {"Pacific/Apia", "Pacific/Kwajalein", "Kwajalein", "Pacific/Fakaofo"} | _SKIPPED_A_DAY


_SKIPPED_A_DAY = {"Pacific/Enderbury", "Pacific/Kanton", "Pacific/Kiritimati"}
