"""Tests of making text harmless."""

from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.cleaning import clean_line, clean_text


def test_cleaning() -> None:
    """A line stays one line; a text keeps its lines and loses what controls or cannot be encoded."""
    assert clean_line(" a\r\n\tb\u2028c\0d\u202ee\ud800 ", chars_max=99) == "a b c d e"
    assert clean_line("abc def", chars_max=4) == "abc"
    assert clean_text("a\r\nb\rc\u2028d\u0085e\0\x1b[31m\ud800\tf") == "a\nb\nc\nd\ne[31m\tf"


@given(st.text())
def test_a_line_is_one_line(text: str) -> None:
    """Whatever it was made from, a line prints as one, can be encoded, and is clean already."""
    line = clean_line(text, chars_max=50)
    assert len(line.splitlines()) <= 1
    assert len(line) <= 50
    assert line.encode().decode() == clean_line(line, chars_max=50)


@given(st.text())
def test_a_text_can_be_encoded(text: str) -> None:
    """A cleaned text can be encoded and is clean already; it breaks lines in one way."""
    cleaned = clean_text(text)
    assert cleaned.encode().decode() == clean_text(cleaned)
    assert len(cleaned.splitlines()) in {cleaned.count("\n"), cleaned.count("\n") + 1}
