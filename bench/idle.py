"""Idle: what five processes use while nothing happens, and what the sweep that runs every ten minutes costs."""

import asyncio

from bench.results import Idle
from bench.stack import Stack, fresh_stack
from bench.watch import cpu_s, usage

SETTLE_S = 5.0
"""After the last message: MongoDB writes its checkpoint, the services look for leftovers once more."""
SWEEPING = ("nats", "scheduler")
SERVICES = ("contacts", "scheduler", "notifier")


async def watch_idle(stack: Stack, *, armed: int, window_s: float) -> Idle:
    """Watch *stack*, in which *armed* timers wait."""
    await asyncio.sleep(min(SETTLE_S, window_s))
    return Idle(armed=armed, usage=await usage(stack, window_s=window_s))


async def watch_empty(*, window_s: float) -> Idle:
    """Watch a stack in which nobody is known."""
    async with fresh_stack() as stack:
        await stack.start_service(*SERVICES)
        return await watch_idle(stack, armed=0, window_s=window_s)


async def watch_restarted(stack: Stack, *, armed: int, window_s: float) -> tuple[Idle, dict[str, float]]:
    """
    Start the scheduler of *stack* anew; watch it sweep, then watch all processes idle until long before the next sweep.

    Returns:
        What the processes use, and the processor time of the first sweep, which looks at everybody, by process. It must be
        over within half of *window_s*.
    """
    await stack.stop("scheduler")
    await stack.start_service("scheduler")
    sweeping_s = window_s / 2
    before = {name: cpu_s(stack.process(name)) for name in SWEEPING}
    await asyncio.sleep(sweeping_s)
    used = {name: cpu_s(stack.process(name)) - before[name] for name in SWEEPING}
    idle = await watch_idle(stack, armed=armed, window_s=window_s)
    return idle, {name: max(0.0, used[name] - idle.usage[name].cpu_percent / 100 * sweeping_s) for name in SWEEPING}
