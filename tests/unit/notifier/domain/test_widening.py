"""Spans that grow until they are all of it."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.widening import FIRST_SPAN, widening


@given(st.integers(0, 4_000))
def test_the_last_span_is_the_whole(days: int) -> None:
    """Every span is longer than the one before, and the last one ends where was asked for."""
    first = date(2026, 1, 1)
    last = first + timedelta(days=days)
    ends = list(widening(first=first, last=last))
    assert ends[-1] == last
    assert all(earlier < later for earlier, later in pairwise(ends))
    assert len(ends) <= 8


def test_instants_widen_too() -> None:
    """A near end is looked at once."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert list(widening(first=now, last=now + FIRST_SPAN)) == [now + FIRST_SPAN]
    assert list(widening(first=now, last=now)) == [now]
