"""Waiting until the parts of a stack answer."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import nats
import nats.errors
from nats.aio.client import Client
from pydantic import SecretStr

from deploy.local.children import Child
from deploy.local.errors import StartFailed
from shared.access import command_inbox_prefix
from shared.errors import BrokerUnavailable
from shared.messages.rpc import GetHealth, HealthReply
from shared.requests import ask

START_TIMEOUT_S = 60.0
POLL_S = 0.03
CONNECT_TIMEOUT_S = 5
HEALTH_TIMEOUT_S = 1.0


async def until_listening(child: Child, *, host: str, port: int) -> None:
    """
    Return when the child's port takes connections.

    Raises:
        StartFailed: the child keeps ending, or the time is up.
    """
    try:
        async with asyncio.timeout(START_TIMEOUT_S):
            while not await _takes_connections(host, port):
                child.raise_if_hopeless()
                await asyncio.sleep(POLL_S)
    except TimeoutError as exc:
        raise StartFailed(f"{child.spec.name} did not listen on port {port} within {START_TIMEOUT_S:g} s") from exc


async def _takes_connections(host: str, port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    return True


@asynccontextmanager
async def connected(url: str, *, user: str | None, password: SecretStr | None) -> AsyncIterator[Client]:
    """
    Yield a client of the stack's broker.

    Raises:
        StartFailed: no broker answers there, or it refuses us.
    """
    try:
        client = await nats.connect(
            url.split(","),
            user=user,
            password=password.get_secret_value() if password else None,
            name="hobnob-stack",
            inbox_prefix=command_inbox_prefix(user),
            connect_timeout=CONNECT_TIMEOUT_S,
            allow_reconnect=False,
        )
    except (nats.errors.Error, OSError, TimeoutError) as exc:
        raise StartFailed(f"no NATS server answers at {url}: {type(exc).__name__} {exc}".rstrip()) from exc
    try:
        yield client
    finally:
        await client.close()


async def until_healthy(client: Client, services: Sequence[Child]) -> None:
    """
    Return when every service answers its `health` request.

    Raises:
        StartFailed: one keeps ending, or the time is up.
    """
    waiting = list(services)
    try:
        async with asyncio.timeout(START_TIMEOUT_S):
            while waiting:
                answers = await asyncio.gather(*(_is_healthy(client, child.spec.name) for child in waiting))
                waiting = [child for child, healthy in zip(waiting, answers, strict=True) if not healthy]
                for child in waiting:
                    child.raise_if_hopeless()
                await asyncio.sleep(POLL_S)
    except TimeoutError as exc:
        names = ", ".join(child.spec.name for child in waiting)
        raise StartFailed(f"{names} did not answer within {START_TIMEOUT_S:g} s; see {waiting[0].spec.log}") from exc


async def _is_healthy(client: Client, service: str) -> bool:
    try:
        await ask(client, service=service, verb="health", request=GetHealth(), reply=HealthReply, timeout_s=HEALTH_TIMEOUT_S)
    except BrokerUnavailable:
        return False
    return True
