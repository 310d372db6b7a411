"""Pages of a list: as much as fits into a reply, and a cursor to go on from."""

import base64
import json
from binascii import Error as Base64Error
from collections.abc import Sequence
from typing import TypeVar

from pydantic import TypeAdapter

from shared.errors import InvalidMessage
from shared.messages.values import Message

PAGE_BYTES = 768 * 1024
"""A reply must stay below NATS' default limit of 1 MiB; what does not fit is on the next page."""

KeyT = TypeVar("KeyT")
RowT = TypeVar("RowT", bound=Message)
CursorT = TypeVar("CursorT")


def first_that_fit(rows: Sequence[tuple[KeyT, RowT]]) -> list[tuple[KeyT, RowT]]:
    """Return as many of *rows*, each with its key, as fit into one reply; one always does."""
    fitting: list[tuple[KeyT, RowT]] = []
    room_bytes = PAGE_BYTES
    for row in rows:
        room_bytes -= len(row[1].model_dump_json().encode())
        if room_bytes < 0 and fitting:
            break
        fitting.append(row)
    return fitting


def write_cursor(*parts: str) -> str:
    """Return a cursor that holds the sort key of a page's last row."""
    return base64.urlsafe_b64encode(json.dumps(parts, ensure_ascii=False).encode()).decode()


def read_cursor(cursor: str, *, of: TypeAdapter[CursorT]) -> CursorT:
    """Return what `write_cursor` put into a cursor; raise `InvalidMessage` when it is none of ours."""
    try:
        return of.validate_json(base64.urlsafe_b64decode(cursor))
    except (ValueError, Base64Error) as exc:
        raise InvalidMessage("cursor: take it from the page before, unchanged") from exc
