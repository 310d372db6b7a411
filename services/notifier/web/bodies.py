"""Reading what a client sends: never more than it may, never longer than it may take."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Final

from starlette.requests import Request

from services.notifier.web.problems import RETRY_AFTER_S, ProblemError, Refusal

BODY_TIMEOUT_S: Final = 20.0
"""How long a client may take to send what it has: 200 KB/s for the largest batch."""
WAIT_TIMEOUT_S: Final = 10.0
"""How long a request waits for room in memory."""


class Room:
    """Bounds how many bytes of bodies are in memory at once, so that many large ones cannot fill it."""

    def __init__(self, *, capacity_bytes: int) -> None:
        self._free_bytes = capacity_bytes
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def place(self, size_bytes: int) -> AsyncIterator[None]:
        """
        Wait until there is room for *size_bytes*, and keep it until the block ends.

        Raises:
            Refusal: it took too long; the same may be sent again.
        """
        try:
            async with asyncio.timeout(WAIT_TIMEOUT_S), self._changed:
                await self._changed.wait_for(lambda: size_bytes <= self._free_bytes)
                self._free_bytes -= size_bytes
        except TimeoutError as exc:
            headers = {"Retry-After": str(RETRY_AFTER_S)}
            raise Refusal(
                HTTPStatus.SERVICE_UNAVAILABLE, "busy", "too much at once; send the same again", headers=headers
            ) from exc
        try:
            yield
        finally:
            self._free_bytes += size_bytes
            async with self._changed:
                self._changed.notify_all()


def expected_bytes(request: Request, *, limit_bytes: int) -> int:
    """
    Return how many bytes the body of a request has, or may have where it does not say.

    Raises:
        Refusal: it has more than *limit_bytes*.
    """
    declared = request.headers.get("content-length")
    if declared is None or "transfer-encoding" in request.headers:
        return limit_bytes
    # The server has checked that it is a number.
    if int(declared) > limit_bytes:
        raise too_large(limit_bytes)
    return int(declared)


async def read_body(request: Request, *, limit_bytes: int) -> bytes:
    """
    Return the body of a request.

    Raises:
        Refusal: it is larger than *limit_bytes*, compressed, or takes too long to come.
        ClientDisconnect: the client went away.
    """
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding != "identity":
        reason = ProblemError(header="content-encoding", reason="send it as it is")
        raise Refusal(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported-encoding", "compressed bodies are not read", errors=[reason]
        )
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit_bytes:
                    raise too_large(limit_bytes)
    except TimeoutError as exc:
        detail = f"the body did not come within {BODY_TIMEOUT_S:g} s"
        raise Refusal(HTTPStatus.REQUEST_TIMEOUT, "too-slow", detail, headers={"Connection": "close"}) from exc
    return bytes(body)


def too_large(limit_bytes: int) -> Refusal:
    """Return the refusal of more than *limit_bytes*."""
    return Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-large", f"the most that is taken at once is {limit_bytes} bytes")
