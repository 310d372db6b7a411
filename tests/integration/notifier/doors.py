"""The HTTP door by itself, and a plain client for it."""

import asyncio
import http.client
import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, cast

from services.notifier.domain.access import Credential
from services.notifier.use_cases.optouts import Asked
from services.notifier.web.application import Adapters, build_web
from services.notifier.web.events import Intake
from services.notifier.web.optout import OptOutDesk
from shared.clock import system_clock
from shared.counters import Counters
from shared.emitting import Emitter
from shared.errors import BrokerUnavailable, NotFound
from shared.exposition import Reading
from shared.http_server import listen, serve
from shared.messages.access import Scope
from shared.status import Status

CLIENT_TIMEOUT_S = 30.0


@dataclass(frozen=True)
class Answer:
    """What the door said."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The document in it."""
        return json.loads(self.body)

    @property
    def places(self) -> list[str]:
        """Where a problem says that something is wrong."""
        return [error["pointer"] if "pointer" in error else error["header"] for error in self.json.get("errors", [])]


async def ask_door(
    port: int,
    method: str,
    path: str,
    *,
    body: bytes | Iterable[bytes] | None = None,
    headers: Mapping[str, str] | Sequence[tuple[str, str]] = (),
) -> Answer:
    """Send one request, whose body may come in chunks, and return what comes back."""
    pairs = list(headers.items()) if isinstance(headers, Mapping) else list(headers)

    def send() -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=CLIENT_TIMEOUT_S)
        try:
            connection.putrequest(method, path)
            for name, value in pairs:
                connection.putheader(name, value)
            if isinstance(body, bytes):
                connection.putheader("Content-Length", str(len(body)))
            elif body is not None:
                connection.putheader("Transfer-Encoding", "chunked")
            connection.endheaders(body, encode_chunked=body is not None and not isinstance(body, bytes))
            reply = connection.getresponse()
            return Answer(reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read())
        finally:
            connection.close()

    return await asyncio.to_thread(send)


class OneSecret:
    """Knows one credential."""

    def __init__(self, secret: str, *, owner: str) -> None:
        self._secret = secret
        self._credential = Credential(owner=owner, name="crm", scope=Scope.EMIT, created_at=system_clock())

    async def by_secret(self, secret: str) -> Credential | None:
        """Return it for its secret."""
        return self._credential if secret == self._secret else None


class FailingEmitter:
    """Stands for a broker that takes nothing, or for a defect."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def emit(self, events: Sequence[Any], *, owner: str, traceparent: str | None = None) -> list[Any]:
        """Fail."""
        raise self._error


async def nobody_reads() -> Sequence[Reading]:
    """Stand for a broker that is away."""
    raise BrokerUnavailable


async def nobody_asks(*_: object) -> Asked:
    """Stand for links that are none of ours."""
    raise NotFound


class EmptyEmitter:
    """Stands for a broker that takes everything, where there is nothing to take."""

    async def emit(self, events: Sequence[Any], *, owner: str, traceparent: str | None = None) -> list[Any]:
        """Acknowledge nothing."""
        assert not events
        return []


def adapters(*, error: Exception | None = None, is_connected: bool = True, takes: bool = False, **changes: Any) -> Adapters:
    """Return what the door works with: the secret `s` of owner `ann`; unless it *takes*, an emitter that fails with *error*."""
    counters = Counters()
    emitter = cast(Emitter, EmptyEmitter() if takes else FailingEmitter(error or BrokerUnavailable()))
    values: dict[str, Any] = {
        "checks": {},
        "credentials": OneSecret("s", owner="ann"),
        "intake": Intake(emitter=emitter, is_connected=lambda: is_connected, counters=counters, clock=system_clock),
        "status": Status(service="notifier", counters=counters, reads=[nobody_reads]),
        "opt_outs": OptOutDesk(look_up=nobody_asks, opt_out=nobody_asks),
    }
    return Adapters(**(values | changes))


@asynccontextmanager
async def door(parts: Adapters) -> AsyncIterator[int]:
    """Serve the door alone; yields its port."""
    with listen(host="127.0.0.1", port=0) as listener:
        serving = asyncio.create_task(serve(build_web(parts), listener=listener))
        try:
            yield listener.getsockname()[1]
        finally:
            serving.cancel()
            with suppress(asyncio.CancelledError):
                await serving
