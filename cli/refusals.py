"""What the broker does not let a user do, noticed while a command works."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from cli.errors import NotAllowed
from shared.violations import describe_violation

ResultT = TypeVar("ResultT")

_VERBS = {"publish": "publish to", "subscription": "listen to"}


class Refusals:
    """
    What the broker does not let this user do.

    A call that is not permitted gets no answer, only a remark on the side: without this it would end in a timeout. Other
    reports of the client are not repeated: the failed call raises.
    """

    def __init__(self, *, user: str | None) -> None:
        self._user = user
        self._told: asyncio.Future[NotAllowed] = asyncio.get_running_loop().create_future()

    async def note(self, error: Exception) -> None:
        """Take note of what the client reports."""
        if (violation := describe_violation(error)) is not None and not self._told.done():
            action, subject = violation
            self._told.set_result(NotAllowed(f"the user {self._user} may not {_VERBS[action]} {subject}"))

    async def unless_refused(self, work: Coroutine[Any, Any, ResultT]) -> ResultT:
        """
        Do *work*, and give it up when the broker refuses a part of it.

        Raises:
            NotAllowed: it did.
        """
        task = asyncio.ensure_future(work)
        watched: set[asyncio.Future[Any]] = {task, self._told}
        await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            task.cancel()
            await asyncio.wait({task})
            raise self._told.result()
        return task.result()
