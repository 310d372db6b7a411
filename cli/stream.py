"""
Reading facts out of what `emit --data` names: one JSON document, or JSON Lines.

Lines are handed on as they come, so that `tail -f events.jsonl | hobnob emit …` works and a file of any size needs little
memory.
"""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any, TypeVar

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


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def parse_object(line: int, raw: bytes) -> Item:
    """Read one JSON object."""
    try:
        value = json.loads(raw.decode("utf-8"), parse_constant=_no_constant)
    except UnicodeDecodeError:
        return Item(line, None, "not UTF-8")
    except RecursionError:
        return Item(line, None, "nested too deeply")
    except json.JSONDecodeError as exc:
        return Item(line, None, f"not JSON: {exc.msg} at column {exc.colno}")
    except ValueError as exc:
        return Item(line, None, f"not JSON: {exc}")
    return _item(line, value)


def _item(line: int, value: Any) -> Item:
    if isinstance(value, dict):
        return Item(line, value)
    return Item(line, None, f"a fact is a JSON object, not {type(value).__name__}")


def parse_document(raw: bytes) -> list[Item]:
    """Read a whole text: one object over any number of lines, an array of them (line = position), or JSON Lines."""
    try:
        value = json.loads(raw.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return [item for batch in read_lines([raw]) for item in batch]
    if isinstance(value, list):
        return [_item(position, each) for position, each in enumerate(value, start=1)]
    return [_item(1, value)]


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


async def in_background(batches: Iterator[ItemT]) -> AsyncIterator[ItemT]:
    """
    Yield what *batches* yields, read in a thread of its own, so that an idle pipe stops nothing else.

    The thread is a daemon: Ctrl-C while it waits for input ends the command.

    Raises:
        OSError: reading failed.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[ItemT | OSError | None] = asyncio.Queue(maxsize=BATCHES_AHEAD)

    def hand_on(value: ItemT | OSError | None) -> None:
        asyncio.run_coroutine_threadsafe(queue.put(value), loop).result()

    def pump() -> None:
        try:
            for batch in batches:
                hand_on(batch)
        except OSError as exc:
            hand_on(exc)
        else:
            hand_on(None)

    threading.Thread(target=pump, daemon=True, name="emit-input").start()
    while (value := await queue.get()) is not None:
        if isinstance(value, OSError):
            raise value
        yield value
