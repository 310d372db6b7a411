"""Holding consumers: the broker hands out nothing to them for a while, and keeps what comes."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Final

from cli.broker import consumer_info, pause_consumer
from cli.client import Hobnob
from cli.errors import CommandFailed
from shared.clock import system_clock
from shared.errors import BrokerUnavailable
from shared.streams import ACK_WAIT_S, Consumer

HOLD: Final = timedelta(seconds=60)
"""What a command that is killed leaves behind at most: after this, everything goes on by itself."""
LOOK_S: Final = 0.1
PATIENCE_S: Final = ACK_WAIT_S + 15.0
"""What was handed out is acknowledged by then, or waits to be handed out again."""


@asynccontextmanager
async def held(hobnob: Hobnob, consumers: Sequence[Consumer]) -> AsyncIterator[None]:
    """
    Hold *consumers* for as long as the block runs; it begins once what was handed out before is done.

    Raises:
        CommandFailed: the broker does not hold them, because its clock and ours are too far apart.
        BrokerUnavailable: it does not answer.
    """
    try:
        await _pause(hobnob, consumers)
        keeping = asyncio.create_task(_keep(hobnob, consumers))
        try:
            await _until_idle(hobnob, consumers)
            yield
        finally:
            keeping.cancel()
            await asyncio.wait({keeping})
    finally:
        for consumer in consumers:
            # Where the broker is away, the pause ends by itself.
            with suppress(BrokerUnavailable):
                await pause_consumer(hobnob, consumer, until=None)


async def _pause(hobnob: Hobnob, consumers: Sequence[Consumer]) -> None:
    for consumer in consumers:
        if not await pause_consumer(hobnob, consumer, until=system_clock() + HOLD):
            raise CommandFailed("the clocks of this machine and of the broker are a minute apart; set them by NTP")


async def _keep(hobnob: Hobnob, consumers: Sequence[Consumer]) -> None:
    while True:
        await asyncio.sleep(HOLD.total_seconds() / 4)
        with suppress(BrokerUnavailable):
            await _pause(hobnob, consumers)


async def _until_idle(hobnob: Hobnob, consumers: Sequence[Consumer]) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + PATIENCE_S
    while loop.time() < deadline:
        found = [await consumer_info(hobnob, consumer) for consumer in consumers]
        if not any(each["num_ack_pending"] for each in found):
            return
        await asyncio.sleep(LOOK_S)
