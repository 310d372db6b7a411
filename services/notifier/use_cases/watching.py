"""Who looks at an inbox hears that it changed: at once of what this process writes, in time of what others do."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

STREAMS_PER_OWNER: Final = 12
"""A browser keeps one for each of its windows; more are a mistake that would use up the door's connections."""


class Watch:
    """The watchers of this process, by owner."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self.is_closed = False

    def ring(self, owners: Iterable[str]) -> None:
        """Say that the inboxes of *owners* may have changed, or their sessions ended."""
        for owner in owners:
            for event in self._waiting.get(owner, ()):
                event.set()

    def close(self) -> None:
        """Let every watcher go: the service ends."""
        self.is_closed = True
        self.ring(list(self._waiting))

    def has_room(self, owner: str) -> bool:
        """Whether *owner* may have one more watcher."""
        return not self.is_closed and len(self._waiting.get(owner, ())) < STREAMS_PER_OWNER

    @contextmanager
    def watching(self, owner: str) -> Iterator[asyncio.Event]:
        """Yield an event that is set whenever something may have changed, until the block ends; the watcher clears it."""
        event = asyncio.Event()
        self._waiting[owner].add(event)
        try:
            yield event
        finally:
            self._waiting[owner].discard(event)
            if not self._waiting[owner]:
                del self._waiting[owner]
