"""Fixtures that every layer shares."""

import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from tests.servers import Servers, running_servers


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """One real nats-server and one real mongod for the whole run; tests use their own streams' owners and databases."""
    folder: Path = tmp_path_factory.mktemp("servers")
    with running_servers(folder) as running:
        yield running


async def eventually(condition: Callable[[], Awaitable[object]], *, within_s: float = 20.0) -> None:
    """Return once *condition* answers something true; fail when it has not within *within_s* seconds."""
    import asyncio

    deadline = time.monotonic() + within_s
    while not await condition():
        assert time.monotonic() < deadline, f"did not become true within {within_s} s: {condition}"
        await asyncio.sleep(0.02)
