"""The raw limits: the same messages and documents by the clients alone, with nothing decided and nothing checked."""

import time
from collections.abc import Sequence

from nats.js import JetStreamContext

from bench.stack import Stack
from shared.jetstream import Outgoing
from shared.mongo import Database, Document

WINDOW = 4_096
"""The window at which nats-py publishes fastest."""
INSERT_BATCH = 1_000


async def publish_raw(stack: Stack, messages: Sequence[Outgoing], *, stream: str) -> float:
    """Publish with async acks, as nats-py does it, and return the seconds until the last ack."""
    js = JetStreamContext(stack.client, publish_async_max_pending=WINDOW, timeout=60)
    started = time.perf_counter()
    futures = [await js.publish_async(m.subject, m.body, stream=stream, headers=dict(m.headers)) for m in messages]
    await js.publish_async_completed()
    elapsed_s = time.perf_counter() - started
    for future in futures:
        future.result()
    return elapsed_s


async def insert_raw(database: Database, documents: Sequence[Document]) -> float:
    """Insert in batches of a thousand and return the seconds it took."""
    started = time.perf_counter()
    for start in range(0, len(documents), INSERT_BATCH):
        await database["raw"].insert_many(documents[start : start + INSERT_BATCH], ordered=False)
    return time.perf_counter() - started
