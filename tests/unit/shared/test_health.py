"""Readiness: the checks, and what waits for the consumers."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest
from nats.aio.client import Client
from nats.js.api import ConsumerConfig, ConsumerInfo, SequenceInfo
from nats.js.errors import NotFoundError

from shared.backlog import STUCK_S, Backlog, Stuck
from shared.clock import system_clock
from shared.errors import StoreUnavailable, TopologyError
from shared.health import Readiness


async def well() -> None:
    """Find nothing amiss."""


async def away() -> None:
    """Find the database away."""
    raise StoreUnavailable("MongoDB: AutoReconnect")


async def test_a_service_is_not_ready_before_it_has_started() -> None:
    """Whatever its checks say, it is ready only once it said that everything is opened."""
    readiness = Readiness()
    readiness.add({"nats": well})
    assert await readiness.failing() == {"start": "the service is starting"}
    readiness.end_start()
    assert await readiness.failing() == {}
    assert await readiness.look() == {"nats": ""}


async def test_every_check_that_fails_is_named() -> None:
    """One that fails, one that hangs and one that is well are told apart, and none waits for another."""
    readiness = Readiness(timeout_s=0.05)
    readiness.add({"nats": well, "mongodb": away, "contacts": asyncio.Event().wait})  # type: ignore[dict-item]  # returns never
    readiness.end_start()
    assert await readiness.failing() == {"mongodb": "MongoDB: AutoReconnect", "contacts": "no answer within 0.05 s"}


async def test_asking_often_costs_one_look() -> None:
    """However many ask at the same time, the checks run once; after a moment they run again."""
    looks = 0

    async def count() -> None:
        nonlocal looks
        looks += 1

    readiness = Readiness(reuse_s=3600)
    readiness.add({"nats": count})
    readiness.end_start()
    await asyncio.gather(*(readiness.failing() for _ in range(50)))
    assert looks == 1
    readiness = Readiness(reuse_s=0)
    readiness.add({"nats": count})
    readiness.end_start()
    await readiness.failing()
    await readiness.failing()
    assert looks == 3


class FakeJetStream:
    """Answers for every consumer what the test says."""

    def __init__(self) -> None:
        self.pending = 0
        self.floor = 0
        self.is_there = True

    async def consumer_info(self, stream: str, durable: str) -> ConsumerInfo:
        """Return what the test says."""
        if not self.is_there:
            raise NotFoundError
        place = SequenceInfo(consumer_seq=self.floor, stream_seq=self.floor)
        return ConsumerInfo(
            name=durable,
            stream_name=stream,
            config=ConsumerConfig(),
            created=system_clock(),
            ack_floor=place,
            num_pending=self.pending,
            num_ack_pending=0,
        )


def backlog_of(js: FakeJetStream, *, now_s: Callable[[], float] = lambda: 0.0) -> Backlog:
    """Return what looks at the scheduler's consumers."""

    class FakeClient:
        def jetstream(self, **_: Any) -> FakeJetStream:
            return js

    return Backlog(cast(Client, FakeClient()), service="scheduler", now_s=now_s)


async def test_a_backlog_that_moves_is_well_however_large() -> None:
    """Only messages of which none gets done for too long are a failure; the first that is done ends it."""
    js, now_s = FakeJetStream(), 0.0
    backlog = backlog_of(js, now_s=lambda: now_s)
    js.pending = 100_000
    await backlog.check()
    now_s, js.floor = STUCK_S + 1, 500
    await backlog.check()
    now_s += STUCK_S
    await backlog.check()
    now_s += 1
    with pytest.raises(Stuck, match="scheduler_people: 100,000 messages wait, none got done for 121 s"):
        await backlog.check()
    js.floor = 501
    await backlog.check()
    js.pending = 0
    now_s += 10 * STUCK_S
    await backlog.check()
    js.pending = 1
    await backlog.check()


async def test_a_consumer_that_is_not_there_is_said_with_its_remedy() -> None:
    """The sentence names the consumer and the step that creates it."""
    js = FakeJetStream()
    js.is_there = False
    with pytest.raises(TopologyError, match=r"scheduler_people .* does not exist; `python -m shared.topology`"):
        await backlog_of(js).check()
