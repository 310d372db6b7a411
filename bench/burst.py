"""
The burst: everybody's reminder due at one instant, with the scheduler arming each for its next occurrence meanwhile.

A round of ours begins with arming everybody, the other services having nothing to do, and measures that too.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from bench.arming import arm, arm_raw
from bench.hop import NOTIFIER_DATABASE, add_consumer, raw_reader, start_raw
from bench.people import OWNER
from bench.results import Burst, BurstRound, Comparison, Counted, Lateness, RawBurstRound
from bench.stack import RoundFailed, Stack, fresh_stack
from bench.watch import TooLate, pause, peaks_mb, resume, until, until_drained
from shared import subjects
from shared.clock import system_clock
from shared.jetstream import last_messages, subjects_in
from shared.messages.reminders import Agenda
from shared.mongo import Document, open_database
from shared.streams import AGENDA, NOTIFIER_AGENDA, NOTIFIER_DUE, NOTIFIER_PEOPLE, SCHEDULER_DUE, TIMERS

TRIES = 3
PROJECTIONS = (NOTIFIER_PEOPLE, NOTIFIER_AGENDA)
"""What the notifier reads besides fired timers; it waits with these until everybody is armed."""
RoundT = TypeVar("RoundT")


class Lead:
    """How long before its due instant a round has to begin: learned from the rounds of that kind and size before."""

    def __init__(self) -> None:
        self._leads_s: dict[int, float] = {}

    def of(self, people: int) -> timedelta:
        """Return the lead for *people*, in whole seconds as the delivery hour has them."""
        return timedelta(seconds=round(self._leads_s.get(people, 10 + people * 0.0008)))

    def learn(self, people: int, *, took_s: float) -> None:
        """Note what a round needed; the next may take a quarter longer."""
        self._leads_s[people] = 4 + 1.25 * took_s

    def was_too_short(self, people: int) -> None:
        """Double it."""
        self._leads_s[people] = 2 * self.of(people).total_seconds()


async def measure_bursts(*, people: int, rounds: int, after_last: Callable[[Stack], Awaitable[None]]) -> tuple[Comparison, Burst]:
    """
    Return the arming rate and the bursts of *people*, raw and ours in turn.

    Args:
        people: Reminders due at one instant.
        rounds: Of each.
        after_last: Looks at the stack of the last round, in which everybody is armed again.
    """
    our_lead, raw_lead = Lead(), Lead()
    armed_raw: list[float] = []
    raw: list[RawBurstRound] = []
    ours: list[BurstRound] = []
    for number in range(rounds):
        armed_raw.append(await arm_raw(people=people))
        raw.append(await _in_time(_raw_round, people=people, lead=raw_lead))
        after = after_last if number == rounds - 1 else _nothing
        ours.append(await _in_time(partial(_our_round, after=after), people=people, lead=our_lead))
    arming = Comparison(
        what="arming",
        raw_is="publish the same timers; ours: snapshots to timers and agendas",
        count=people,
        ours_s=tuple(r.arming_s for r in ours),
        raw_s=tuple(armed_raw),
    )
    return arming, Burst(people=people, ours=tuple(ours), raw=tuple(raw))


async def _nothing(_: Stack) -> None:
    """Look at nothing."""


async def _in_time(play: Callable[[int, Lead], Awaitable[RoundT]], *, people: int, lead: Lead) -> RoundT:
    """Play a round; begin earlier where the machine was too slow to be ready at its due instant."""
    for _ in range(TRIES):
        try:
            return await play(people, lead)
        except TooLate:
            lead.was_too_short(people)
    raise RoundFailed(f"{people} timers could not be armed in time in {TRIES} tries")


async def _our_round(people: int, lead: Lead, *, after: Callable[[Stack], Awaitable[None]]) -> BurstRound:
    async with fresh_stack() as stack:
        await stack.start_service("contacts", "scheduler", "notifier")
        for consumer in PROJECTIONS:
            await pause(stack, consumer)
        begun, due_at = time.perf_counter(), _due_at(lead.of(people))
        arming_s = await arm(stack, people=people, due_at=due_at)
        for consumer in PROJECTIONS:
            await resume(stack, consumer)
        for consumer in PROJECTIONS:
            await until_drained(stack, consumer, at_least=people)
        lead.learn(people, took_s=time.perf_counter() - begun)
        due = await until(due_at)
        inbox, rearmed = await asyncio.gather(
            until_drained(stack, NOTIFIER_DUE, at_least=people), until_drained(stack, SCHEDULER_DUE, at_least=people)
        )
        await until_drained(stack, NOTIFIER_AGENDA, at_least=2 * people)
        peaks = peaks_mb(stack)
        items = await _items(stack, database=NOTIFIER_DATABASE)
        counted = Counted(
            in_inbox=len(items),
            distinct_people=len({item["contact"] for item in items}),
            armed_again=await _armed_after(stack, due_at),
        )
        if not counted.is_exact(people):
            raise RoundFailed(f"after a burst of {people}: {counted}")
        await after(stack)
    return BurstRound(
        arming_s=arming_s,
        inbox_s=inbox - due,
        rearmed_s=rearmed - due,
        lateness=_lateness(items, due_at),
        counted=counted,
        peaks_mb=peaks,
    )


async def _raw_round(people: int, lead: Lead) -> RawBurstRound:
    async with fresh_stack() as stack:
        reader = raw_reader("burst")
        await add_consumer(stack, reader)
        database = await start_raw(stack, reader)
        await stack.start_service("scheduler")
        begun, due_at = time.perf_counter(), _due_at(lead.of(people))
        await arm(stack, people=people, due_at=due_at)
        lead.learn(people, took_s=time.perf_counter() - begun)
        due = await until(due_at)
        inbox, rearmed = await asyncio.gather(
            until_drained(stack, reader, at_least=people), until_drained(stack, SCHEDULER_DUE, at_least=people)
        )
        items = await _items(stack, database=database)
    if len(items) != people:
        raise RoundFailed(f"the raw consumer made {len(items)} items of {people} fired timers")
    return RawBurstRound(inbox_s=inbox - due, rearmed_s=rearmed - due, lateness=_lateness(items, due_at))


def _due_at(lead: timedelta) -> datetime:
    return (system_clock() + lead).replace(microsecond=0)


async def _items(stack: Stack, *, database: str) -> list[Document]:
    async with open_database(stack.mongo_url, name=database) as store:
        return await store["inbox"].find({"owner": OWNER}, {"contact": 1, "created_at": 1}).to_list(None)


def _lateness(items: Sequence[Document], due_at: datetime) -> Lateness:
    return Lateness.of([(item["created_at"] - due_at).total_seconds() for item in items])


async def _armed_after(stack: Stack, due_at: datetime) -> int:
    """Return how many people have an armed timer that their agenda says is due later than *due_at*."""
    armed = await subjects_in(stack.client, stream=TIMERS, filter_subject=subjects.ALL_TIMERS)
    owned = {subject.split(".")[3]: subject for subject in armed if subject.split(".")[2] == OWNER}
    stored = await last_messages(stack.client, stream=AGENDA, filters=[subjects.agenda(OWNER, who) for who in owned])
    agendas = (Agenda.model_validate_json(message.body) for message in stored.values())
    return sum(
        any(entry.due_at > due_at and subjects.timer(OWNER, agenda.contact, entry.key) in armed for entry in agenda.armed)
        for agenda in agendas
    )
