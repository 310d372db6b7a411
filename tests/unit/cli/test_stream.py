"""Reading facts out of text."""

import asyncio
import io
import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.stream import LONGEST_LINE_BYTES, Item, in_background, parse_document, read_lines, read_stream

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def read(text: bytes) -> list[Item]:
    """Read a whole stream."""
    return [item for batch in read_stream(io.BytesIO(text)) for item in batch]


@given(objects=st.lists(st.dictionaries(st.text(max_size=8), JSON, max_size=3), max_size=8), size=st.integers(1, 40))
def test_chunks_do_not_matter(objects: list[dict[str, object]], size: int) -> None:
    """However the bytes are cut into chunks, every line is one item with its own number."""
    text = "".join(json.dumps(value) + "\n" for value in objects).encode()
    chunks = [text[start : start + size] for start in range(0, len(text), size)]
    items = [item for batch in read_lines(chunks) for item in batch]
    assert items == [Item(line, value) for line, value in enumerate(objects, start=1)]


@given(st.binary(max_size=300))
def test_no_input_raises(text: bytes) -> None:
    """Any bytes are read into objects and refusals, never into an exception."""
    for item in [*read(text), *parse_document(text)]:
        assert (item.value is None) == bool(item.reason)


def test_a_document_over_several_lines_is_one_object() -> None:
    """Pretty-printed JSON is one fact, not one refusal a line."""
    assert read(b'\n{\n  "name": "A"\n}\n') == [Item(1, {"name": "A"})]


def test_an_array_is_its_elements() -> None:
    """An array of facts counts its elements; one that is no object is refused by its position."""
    first, second = read(b'[{"name": "A"},\n 5]')
    assert first == Item(1, {"name": "A"})
    assert (second.line, second.reason) == (2, "a fact is a JSON object, not int")


def test_bad_lines_keep_their_numbers() -> None:
    """Blank lines are nothing, bad ones are refused by number, good ones behind them are read."""
    items = read(b'{"a": 1}\n\n{"b": \n\xff\n{"c": NaN}\n{"d": 4}')
    assert [(item.line, item.value) for item in items] == [(1, {"a": 1}), (3, None), (4, None), (5, None), (6, {"d": 4})]


def test_a_line_without_end_is_not_kept() -> None:
    """A line that is longer than any fact is refused, and the next one is read."""
    chunks = [b'{"a": "', b"x" * (LONGEST_LINE_BYTES + 1), b'"}\n{"b": 2}\n']
    items = [item for batch in read_lines(chunks) for item in batch]
    assert [(item.line, item.value) for item in items] == [(1, None), (2, {"b": 2})]


async def test_reading_in_the_background_keeps_order_and_errors() -> None:
    """Batches come in order, and a failure to read arrives where they do."""

    def batches() -> Iterator[int]:
        yield from range(10)
        raise OSError("gone")

    seen: list[int] = []

    async def read_all() -> None:
        async for value in in_background(batches()):
            seen.append(value)  # noqa: PERF401  # what came before the failure is what is checked

    with pytest.raises(OSError, match="gone"):
        await asyncio.wait_for(read_all(), 5)
    assert seen == list(range(10))
