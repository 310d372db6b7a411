"""The topology step against real servers: what it creates, and what it refuses in a sentence that says what to change."""

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.aio.client import Client

from deploy.local.binaries import find_nats_server
from shared.errors import TopologyError
from shared.streams import CONSUMERS, IMPORTS_BUCKET, PEOPLE, stream_configs
from shared.topology import ensure_topology
from tests.servers import child, free_port, nats_server

DISTRIBUTION_SERVER = Path(os.environ.get("HOBNOB_TEST_OLD_NATS", "/usr/sbin/nats-server"))
"""Debian 12 packages 2.9.10, which takes timers and never fires them; where it is not installed a stand-in says the same."""


@asynccontextmanager
async def client_of(url: str) -> AsyncIterator[Client]:
    """Connect for as long as the block runs."""
    client = await nats.connect(url, allow_reconnect=False)
    try:
        yield client
    finally:
        await client.close()


async def test_it_creates_everything_and_may_run_again(tmp_path: Path) -> None:
    """On an empty server the streams, consumers and bucket appear; a second and a concurrent run change nothing."""
    with nats_server(tmp_path) as url:
        async with client_of(url) as client:
            await ensure_topology(client)
            js = client.jetstream()
            before = {stream.config.name: stream.config for stream in await js.streams_info()}
            assert set(before) == {stream.name for stream in stream_configs(replicas=1)} | {f"OBJ_{IMPORTS_BUCKET}"}
            for consumer in CONSUMERS:
                config = (await js.consumer_info(consumer.stream, consumer.durable)).config
                assert (config.filter_subject, config.max_deliver, config.ack_wait) == (consumer.subject, -1, consumer.ack_wait_s)
            await asyncio.gather(ensure_topology(client), ensure_topology(client))
            assert {stream.config.name: stream.config for stream in await js.streams_info()} == before


async def test_a_stream_that_differs_is_refused_until_told(tmp_path: Path) -> None:
    """A drifted stream is named with what differs and how to change it; with `update` it is changed and keeps its messages."""
    with nats_server(tmp_path) as url:
        async with client_of(url) as client:
            await ensure_topology(client)
            js = client.jetstream()
            drifted = next(stream for stream in stream_configs(replicas=1) if stream.name == PEOPLE)
            drifted.max_msgs_per_subject = 5
            await js.update_stream(drifted)
            await js.publish("hobnob.people.me", b"kept")
            with pytest.raises(TopologyError, match=rf"{PEOPLE} differs: max_msgs_per_subject is 5, must be 1.*--update"):
                await ensure_topology(client)
            await ensure_topology(client, update=True)
            await ensure_topology(client)
            assert (await js.stream_info(PEOPLE)).state.messages == 1


async def test_a_server_without_jetstream_is_refused(tmp_path: Path) -> None:
    """A server that runs without JetStream is told how to be started."""
    port = free_port()
    arguments = [str(find_nats_server()), "--addr", "127.0.0.1", "--port", str(port)]
    with child(arguments, port=port, log=tmp_path / "nats.log"):
        async with client_of(f"nats://127.0.0.1:{port}") as client:
            with pytest.raises(TopologyError, match=r"without JetStream; start it with -js"):
                await ensure_topology(client)


async def test_an_old_server_is_refused(tmp_path: Path) -> None:
    """A server from before message schedules, which would take timers and never fire them, is refused by its version."""
    async with old_server(tmp_path) as url, client_of(url) as client:
        with pytest.raises(TopologyError, match=r"nats-server 2\.9\.\d+ is too old: .*use 2\.14\.5 or newer"):
            await ensure_topology(client)


@asynccontextmanager
async def old_server(folder: Path) -> AsyncIterator[str]:
    """Run the distribution's server where there is one, else the stand-in."""
    if not await _is_old(DISTRIBUTION_SERVER):
        async with _stand_in() as url:
            yield url
        return
    port = free_port()
    arguments = [str(DISTRIBUTION_SERVER), "--addr", "127.0.0.1", "--port", str(port), "-js", "-sd", str(folder / "old")]
    with child(arguments, port=port, log=folder / "old.log"):
        yield f"nats://127.0.0.1:{port}"


async def _is_old(program: Path) -> bool:
    if not await asyncio.to_thread(program.is_file):
        return False
    process = await asyncio.create_subprocess_exec(str(program), "--version", stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    return b" v2.9." in output


@asynccontextmanager
async def _stand_in() -> AsyncIterator[str]:
    """
    Answer like nats-server 2.9.10: its greeting, and its JetStream account information without an API level.

    Source:
        NATS client protocol, docs.nats.io; the payload was recorded from that server.
    """
    answer = json.dumps({"type": "io.nats.jetstream.api.v1.account_info_response", "api": {"total": 0, "errors": 0}}).encode()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = await asyncio.start_server(_conversation(answer), sock=listener.dup())
        try:
            yield f"nats://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.close()


def _conversation(answer: bytes) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]:
    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        info = {"server_id": "OLD", "version": "2.9.10", "proto": 1, "headers": True, "max_payload": 1_048_576, "jetstream": True}
        writer.write(f"INFO {json.dumps(info)}\r\n".encode())
        subscription = b"1"
        while line := await reader.readline():
            verb, *words = line.split()
            if verb == b"PING":
                writer.write(b"PONG\r\n")
            elif verb == b"SUB":
                subscription = words[-1]
            elif verb in (b"PUB", b"HPUB"):
                await reader.readexactly(int(words[-1]) + 2)
                reply = words[1]
                writer.write(b"MSG %s %s %d\r\n%s\r\n" % (reply, subscription, len(answer), answer))
        writer.close()

    return converse
