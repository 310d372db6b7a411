"""
The background task that tells owners: it looks for what goes at once, makes up for digests whose timer never came, and hands
each owner's messages to a task of that owner's own, so that a channel which hangs delays nobody else.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Final

from services.notifier.use_cases.digest import make_up_for_missed
from services.notifier.use_cases.telling import plan_at_once, tell_due
from services.notifier.use_cases.telling_tools import Telling
from shared.errors import TransientError
from shared.logging import get_logger

log = get_logger(__name__)

PERIOD_S: Final = 1.0
"""A turn without news costs a few reads and writes nothing."""
MAKE_UP_PERIOD: Final = timedelta(seconds=30)
OWNERS_AT_ONCE: Final = 16
"""Owners who are told something in the same moment; each may hang on to a thread (channels/threads.py)."""


class Teller:
    """Tells owners what is to be told, for ever."""

    def __init__(self, telling: Telling) -> None:
        self._telling = telling
        self._at_work: dict[str, asyncio.Task[None]] = {}
        self._made_up_at: datetime | None = None

    async def turn(self) -> None:
        """
        Plan what goes at once, and have everybody told what is due, without waiting for it.

        Raises:
            TransientError: the database or the broker does not answer; the next turn goes on.
        """
        now = self._telling.tools.clock()
        await plan_at_once(self._telling)
        if self._made_up_at is None or now - self._made_up_at >= MAKE_UP_PERIOD:
            await make_up_for_missed(self._telling)
            self._made_up_at = now
        for owner in await self._telling.deliveries.owners_due(now=now):
            if owner not in self._at_work and len(self._at_work) < OWNERS_AT_ONCE:
                self._at_work[owner] = asyncio.create_task(self._tell(owner), name="tell")

    async def aclose(self) -> None:
        """Give up what is under way; the leases say that it is unfinished."""
        working = list(self._at_work.values())
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)

    async def _tell(self, owner: str) -> None:
        try:
            await tell_due(self._telling, owner=owner)
        except TransientError as exc:
            log.warning("telling_deferred", reason=str(exc))
        except Exception:  # the outermost edge of one owner's messages: they wait for their lease, the others do not
            self._telling.tools.counters.add("told.error")
            log.exception("telling_failed")
        finally:
            del self._at_work[owner]
