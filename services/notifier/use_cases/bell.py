"""What tells the postman that there is something to send, so that it need not look all the time."""

import asyncio
from datetime import datetime


class Bell:
    """Rung by whoever knows of a greeting that is due; heard by the postman of this process."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()
        self._until: datetime | None = None

    def ring(self, *, until: datetime) -> None:
        """Say that what was to be sent by *until* is due, by the clock of whoever says so."""
        self._until = until if self._until is None else max(self._until, until)
        self._rung.set()

    async def heard(self, *, within_s: float) -> None:
        """Return when it is rung, or has been since last time, and after *within_s* at the latest."""
        try:
            async with asyncio.timeout(within_s):
                await self._rung.wait()
        except TimeoutError:
            return
        self._rung.clear()

    def take_due(self, *, now: datetime) -> datetime:
        """
        Return until when greetings are due: *now*, or later where a timer rang since last time that was.

        The broker's clock may be ahead of ours: its timers are believed, once. For ever, nothing could be put off or taken
        back any more after either clock was set.
        """
        until, self._until = self._until, None
        return now if until is None else max(now, until)
