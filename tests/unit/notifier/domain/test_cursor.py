"""Tests of the opaque ends of pages."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.cursor import read_cursor, write_cursor
from shared.errors import InvalidMessage


@given(at=st.datetimes(timezones=st.just(UTC)), last=st.text(max_size=200))
def test_a_cursor_reads_back_as_it_was_written(at: datetime, last: str) -> None:
    """Every place survives the way to the client and back."""
    assert read_cursor(write_cursor((at, last))) == (at, last)


@given(text=st.text(max_size=100))
def test_a_foreign_cursor_is_refused_in_words(text: str) -> None:
    """Nothing that we did not write is taken for a place, and nothing crashes on it."""
    with pytest.raises(InvalidMessage, match="cursor"):
        read_cursor(text)


@pytest.mark.parametrize("text", ["", "???", "bm9uc2Vuc2U=", "WzEsMl0=", "e30="])
def test_nonsense_is_no_cursor(text: str) -> None:
    """Well-known kinds of nonsense are refused."""
    with pytest.raises(InvalidMessage):
        read_cursor(text)


def test_no_cursor_is_the_first_page() -> None:
    """Without a cursor a list begins at its top."""
    assert read_cursor(None) is None
