"""The composition root of the scheduler: builds every part and passes it to those that need it."""

from contextlib import AsyncExitStack

from faststream import FastStream

from services.scheduler.consumer import Consumer
from services.scheduler.erasing import Erasing
from services.scheduler.owner_planner import OwnerPlanner
from services.scheduler.settings import SchedulerSettings
from services.scheduler.state import SERVICE, State
from services.scheduler.sweep import Sweep
from services.scheduler.use_cases import Planner, SettingsChanges
from shared.broker import answer_requests, build_broker
from shared.clock import Clock, system_clock
from shared.counters import Counters
from shared.messages.curation import EraseContact
from shared.messages.telling import Rebuild
from shared.service import build_service, every
from shared.status import Status
from shared.tracing import Tracing, open_tracing


def build_app(settings: SchedulerSettings, *, clock: Clock = system_clock, tracing: Tracing | None = None) -> FastStream:
    """Return the service, not yet connected; without *tracing* the settings say whether there is any."""
    counters = Counters()
    tracing = tracing or open_tracing(settings.tracing, service=SERVICE)
    broker = build_broker(settings, service=SERVICE, counters=counters, tracing=tracing)
    state = State(broker, counters)
    planner = Planner(state, counters)
    changes = SettingsChanges(state, planner, clock)
    owners = OwnerPlanner(state, counters)
    sweep = Sweep(state, planner, changes, owners, counters, clock, slice_size=settings.sweep_slice)
    Consumer(planner, changes, owners, clock).subscribe(broker)
    answer_requests(broker, service=SERVICE, verb="rebuild", request=Rebuild, handle=sweep.rebuild)
    erasing = Erasing(state, planner, clock)
    answer_requests(broker, service=SERVICE, verb="erase", request=EraseContact, handle=erasing.erase)

    async def open_nothing(_: AsyncExitStack) -> None:
        """The broker is all there is to open."""

    async def sweep_for_ever() -> None:
        await every(settings.sweep_period_s, sweep.run, name="sweep")

    return build_service(
        broker,
        settings=settings,
        status=Status(service=SERVICE, counters=counters),
        tracing=tracing,
        resources=open_nothing,
        background=(changes.run, sweep_for_ever),
    )
