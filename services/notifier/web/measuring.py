"""Counts the requests of the HTTP door and how long their answers took, by route: never by path, which may name people."""

import asyncio
from http import HTTPStatus
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.counters import Counters
from shared.metrics import HTTP_REQUESTS, HTTP_S

NO_ROUTE: Final = "none"
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Others are counted together: a stranger may make up any number of them."""


class Measured:
    """Measures the application below it, up to the first byte of the answer: a stream of events has no end to wait for."""

    def __init__(self, app: ASGIApp, *, counters: Counters) -> None:
        self._app = app
        self._counters = counters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and note what it was answered."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        loop = asyncio.get_running_loop()
        started_s, has_begun = loop.time(), False

        async def note_and_send(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                self._note(scope, status=message["status"], took_s=loop.time() - started_s)
            await send(message)

        try:
            await self._app(scope, receive, note_and_send)
        except Exception:
            # Whoever is above answers it.
            if not has_begun:
                self._note(scope, status=HTTPStatus.INTERNAL_SERVER_ERROR, took_s=loop.time() - started_s)
            raise

    def _note(self, scope: Scope, *, status: int, took_s: float) -> None:
        # The router leaves what it found in the scope; nothing is there of a path that is no route's.
        route = getattr(scope.get("route"), "path", NO_ROUTE)
        method = scope["method"] if scope["method"] in METHODS else "other"
        self._counters.count(HTTP_REQUESTS, method, route, str(int(status)))
        self._counters.observe(HTTP_S, [took_s], method, route)
