"""Two plans of one contact at the same time: whoever records last has armed last. The interleaving is forced, not hoped for."""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from services.scheduler.domain.decision import ContactKey, Known, Order
from services.scheduler.settings import SchedulerSettings
from services.scheduler.state import Seen, State
from services.scheduler.use_cases import MAX_TRIES, AgendaContended, Planner
from shared import subjects
from shared.broker import build_broker
from shared.counters import Counters
from shared.jetstream import Stored
from shared.streams import PEOPLE
from tests.integration.scheduler.stage import Stage
from tests.servers import Servers

WITHIN_S = 30
"""A test whose race does not take place fails; it does not hang."""
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


class SlowState(State):
    """
    Reads, and then waits until it is told to go on, as often as there are gates.

    With `pause_after` it waits in the middle instead: after that many questions to the broker.
    """

    gates: tuple[asyncio.Event, ...] = ()
    has_read: asyncio.Event
    pause_after: int | None = None
    questions: int = 0

    async def _last(self, stream: str, filters: Iterable[str]) -> dict[str, Stored]:
        found = await super()._last(stream, filters)
        self.questions += 1
        if self.questions == self.pause_after:
            await self._wait()
        return found

    async def known(
        self, keys: Collection[ContactKey], *, seen: Mapping[ContactKey, Seen]
    ) -> dict[ContactKey, tuple[Known, int]]:
        """Return what was true before the wait."""
        found = await super().known(keys, seen=seen)
        if self.gates and self.pause_after is None:
            await self._wait()
        return found

    async def _wait(self) -> None:
        gate, *rest = self.gates
        self.gates = tuple(rest)
        self.has_read.set()
        await gate.wait()


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


@pytest.mark.parametrize("questions", [1, 2, 3])
async def test_whoever_reads_while_another_plans_does_not_win_with_what_is_old(
    servers: Servers, stage: Stage, questions: int
) -> None:
    """Another scheduler plans a newer snapshot between any two things that a plan is made from: the newer one stays."""
    key = ContactKey(stage.owner, "bo")
    async with planner(servers, gates=1) as (slow, state), planner(servers) as (quick, _):
        state.pause_after = questions
        (gate,) = state.gates
        await stage.people(stage.snapshot(rev=1, birthday="1985-06-15"))
        await quick.replan({key: Order()}, now=NOW)
        reading = asyncio.create_task(slow.replan({key: Order(force_all=True)}, now=NOW))
        await state.has_read.wait()
        await stage.people(stage.snapshot(rev=2, birthday="1985-07-20"))
        await quick.replan({key: Order()}, now=NOW)
        gate.set()
        await reading
    found, agenda = await stage.schedule("birthday"), await stage.agenda()
    assert found is not None
    assert found[0] == "@at 2027-07-20T09:00:00Z"
    assert agenda is not None
    assert agenda.rev == 2


class BehindState(State):
    """Is answered by a copy of the stream of people that has not got the latest yet."""

    late: dict[str, Stored]

    async def _last(self, stream: str, filters: Iterable[str]) -> dict[str, Stored]:
        found = await super()._last(stream, filters)
        return found | {subject: old for subject, old in self.late.items() if subject in found}


async def test_a_copy_that_is_behind_is_not_believed(servers: Servers, stage: Stage) -> None:
    """In a cluster any copy of a stream answers: where an agenda was made from a newer snapshot, the stream's leader is asked."""
    key = ContactKey(stage.owner, "bo")
    subject = subjects.person(*key)
    async with planner(servers) as (quick, state):
        await stage.people(stage.snapshot(rev=1, birthday="1985-06-15"))
        late = await state._last(PEOPLE, [subject])
        await stage.people(stage.snapshot(rev=2, birthday="1985-07-20"))
        await quick.replan({key: Order()}, now=NOW)
        behind = BehindState(state._broker, Counters())
        behind.late = late
        await Planner(behind, Counters()).replan({key: Order(force_all=True)}, now=NOW)
    agenda = await stage.agenda()
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
