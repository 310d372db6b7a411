"""How much waits to be published, and for how long: what an alert on the outbox asks."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from shared.exposition import Reading
from shared.metrics import OUTBOX_OLDEST_S, OUTBOX_PENDING

LOOKED_AT: Final = 1_000
"""Documents whose age is followed: those that wait longest come first in the index, by their revision."""


class Waiting(Protocol):
    """A collection whose documents say themselves what is still to be published."""

    async def count_waiting(self) -> int:
        """Return how many wait."""
        ...

    async def waiting_revisions(self, *, limit: int) -> set[tuple[str, int]]:
        """Return id and revision of up to *limit* of them."""
        ...


class OutboxAge:
    """
    Reads the outboxes when somebody asks.

    A document does not say since when it waits; a revision counts from when this first saw it. So the age is right to within
    the time between two scrapes, and starts anew with the process.
    """

    def __init__(self, outboxes: Mapping[str, Waiting]) -> None:
        self._outboxes = outboxes
        self._first_seen_s: dict[str, dict[tuple[str, int], float]] = {name: {} for name in outboxes}

    async def read(self) -> Sequence[Reading]:
        """
        Return count and age of each outbox.

        Raises:
            StoreUnavailable: the database does not answer.
        """
        found: list[Reading] = []
        now_s = asyncio.get_running_loop().time()
        for name, outbox in self._outboxes.items():
            seen = self._first_seen_s[name]
            present = await outbox.waiting_revisions(limit=LOOKED_AT)
            self._first_seen_s[name] = {revision: seen.get(revision, now_s) for revision in present}
            oldest_s = now_s - min(self._first_seen_s[name].values(), default=now_s)
            found.append(Reading(OUTBOX_PENDING, await outbox.count_waiting(), (name,)))
            found.append(Reading(OUTBOX_OLDEST_S, oldest_s, (name,)))
        return found
