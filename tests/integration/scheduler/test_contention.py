"""Two plans of one contact at the same time: whoever records last has armed last. The interleaving is forced, not hoped for."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from services.scheduler.domain.decision import ContactKey, Known, Order
from services.scheduler.settings import SchedulerSettings
from services.scheduler.state import Seen, State
from services.scheduler.use_cases import MAX_TRIES, AgendaContended, Planner
from shared.broker import build_broker
from shared.counters import Counters
from tests.integration.scheduler.stage import Stage
from tests.servers import Servers

WITHIN_S = 30
"""A test whose race does not take place fails; it does not hang."""
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


class SlowState(State):
    """Reads, and then waits until it is told to go on, as often as there are gates."""

    gates: tuple[asyncio.Event, ...] = ()
    has_read: asyncio.Event

    async def known(
        self, keys: Collection[ContactKey], *, seen: Mapping[ContactKey, Seen]
    ) -> dict[ContactKey, tuple[Known, int]]:
        """Return what was true before the wait."""
        found = await super().known(keys, seen=seen)
        if self.gates:
            gate, *rest = self.gates
            self.gates = tuple(rest)
            self.has_read.set()
            await gate.wait()
        return found


@asynccontextmanager
async def planner(servers: Servers, *, gates: int = 0) -> AsyncIterator[tuple[Planner, SlowState]]:
    """Connect a planner of its own to the broker, as another instance of the service is."""
    broker = build_broker(SchedulerSettings(nats_url=servers.nats_url), service="scheduler")
    await broker.connect()
    try:
        state = SlowState(broker, Counters())
        state.gates = tuple(asyncio.Event() for _ in range(gates))
        state.has_read = asyncio.Event()
        async with asyncio.timeout(WITHIN_S):
            yield Planner(state, Counters()), state
    finally:
        await broker.stop()


async def test_the_loser_of_the_race_repairs_what_it_overwrote(servers: Servers, stage: Stage) -> None:
    """A plan made from an older snapshot that is carried out last does not leave its timer behind."""
    key = ContactKey(stage.owner, "bo")
    async with planner(servers, gates=1) as (slow, state), planner(servers) as (quick, _):
        (gate,) = state.gates
        await stage.people(stage.snapshot(rev=1, birthday="1985-06-15"))
        losing = asyncio.create_task(slow.replan({key: Order()}, now=NOW))
        await state.has_read.wait()
        await stage.people(stage.snapshot(rev=2, birthday="1985-07-20"))
        await quick.replan({key: Order()}, now=NOW)
        gate.set()
        await losing
    found, agenda = await stage.schedule("birthday"), await stage.agenda()
    assert found is not None
    assert (found[0], found[1].basis) == ("@at 2027-07-20T09:00:00Z", "1985-07-20")
    assert agenda is not None
    assert agenda.rev == 2


async def test_a_sweep_does_not_cancel_what_was_armed_a_moment_ago(servers: Servers, stage: Stage) -> None:
    """A cancel decided upon before somebody planned that very timer is taken back."""
    key = ContactKey(stage.owner, "bo")
    async with planner(servers, gates=1) as (slow, state), planner(servers) as (quick, _):
        (gate,) = state.gates
        await stage.people(stage.snapshot(rev=1))
        await quick.replan({key: Order()}, now=NOW)
        sweeping = asyncio.create_task(slow.mend({key: Order(force=frozenset({"birthday"}))}, now=NOW))
        await state.has_read.wait()
        await stage.people(stage.snapshot(rev=2, birthday="1985-07-20"))
        await quick.replan({key: Order()}, now=NOW)
        gate.set()
        await sweeping
    assert await stage.armed() == {"bo.birthday"}


async def test_endless_contention_is_given_back(servers: Servers, stage: Stage) -> None:
    """Who loses every time stops after some tries and has the batch delivered again."""
    key = ContactKey(stage.owner, "bo")
    async with planner(servers, gates=MAX_TRIES) as (slow, state), planner(servers) as (quick, _):
        gates = state.gates
        await stage.people(stage.snapshot(rev=1, birthday="1985-06-15"))
        losing = asyncio.create_task(slow.replan({key: Order()}, now=NOW))
        for rev, gate in enumerate(gates, start=2):
            await state.has_read.wait()
            state.has_read.clear()
            await stage.people(stage.snapshot(rev=rev, birthday="1985-06-15"))
            await quick.replan({key: Order()}, now=NOW)
            gate.set()
        with pytest.raises(AgendaContended):
            await losing
