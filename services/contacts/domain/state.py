"""
The mergeable state of a contact, and how two states become one (ADR 0002).

A state is a join-semilattice: `join` is commutative, associative and idempotent, and every part of a state is one of

- a register: the value stated last, by time of occurrence;
- elements: a set of values, each with the time it was stated last, the newest kept;
- entries: a set of immutable records, the newest kept.

What is said of a search for a job are registers of which only those count that were stated since the last start. A meeting
has two elements: what was planned, and that it was cancelled; the later one holds. So a cancellation, which need not repeat
what it cancels, takes nothing away, and the two may come in any order.

So facts give the same contact in whatever order and however often they arrive. Time of occurrence decides; between facts of
one instant, a hash of their identity does.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

Stamp = tuple[int, str]
"""When a fact happened (microseconds since 1970, UTC), then a hash of the fact's identity."""

MAX_ELEMENTS = 100
MAX_JOB_STATEMENTS = 32
"""Of each kind: statements of a job, and of a change of jobs."""
MAX_INTERACTIONS = 20
MAX_MEETING_ELEMENTS = 100
"""Plans and cancellations of meetings, bounded together: a plan that is kept has its later cancellation kept too."""
MAX_SOURCES = 100
"""An emitter may name itself anew in each event: then the first of its names, by the alphabet, stand for all."""

KEPT_REGISTER = "do_not_greet"
"""Outlives the removal of the person; see `_without_what_was_removed`."""
SEARCH_STARTED = "started"
"""The mark of a start among the registers of a search."""
KeyT = TypeVar("KeyT")


@dataclass(frozen=True, slots=True)
class Register:
    """One value, stated at `stamp`; None means that it was cleared."""

    value: Any
    stamp: Stamp

    @property
    def order(self) -> tuple[Stamp, str]:
        """Sort key: the larger one wins. The value decides only between two facts that claim one identity."""
        return self.stamp, json.dumps(self.value, sort_keys=True)


@dataclass(frozen=True, slots=True)
class JobStatement:
    """Somebody stated that the person has this job, or (`is_change`) that they changed to it."""

    stamp: Stamp
    company: str | None
    title: str | None
    started_on: str | None
    source: str
    is_change: bool = False
    derived: bool = False
    deliver_now: bool = False


@dataclass(frozen=True, slots=True)
class InteractionEntry:
    """One contact between the owner and the person."""

    stamp: Stamp
    channel: str | None
    direction: str
    note: str | None


@dataclass(frozen=True, slots=True)
class Birth:
    """The earliest fact of a contact; the token of its strongest key is the contact's id."""

    stamp: Stamp
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """All that facts have said about one contact; see the module."""

    keys: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    birth: Birth | None = None
    present: Stamp | None = None
    removed: Stamp | None = None
    registers: Mapping[str, Register] = field(default_factory=dict)
    emails: Mapping[str, Register] = field(default_factory=dict)
    phones: Mapping[str, Register] = field(default_factory=dict)
    dates: Mapping[str, Register] = field(default_factory=dict)
    jobs: frozenset[JobStatement] = frozenset()
    interactions: frozenset[InteractionEntry] = frozenset()
    retracted: Mapping[str, Register] = field(default_factory=dict)
    """By the hash of their fact: interactions that did not happen, in whatever order the two are told."""
    meetings: Mapping[str, Register] = field(default_factory=dict)
    search: Mapping[str, Register] = field(default_factory=dict)

    @property
    def is_removed(self) -> bool:
        """Whether the last word about this person's presence is that the owner no longer keeps them."""
        return self.removed is not None and (self.present is None or self.present <= self.removed)

    @property
    def true_interactions(self) -> frozenset[InteractionEntry]:
        """Those that nobody took back."""
        if not self.retracted:
            return self.interactions
        return frozenset(entry for entry in self.interactions if entry.stamp[1] not in self.retracted)

    @property
    def last(self) -> Stamp | None:
        """When the last thing happened that this state tells of."""
        parts = (self.registers, self.emails, self.phones, self.dates, self.retracted, self.meetings, self.search)
        stamps = [register.stamp for part in parts for register in part.values()]
        stamps += [job.stamp for job in self.jobs]
        stamps += [entry.stamp for entry in self.interactions]
        return _latest(_latest(self.present, self.removed), max(stamps, default=None))


EMPTY = State()


def join(left: State, right: State) -> State:
    """Return the state that knows what both know. `EMPTY` knows nothing and changes nothing."""
    if left is EMPTY:
        return right
    births = [birth for birth in (left.birth, right.birth) if birth]
    joined = State(
        keys=left.keys | right.keys,
        sources=left.sources | right.sources,
        birth=min(births, key=lambda birth: (birth.stamp, birth.token), default=None),
        present=_latest(left.present, right.present),
        removed=_latest(left.removed, right.removed),
        registers=_join_registers(left.registers, right.registers),
        emails=_join_registers(left.emails, right.emails),
        phones=_join_registers(left.phones, right.phones),
        dates=_join_registers(left.dates, right.dates),
        jobs=left.jobs | right.jobs,
        interactions=left.interactions | right.interactions,
        retracted=_join_registers(left.retracted, right.retracted),
        meetings=_join_registers(left.meetings, right.meetings),
        search=_since_the_start(_join_registers(left.search, right.search)),
    )
    return _bounded(_without_what_was_removed(joined))


