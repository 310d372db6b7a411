"""The HTTP door of a running service, and how the process starts and ends."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from typing import Any

import pytest

from shared.errors import BrokerUnavailable, StoreUnavailable
from shared.http_server import PortTaken, listen
from tests.conftest import eventually
from tests.integration.notifier.conftest import World, running
from tests.integration.notifier.doors import adapters, door
from tests.servers import free_port


async def get(port: int, path: str = "/health") -> tuple[int, dict[str, Any]]:
    """Fetch a path from the door; the status and the JSON it answers."""

    def fetch() -> tuple[int, dict[str, Any]]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as reply:
                return reply.status, json.load(reply)
        except urllib.error.HTTPError as exc:
            with exc:
                return exc.code, json.loads(exc.read() or b"{}") if exc.code == 503 else {}

    return await asyncio.to_thread(fetch)


async def test_a_running_service_is_healthy(world: World) -> None:
    """With both servers there the door answers 200, and knows what it does not have."""
    settings = world.settings.model_copy(update={"http_port": free_port()})
    async with running(settings, world.client):
        assert await get(settings.http_port) == (200, {"status": "ok"})
        assert (await get(settings.http_port, "/nothing"))[0] == 404


async def test_health_names_what_does_not_answer() -> None:
    """A server that is away makes it 503, by name, without hiding the other."""

    async def fine() -> None:
        return None

    async def no_store() -> None:
        raise StoreUnavailable("MongoDB: AutoReconnect")

    async def no_broker() -> None:
        raise BrokerUnavailable

    async with door(adapters(checks={"nats": fine, "mongodb": no_store})) as port:
        assert await get(port) == (503, {"status": "unavailable", "failing": {"mongodb": "MongoDB: AutoReconnect"}})
    async with door(adapters(checks={"nats": no_broker, "mongodb": no_store})) as port:
        _, answer = await get(port)
        assert set(answer["failing"]) == {"nats", "mongodb"}


def test_a_taken_port_is_said_in_words() -> None:
    """Two services cannot have one port, and the second says what to change."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match="HOBNOB_HTTP_PORT"):
            listen(host="127.0.0.1", port=port)


def start(world: World, **environment: str) -> "subprocess.Popen[str]":
    """Start the service as a process of its own."""
    settings = world.settings
    given = {
        "HOBNOB_NATS_URL": settings.nats_url,
        "HOBNOB_MONGO_URL": settings.mongo_url.get_secret_value(),
        "HOBNOB_MONGO_DATABASE": settings.mongo_database,
        "HOBNOB_HTTP_PORT": str(free_port()),
    }
    command = [sys.executable, "-m", "services.notifier"]
    return subprocess.Popen(command, env=os.environ | given | environment, stderr=subprocess.PIPE, text=True)


async def test_the_process_ends_cleanly_when_told_to(world: World) -> None:
    """SIGTERM ends the process with code 0."""
    port = free_port()
    process = start(world, HOBNOB_HTTP_PORT=str(port))

    async def is_healthy() -> bool:
        try:
            return (await get(port))[0] == 200
        except urllib.error.URLError:
            return False

    await eventually(is_healthy)
    process.send_signal(signal.SIGTERM)
    _, log = await asyncio.to_thread(process.communicate, timeout=20)
    assert process.returncode == 0, log
    assert "Traceback" not in log


async def test_a_process_that_cannot_start_says_why_in_one_line(world: World) -> None:
    """A taken port ends the process with code 1 and a sentence, not with a traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = start(world, HOBNOB_HTTP_PORT=str(taken.getsockname()[1]))
        _, log = await asyncio.to_thread(process.communicate, timeout=20)
    assert process.returncode == 1, log
    assert "HOBNOB_HTTP_PORT" in log
    assert "Traceback" not in log
