"""Instants that people name."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.moments import next_morning, snooze_end
from shared.errors import InvalidMessage

ZONES = ["UTC", "America/Toronto", "Asia/Kolkata", "Pacific/Chatham", "Pacific/Apia", "Europe/Berlin", "America/St_Johns"]
BERLIN = ZoneInfo("Europe/Berlin")
NINE = time(9)


def at(text: str) -> datetime:
    """Read an instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@given(
    st.integers(946_684_800, 4_102_444_800),
    st.sampled_from(ZONES),
)
def test_the_morning_is_the_next_nine_o_clock_there(second: int, zone: str) -> None:
    """It is always ahead, it is nine on the wall there, and it is at most a day and a change of clocks away."""
    now = datetime.fromtimestamp(second, UTC)
    morning = next_morning(now=now, zone=ZoneInfo(zone))
    assert now < morning <= now + timedelta(hours=50)
    assert morning.astimezone(ZoneInfo(zone)).time() == NINE
    if zone != "Pacific/Apia":  # which left out 30 December 2011
        assert morning <= now + timedelta(hours=25, minutes=1)


@pytest.mark.parametrize(
    ("preset", "now", "expected"),
    [
        ("tonight", "2026-05-04T10:00", "2026-05-04T17:00"),
        ("tomorrow", "2026-05-04T10:00", "2026-05-05T06:30"),
        ("tomorrow", "2026-03-28T10:00", "2026-03-29T06:30"),  # clocks go forward that night
        ("next-week", "2026-05-04T10:00", "2026-05-11T06:30"),  # a Monday
        ("next-week", "2026-05-10T10:00", "2026-05-11T06:30"),  # a Sunday
        ("next-week", "2026-10-24T10:00", "2026-10-26T07:30"),  # clocks go back on the Sunday
    ],
)
def test_words_for_the_end_of_a_snooze(preset: str, now: str, expected: str) -> None:
    """Each word is an hour on the owner's wall, across changes of clocks."""
    end = snooze_end(preset, now=at(now), zone=BERLIN, deliver_at=time(8, 30))  # type: ignore[arg-type]  # one of the words
    assert end == at(expected)


def test_tonight_has_an_end() -> None:
    """In the evening it is too late for tonight, and that is said."""
    with pytest.raises(InvalidMessage, match="past 19:00"):
        snooze_end("tonight", now=at("2026-05-04T17:00"), zone=BERLIN, deliver_at=NINE)
