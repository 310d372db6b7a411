"""
Reading facts out of what `emit --data` names: one JSON document, or JSON Lines.

Lines are handed on as they come, so that `tail -f events.jsonl | hobnob emit …` works and a file of any size needs little
memory.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, Any, TypeVar

from pydantic_core import from_json

ItemT = TypeVar("ItemT")

CHUNK_BYTES = 65_536
BATCHES_AHEAD = 4
LONGEST_LINE_BYTES = 4 * 1024 * 1024
"""A line that is longer is no fact; it is refused without being kept in memory."""


@dataclass(frozen=True, slots=True)
class Item:
    """One JSON object of the input, or why there is none; `line` counts from 1."""

    line: int
    value: dict[str, Any] | None
    reason: str = ""
    written: bytes = field(default=b"", compare=False)
    """The text that it was read from, where that holds nothing else."""


def _read_json(raw: bytes) -> Any:
    """Read strict JSON, as contacts reads it: no NaN, no half of a surrogate pair, no more than 200 levels."""
    return from_json(raw, allow_inf_nan=False)


def parse_object(line: int, raw: bytes) -> Item:
    """Read one JSON object."""
    try:
        value = _read_json(raw)
    except ValueError as exc:
        return Item(line, None, _why(raw, exc))
    return _item(line, value, raw.strip())


def _why(raw: bytes, error: ValueError) -> str:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return "not UTF-8"
    # The parser counts lines within what it was given, which is one.
    return f"not JSON: {str(error).replace('line 1 column', 'column')}"


def _item(line: int, value: Any, written: bytes = b"") -> Item:
    if isinstance(value, dict):
        return Item(line, value, written=written)
    return Item(line, None, f"a fact is a JSON object, not {type(value).__name__}")


def parse_document(raw: bytes) -> list[Item]:
    """Read a whole text: one object over any number of lines, an array of them (line = position), or JSON Lines."""
    try:
        value = _read_json(raw)
    except ValueError:
        return [item for batch in read_lines([raw]) for item in batch]
    if isinstance(value, list):
        return [_item(position, each) for position, each in enumerate(value, start=1)]
    return [_item(1, value, raw.strip())]


def read_lines(chunks: Iterable[bytes]) -> Iterator[list[Item]]:
    """Yield, for each chunk of JSON Lines, the items of the lines that it completed; blank lines are none."""
    rest, line, too_long = b"", 0, False
    for chunk in chunks:
        *complete, rest = (rest + chunk).split(b"\n")
        items = []
        for raw in complete:
            line += 1
            if too_long:
                items.append(Item(line, None, "the line is too long for a fact"))
                too_long = False
            elif raw.strip():
                items.append(parse_object(line, raw))
        if len(rest) > LONGEST_LINE_BYTES:
            rest, too_long = b"", True
        yield items
    if too_long:
        yield [Item(line + 1, None, "the line is too long for a fact")]
    elif rest.strip():
        yield [parse_object(line + 1, rest)]


def read_stream(stream: IO[bytes]) -> Iterator[list[Item]]:
    """
    Read a stream as JSON Lines when its first line is a JSON value by itself, else as one document.

    A document that is spread over lines has to be read to its end before anything can be said about it.
    """
    chunks = _chunks(stream)
    head = b""
    for chunk in chunks:
        head += chunk
        if b"\n" in head.lstrip() or len(head) > LONGEST_LINE_BYTES:
            break
    first = head.lstrip().split(b"\n", 1)[0]
    if parse_object(1, first).value is not None:
        yield from read_lines(_chain(head, chunks))
    else:
        yield parse_document(head + b"".join(chunks))


def _chain(head: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    yield head
    yield from chunks


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    # read1 returns what is there: a line that somebody types is not held back until 64 KiB are full.
    read = getattr(stream, "read1", stream.read)
    while chunk := read(CHUNK_BYTES):
        yield chunk


async def in_background(batches: Iterator[ItemT], *, when_idle: Callable[[], Awaitable[None]]) -> AsyncIterator[ItemT]:
    """
    Yield what *batches* yields, read in a thread of its own, so that an idle pipe stops nothing else.

    The thread is a daemon: Ctrl-C while it waits for input ends the command.

    Args:
        batches: Read at most `BATCHES_AHEAD` ahead of what was taken.
        when_idle: Awaited before each wait for input.

    Raises:
        OSError: reading failed.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[ItemT | OSError | None] = asyncio.Queue()
    room = threading.Semaphore(BATCHES_AHEAD)

    def hand_on(value: ItemT | OSError | None) -> None:
        room.acquire()
        with suppress(RuntimeError):  # the command has failed meanwhile, and its loop is closed
            loop.call_soon_threadsafe(queue.put_nowait, value)

    def pump() -> None:
        try:
            for batch in batches:
                hand_on(batch)
        except OSError as exc:
            hand_on(exc)
        else:
            hand_on(None)

    threading.Thread(target=pump, daemon=True, name="emit-input").start()
    while True:
        await asyncio.sleep(0)  # what was handed on arrives, and what was published leaves, while there is more to do
        if queue.empty():
            await when_idle()
        value = await queue.get()
        room.release()
        if value is None:
            return
        if isinstance(value, OSError):
            raise value
        yield value
