"""What a stranger may hold up: slow heads, slow bodies, large heads, connections that break off, too much at once."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from services.notifier.web import bodies
from services.notifier.web.bodies import Room
from services.notifier.web.problems import Refusal
from shared import http_server
from tests.conftest import eventually
from tests.integration.notifier.doors import adapters, ask_door, door

SENT = {"Authorization": "Bearer s", "Content-Type": "application/cloudevents+json"}
SHORT_S = 0.3


@asynccontextmanager
async def connection(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Open a connection to the door."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()


@pytest.mark.parametrize("said", [b"", b"POST /events HTTP/1.1\r\nHost: x\r\n"], ids=["nothing", "half a head"])
async def test_whoever_does_not_finish_a_head_is_hung_up_on(monkeypatch: pytest.MonkeyPatch, said: bytes) -> None:
    """However it drips: the time counts from the beginning of the request."""
    monkeypatch.setattr(http_server, "HEAD_TIMEOUT_S", SHORT_S)
    async with door(adapters()) as port, connection(port) as (reader, writer):
        writer.write(said)

        async def drip() -> None:
            while said:
                writer.write(b"x-more: 1\r\n")
                await asyncio.sleep(SHORT_S / 5)

        dripping = asyncio.create_task(drip())
        assert await asyncio.wait_for(reader.read(), 10) == b""
        dripping.cancel()


async def test_a_kept_connection_may_rest_and_is_answered_at_once() -> None:
    """Requests that follow each other on one connection are not held back by the network's own economy."""
    request = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
    async with door(adapters()) as port, connection(port) as (reader, writer):
        took: list[float] = []
        for _ in range(20):
            started = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            assert await reader.readexactly(length) == b'{"status":"ok"}'
            took.append(time.perf_counter() - started)
    assert sorted(took)[10] < 0.035


async def test_a_body_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that stops in the middle of its event gets 408, and its place in memory is free again."""
    monkeypatch.setattr(bodies, "BODY_TIMEOUT_S", SHORT_S)
    head = "".join(f"{name}: {value}\r\n" for name, value in SENT.items())
    async with door(adapters()) as port, connection(port) as (reader, writer):
        writer.write(f"POST /events HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n{head}\r\n{{".encode())
        answer = await asyncio.wait_for(reader.read(), 10)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert json.loads(answer.split(b"\r\n\r\n", 1)[1])["type"] == "/problems/too-slow"


async def test_a_head_without_end_is_refused() -> None:
    """Headers are not collected for ever."""
    async with door(adapters()) as port, connection(port) as (reader, writer):
        writer.write(b"GET /health HTTP/1.1\r\nHost: x\r\nx-large: " + b"x" * (http_server.HEAD_BYTES + 1))
        assert (await asyncio.wait_for(reader.read(), 10)).startswith(b"HTTP/1.1 400 ")


async def test_a_client_that_goes_away_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    """Half a body and a closed connection leave nothing in the log, and the next request is answered."""
    head = "".join(f"{name}: {value}\r\n" for name, value in SENT.items())
    async with door(adapters()) as port:
        async with connection(port) as (_, writer):
            writer.write(f"POST /events HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n{head}\r\n{{".encode())
            await writer.drain()
        assert (await ask_door(port, "GET", "/health")).status == 200
    assert caplog.text == ""


async def test_a_broker_that_is_known_to_be_away_is_not_waited_for() -> None:
    """503 comes at once; nothing is left with the client that would go out later unasked."""
    parts = adapters(error=AssertionError("it must not be asked"), is_connected=False)
    body = {"specversion": "1.0", "id": "1", "source": "s", "type": "hobnob.contact.upserted.v1", "data": {"name": "Ann"}}
    async with door(parts) as port:
        answer = await ask_door(port, "POST", "/events", body=json.dumps(body).encode(), headers=SENT)
    assert (answer.status, answer.json["type"]) == (503, "/problems/unavailable")


async def test_a_full_room_asks_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who finds no place in time is told so; who leaves makes room."""
    monkeypatch.setattr(bodies, "WAIT_TIMEOUT_S", SHORT_S)
    room = Room(capacity_bytes=10)
    async with room.place(6), room.place(4):
        with pytest.raises(Refusal) as caught:
            async with room.place(1):
                pass
        assert caught.value.problem.status == 503
    async with room.place(10):
        pass


async def test_many_large_bodies_at_once_are_all_answered() -> None:
    """More batches than there are places wait for each other; none is lost."""

    def chunks() -> Iterator[bytes]:
        yield b"["
        for _ in range(30):
            yield b" " * 100_000
        yield b"]"

    sent = SENT | {"Content-Type": "application/cloudevents-batch+json"}
    async with door(adapters(takes=True)) as port:
        answers = await asyncio.gather(*(ask_door(port, "POST", "/events", body=chunks(), headers=sent) for _ in range(12)))
        assert [answer.status for answer in answers] == [202] * 12

        async def is_idle() -> bool:
            return (await ask_door(port, "GET", "/health")).status == 200

        await eventually(is_idle)
