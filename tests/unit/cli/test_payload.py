"""Payloads of any kind as text."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.payload import readable
from cli.shapes import PAYLOAD_CHARS, dead_letter_shape, whole_dead_letter_shape
from tests.unit.shared.test_dead_letters import FACT, STORED_AT, letter


@given(body=st.binary(max_size=60), most_chars=st.integers(1, 100))
def test_no_bytes_raise_and_none_is_too_long(body: bytes, most_chars: int) -> None:
    """Any payload is shown, as far as it fits, and can be printed."""
    payload = readable(body, most_chars=most_chars)
    assert len(payload.text.encode().decode()) <= most_chars
    assert payload.size_bytes == len(body)


@pytest.mark.parametrize(
    ("body", "shown_as", "text", "is_whole"),
    [
        (b'{"name":"Zo\xc3\xab"}', "json", '{\n  "name": "Zoë"\n}', True),
        (b"not json", "text", "not json", True),
        (b"", "text", "", True),
        (b"\xff\x00", "hex", "ff00", True),
        (b'"\\ud800"', "text", '"\\ud800"', True),
        (b"1" * 5_000, "text", "1" * 100, False),
        (b"[" * 200_000, "text", "[" * 100, False),
        (b"\xff" * 200_000, "hex", "ff" * 50, False),
    ],
)
def test_a_payload_is_shown_as_what_it_is(body: bytes, shown_as: str, text: str, is_whole: bool) -> None:
    """JSON is laid out, text stays, the rest is hexadecimal; what does not fit is cut and says so."""
    payload = readable(body, most_chars=100)
    assert (payload.format, payload.text, payload.is_whole) == (shown_as, text, is_whole)


def test_deep_nesting_is_text() -> None:
    """JSON too deep to be read is shown as it is."""
    body = b"[" * 50_000 + b"]" * 50_000
    assert readable(body, most_chars=PAYLOAD_CHARS).text == body.decode()


def test_the_shapes_of_a_dead_letter() -> None:
    """The documented keys in their order; `show` adds headers and payload; an unknown number of attempts is null."""
    found = replace(letter(body=b'{"a":1}'), attempts=None)
    shape = dead_letter_shape(found)
    assert shape == {
        "id": "7",
        "service": "contacts",
        "subject": FACT,
        "reason": "name: Field required",
        "attempts": None,
        "at": "2026-11-24T09:00:00Z",
    }
    whole = whole_dead_letter_shape(found)
    assert list(whole) == [*shape, "stored_at", "headers", "payload"]
    assert whole["stored_at"] == STORED_AT
    assert whole["payload"] == {"format": "json", "text": '{\n  "a": 1\n}', "size_bytes": 7, "is_whole": True}
    json.dumps(whole)
