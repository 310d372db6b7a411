"""The doorkeeper: answers the broker's question who may come in."""

import asyncio
from typing import Final

import nats.errors
from nats.aio.msg import Msg

from services.notifier.nats_jwt import AuthRequest, Issuer, read_request
from services.notifier.system_account import ACCOUNT
from services.notifier.use_cases.access import Access
from shared.clock import Clock
from shared.errors import InvalidMessage, TransientError
from shared.logging import get_logger

log = get_logger(__name__)

DECISION_TIMEOUT_S: Final = 1.0
"""Below the broker's `authorization.timeout`: a database that does not answer keeps people out, and does so at once."""
AT_ONCE: Final = 64
"""Decisions under way at the same time: one that waits for the database does not hold up the others."""
SWEEP_PERIOD_S: Final = 15.0
"""How often connections are compared with the credentials: it closes the race of coming in while being revoked."""

UNKNOWN: Final = "unknown credential"
CANNOT_TELL: Final = "the credentials cannot be read now; try again"


class Doorkeeper:
    """
    Decides about each knock by itself.

    Nothing of a request reaches the log: its password may be a good one, its name anything that somebody typed.
    """

    def __init__(self, *, access: Access, issuer: Issuer, clock: Clock) -> None:
        self._access = access
        self._issuer = issuer
        self._clock = clock
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._deciding: set[asyncio.Task[None]] = set()

    async def on_knock(self, message: Msg) -> None:
        """Begin to decide about one request; returns at once unless very many are being decided."""
        await self._slots.acquire()
        task = asyncio.create_task(self._answer(message))
        self._deciding.add(task)
        task.add_done_callback(self._on_decided)

    def _on_decided(self, task: asyncio.Task[None]) -> None:
        self._deciding.discard(task)
        self._slots.release()
        if not task.cancelled() and (error := task.exception()):
            # Not its text: it may repeat what it was given.
            log.error("decision_failed", error=type(error).__name__)

    async def _answer(self, message: Msg) -> None:
        try:
            request = read_request(message.data)
        except InvalidMessage as exc:
            log.error("knock_unreadable", reason=str(exc))
            return
        try:
            await message.respond(await self._decide(request))
        except nats.errors.Error as exc:
            log.warning("knock_unanswered", reason=type(exc).__name__)

    async def _decide(self, request: AuthRequest) -> bytes:
        try:
            async with asyncio.timeout(DECISION_TIMEOUT_S):
                admission = await self._access.admit(user=request.user, secret=request.secret)
        except (TransientError, TimeoutError) as exc:
            log.warning("knock_undecided", reason=type(exc).__name__)
            return self._issuer.refuse(request, reason=CANNOT_TELL, at=self._clock())
        if admission is None:
            return self._issuer.refuse(request, reason=UNKNOWN, at=self._clock())
        return self._issuer.admit(
            request, name=admission.name, account=ACCOUNT, permissions=admission.permissions, at=self._clock()
        )
