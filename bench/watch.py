"""Watching from outside: consumers that drain, instants, processor time and memory of processes."""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import psutil

from bench.stack import RoundFailed, Stack
from shared.clock import system_clock
from shared.messages.values import format_instant
from shared.streams import Consumer

POLL_S = 0.05
LONGEST_S = 600.0
MB = 1_000_000
KIB = 1_024


async def pause(stack: Stack, consumer: Consumer) -> None:
    """Have the server hand out nothing of *consumer* until `resume`: the clock can start when everything is in place."""
    until = format_instant(system_clock() + timedelta(hours=1))
    await _pause_request(stack, consumer, {"pause_until": until})


async def resume(stack: Stack, consumer: Consumer) -> float:
    """Let *consumer* have its messages and return when (`time.perf_counter`)."""
    started = time.perf_counter()
    await _pause_request(stack, consumer, {})
    return started


async def _pause_request(stack: Stack, consumer: Consumer, request: Mapping[str, str]) -> None:
    subject = f"$JS.API.CONSUMER.PAUSE.{consumer.stream}.{consumer.durable}"
    answer = json.loads((await stack.client.request(subject, json.dumps(request).encode(), timeout=10)).data)
    if error := answer.get("error"):
        raise RoundFailed(f"{consumer.durable} cannot be paused: {error}")


async def until_drained(stack: Stack, consumer: Consumer, *, at_least: int) -> float:
    """Return when (`time.perf_counter`) *consumer* has acknowledged all there is, *at_least* that many."""
    async with asyncio.timeout(LONGEST_S):
        while True:
            info = await stack.js.consumer_info(consumer.stream, consumer.durable)
            delivered = info.delivered.consumer_seq if info.delivered else 0
            if delivered >= at_least and not info.num_pending and not info.num_ack_pending:
                return time.perf_counter()
            stack.check()
            await asyncio.sleep(POLL_S)


async def until_waiting(stack: Stack, consumer: Consumer, *, count: int) -> None:
    """Return when *count* messages wait for *consumer*."""
    async with asyncio.timeout(LONGEST_S):
        while (await stack.js.consumer_info(consumer.stream, consumer.durable)).num_pending < count:
            stack.check()
            await asyncio.sleep(POLL_S)


async def until(instant: datetime) -> float:
    """Sleep until *instant* and return it as a `time.perf_counter`; raise when it has passed."""
    left_s = (instant - system_clock()).total_seconds()
    if left_s < 0:
        raise TooLate(-left_s)
    at = time.perf_counter() + left_s
    await asyncio.sleep(left_s)
    return at


class TooLate(RoundFailed):
    """What should have been ready at an instant was not."""

    def __init__(self, late_s: float) -> None:
        super().__init__(f"ready {late_s:.1f} s after the instant at which it was to begin")


def peak_rss_mb(process: psutil.Process) -> float:
    """Return the most memory that a process ever held (Linux, `VmHWM`)."""
    for line in Path(f"/proc/{process.pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * KIB / MB
    raise RoundFailed(f"no peak memory is known of process {process.pid}")


def cpu_s(process: psutil.Process) -> float:
    """Return the processor time that a process has used."""
    times = process.cpu_times()
    return float(times.user + times.system)


@dataclass(frozen=True, slots=True)
class Usage:
    """What one process used: percent of a core, memory in MB."""

    cpu_percent: float
    rss_mb: float
    peak_rss_mb: float


async def usage(stack: Stack, *, window_s: float) -> dict[str, Usage]:
    """Watch every process of *stack* for *window_s*, itself asleep."""
    processes = {name: stack.process(name) for name in stack.running}
    before, started = {name: cpu_s(process) for name, process in processes.items()}, time.perf_counter()
    await asyncio.sleep(window_s)
    elapsed_s = time.perf_counter() - started
    return {
        name: Usage(
            cpu_percent=100 * (cpu_s(process) - before[name]) / elapsed_s,
            rss_mb=process.memory_info().rss / MB,
            peak_rss_mb=peak_rss_mb(process),
        )
        for name, process in processes.items()
    }


def peaks_mb(stack: Stack) -> dict[str, float]:
    """Return the peak memory of every process of *stack*."""
    return {name: peak_rss_mb(stack.process(name)) for name in stack.running}
