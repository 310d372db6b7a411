"""The broker wiring against a real server: messages come promptly, and a server that is away is waited for."""

import asyncio
import random
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

import nats
import nats.errors
import pytest
from nats.js.api import ConsumerConfig, StreamConfig

from shared.broker import Received, Refused, build_broker, subscribe_batches
from shared.settings import ServiceSettings
from shared.streams import Consumer
from tests.conftest import eventually
from tests.servers import Servers, free_port, nats_server


def own_consumer() -> Consumer:
    """Return a consumer on a stream that nobody else uses."""
    name = f"T{uuid.uuid4().hex[:12]}"
    return Consumer(durable=f"{name}_all", stream=name, subject=f"{name}.>", batch_size=100, ack_wait_s=5)


async def test_a_message_on_a_quiet_subject_comes_at_once(servers: Servers) -> None:
    """Of 150 messages at random gaps none waits a second: fails when nats-py's bare timeout reaches FastStream."""
    consumer = own_consumer()
    client = await nats.connect(servers.nats_url)
    js = client.jetstream()
    await js.add_stream(StreamConfig(name=consumer.stream, subjects=[consumer.subject]))
    await js.add_consumer(consumer.stream, consumer.config())
    lateness: list[float] = []

    async def handle(batch: Sequence[Received[float]]) -> Sequence[Refused]:
        lateness.extend(time.monotonic() - item.body for item in batch)
        return []

    broker = build_broker(ServiceSettings(nats_url=servers.nats_url), service="t")
    subscribe_batches(broker, service="t", consumer=consumer, decode=lambda raw: float(raw.data), handle=handle, poll_s=0.1)
    async with broker:
        await broker.start()
        chance = random.Random(1)
        for _ in range(150):
            await js.publish(f"{consumer.stream}.x", str(time.monotonic()).encode())
            await asyncio.sleep(chance.uniform(0, 0.12))

        async def all_came() -> bool:
            return len(lateness) == 150

        await eventually(all_came)
    assert max(lateness) < 1
    await js.delete_stream(consumer.stream)
    await client.close()


async def test_while_the_server_is_away_nothing_piles_up(tmp_path: Path) -> None:
    """A pull without a server is a timeout after its time, leaves nothing in the buffer, and works when the server is back."""
    port = free_port()
    with nats_server(tmp_path, port=port) as url:
        client = await nats.connect(url, max_reconnect_attempts=-1, reconnect_time_wait=0.1)
        js = client.jetstream()
        await js.add_stream(StreamConfig(name="AWAY", subjects=["away"]))
        pull = await js.pull_subscribe("away", durable="away", config=ConsumerConfig(max_ack_pending=100))

    async def is_away() -> bool:
        return not client.is_connected

    await eventually(is_away)
    began = time.monotonic()
    for _ in range(5):
        with pytest.raises(nats.errors.TimeoutError):
            await pull.fetch(10, timeout=0.05)
    assert time.monotonic() - began >= 0.25
    assert client.pending_data_size == 0
    with nats_server(tmp_path, port=port):

        async def is_back() -> bool:
            return client.is_connected

        await eventually(is_back)
        await js.publish("away", b"hello")
        (message,) = await pull.fetch(10, timeout=5)
        assert message.data == b"hello"
        await client.close()
