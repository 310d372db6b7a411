"""What is coming, for a page to show: the days of a month, one day, or a list."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from services.notifier.domain.cursor import read_cursor, write_cursor
from services.notifier.domain.digest import Coming, coming_of
from services.notifier.domain.staleness import silence
from services.notifier.domain.widening import widening
from services.notifier.store.agenda import DUE_WITHIN, Line, Place
from services.notifier.use_cases.listing import name_of
from services.notifier.use_cases.tools import Tools
from shared.messages.snapshots import ContactSnapshot

NAMED: Final = 3
"""People named in one field of the calendar; the others are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """An occasion that is coming, and whose."""

    contact: str
    coming: Coming


@dataclass(frozen=True, slots=True, kw_only=True)
class DayPlan:
    """One date: for how many people something is planned, and what for the first of them."""

    on: date
    people: int
    first: tuple[Due, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DuePage:
    """One page of a list, the next first."""

    due: tuple[Due, ...]
    cursor: str | None = None


async def plan_days(tools: Tools, *, owner: str, first: date, last: date) -> dict[date, DayPlan]:
    """Return the dates from *first* to *last* that have something planned."""
    days = await tools.agenda.days(owner=owner, first=first, last=last, shown=NAMED)
    people = await _people(tools, owner=owner, lines=[line for day in days for line in day.lines])
    plans = [DayPlan(on=day.on, people=day.people, first=_shown(day.lines, people)) for day in days]
    return {plan.on: plan for plan in plans if plan.first}


async def list_between(tools: Tools, *, owner: str, first: date, last: date, cursor: str | None = None, limit: int) -> DuePage:
    """
    Return one page of what is planned from *first* to *last*; nobody who is not to be greeted.

    Raises:
        InvalidMessage: *cursor* is not that of an earlier page.
    """
    lines = await _first_lines(tools, owner=owner, first=first, last=last, after=read_cursor(cursor), limit=limit + 1)
    page = lines[:limit]
    people = await _people(tools, owner=owner, lines=page)
    following = write_cursor((page[-1].planned.due_at, page[-1].planned.id)) if len(lines) > limit else None
    return DuePage(due=_shown(page, people), cursor=following)


async def _first_lines(tools: Tools, *, owner: str, first: date, last: date, after: Place | None, limit: int) -> list[Line]:
    """Return the next lines, looking no further than is needed."""
    first = min(max(first, after[0].date() - DUE_WITHIN), last) if after else first
    lines: list[Line] = []
    for until in widening(first=first, last=last):
        lines = await tools.agenda.between(owner=owner, first=first, last=until, after=after, limit=limit)
        if len(lines) >= limit:
            break
    return lines


async def _people(tools: Tools, *, owner: str, lines: Iterable[Line]) -> dict[str, ContactSnapshot]:
    return await tools.people.snapshots(contacts={line.contact for line in lines}, owner=owner)


def _shown(lines: Sequence[Line], people: Mapping[str, ContactSnapshot]) -> tuple[Due, ...]:
    return tuple(
        Due(
            contact=line.contact,
            coming=coming_of(line=line.planned, name=name_of(line.contact, person).name),
        )
        for line in lines
        if (person := people.get(line.contact)) and silence(snapshot=person, occasion=line.planned.occasion) is None
    )
