"""Tests of the pauses of a failing channel."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.notifier.channels.backoff import LONGEST_PAUSE, pause_after


def test_the_first_pauses() -> None:
    """One minute, then four times as long each time, up to six hours."""
    assert [pause_after(failures=count) / timedelta(minutes=1) for count in range(1, 7)] == [1, 4, 16, 64, 256, 360]


@given(st.integers(1, 10**9))
def test_pauses_grow_and_end_growing(failures: int) -> None:
    """A pause is never shorter than the one before and never longer than the longest."""
    assert pause_after(failures=failures) <= pause_after(failures=failures + 1) <= LONGEST_PAUSE


def test_a_service_may_ask_for_more_but_not_for_less() -> None:
    """A longer pause that the service asks for is kept, a shorter one is not."""
    assert pause_after(failures=1, retry_after_s=600) == timedelta(minutes=10)
    assert pause_after(failures=3, retry_after_s=1) == timedelta(minutes=16)
