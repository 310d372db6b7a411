"""The HTTP door; for now it only says whether the service is healthy."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from shared.errors import PermanentError, TransientError

Check = Callable[[], Awaitable[None]]
"""Returns when something answers; raises `TransientError` when it does not."""


class PortTaken(PermanentError):
    """The address of the HTTP door cannot be used."""


def build_web(*, checks: Mapping[str, Check]) -> Starlette:
    """Return the HTTP application; *checks* is what `GET /health` asks, by name."""

    async def health(_: Request) -> JSONResponse:
        answers = await asyncio.gather(*(check() for check in checks.values()), return_exceptions=True)
        failing: dict[str, str] = {}
        for name, answer in zip(checks, answers, strict=True):
            if isinstance(answer, TransientError):
                failing[name] = str(answer)
            elif isinstance(answer, BaseException):
                raise answer
        if failing:
            return JSONResponse({"status": "unavailable", "failing": failing}, status_code=503)
        return JSONResponse({"status": "ok"})

    return Starlette(routes=[Route("/health", health, methods=["GET"])])


def listen(*, host: str, port: int) -> socket.socket:
    """
    Return a listening socket.

    Raises:
        PortTaken: the address is in use, or not one of this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as exc:
        raise PortTaken(f"cannot listen on {host}:{port}: {exc.strerror}; set HOBNOB_HTTP_PORT to a free port") from exc


class _Server(uvicorn.Server):
    """A server that leaves the signals to the service around it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


async def serve(app: Starlette, *, listener: socket.socket) -> None:
    """Serve *app* on *listener* until cancelled; then finish the requests under way."""
    config = uvicorn.Config(
        app, log_config=None, log_level="warning", access_log=False, lifespan="off", timeout_graceful_shutdown=5
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        server.should_exit = True
        await serving
        raise
