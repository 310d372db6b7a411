"""
The system account of the broker: the doorkeeper's own connection, who else is connected, and cutting them off.

Nobody of the account HOBNOB can see what passes here, which includes the passwords of those who come in (ADR 0007).
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from pydantic import SecretStr

from services.notifier.domain.access import Connection
from shared.access import DOORKEEPER, inbox_prefix
from shared.errors import BrokerUnavailable, PermanentError
from shared.logging import get_logger
from shared.violations import Violations

log = get_logger(__name__)

ACCOUNT: Final = "HOBNOB"
"""Where everybody but the doorkeeper is."""

RECONNECT_PAUSE_S: Final = 1
ANSWER_TIMEOUT_S: Final = 2.0
"""How long the first server may take to answer."""
SETTLE_S: Final = 0.3
"""Pause without an answer after which no other server is waited for: how many there are nobody tells."""
PAGE: Final = 512
"""Connections in one answer: some 300 KB."""

_REFUSED: Final = "authorization violation"


class DoorkeeperRefused(PermanentError):
    """The broker refuses the doorkeeper: HOBNOB_DOORKEEPER_PASSWORD is not the one in its configuration."""


class SystemAccount:
    """What the doorkeeper can ask the servers; the errors are `BrokerUnavailable`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def answer(self, handle: Callable[[Msg], Awaitable[None]]) -> None:
        """Have *handle* called for everybody who wants to come in; replicas share the work."""
        await self._client.subscribe("$SYS.REQ.USER.AUTH", queue=DOORKEEPER, cb=handle)
        await self._client.flush()

    async def connections(self) -> AsyncIterator[list[Connection]]:
        """
        Yield the live connections of the account, page by page, of every server as its answer comes.

        Who connects or leaves meanwhile may be missed; the next look finds them.
        """
        inbox = self._client.new_inbox()
        subscription = await self._client.subscribe(inbox)
        try:
            await self._client.publish("$SYS.REQ.SERVER.PING.CONNZ", _question(offset=0), reply=inbox)
            wait_s = ANSWER_TIMEOUT_S
            while (answer := await _next(subscription, wait_s)) is not None:
                wait_s = SETTLE_S
                async for page in self._pages(answer):
                    yield page
            if wait_s == ANSWER_TIMEOUT_S:
                raise BrokerUnavailable("no server tells who is connected")
        except nats.errors.Error as exc:
            raise BrokerUnavailable("no server tells who is connected") from exc
        finally:
            await subscription.unsubscribe()

    async def kick(self, connection: Connection) -> None:
        """Cut a connection; one that is gone already is no matter."""
        await self._request(f"$SYS.REQ.SERVER.{connection.server}.KICK", json.dumps({"cid": connection.id}).encode())

    async def _pages(self, first: Msg) -> AsyncIterator[list[Connection]]:
        """Yield the connections of one server, from its first answer on."""
        seen, answer = 0, _read(first)
        while found := answer["data"]["connections"]:
            server = answer["server"]["id"]
            yield [
                Connection(server=server, id=each["cid"], name=each["authorized_user"])
                for each in found
                if "authorized_user" in each
            ]
            seen += len(found)
            if seen >= answer["data"]["total"]:
                return
            answer = _read(await self._request(f"$SYS.REQ.SERVER.{server}.CONNZ", _question(offset=seen)))

    async def _request(self, subject: str, body: bytes) -> Msg:
        try:
            return await self._client.request(subject, body, timeout=ANSWER_TIMEOUT_S)
        except (TimeoutError, nats.errors.Error) as exc:
            raise BrokerUnavailable("a server does not answer in the system account") from exc


async def _next(subscription: Any, timeout_s: float) -> Msg | None:
    try:
        message: Msg = await subscription.next_msg(timeout=timeout_s)
    except TimeoutError:
        return None
    return message


def _question(*, offset: int) -> bytes:
    return json.dumps({"auth": True, "acc": ACCOUNT, "offset": offset, "limit": PAGE}).encode()


def _read(message: Msg) -> Any:
    answer = json.loads(message.data)
    if error := answer.get("error"):
        raise BrokerUnavailable(f"a server does not tell who is connected: {error.get('description')}")
    return answer


@asynccontextmanager
async def open_system_account(url: str, *, password: SecretStr, violations: Violations) -> AsyncIterator[SystemAccount]:
    """
    Connect as the doorkeeper, for as long as the block runs, and stay connected whatever the servers do.

    Raises:
        DoorkeeperRefused: the password is wrong.
    """
    is_in = False

    async def on_error(error: Exception) -> None:
        await violations.note(error)
        if not is_in and _REFUSED in str(error).lower():
            raise DoorkeeperRefused from error
        log.warning("doorkeeper_connection", reason=f"{type(error).__name__}: {error}")

    client = Client()
    try:
        await client.connect(
            url.split(","),
            user=DOORKEEPER,
            password=password.get_secret_value(),
            name="hobnob-doorkeeper",
            inbox_prefix=inbox_prefix(DOORKEEPER),
            max_reconnect_attempts=-1,
            reconnect_time_wait=RECONNECT_PAUSE_S,
            error_cb=on_error,
        )
        is_in = True
        yield SystemAccount(client)
    finally:
        await client.close()
