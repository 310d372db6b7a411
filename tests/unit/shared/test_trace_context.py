"""The `traceparent` that a message carries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.trace_context import derived_traceparent, is_sampled, read_traceparent, trace_id_of

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (f"00-{TRACE}-{SPAN}-01", f"00-{TRACE}-{SPAN}-01"),
        (f" 00-{TRACE}-{SPAN}-00 ", f"00-{TRACE}-{SPAN}-00"),
        # A later version may say more behind; what we know of it stands in front.
        (f"01-{TRACE}-{SPAN}-01-more", f"00-{TRACE}-{SPAN}-01"),
        (f"ff-{TRACE}-{SPAN}-01", None),
        (f"00-{'0' * 32}-{SPAN}-01", None),
        (f"00-{TRACE}-{'0' * 16}-01", None),
        (f"00-{TRACE.upper()}-{SPAN}-01", None),
        ("00-ab-cd-01", None),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_only_what_is_valid_is_carried_on(value: object, expected: str | None) -> None:
    """What is no `traceparent` is ignored, never an error (W3C Trace Context, section 3.2)."""
    assert read_traceparent(value) == expected


@given(st.text(max_size=300))
def test_nothing_that_somebody_sends_breaks_it(value: str) -> None:
    """Any text is read or ignored, and what is read is written in one form."""
    found = read_traceparent(value)
    assert found is None or (read_traceparent(found) == found and len(found) == 55)


@given(st.lists(st.text(), min_size=1), st.lists(st.text(), min_size=1))
def test_a_derived_trace_is_valid_and_of_its_identity_alone(one: list[str], other: list[str]) -> None:
    """The same identity has the same trace for ever, another one another; nobody records it."""
    found = derived_traceparent(*one)
    assert read_traceparent(found) == found
    assert found == derived_traceparent(*one)
    assert not is_sampled(found)
    if "\0".join(one) != "\0".join(other):
        assert trace_id_of(found) != trace_id_of(derived_traceparent(*other))


def test_the_sampled_flag_is_one_bit_of_eight() -> None:
    """Other flags, such as "random", say nothing of it."""
    assert is_sampled(f"00-{TRACE}-{SPAN}-03")
    assert not is_sampled(f"00-{TRACE}-{SPAN}-02")
