"""What tells the postman that there is something to send."""

import asyncio
from datetime import timedelta

from services.notifier.use_cases.bell import Bell
from tests.unit.notifier.make import NOW


async def test_a_bell_that_was_rung_before_is_heard_at_once() -> None:
    """No ring is lost because nobody listened at that moment; and it is heard once."""
    bell = Bell()
    bell.ring(until=NOW)
    async with asyncio.timeout(5):
        await bell.heard(within_s=60)
    waiting = asyncio.create_task(bell.heard(within_s=60))
    await asyncio.sleep(0)
    assert not waiting.done()
    bell.ring(until=NOW)
    async with asyncio.timeout(5):
        await waiting


async def test_without_a_ring_it_is_time_in_the_end() -> None:
    """The postman looks by himself as well."""
    await Bell().heard(within_s=0.01)


def test_the_brokers_clock_is_believed_where_it_is_ahead() -> None:
    """What a timer says is due is due, and so is what our own clock says; neither takes back the other's word."""
    bell, later = Bell(), NOW + timedelta(seconds=2)
    assert bell.take_due(now=NOW) == NOW
    bell.ring(until=later)
    bell.ring(until=NOW)
    assert bell.take_due(now=NOW) == later
    bell.ring(until=later)
    assert bell.take_due(now=later + timedelta(hours=1)) == later + timedelta(hours=1)


def test_a_ring_is_believed_once() -> None:
    """After a clock was set back, what is scheduled anew keeps its undo window."""
    bell = Bell()
    bell.ring(until=NOW + timedelta(hours=1))
    assert bell.take_due(now=NOW) == NOW + timedelta(hours=1)
    assert bell.take_due(now=NOW) == NOW
