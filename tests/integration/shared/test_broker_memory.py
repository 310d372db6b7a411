"""What a service keeps of the messages it has handled."""

import asyncio
import gc
import uuid
import weakref
from collections.abc import Sequence

import nats
from nats.aio.msg import Msg

from shared import subjects
from shared.broker import Received, Refused, build_broker, subscribe_batches
from shared.jetstream import Outgoing, jetstream, publish_all
from shared.settings import ServiceSettings
from shared.streams import PEOPLE, Consumer
from shared.topology import ensure_topology
from tests.conftest import eventually
from tests.servers import Servers

MESSAGES = 20


class Body:
    """What a message is decoded to; weak references tell when it is gone."""


async def test_a_handled_batch_is_let_go_although_its_timers_have_not_rung_out(servers: Servers) -> None:
    """Timers that a handler cancelled, as every publish does, do not keep the batch in memory until they would have rung."""
    owner = f"owner-{uuid.uuid4().hex}"
    consumer = Consumer(durable=f"memory_{owner}", stream=PEOPLE, subject=subjects.people_of(owner))
    alive: weakref.WeakSet[Body] = weakref.WeakSet()
    handled = 0

    def decode(_: Msg) -> Body:
        body = Body()
        alive.add(body)
        return body

    async def handle(items: Sequence[Received[Body]]) -> Sequence[Refused]:
        nonlocal handled
        async with asyncio.timeout(600):
            await asyncio.sleep(0)
            handled += len(items)
        return ()

    client = await nats.connect(servers.nats_url)
    await ensure_topology(client)
    await client.jetstream().add_consumer(consumer.stream, consumer.config())
    broker = build_broker(ServiceSettings(nats_url=servers.nats_url), service="memory")
    subscribe_batches(broker, service="memory", consumer=consumer, decode=decode, handle=handle)
    try:
        await broker.start()
        messages = [Outgoing(subjects.person(owner, f"c{number}"), b"{}") for number in range(MESSAGES)]
        await publish_all(jetstream(client), messages, stream=PEOPLE)

        async def all_handled() -> bool:
            return handled == MESSAGES

        async def all_gone() -> bool:
            gc.collect()
            return not alive

        await eventually(all_handled)
        await eventually(all_gone, within_s=5.0)
    finally:
        await broker.stop()
        await client.jetstream().delete_consumer(consumer.stream, consumer.durable)
        await client.close()
