"""
The raw limit of the hop, as a process of its own: pull a thousand, validate, insert the same documents, ack each.

`--mended` gives it the client mends of `shared.broker`, and `--bare` a collection without the inbox's indexes: the hardest
limit that this client can be held to. It looks nothing up and checks nothing.
"""

import argparse
import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import nats.errors

from bench.stack import connect
from services.notifier.store.documents import new_document
from services.notifier.store.inbox import InboxStore
from shared.messages.reminders import Reminder
from shared.mongo import insert_new, open_database
from shared.streams import BATCH_SIZE, TIMERS

POLL_S = 0.25
"""As long as the notifier's own pull waits for a batch to fill."""


async def consume(*, nats_url: str, mongo_url: str, database: str, durable: str, bare: bool, ready: Callable[[], None]) -> None:
    """Consume for ever."""
    client = await connect(nats_url)
    async with open_database(mongo_url, name=database) as store:
        if not bare:
            await InboxStore(store).ensure_indexes()
        subscription = await client.jetstream().pull_subscribe_bind(durable=durable, stream=TIMERS)
        ready()
        while True:
            try:
                messages = await subscription.fetch(BATCH_SIZE, timeout=POLL_S)
            except (TimeoutError, nats.errors.TimeoutError):
                continue
            now = datetime.now(UTC)
            documents = [
                new_document(reminder=Reminder.model_validate_json(message.data), belated=False, at=now) for message in messages
            ]
            await insert_new(store["inbox"], documents)
            for message in messages:
                await message.ack()


def main() -> None:
    """Read the arguments and consume."""
    parser = argparse.ArgumentParser(prog="python -m bench.raw_consumer")
    for name in ("--nats", "--mongo", "--database", "--durable", "--ready"):
        parser.add_argument(name, required=True)
    parser.add_argument("--mended", action="store_true")
    parser.add_argument("--bare", action="store_true")
    arguments = parser.parse_args()
    if arguments.mended:
        import shared.broker  # noqa: F401  # importing it mends the client
    asyncio.run(
        consume(
            nats_url=arguments.nats,
            mongo_url=arguments.mongo,
            database=arguments.database,
            durable=arguments.durable,
            bare=arguments.bare,
            ready=Path(arguments.ready).touch,
        )
    )


if __name__ == "__main__":
    main()
