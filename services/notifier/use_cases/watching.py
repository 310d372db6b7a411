"""
Who looks at an inbox hears that it changed, whichever notifier changed it.

Each process rings its own watchers at once and tells its neighbours (wiring/neighbours.py) whose inboxes it was. Should that
word get lost, the watchers notice at their next heartbeat.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

STREAMS_PER_OWNER: Final = 12
"""A browser keeps one for each of its windows; more are a mistake that would use up the door's connections."""


class Watch:
    """The watchers of this process, by owner, and what its neighbours have yet to hear."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._news: set[str] = set()
        self._has_news = asyncio.Event()
        self.is_closed = False

    def ring(self, owners: Iterable[str]) -> None:
        """Say that the inboxes of *owners* may have changed, or their sessions ended, by what this process did."""
        changed = set(owners)
        self.ring_here(changed)
        self._news |= changed
        self._has_news.set()

    def ring_here(self, owners: Iterable[str]) -> None:
        """Say so to the watchers of this process alone: whoever did it tells the others."""
        for owner in owners:
            for event in self._waiting.get(owner, ()):
                event.set()

    async def news(self) -> set[str]:
        """Wait until there is something to tell the neighbours, and return the owners; each is returned once."""
        await self._has_news.wait()
        self._has_news.clear()
        news, self._news = self._news, set()
        return news

    def close(self) -> None:
        """Let every watcher go: the service ends."""
        self.is_closed = True
        self.ring_here(list(self._waiting))

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
