"""How a service process runs: connect, work, and on SIGTERM finish what is under way."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from faststream import FastStream
from faststream.nats import NatsBroker

from shared.backlog import Backlog
from shared.broker import answer_requests, client_of
from shared.errors import TransientError
from shared.health import check_broker
from shared.logging import get_logger
from shared.messages.rpc import GetHealth, HealthReply
from shared.messages.values import Message
from shared.settings import ServiceSettings
from shared.status import Status
from shared.tracing import Tracing

log = get_logger(__name__)

CANCEL_AGAIN_S = 0.5
"""Pause before a background task that did not end is cancelled once more."""

Background = Callable[[], Awaitable[None]]
"""A task that lives as long as the service."""


def build_service(
    broker: NatsBroker,
    *,
    settings: ServiceSettings,
    status: Status,
    tracing: Tracing | None,
    resources: Callable[[AsyncExitStack], Awaitable[None]],
    background: Sequence[Background],
) -> FastStream:
    """
    Return the application around *broker*.

    Args:
        broker: Not yet connected, its subscribers registered.
        settings: Say on which port, if any, the status is shown.
        status: Of the service; its counts are shown by the `health` request, which this registers too. It is shown before
            anything is connected, and ready once everything is opened.
        tracing: Sends what is left when the service ends.
        resources: Opens what the handlers need and hands each thing to close to the exit stack. Called once the broker is
            connected and before any message is taken.
        background: Tasks started after the first messages may flow; cancelled at the end.
    """

    async def health(_: GetHealth) -> Message:
        return HealthReply(service=status.service, counters=status.counters.snapshot())

    answer_requests(broker, service=status.service, verb="health", request=GetHealth, handle=health)
    tasks: list[asyncio.Task[None]] = []

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            if tracing is not None:
                stack.push_async_callback(asyncio.to_thread, tracing.close)
            if settings.metrics_port is not None:
                await _show_status(status, settings, stack)
            await broker.connect()
            client = client_of(broker)
            backlog = Backlog(client, service=status.service)
            status.readiness.add({"nats": partial(check_broker, client), "consumers": backlog.check})
            status.reads.append(backlog.read)
            await resources(stack)
            status.readiness.end_start()
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


async def _show_status(status: Status, settings: ServiceSettings, stack: AsyncExitStack) -> None:
    # The web server costs a service that has no other use for it 0.1 s and some memory.
    from shared.status_routes import status_port

    await stack.enter_async_context(status_port(status, settings=settings))


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
