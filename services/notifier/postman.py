"""The postman: takes greetings that are due and hands them to the mail server, a few at a time."""

import asyncio
from collections.abc import Container
from datetime import datetime
from typing import Final

from services.notifier.domain.items import Item
from services.notifier.use_cases.delivering import deliver, give_up_abandoned
from services.notifier.use_cases.tools import Tools
from shared.errors import TransientError
from shared.logging import get_logger

log = get_logger(__name__)

PERIOD_S: Final = 5.0
"""How often it looks by itself: for a greeting whose timer never came, and for claims that ended."""
BATCH: Final = 100
FINISH_S: Final = 15.0
"""How long mails under way are waited for at the end. What is not answered by then is unconfirmed."""


class Postman:
    """Sends what is due, in a task that lives as long as the service. Several may run beside one another, anywhere."""

    def __init__(self, tools: Tools, *, workers: int) -> None:
        """Prepare to send *workers* mails at once."""
        self._tools = tools
        self._slots = asyncio.Semaphore(workers)
        self._under_way: set[asyncio.Task[None]] = set()
        self._has_failed = False

    async def run(self) -> None:
        """Send for ever; when cancelled, begin nothing new and finish what is under way."""
        try:
            while True:
                await self._turn()
                await self._tools.bell.heard(within_s=PERIOD_S)
        finally:
            await self._finish()

    async def _turn(self) -> None:
        try:
            await give_up_abandoned(self._tools)
            await self._send_due()
        except TransientError as exc:
            log.warning("postman_deferred", reason=str(exc))

    async def _send_due(self) -> None:
        """Send everything that is due, as long as nothing is the matter with the database or the broker."""
        self._has_failed = False
        until = self._tools.bell.take_due(now=self._tools.clock())
        taken: set[str] = set()
        while not self._has_failed and (items := await self._admitted(until=until, without=taken)):
            taken |= {item.id for item in items}
            for item in items:
                await self._slots.acquire()
                task = asyncio.create_task(self._deliver(item), name=f"mail {item.id}")
                self._under_way.add(task)
                task.add_done_callback(self._on_end)
            if self._under_way:
                await asyncio.wait(self._under_way)  # each is claimed by then, and so no longer due

    async def _admitted(self, *, until: datetime, without: Container[str]) -> list[Item]:
        """
        Return what is due by *until*, as many as the gate lets through.

        What was put off in this turn is not taken *without* its pause, even where the broker's clock says that it has passed.
        """
        limit = self._tools.post.gate.admits(most=BATCH, now=self._tools.clock())
        due = await self._tools.inbox.due(until=until, limit=limit) if limit else []
        return [item for item in due if item.id not in without]

    async def _deliver(self, item: Item) -> None:
        if not self._tools.post.gate.admits(most=BATCH, now=self._tools.clock()):
            return  # shut since this one was read: it stays due
        try:
            await deliver(self._tools, item=item)
        except TransientError as exc:
            self._has_failed = True
            log.warning("delivery_deferred", reason=str(exc))

    def _on_end(self, task: asyncio.Task[None]) -> None:
        self._slots.release()
        self._under_way.discard(task)
        if not task.cancelled() and (error := task.exception()):
            # Its claim runs out, and it is unconfirmed: whatever it is, nobody is greeted twice.
            self._has_failed = True
            self._tools.counters.add("mail.error")
            log.error("delivery_failed", exc_info=error)

    async def _finish(self) -> None:
        """Wait for the mails under way; end those that take too long, which write down what they know."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + FINISH_S
        while running := set(self._under_way):
            if (left_s := deadline - loop.time()) <= 0:
                for task in running:
                    task.cancel()
                deadline = loop.time() + FINISH_S
                continue
            try:
                await asyncio.wait(running, timeout=left_s)
            except asyncio.CancelledError:
                continue  # told to end once more: it is ending
