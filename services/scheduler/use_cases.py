"""
What the scheduler does when something arrives: plan contacts again from the present state of the broker.

One use case does it all, for whole batches. Whatever arrived is only the reason; the state is read anew, decided upon, and
carried out: timers first, then the agenda that records them, with compare-and-set. Whoever loses that race starts over from
the new state and publishes again whatever it may have overwritten, so that the last one to record is the last one to arm.
"""

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from itertools import islice

from services.scheduler import timers
from services.scheduler.domain.decision import ContactKey, Decision, Known, Order, decide, profile_digest
from services.scheduler.state import Seen, State, StoredAgenda, contact_of
from shared import subjects
from shared.clock import Clock
from shared.counters import Counters
from shared.errors import PermanentError, TransientError
from shared.jetstream import Outgoing
from shared.logging import get_logger
from shared.streams import SCHEDULER_PEOPLE

log = get_logger(__name__)

CHUNK = 500
"""Contacts planned at once: one request reads as many, and the event loop is held for a tenth of a second."""
MAX_TRIES = 5
"""Times a contact is planned in a row because somebody else did so at the same time."""
RETRY_S = 1.0
"""Pause before a change of settings is carried on with, after a fault of the broker or while the consumer has work."""
MAX_WAITS = 60
"""Pauses for the consumer before those it has not planned by then are planned all the same."""


class AgendaContended(TransientError):
    """Others keep planning the same contacts at the same time."""


class Planner:
    """Plans contacts again and carries the plans out."""

    def __init__(self, state: State, counters: Counters) -> None:
        self._state = state
        self._counters = counters
        # Planning is work for the processor: taking turns costs nothing, and within one process nobody loses a race.
        self._turn = asyncio.Lock()

    async def replan(
        self, orders: Mapping[ContactKey, Order], *, now: datetime, seen: Mapping[ContactKey, Seen] | None = None
    ) -> None:
        """
        Plan the contacts of *orders* from the present state of the broker. Doing it twice is doing it once.

        Args:
            orders: Why, by contact.
            now: Instant at which they are planned.
            seen: Snapshots that were delivered: what is read must not be older.

        Raises:
            AgendaContended: other instances kept winning the race for some of the contacts.
            BrokerUnavailable: the broker does not answer.
            PermanentError: it refused a timer or an agenda.
        """
        remaining = iter(orders.items())
        while chunk := dict(islice(remaining, CHUNK)):
            async with self._turn:
                await self._replan_chunk(chunk, now=now, seen=seen or {})

    async def mend(self, orders: Mapping[ContactKey, Order], *, now: datetime) -> None:
        """
        Do as `replan` does, but let no contact hold up the others: one that cannot be planned is counted and left.

        Raises:
            TransientError: as `replan`.
        """
        try:
            await self.replan(orders, now=now)
        except PermanentError:
            for key, order in orders.items():
                try:
                    await self.replan({key: order}, now=now)
                except PermanentError as exc:
                    self._counters.add("unplannable")
                    log.error("contact_unplannable", reason=str(exc))

    async def _replan_chunk(self, orders: dict[ContactKey, Order], *, now: datetime, seen: Mapping[ContactKey, Seen]) -> None:
        self._counters.add("fired", sum(len(order.fired) for order in orders.values()))
        for _ in range(MAX_TRIES):
            orders = await self._try_once(orders, now=now, seen=seen)
            if not orders:
                return
            self._counters.add("contended", len(orders))
        raise AgendaContended

    async def _try_once(
        self, orders: dict[ContactKey, Order], *, now: datetime, seen: Mapping[ContactKey, Seen]
    ) -> dict[ContactKey, Order]:
        """Plan, carry out and record; return those that somebody else recorded first, with what must be published again."""
        known = await self._state.known(orders, seen=seen)
        decisions: dict[ContactKey, Decision] = {}
        messages: list[Outgoing] = []
        for key, (present, _) in known.items():
            decision = decide(known=present, order=orders[key], now=now)
            decisions[key] = decision
            messages += _timer_messages(key, decision, present.traceparent)
        await timers.publish_timers(self._state.js, messages)
        news = [(key, decision) for key, decision in decisions.items() if decision.is_news]
        stored = await timers.publish_agendas(self._state.js, [_recorded(decision, *known[key]) for key, decision in news])
        lost = {key: decision for (key, decision), is_stored in zip(news, stored, strict=True) if not is_stored}
        self._count([decision for key, decision in decisions.items() if key not in lost])
        return {
            key: orders[key].and_also(Order(force=frozenset(decision.arm) | decision.cancel)) for key, decision in lost.items()
        }

    def _count(self, decisions: Collection[Decision]) -> None:
        self._counters.add("planned", len(decisions))
        self._counters.add("armed", sum(len(decision.arm) for decision in decisions))
        self._counters.add("cancelled", sum(len(decision.cancel) for decision in decisions))
        for reason, count in Counter(reason for decision in decisions for reason in decision.skipped).items():
            self._counters.add(f"skipped.{reason}", count)


