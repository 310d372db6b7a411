"""
The sweep: compare what should be armed with what is, and mend the difference (ADR 0001, rule 4).

It mends nothing itself. Whatever looks wrong is planned again through the one use case, which reads the present state and
records with compare-and-set: a timer that somebody armed a moment ago is found in that plan, and stays.
"""

import asyncio
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.scheduler import timers
from services.scheduler.domain.decision import ContactKey, Order, profile_digest
from services.scheduler.owner_planner import OwnerPlanner
from services.scheduler.state import State, StoredAgenda, contact_of
from services.scheduler.use_cases import CHUNK, Planner, SettingsChanges
from shared import subjects
from shared.clock import Clock
from shared.counters import Counters
from shared.errors import InvalidMessage, InvalidToken
from shared.logging import get_logger
from shared.messages.reminders import Agenda
from shared.messages.telling import Rebuild, Rebuilt
from shared.streams import ACK_WAIT_S, SCHEDULER_DUE, SCHEDULER_PEOPLE

log = get_logger(__name__)

ON_ITS_WAY = timedelta(seconds=2 * ACK_WAIT_S)
"""A timer that was due this recently is not missed: its firing is still being handled."""


@dataclass(slots=True, kw_only=True)
class _Turn:
    """What one turn compares: the timers not yet accounted for, and what was found."""

    now: datetime
    mark: int
    """Agendas stored after this one are newer than the list of timers: they are judged next time."""
    is_learning: bool
    """New snapshots wait: who has no agenda is about to get one."""
    is_firing: bool
    """Fired timers wait: what is due and not armed is about to be armed."""
    unexplained: set[str]
    newer: set[ContactKey] = field(default_factory=set)
    """Contacts that somebody plans at this moment."""
    found: Counter[str] = field(default_factory=Counter)


class Sweep:
    """
    Compares, a slice of the contacts at a time.

    Reading an agenda costs 50 µs, so those of a large network are compared over several turns, while the timers are listed at
    every turn. The first turn of a process looks at everybody.
    """

    def __init__(
        self,
        state: State,
        planner: Planner,
        changes: SettingsChanges,
        owners: OwnerPlanner,
        counters: Counters,
        clock: Clock,
        *,
        slice_size: int,
    ) -> None:
        self._state = state
        self._planner = planner
        self._changes = changes
        self._owners = owners
        self._counters = counters
        self._clock = clock
        self._slice_size = slice_size
        self._after: str | None = None
        self._is_first = True
        self._turn = asyncio.Lock()

    async def rebuild(self, _: Rebuild) -> Rebuilt:
        """
        Compare everybody and mend at once; return what was found wrong.

        Raises:
            TransientError: the broker does not answer.
        """
        async with self._turn:
            self._is_first = True
            return Rebuilt(counts=dict(await self._run()))

    async def run(self) -> None:
        """
        Compare one slice and mend it.

        Raises:
            TransientError: the broker does not answer; the next turn begins with the same slice.
        """
        async with self._turn:
            await self._run()

    async def _run(self) -> Counter[str]:
        await self._owners.sweep()
        turn = _Turn(
            now=self._clock(),
            mark=await self._state.last_agenda_sequence(),
            is_learning=await self._state.has_waiting(SCHEDULER_PEOPLE),
            is_firing=await self._state.has_waiting(SCHEDULER_DUE),
            unexplained=await self._state.armed(),
        )
        people = await self._state.people()
        chosen = self._slice(people)
        for start in range(0, len(chosen), CHUNK):
            keys = (contact_of(subject) for subject in chosen[start : start + CHUNK])
            await self._compare([key for key in keys if key], turn)
        await self._mend_unexplained(turn, people=people, chosen=chosen)
        self._after = chosen[-1] if chosen and chosen[-1] != people[-1] else None
        self._is_first = False
        for name, count in turn.found.items():
            self._counters.add(f"swept.{name}", count)
        if turn.found:
            log.warning("sweep_mended", **turn.found)
        return turn.found

    def _slice(self, people: list[str]) -> list[str]:
        if self._is_first:
            return people
        start = bisect_right(people, self._after) if self._after else 0
        return people[start : start + self._slice_size]

    async def _compare(self, chunk: Sequence[ContactKey], turn: _Turn) -> None:
        """Plan again whoever of *chunk* lacks an agenda or a timer; note the owners whose settings somebody does not follow."""
        agendas = await self._state.agendas(chunk)
        profiles = await self._state.profiles({key.owner for key in chunk})
        settings = {owner: profile_digest(profile) for owner, profile in profiles.items()}
        orders: dict[ContactKey, Order] = {}
        for key in chunk:
            stored = agendas.get(key)
            missing = _explain(stored.agenda, turn) if stored and stored.agenda else frozenset()
            if stored.sequence > turn.mark if stored else turn.is_learning:
                turn.newer.add(key)
            elif fault := _fault(stored, missing=missing):
                turn.found[fault] += 1
                orders[key] = Order(force=missing)
            elif stored and stored.agenda and stored.agenda.profile != settings[key.owner]:
                turn.found["outdated"] += 1
                self._changes.note(key.owner)
        await self._planner.mend(orders, now=self._clock())

    async def _mend_unexplained(self, turn: _Turn, *, people: Sequence[str], chosen: Sequence[str]) -> None:
        """Plan again those with a timer that no agenda explains, and those who have timers and are nobody."""
        extra: defaultdict[ContactKey, set[str]] = defaultdict(set)
        nameless: list[str] = []
        for subject in turn.unexplained:
            try:
                timer = subjects.parse_timer(subject)
            except (InvalidMessage, InvalidToken):
                nameless.append(subject)
                continue
            key = ContactKey(timer.owner, timer.contact)
            is_judged = _has(chosen, key) and key not in turn.newer
            if timer.contact != subjects.OWNER_LEVEL and (is_judged or not _has(people, key)):
                extra[key].add(timer.key)
        turn.found["extra"] += sum(len(keys) for keys in extra.values()) + len(nameless)
        if not turn.found["extra"]:
            del turn.found["extra"]
        orders = {key: Order(force=frozenset(keys)) for key, keys in extra.items()}
        await self._planner.mend(orders, now=self._clock())
        await timers.publish_timers(self._state.js, [timers.cancel(subject=subject) for subject in nameless])


def _explain(agenda: Agenda, turn: _Turn) -> frozenset[str]:
    """Take the timers of *agenda* off those that are unexplained; return the keys of those that should be there and are not."""
    missing = set()
    for entry in agenda.armed:
        subject = subjects.timer(agenda.owner, agenda.contact, entry.key)
        if subject in turn.unexplained:
            turn.unexplained.remove(subject)
        elif entry.due_at > turn.now or (entry.due_at < turn.now - ON_ITS_WAY and not turn.is_firing):
            missing.add(entry.key)
    return frozenset(missing)


def _fault(stored: StoredAgenda | None, *, missing: frozenset[str]) -> str | None:
    if stored is None:
        return "unplanned"
    if stored.agenda is None:
        return "unreadable"
    return "missing" if missing else None


def _has(ordered: Sequence[str], key: ContactKey) -> bool:
    subject = subjects.person(*key)
    place = bisect_left(ordered, subject)
    return place < len(ordered) and ordered[place] == subject
