"""What waits for the consumers of a service, and whether it moves."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import nats.errors
from nats.aio.client import Client
from nats.js.api import ConsumerInfo
from nats.js.errors import NotFoundError

from shared.errors import BrokerUnavailable, TopologyError, TransientError
from shared.exposition import Reading
from shared.metrics import CONSUMER_ACK_PENDING, CONSUMER_PENDING
from shared.streams import CONSUMERS, Consumer

ANSWER_TIMEOUT_S: Final = 2.0
STUCK_S: Final = 120.0
"""
How long messages may wait without one of them getting done.

A bound in time and not in messages: a burst of 100,000 is well while it moves, and one message that never gets done is not.
Longer than the redelivery of a killed consumer's batch (30 s) and than the pauses before a message is buried (32 s in all).
"""


class Stuck(TransientError):
    """Messages wait and none gets done."""


@dataclass(frozen=True, slots=True)
class _Mark:
    """How far a consumer had come, and since when it has not come further."""

    floor: int
    since_s: float


class Backlog:
    """Looks at the consumers of one service."""

    def __init__(self, client: Client, *, service: str, now_s: Callable[[], float] | None = None) -> None:
        self._js = client.jetstream(timeout=ANSWER_TIMEOUT_S)
        self._consumers: Sequence[Consumer] = [each for each in CONSUMERS if each.durable.startswith(f"{service}_")]
        # Of the event loop's clock, which no change of the wall clock moves.
        self._now_s = now_s or asyncio.get_running_loop().time
        self._marks: dict[str, _Mark] = {}

    async def check(self) -> None:
        """
        Return when every stream and consumer is there and what waits gets done.

        Raises:
            TopologyError: a stream or a consumer does not exist.
            BrokerUnavailable: the broker does not say.
            Stuck: messages have been waiting for two minutes and none got done.
        """
        now_s = self._now_s()
        for consumer, info in zip(self._consumers, await self._look(), strict=True):
            floor = info.ack_floor.stream_seq if info.ack_floor else 0
            mark = self._marks.get(consumer.durable)
            waiting = (info.num_pending or 0) + (info.num_ack_pending or 0)
            if not waiting or mark is None or mark.floor != floor:
                mark = self._marks[consumer.durable] = _Mark(floor, now_s)
            if waiting and now_s - mark.since_s > STUCK_S:
                raise Stuck(f"{consumer.durable}: {waiting:,} messages wait, none got done for {now_s - mark.since_s:.0f} s")

    async def read(self) -> list[Reading]:
        """
        Return how many messages wait.

        Raises:
            TransientError: nobody knows.
        """
        try:
            found = await self._look()
        except TopologyError as exc:
            raise BrokerUnavailable(str(exc)) from exc
        names = [(consumer.durable,) for consumer in self._consumers]
        return [
            *(Reading(CONSUMER_PENDING, info.num_pending or 0, name) for name, info in zip(names, found, strict=True)),
            *(Reading(CONSUMER_ACK_PENDING, info.num_ack_pending or 0, name) for name, info in zip(names, found, strict=True)),
        ]

    async def _look(self) -> list[ConsumerInfo]:
        return await asyncio.gather(*(self._info(consumer) for consumer in self._consumers))

    async def _info(self, consumer: Consumer) -> ConsumerInfo:
        try:
            info: ConsumerInfo = await self._js.consumer_info(consumer.stream, consumer.durable)
            return info
        except NotFoundError as exc:
            raise TopologyError(
                f"{consumer.durable} on {consumer.stream} does not exist; `python -m shared.topology` creates it"
            ) from exc
        except (TimeoutError, nats.errors.Error) as exc:
            raise BrokerUnavailable(f"{consumer.stream} does not answer") from exc
