"""How a service process runs: connect, work, and on SIGTERM finish what is under way."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from faststream import FastStream
from faststream.nats import NatsBroker

from shared.broker import answer_requests
from shared.counters import Counters
from shared.errors import TransientError
from shared.logging import get_logger
from shared.messages.rpc import GetHealth, HealthReply
from shared.messages.values import Message

log = get_logger(__name__)

CANCEL_AGAIN_S = 0.5
"""Pause before a background task that did not end is cancelled once more."""

Background = Callable[[], Awaitable[None]]
"""A task that lives as long as the service."""


def build_service(
    broker: NatsBroker,
    *,
    service: str,
    counters: Counters,
    resources: Callable[[AsyncExitStack], Awaitable[None]],
    background: Sequence[Background],
) -> FastStream:
    """
    Return the application around *broker*.

    Args:
        broker: Not yet connected, its subscribers registered.
        service: Name in subjects and logs.
        counters: Shown by the `health` request, which this registers.
        resources: Opens what the handlers need and hands each thing to close to the exit stack. Called once the broker is
            connected and before any message is taken.
        background: Tasks started after the first messages may flow; cancelled at the end.
    """

    async def health(_: GetHealth) -> Message:
        return HealthReply(service=service, counters=counters.snapshot())

    answer_requests(broker, service=service, verb="health", request=GetHealth, handle=health)
    tasks: list[asyncio.Task[None]] = []

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await broker.connect()
            await resources(stack)
            yield

    app = FastStream(broker, lifespan=lifespan, logger=None)

    def on_end(task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()):
            # Half a service must not look healthy: end, so that whoever runs us starts us again.
            log.critical("background_failed", task=task.get_name(), exc_info=error)
            app.exit()

    @app.after_startup
    async def start_background() -> None:
        for work in background:
            task: asyncio.Task[None] = asyncio.create_task(_run(work))
            task.add_done_callback(on_end)
            tasks.append(task)
        log.info("service_ready")

    @app.on_shutdown
    async def stop_background() -> None:
        # Until they end: before Python 3.12 `asyncio.wait_for`, which the NATS client waits with, can swallow a cancellation.
        while running := [task for task in tasks if not task.done()]:
            for task in running:
                task.cancel()
            await asyncio.wait(running, timeout=CANCEL_AGAIN_S)

    return app


async def _run(work: Background) -> None:
    await work()


async def every(period_s: float, work: Callable[[], Awaitable[None]], *, name: str) -> None:
    """Do *work* now and after each pause of *period_s*, for ever; a transient failure waits for the next turn."""
    while True:
        try:
            await work()
        except TransientError as exc:
            log.warning("background_deferred", task=name, reason=str(exc))
        await asyncio.sleep(period_s)
