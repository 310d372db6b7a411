"""
What of a contact fits into a message.

NATS takes messages of up to 1 MiB, and a snapshot that is refused would never be seen. So each part that can grow has a room of
its own; together, with the fields of fixed length, they stay below 900 KiB. Hardly any contact comes near one of them. What
does not fit is left out of the snapshot, oldest or last first; the contact's state keeps it.
"""

import json
from collections.abc import Iterable, Sequence
from typing import TypeVar

MAX_ALIASES = 2_000
"""Of 23 bytes each."""
LIST_BYTES = 32 * 1024
"""Room for the emails, and for the phones."""
LABELS_BYTES = 64 * 1024
"""Room for the dates, for the tags, and for the interests."""
WORDS_BYTES = 16 * 1024
"""Room for the causes, and for the schools."""
NOTES_BYTES = 256 * 1024
"""Room for the notes of all interactions."""

MEETINGS_BYTES = 32 * 1024
"""Room for when the meetings are."""
PLANS_BYTES = 64 * 1024
"""Room for where the meetings are and what for."""
KEYWORDS_BYTES = 16 * 1024
"""Room for the keywords of a search."""

ValueT = TypeVar("ValueT")


def json_bytes(value: object) -> int:
    """Return how many bytes *value* takes in JSON."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def that_fit(values: Iterable[ValueT], *, room_bytes: int) -> tuple[ValueT, ...]:
    """Return the first of *values*, in order of importance, whose JSON fits in a room together."""
    kept: list[ValueT] = []
    for value in values:
        room_bytes -= json_bytes(value) + 1
        if room_bytes < 0:
            break
        kept.append(value)
    return tuple(kept)


def notes_that_fit(notes: Sequence[ValueT | None], *, room_bytes: int) -> tuple[ValueT | None, ...]:
    """Return *notes* with None for each that no longer fits beside those before it."""
    kept: list[ValueT | None] = []
    for note in notes:
        size = json_bytes(note)
        fits = size <= room_bytes
        kept.append(note if fits else None)
        room_bytes -= size if fits else room_bytes
    return tuple(kept)
