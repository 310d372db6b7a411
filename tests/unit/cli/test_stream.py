"""Reading facts out of text."""

import asyncio
import io
import json
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.stream import BATCHES_AHEAD, LONGEST_LINE_BYTES, Item, in_background, parse_document, read_lines, read_stream

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


def test_an_object_keeps_the_text_it_was_read_from() -> None:
    """What is sent on as it was written is the line without its white space, or the whole document; never an array's part."""
    assert [item.written for item in read(b'{"a": 1}\r\n  {"b":2}')] == [b'{"a": 1}', b'{"b":2}']
    assert [item.written for item in read(b'{\n"a": 1}\n')] == [b'{\n"a": 1}']
    assert [item.written for item in read(b'[{"a": 1}]')] == [b""]


async def test_reading_in_the_background_keeps_order_and_errors() -> None:
    """Batches come in order, and a failure to read arrives where they do."""

    def batches() -> Iterator[int]:
        yield from range(10)
        raise OSError("gone")

    seen: list[int] = []

    async def read_all() -> None:
        async for value in in_background(batches(), when_idle=nothing):
            seen.append(value)  # noqa: PERF401  # what came before the failure is what is checked

    with pytest.raises(OSError, match="gone"):
        await asyncio.wait_for(read_all(), 5)
    assert seen == list(range(10))


async def nothing() -> None:
    """Have nothing to do while idle."""


async def test_an_idle_input_is_noticed() -> None:
    """Before it waits for input that is not there yet, the reader says so: whoever publishes can settle what is under way."""
    may_go_on = threading.Event()
    seen: list[int] = []
    seen_when_idle: list[list[int]] = []

    def batches() -> Iterator[int]:
        yield 1
        assert may_go_on.wait(5)
        yield 2

    async def note() -> None:
        seen_when_idle.append([*seen])
        if seen:
            may_go_on.set()

    async for value in in_background(batches(), when_idle=note):
        seen.append(value)  # noqa: PERF401  # it is looked at meanwhile
    assert [1] in seen_when_idle
    assert seen == [1, 2]


async def test_no_more_is_read_than_a_few_batches_ahead() -> None:
    """Whoever takes slowly has the reader wait: an endless input needs no endless memory."""
    taken = 0
    most_ahead = 0

    def batches() -> Iterator[int]:
        nonlocal most_ahead
        for number in range(1, 200):
            most_ahead = max(most_ahead, number - taken)
            yield number

    async for value in in_background(batches(), when_idle=nothing):
        taken = value
        await asyncio.sleep(0.001)
    assert taken == 199
    assert most_ahead <= BATCHES_AHEAD + 2