def _recorded(decision: Decision, known: Known, sequence: int) -> timers.Recorded:
    return timers.Recorded(decision.agenda, sequence, known.traceparent)


def _timer_messages(key: ContactKey, decision: Decision, traceparent: str | None) -> list[Outgoing]:
    armed = [timers.arm(key=name, reminder=reminder, traceparent=traceparent) for name, reminder in decision.arm.items()]
    return armed + [timers.cancel(subject=subjects.timer(*key, name)) for name in sorted(decision.cancel)]


class SettingsChanges:
    """
    Plans all contacts of an owner again when the owner's settings change.

    That takes as long as the owner has contacts, so it runs beside the consumers. It needs no record of how far it came:
    every agenda says under which settings it was made, so a turn that is cut short is carried on by the next, and what a
    killed process leaves behind is found by the sweep that the next one starts with.
    """

    def __init__(self, state: State, planner: Planner, clock: Clock) -> None:
        self._state = state
        self._planner = planner
        self._clock = clock
        self._changed: set[str] = set()
        self._wake = asyncio.Event()

    def note(self, owner: str) -> None:
        """Have the contacts of *owner* looked at."""
        self._changed.add(owner)
        self._wake.set()

    async def run(self) -> None:
        """Work for ever."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._changed:
                owner = self._changed.pop()
                try:
                    await self.replan_owner(owner)
                except TransientError as exc:
                    log.warning("settings_deferred", reason=str(exc))
                    self._changed.add(owner)
                    await asyncio.sleep(RETRY_S)

    async def replan_owner(self, owner: str) -> None:
        """
        Plan again whoever of *owner* was planned under other settings.

        Who has no agenda yet is left to the consumer, which is about to plan them, and looked at once more when it has.

        Raises:
            TransientError: the broker does not answer; whoever was planned by then stays so.
        """
        new = await self._replan_outdated(owner, await self._state.people(owner=owner))
        for _ in range(MAX_WAITS):
            if not new or not await self._state.has_waiting(SCHEDULER_PEOPLE):
                break
            await asyncio.sleep(RETRY_S)
        await self._replan_outdated(owner, new, with_new=True)

    async def _replan_outdated(self, owner: str, people: Sequence[str], *, with_new: bool = False) -> list[str]:
        """Plan those of *people* that were planned under other settings, and those without an agenda, or return these."""
        new: list[str] = []
        for start in range(0, len(people), CHUNK):
            chunk = {key: subject for subject in people[start : start + CHUNK] if (key := contact_of(subject))}
            profiles, agendas = await self._state.profiles([owner]), await self._state.agendas(chunk)
            settings = profile_digest(profiles[owner])
            orders: dict[ContactKey, Order] = {}
            for key, subject in chunk.items():
                if key not in agendas and not with_new:
                    new.append(subject)
                elif not _is_under(agendas.get(key), settings):
                    orders[key] = Order()
            await self._planner.mend(orders, now=self._clock())
        return new


def _is_under(stored: StoredAgenda | None, settings: str) -> bool:
    return stored is not None and stored.agenda is not None and stored.agenda.profile == settings