def _latest(left: Stamp | None, right: Stamp | None) -> Stamp | None:
    return max((stamp for stamp in (left, right) if stamp), default=None)


def _join_registers(left: Mapping[str, Register], right: Mapping[str, Register]) -> Mapping[str, Register]:
    if not right:
        return left
    if not left:
        return right
    joined = dict(left)
    for name, register in right.items():
        known = joined.get(name)
        if known is None or register.order > known.order:
            joined[name] = register
    return joined


def _since_the_start(search: Mapping[str, Register]) -> Mapping[str, Register]:
    """Leave out what was stated before the last start: it was of another search."""
    if SEARCH_STARTED not in search:
        return search
    started = search[SEARCH_STARTED].stamp
    return {name: register for name, register in search.items() if register.stamp >= started}


def _without_what_was_removed(state: State) -> State:
    """
    Erase what was stated before the person was removed: it must not come back with them.

    That they are not to be greeted stays: whoever asked for no more greetings must not get them because they were removed and
    came again. It says nothing of who they are.
    """
    if state.removed is None:
        return state
    last = state.removed
    return replace(
        state,
        registers={name: each for name, each in state.registers.items() if each.stamp > last or name == KEPT_REGISTER},
        emails=_after(state.emails, last),
        phones=_after(state.phones, last),
        dates=_after(state.dates, last),
        jobs=frozenset(job for job in state.jobs if job.stamp > last),
        interactions=frozenset(entry for entry in state.interactions if entry.stamp > last),
        retracted=_after(state.retracted, last),
        meetings=_after(state.meetings, last),
        search=_after(state.search, last),
    )


def _after(registers: Mapping[str, Register], last: Stamp) -> Mapping[str, Register]:
    return {name: register for name, register in registers.items() if register.stamp > last}


def _bounded(state: State) -> State:
    """Keep the newest of everything that could grow without end; the newest of a union is the newest of the newest."""
    if _is_within_bounds(state):
        return state
    changes = {job for job in state.jobs if job.is_change}
    return replace(
        state,
        sources=frozenset(sorted(state.sources)[:MAX_SOURCES]) if len(state.sources) > MAX_SOURCES else state.sources,
        emails=_newest_elements(state.emails),
        phones=_newest_elements(state.phones),
        dates=_newest_elements(state.dates),
        retracted=_newest_elements(state.retracted),
        meetings=_newest_elements(state.meetings, limit=MAX_MEETING_ELEMENTS),
        jobs=_newest_jobs(changes) | _newest_jobs(state.jobs - changes),
        interactions=_newest_interactions(state.interactions),
    )


def _is_within_bounds(state: State) -> bool:
    elements = max(len(state.emails), len(state.phones), len(state.dates), len(state.retracted))
    return (
        len(state.sources) <= MAX_SOURCES
        and elements <= MAX_ELEMENTS
        and len(state.meetings) <= MAX_MEETING_ELEMENTS
        and len(state.jobs) <= MAX_JOB_STATEMENTS
        and len(state.interactions) <= MAX_INTERACTIONS
    )


def _newest_elements(elements: Mapping[str, Register], *, limit: int = MAX_ELEMENTS) -> Mapping[str, Register]:
    if len(elements) <= limit:
        return elements
    newest = sorted(elements.items(), key=lambda item: (item[1].order, item[0]), reverse=True)[:limit]
    return dict(newest)


def job_order(job: JobStatement) -> tuple[Stamp, bool, str]:
    """Sort key of job statements: by time, a change after the plain statement of the same instant."""
    return job.stamp, job.is_change, f"{job.company}\0{job.title}\0{job.started_on}"


def interaction_order(entry: InteractionEntry) -> tuple[Stamp, str]:
    """Sort key of interactions: by time."""
    return entry.stamp, f"{entry.channel}\0{entry.direction}\0{entry.note}"


def _newest_jobs(jobs: Iterable[JobStatement]) -> frozenset[JobStatement]:
    return frozenset(sorted(jobs, key=job_order, reverse=True)[:MAX_JOB_STATEMENTS])


def _newest_interactions(entries: frozenset[InteractionEntry]) -> frozenset[InteractionEntry]:
    if len(entries) <= MAX_INTERACTIONS:
        return entries
    return frozenset(sorted(entries, key=interaction_order, reverse=True)[:MAX_INTERACTIONS])
