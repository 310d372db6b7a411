"""`hobnob emit` against a real broker: a stream of lines at full speed, and a pipe that stays open."""

import asyncio
import json
import os
import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.aio.client import Client

from cli.stream import LONGEST_LINE_BYTES
from cli.window import MESSAGES
from shared import subjects
from shared.jetstream import subjects_in
from shared.messages.cloudevents import MAX_EVENT_BYTES
from shared.streams import INTAKE
from shared.topology import ensure_topology
from tests.conftest import eventually
from tests.servers import Servers, nats_server

HOBNOB = Path(sys.executable).with_name("hobnob")
TIMEOUT_S = 60
LINES = 5 * MESSAGES


@pytest.fixture
async def client(servers: Servers) -> AsyncIterator[Client]:
    """A client beside the command."""
    client = await nats.connect(servers.nats_url)
    await ensure_topology(client)
    yield client
    await client.close()


@pytest.fixture
def owner() -> str:
    """An owner of the test's own, whom nobody needs to know."""
    return f"o{uuid.uuid4().hex[:12]}"


@asynccontextmanager
async def emit(nats_url: str, owner: str, *options: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the command on a pipe; when the block is left, it is gone."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HOBNOB_")}
    process = await asyncio.create_subprocess_exec(
        *(str(HOBNOB), "emit", "contact.upserted", "--owner", owner, "--data", "-", "--json", *options),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**environment, "HOBNOB_NATS_URL": nats_url},
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def emit_all(nats_url: str, owner: str, text: bytes) -> tuple[dict[str, Any], int | None]:
    """Run the command on *text* and return its document and exit code."""
    async with emit(nats_url, owner) as process:
        output, complaints = await asyncio.wait_for(process.communicate(text), TIMEOUT_S)
        assert complaints == b""
        return json.loads(output), process.returncode


async def stored(client: Client, owner: str) -> list[bytes]:
    """Return the bodies of an owner's facts, in the order they were stored."""
    subject = subjects.intake(owner, "contact.upserted")
    state = (await client.jetstream().stream_info(INTAKE, subjects_filter=subject)).state
    reader = await client.jetstream().subscribe(subject, stream=INTAKE, ordered_consumer=True)
    found = [(await reader.next_msg(timeout=5)).data for _ in range((state.subjects or {})[subject])]
    await reader.unsubscribe()
    return found


def event(number: int) -> bytes:
    """Return a CloudEvent in an order and with spaces of its own."""
    data = f'{{"name":"Person {number}",  "crm_row": {number}}}'
    attributes = f'"id": "{number}", "source": "crm", "specversion": "1.0", "type": "hobnob.contact.upserted.v1"'
    return f'{{"data": {data}, {attributes}}}'.encode()


async def test_many_lines_are_stored_in_their_order_as_they_were_written(servers: Servers, client: Client, owner: str) -> None:
    """Several windows full: each once, to the byte; those that are no facts are refused by their number, in order."""
    bad = {500: b"{ not json", 1500: b'{"specversion": "1.0"}', LINES - 1: b'{"birthday": "0000-01-01"}'}
    lines = [bad.get(number, event(number)) for number in range(LINES)]
    document, code = await emit_all(servers.nats_url, owner, b"\n".join(lines))
    assert (document["sent"], code) == (LINES - len(bad), 1)
    assert [row["line"] for row in document["refused"]] == [number + 1 for number in bad]
    assert all(row["reason"] for row in document["refused"])
    assert await stored(client, owner) == [line for line in lines if line not in bad.values()]
    last = await client.jetstream().get_last_msg(INTAKE, subjects.intake(owner, "contact.upserted"))
    assert document["last_sequence"] == last.seq


async def test_a_pipe_that_stays_open_is_emitted_line_by_line(servers: Servers, client: Client, owner: str) -> None:
    """Each line is stored while the writer thinks about the next one."""
    subject = subjects.intake(owner, "contact.upserted")

    async def is_stored(number: int) -> bool:
        if subject not in await subjects_in(client, stream=INTAKE, filter_subject=subject):
            return False
        return (await client.jetstream().get_last_msg(INTAKE, subject)).data == event(number)

    async with emit(servers.nats_url, owner) as process:
        assert process.stdin is not None
        for number in range(3):
            process.stdin.write(event(number) + b"\n")
            await process.stdin.drain()
            await eventually(partial(is_stored, number))
        output, _ = await asyncio.wait_for(process.communicate(b""), TIMEOUT_S)
        assert json.loads(output)["sent"] == 3


async def test_a_line_without_end_does_not_stop_the_next_one(servers: Servers, client: Client, owner: str) -> None:
    """It is refused by its number, however long it is."""
    text = b'{"name": "' + b"x" * (LONGEST_LINE_BYTES + 100_000) + b'"}\n' + event(2)
    document, _ = await emit_all(servers.nats_url, owner, event(0) + b"\n" + text)
    assert (document["sent"], [row["line"] for row in document["refused"]]) == (2, [2])
    assert await stored(client, owner) == [event(0), event(2)]


async def test_large_facts_fit_through_the_window(servers: Servers, client: Client, owner: str) -> None:
    """Facts of nearly half a megabyte wait for each other, so that memory is bounded, and all arrive; a larger one is refused."""
    large = [json.dumps({"name": f"Large {number}", "padding": "x" * 500_000}).encode() for number in range(40)]
    too_large = json.dumps({"name": "Too Large", "padding": "x" * MAX_EVENT_BYTES}).encode()
    document, _ = await emit_all(servers.nats_url, owner, b"\n".join([*large, too_large]))
    assert (document["sent"], [row["line"] for row in document["refused"]]) == (40, [41])


async def test_a_broker_that_goes_away_is_one_line(tmp_path: Path, owner: str) -> None:
    """While the command waits for input: at the next line it ends with a sentence, neither with a traceback nor never."""
    with ExitStack() as server:
        url = server.enter_context(nats_server(tmp_path))
        client = await nats.connect(url)
        await ensure_topology(client)
        async with emit(url, owner) as process:
            assert process.stdin is not None
            process.stdin.write(event(0) + b"\n")
            await process.stdin.drain()

            async def is_stored() -> bool:
                return (await client.jetstream().stream_info(INTAKE)).state.messages == 1

            await eventually(is_stored)
            await client.close()
            server.close()
            output, complaints = await asyncio.wait_for(process.communicate(event(1)), TIMEOUT_S)
            assert (process.returncode, output) == (1, b"")
            assert complaints.decode().startswith("hobnob: ")
            assert len(complaints.splitlines()) == 1
