"""Whether a service can do its work: the checks, and what each found."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import nats.errors
from nats.aio.client import Client

from shared.errors import BrokerUnavailable, HobnobError, TransientError

Check = Callable[[], Awaitable[None]]
"""Returns when something is well; raises a `HobnobError` that says in a few words what is not."""

CHECK_TIMEOUT_S: Final = 2.0
"""How long a check may take."""
REUSE_S: Final = 1.0
"""How long an answer is good for: whoever asks more often, from however many sides, costs no more than this."""
STARTING: Final = "start"


class Readiness:
    """Runs checks, all at the same time, and remembers the answer for a moment. Until `end_start` one of them fails."""

    def __init__(self, *, timeout_s: float = CHECK_TIMEOUT_S, reuse_s: float = REUSE_S) -> None:
        self._checks: dict[str, Check] = {STARTING: _starting}
        self._timeout_s = timeout_s
        self._reuse_s = reuse_s
        self._found: dict[str, str] = {}
        self._good_until_s = 0.0
        self._turn = asyncio.Lock()

    def add(self, checks: Mapping[str, Check]) -> None:
        """Ask *checks* too, by name."""
        self._checks |= checks
        self._good_until_s = 0.0

    def end_start(self) -> None:
        """Stop saying that the service is starting: everything that it needs is opened."""
        self._checks.pop(STARTING, None)
        self._good_until_s = 0.0

    async def look(self) -> dict[str, str]:
        """Return what each check found: nothing when all is well with it, else in a few words what is not."""
        loop = asyncio.get_running_loop()
        async with self._turn:
            if loop.time() >= self._good_until_s:
                checks = dict(self._checks)
                answers = await asyncio.gather(*(self._ask(check) for check in checks.values()))
                self._found = dict(zip(checks, answers, strict=True))
                self._good_until_s = loop.time() + self._reuse_s
            return self._found

    async def failing(self) -> dict[str, str]:
        """Return only what is not well, by the name of its check."""
        return {name: said for name, said in (await self.look()).items() if said}

    async def _ask(self, check: Check) -> str:
        try:
            async with asyncio.timeout(self._timeout_s):
                await check()
        except TimeoutError:
            return f"no answer within {self._timeout_s:g} s"
        except HobnobError as exc:
            return str(exc)
        return ""


async def _starting() -> None:
    raise TransientError("the service is starting")


async def check_broker(client: Client) -> None:
    """
    Return when the broker is connected and answers.

    Raises:
        BrokerUnavailable: it does not.
    """
    if not client.is_connected:
        raise BrokerUnavailable("the NATS server is not connected")
    try:
        await client.flush(timeout=int(CHECK_TIMEOUT_S))
    except (TimeoutError, nats.errors.Error) as exc:
        raise BrokerUnavailable from exc
