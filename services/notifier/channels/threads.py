"""
Threads for work that may hang, for ever if it wants to.

A pool of threads fills up with calls that hang, and waits for them when the process ends. Here every call has a thread of its
own that the process does not wait for; one that takes too long is abandoned and counted. Per owner one call runs at a time,
and few may hang, so that nobody uses up what is there for all.
"""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from typing import Final, TypeVar
from weakref import WeakValueDictionary

from shared.errors import TransientError

ACTIVE_MAX: Final = 16
"""Calls under way at once, of all owners."""
HANGING_MAX: Final = 64
"""Abandoned threads at which no new call is begun: each holds some memory and a socket."""
HANGING_PER_OWNER_MAX: Final = 4

_T = TypeVar("_T")


class Hung(TransientError):
    """The call did not end in time."""


class StillHanging(TransientError):
    """An earlier call still hangs."""


class Threads:
    """Runs blocking calls, each for an owner, with a limit on how long it is waited for."""

    def __init__(self, *, timeout_s: float, active_max: int = ACTIVE_MAX, hanging_max: int = HANGING_MAX) -> None:
        self._timeout_s = timeout_s
        self._hanging_max = hanging_max
        self._active = asyncio.Semaphore(active_max)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._hanging: Counter[str] = Counter()

    @property
    def hanging(self) -> int:
        """How many abandoned calls have not ended yet."""
        return self._hanging.total()

    async def run(self, work: Callable[[], _T], *, owner: str) -> _T:
        """
        Return what *work* returns; its errors are raised here.

        Raises:
            Hung: it took too long; it goes on without us, and its result is lost.
            StillHanging: too many earlier calls, of this owner or of all, have not ended.
        """
        async with self._turn(owner), self._active:
            if self._hanging[owner] >= HANGING_PER_OWNER_MAX or self.hanging >= self._hanging_max:
                raise StillHanging
            return await self._in_thread(work, owner=owner)

    def _turn(self, owner: str) -> asyncio.Lock:
        # Kept alive by those who hold it or wait for it.
        return self._turns.setdefault(owner, asyncio.Lock())

    async def _in_thread(self, work: Callable[[], _T], *, owner: str) -> _T:
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[_T] = loop.create_future()

        def settle(result: _T | None, error: BaseException | None) -> None:
            if ended.cancelled():  # abandoned
                self._hanging -= Counter({owner: 1})
            elif error is not None:
                ended.set_exception(error)
            else:
                ended.set_result(result)  # type: ignore[arg-type]  # without an error there is a result

        def target() -> None:
            result, error = None, None
            try:
                result = work()
            except BaseException as exc:  # noqa: BLE001  # the edge of the thread: raised again where it is awaited
                error = exc
            if not loop.is_closed():
                loop.call_soon_threadsafe(settle, result, error)

        threading.Thread(target=target, name="channel", daemon=True).start()
        try:
            await asyncio.wait([ended], timeout=self._timeout_s)
        finally:
            if not ended.done():
                ended.cancel()
                self._hanging[owner] += 1
        if ended.cancelled():
            raise Hung
        return ended.result()
