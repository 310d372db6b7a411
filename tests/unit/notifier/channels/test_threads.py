"""Tests of threads that may hang."""

import asyncio
import threading
from collections.abc import AsyncIterator
from functools import partial

import pytest

from services.notifier.channels.threads import HANGING_PER_OWNER_MAX, Hung, StillHanging, Threads
from tests.conftest import eventually


@pytest.fixture
async def gate() -> AsyncIterator[threading.Event]:
    """Yield what hanging calls wait for; open at the end, so that no thread outlives its test."""
    event = threading.Event()
    yield event
    event.set()


async def _none_hang(threads: Threads) -> bool:
    return threads.hanging == 0


async def test_results_and_errors_come_back() -> None:
    """What the work returns or raises is what the caller gets."""
    threads = Threads(timeout_s=20)
    assert await threads.run(lambda: 41 + 1, owner="sam") == 42
    with pytest.raises(ZeroDivisionError):
        await threads.run(lambda: 1 // 0, owner="sam")
    assert threads.hanging == 0


async def test_what_hangs_is_abandoned_and_counted(gate: threading.Event) -> None:
    """A call that takes too long is given up; it is counted until it ends."""
    threads = Threads(timeout_s=0.05)
    with pytest.raises(Hung):
        await threads.run(gate.wait, owner="sam")
    assert threads.hanging == 1
    gate.set()
    await eventually(lambda: _none_hang(threads))


async def test_a_hanging_owner_delays_nobody_else(gate: threading.Event) -> None:
    """While calls of one owner hang, another owner's run at once."""
    threads = Threads(timeout_s=20, active_max=2)
    hanging = [asyncio.create_task(threads.run(gate.wait, owner="sam")) for _ in range(5)]
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        assert await threads.run(lambda: "told", owner="kim") == "told"
    assert not any(task.done() for task in hanging)
    gate.set()
    assert await asyncio.gather(*hanging) == [True] * 5


async def test_one_call_of_an_owner_at_a_time() -> None:
    """Calls of one owner run one after the other, in order."""
    threads = Threads(timeout_s=20)
    running: list[int] = []
    seen: list[int] = []

    def work(number: int) -> None:
        running.append(number)
        seen.append(len(running))
        running.remove(number)

    await asyncio.gather(*(threads.run(partial(work, number), owner="sam") for number in range(20)))
    assert seen == [1] * 20


async def test_calls_are_bounded_in_all(gate: threading.Event) -> None:
    """Never more calls run at once than allowed, however many owners there are."""
    threads = Threads(timeout_s=20, active_max=3)
    started: list[str] = []

    def work(owner: str) -> None:
        started.append(owner)
        gate.wait()

    tasks = [asyncio.create_task(threads.run(partial(work, f"o{n}"), owner=f"o{n}")) for n in range(6)]

    async def three_run() -> bool:
        return len(started) == 3

    await eventually(three_run)
    assert threading.active_count() >= 3
    gate.set()
    await asyncio.gather(*tasks)
    assert len(started) == 6


async def test_an_owner_can_leave_only_few_threads_hanging(gate: threading.Event) -> None:
    """After some calls that never end an owner's next one is refused, until one ends; another owner's is not."""
    threads = Threads(timeout_s=0.01)
    for _ in range(HANGING_PER_OWNER_MAX):
        with pytest.raises(Hung):
            await threads.run(gate.wait, owner="sam")
    with pytest.raises(StillHanging):
        await threads.run(gate.wait, owner="sam")
    gate.set()
    await eventually(lambda: _none_hang(threads))
    patient = Threads(timeout_s=20)
    assert await patient.run(lambda: 1, owner="kim") == 1


async def test_hanging_threads_are_bounded_in_all(gate: threading.Event) -> None:
    """When too many calls of all owners hang, no new one is begun."""
    threads = Threads(timeout_s=0.01, hanging_max=2)
    for owner in ("sam", "kim"):
        with pytest.raises(Hung):
            await threads.run(gate.wait, owner=owner)
    with pytest.raises(StillHanging):
        await threads.run(lambda: 1, owner="lee")


async def test_a_cancelled_call_is_counted_until_it_ends(gate: threading.Event) -> None:
    """Cancelling gives a call up at once, and its thread is not forgotten."""
    threads = Threads(timeout_s=20)
    started = threading.Event()

    def work() -> None:
        started.set()
        gate.wait()

    async def is_started() -> bool:
        return started.is_set()

    task = asyncio.create_task(threads.run(work, owner="sam"))
    await eventually(is_started)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert threads.hanging == 1
    gate.set()
    await eventually(lambda: _none_hang(threads))
