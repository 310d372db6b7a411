"""An HTTP server within a service: one port, limits on what a stranger may hold up, an orderly end."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from shared.errors import PermanentError

HEAD_BYTES: Final = 32 * 1024
"""Most of a request's first line and headers; a binary-mode event has a dozen short ones."""
HEAD_TIMEOUT_S: Final = 10.0
"""How long a client may take from its first byte, or from connecting, to the end of a request's headers."""
CONNECTIONS: Final = 500
"""Beyond these, requests are answered 503; the usual limit of open files is 1,024."""
GRACE_S: Final = 5
"""How long requests under way are waited for at the end."""


class PortTaken(PermanentError):
    """The address of a port cannot be used."""


def listen(*, host: str, port: int, setting: str = "HOBNOB_HTTP_PORT") -> socket.socket:
    """
    Return a listening socket; *setting* is what names the port.

    Raises:
        PortTaken: the address is in use, or not one of this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family)
    except OSError as exc:
        raise PortTaken(f"cannot listen on {host}:{port}: {exc.strerror}; set {setting} to a free port") from exc
    # Connections inherit it. asyncio sets it only where the socket names its protocol, which this one does not; without it
    # every answer on a connection that is kept waits 40 ms for the client's acknowledgement (measured).
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


class _Server(uvicorn.Server):
    """A server that leaves the signals to the service around it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


class ImpatientProtocol(H11Protocol):
    """Hangs up on whoever does not finish the head of a request; uvicorn 0.54 has a limit between requests only."""

    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Give the first request its time."""
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Start the time of a request that begins, end that of one whose head is here."""
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timer."""
        self._unwatch()
        super().connection_lost(exc)

    def _watch(self) -> None:
        if self.conn.their_state is not h11.IDLE:
            self._unwatch()
        elif self._head_timer is None and not self.transport.is_closing():
            self._head_timer = self.loop.call_later(HEAD_TIMEOUT_S, self.transport.close)

    def _unwatch(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


def _nothing() -> None:
    """Do nothing."""


async def serve(app: ASGIApp, *, listener: socket.socket, before_end: Callable[[], None] = _nothing) -> None:
    """Serve *app* on *listener* until cancelled; then call *before_end* and finish the requests under way."""
    server = _server(app)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        before_end()
        server.should_exit = True
        await task
        raise


@asynccontextmanager
async def serving(app: ASGIApp, *, listener: socket.socket) -> AsyncIterator[None]:
    """Serve *app* on *listener* until the block ends, and finish the requests under way."""
    server = _server(app)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield
    finally:
        server.should_exit = True
        await task


def _server(app: ASGIApp) -> uvicorn.Server:
    return _Server(
        uvicorn.Config(
            app,
            http=ImpatientProtocol,
            ws="none",
            log_config=None,
            log_level="warning",
            access_log=False,
            lifespan="off",
            server_header=False,
            # Who is believed what of a browser is decided by the application.
            proxy_headers=False,
            limit_concurrency=CONNECTIONS,
            h11_max_incomplete_event_size=HEAD_BYTES,
            timeout_graceful_shutdown=GRACE_S,
        )
    )
