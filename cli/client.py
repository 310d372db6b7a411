"""The command's connection to a stack: typed requests, lists that follow their cursors, and published facts."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import nats
import nats.errors
from nats.aio.client import Client

from cli.errors import NoStack
from cli.refusals import Refusals
from cli.settings import CliSettings
from cli.target import Target, resolve
from shared.access import command_inbox_prefix
from shared.errors import NotFound
from shared.jetstream import PipelinedJetStream, jetstream
from shared.messages.rpc import PAGE_SIZE_MAX, ListOwners, OwnerList
from shared.messages.snapshots import OwnerProfile
from shared.messages.values import Message
from shared.requests import ask

CONNECT_TIMEOUT_S = 5
REQUEST_TIMEOUT_S = 15.0
RECONNECT_PAUSE_S = 0.5

ReplyT = TypeVar("ReplyT", bound=Message)
RowT = TypeVar("RowT")
ResultT = TypeVar("ResultT")


class Hobnob:
    """A connected client of one stack."""

    def __init__(self, client: Client, *, target: Target, refusals: Refusals) -> None:
        self.client = client
        self.target = target
        self.refusals = refusals
        self.js: PipelinedJetStream = jetstream(client)

    async def ask(
        self, service: str, verb: str, request: Message, reply: type[ReplyT], *, timeout_s: float = REQUEST_TIMEOUT_S
    ) -> ReplyT:
        """Send one request; the errors are those of `shared.requests.ask`."""
        return await ask(self.client, service=service, verb=verb, request=request, reply=reply, timeout_s=timeout_s)

    async def owner(self, owner: str) -> OwnerProfile:
        """
        Return an owner's profile.

        Raises:
            NotFound: there is no such owner.
        """
        found = await self.ask("contacts", "owner.list", ListOwners(), OwnerList)
        for profile in found.owners:
            if profile.owner == owner:
                return profile
        raise NotFound(f"there is no owner {owner!r}; add one with: hobnob owner add {owner} --name NAME")


async def collect(
    page: Callable[[str | None, int], Awaitable[tuple[tuple[RowT, ...], str | None]]], *, limit: int | None
) -> list[RowT]:
    """
    Follow a list's cursors until *limit* rows, or all when it is None.

    Args:
        page: Takes a cursor and a page size; returns the rows and the next cursor.
        limit: Rows wanted.
    """
    rows: list[RowT] = []
    cursor: str | None = None
    while limit is None or len(rows) < limit:
        size = PAGE_SIZE_MAX if limit is None else min(PAGE_SIZE_MAX, limit - len(rows))
        found, cursor = await page(cursor, size)
        rows.extend(found)
        if cursor is None:
            break
    return rows


@asynccontextmanager
async def connected(target: Target, *, outlives_broker: bool = False) -> AsyncIterator[Hobnob]:
    """
    Connect for as long as the block runs.

    Args:
        target: The stack.
        outlives_broker: Connect again when the broker is started anew meanwhile; else the work fails then.

    Raises:
        NoStack: no broker answers, or it refuses us.
    """
    refusals = Refusals(user=target.user)
    try:
        client = await _connect(target, refusals, allow_reconnect=False)
        if outlives_broker:
            # A client that may reconnect also waits long for a server that never was there: hence the first one.
            await client.close()
            client = await _connect(target, refusals, allow_reconnect=True)
    except (nats.errors.Error, OSError, TimeoutError) as exc:
        raise NoStack(_why_not(target, exc)) from exc
    try:
        yield Hobnob(client, target=target, refusals=refusals)
    finally:
        await client.close()


def _why_not(target: Target, error: Exception) -> str:
    reason = str(error) or type(error).__name__
    if "authorization violation" not in reason.lower():
        return f"no NATS server answers at {target.nats_url}: {reason}"
    if target.user is None:
        return f"the NATS server at {target.nats_url} wants to know who you are: set HOBNOB_NATS_USER and HOBNOB_NATS_PASSWORD"
    return f"the NATS server at {target.nats_url} refuses the user {target.user}: the password is wrong, or was revoked"


async def _connect(target: Target, refusals: Refusals, *, allow_reconnect: bool) -> Client:
    return await nats.connect(
        target.nats_url.split(","),
        user=target.user,
        password=target.password.get_secret_value() if target.password else None,
        name="hobnob-cli",
        inbox_prefix=command_inbox_prefix(target.user),
        connect_timeout=CONNECT_TIMEOUT_S,
        allow_reconnect=allow_reconnect,
        reconnect_time_wait=RECONNECT_PAUSE_S,
        error_cb=refusals.note,
    )


def call(data: Path | None, work: Callable[[Hobnob], Coroutine[Any, Any, ResultT]], *, outlives_broker: bool = False) -> ResultT:
    """Connect to the stack that *data* or the environment names, do *work* and return its result."""

    async def run() -> ResultT:
        async with connected(resolve(data, CliSettings()), outlives_broker=outlives_broker) as hobnob:
            return await hobnob.refusals.unless_refused(work(hobnob))

    return asyncio.run(run())


def dump(model: Message) -> Any:
    """Return a message as plain JSON values."""
    return json.loads(model.model_dump_json())
