"""Times as people write them."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import typer

from cli.when import parse_span, parse_until

BERLIN = ZoneInfo("Europe/Berlin")
TUESDAY = datetime(2026, 3, 24, 16, 0, tzinfo=UTC)
"""17:00 in Berlin; the clocks go forward there on the next Sunday."""


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("30m", timedelta(minutes=30)),
        ("45 min", timedelta(minutes=45)),
        ("2h", timedelta(hours=2)),
        ("3D", timedelta(days=3)),
        (" 1w ", timedelta(weeks=1)),
    ],
)
def test_spans(text: str, span: timedelta) -> None:
    """A span is a number and a unit."""
    assert parse_span(text) == span


@pytest.mark.parametrize("text", ["", "0h", "h", "2", "2y", "-3d", "1.5h", "99999d"])
def test_no_span(text: str) -> None:
    """Anything else is refused, zero included."""
    with pytest.raises(typer.BadParameter):
        parse_span(text)


@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("tomorrow", "2026-03-25T08:30"),
        ("tuesday", "2026-03-31T08:30"),
        ("wed", "2026-03-25T08:30"),
        ("sunday", "2026-03-29T08:30"),
        ("18:30", "2026-03-24T18:30"),
        ("9:15", "2026-03-25T09:15"),
        ("2026-12-01", "2026-12-01T08:30"),
        ("2026-12-01T07:00", "2026-12-01T07:00"),
    ],
)
def test_until(text: str, local: str) -> None:
    """A day means the owner's delivery hour on their wall clock, across a change of the clocks too."""
    wanted = datetime.fromisoformat(local).replace(tzinfo=BERLIN)
    assert parse_until(text, now=TUESDAY, zone=BERLIN, deliver_at=time(8, 30)) == wanted


def test_until_with_an_offset() -> None:
    """An instant that says its offset is taken as it is."""
    instant = parse_until("2026-12-01T07:00+05:00", now=TUESDAY, zone=BERLIN, deliver_at=time(9))
    assert instant == datetime(2026, 12, 1, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "someday", "mo", "25:00", "2026-13-01", "2026-02-30"])
def test_no_time(text: str) -> None:
    """Anything else is refused."""
    with pytest.raises(typer.BadParameter):
        parse_until(text, now=TUESDAY, zone=BERLIN, deliver_at=time(9))
