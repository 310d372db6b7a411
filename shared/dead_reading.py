"""
Reading the dead letters of one owner without a consumer: one request a letter.

What a consumer delivers is not checked against its maker's permissions (ADR 0007), so a service that serves owners gets none on
this stream: it may read single messages, and drop them.
"""

from collections import deque
from collections.abc import AsyncIterator
from datetime import UTC
from typing import Final

import nats.errors
from nats.aio.client import Client
from nats.js.api import RawStreamMsg
from nats.js.errors import APIError, NotFoundError

from shared import subjects
from shared.dead_letters import DeadLetter, no_such_letter, parse_id, read_letter
from shared.errors import BrokerUnavailable
from shared.jetstream import jetstream
from shared.streams import DEAD

FIRST_WINDOW: Final = 200
"""Sequences that are searched first for the newest."""
GROWTH: Final = 4
"""Each further search covers so many times as many."""


class DeadReader:
    """Reads dead letters by owner; the errors are `BrokerUnavailable` where nothing else is said."""

    def __init__(self, client: Client) -> None:
        self._js = jetstream(client)

    async def get(self, *, owner: str, id: str) -> DeadLetter:  # noqa: A002  # the word of the contract
        """Return one letter with its body; raise `NotFound` when *owner* has none of that id."""
        found = await self._message(parse_id(id))
        letter = _letter(found) if found else None
        if letter is None or letter.owner != owner:
            raise no_such_letter(id)
        return letter

    async def newest(self, *, owner: str, limit: int) -> list[DeadLetter]:
        """Return up to *limit* letters of *owner*, the newest first: ever larger windows are read from the stream's end."""
        first, end = await self._bounds()
        span, found = FIRST_WINDOW, list[DeadLetter]()
        while end > first and len(found) < limit:
            start = max(first, end - span)
            window: deque[DeadLetter] = deque(maxlen=limit - len(found))
            async for letter in self._between(start, end, owner=owner):
                window.append(letter)
            found.extend(reversed(window))
            end, span = start, span * GROWTH
        return found

    async def _between(self, start: int, end: int, *, owner: str) -> AsyncIterator[DeadLetter]:
        """Yield the letters of *owner* from sequence *start* up to, not including, *end*, in order."""
        filters = subjects.dead_filters(service=None, owner=owner)
        ahead = [await self._message(start, matching=each) for each in filters]
        while any(ahead):
            at, message = min(((at, each) for at, each in enumerate(ahead) if each), key=lambda pair: pair[1].seq or 0)
            if (message.seq or end) >= end:
                return
            yield _letter(message)
            ahead[at] = await self._message((message.seq or 0) + 1, matching=filters[at])

    async def _message(self, sequence: int, *, matching: str | None = None) -> RawStreamMsg | None:
        """Return the message of that sequence, or with *matching* the first from there on; None when there is none."""
        try:
            if matching is None:
                return await self._js.get_msg(DEAD, seq=sequence)
            return await self._js.get_msg(DEAD, seq=sequence, subject=matching, next=True)
        except NotFoundError:
            return None
        except APIError as exc:
            raise BrokerUnavailable(f"{DEAD}: {exc.description}") from exc
        except (TimeoutError, nats.errors.Error) as exc:
            raise BrokerUnavailable(f"{DEAD} did not answer") from exc

    async def _bounds(self) -> tuple[int, int]:
        """Return the first sequence of the stream and the one after its last."""
        try:
            state = (await self._js.stream_info(DEAD)).state
        except (TimeoutError, nats.errors.Error) as exc:
            raise BrokerUnavailable(f"{DEAD} did not answer") from exc
        return max(state.first_seq, 1), state.last_seq + 1


def _letter(message: RawStreamMsg) -> DeadLetter:
    assert message.subject is not None
    assert message.seq is not None
    assert message.time is not None
    return read_letter(
        subject=message.subject,
        sequence=message.seq,
        at=message.time.astimezone(UTC),
        headers=message.headers,
        body=message.data or b"",
    )
