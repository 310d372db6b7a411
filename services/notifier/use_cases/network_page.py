"""What the network page shows: the picture, who is drifting, this week's picks, and the greetings of a year."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from services.notifier.domain.calendar_month import Month
from services.notifier.domain.items import today_of
from services.notifier.domain.network import Acquaintance, Band, Drift, Level, drift_of, drifting
from services.notifier.domain.network_picks import LATELY, PICKS, Pick, pick_people
from services.notifier.domain.network_picture import DOTS_MAX, Picture, draw, single_cells
from services.notifier.store.network import Cell, NetworkStore
from services.notifier.use_cases.tools import Tools
from shared.messages.snapshots import OwnerProfile
from shared.messages.values import Closeness

MONTHS: Final = 12
DRIFTING_SHOWN: Final = 8
CANDIDATES: Final = 60
"""People of each closeness among whom picks are chosen, by their silence, and as many with whom no contact is noted."""
SHORTLIST: Final = 40
"""Of them, those who are looked up in the inbox."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthCount:
    """How many greetings were sent in a month of the owner's calendar."""

    month: Month
    greetings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The health of one owner's network. `drifting` are the worst of those that the levels count."""

    levels: tuple[Level, ...]
    drifting: tuple[Drift, ...]
    picks: tuple[Pick, ...]
    months: tuple[MonthCount, ...]

    @property
    def people(self) -> int:
        """How many people are known, but for those whom nobody greets."""
        return sum(level.people for level in self.levels)

    @property
    def drifting_count(self) -> int:
        """How many are beyond their rhythm."""
        return sum(level.drifting for level in self.levels)


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Looks at an owner's network as a whole."""

    tools: Tools
    store: NetworkStore

    async def health(self, *, profile: OwnerProfile) -> Health:
        """Return how the network of the owner of *profile* is."""
        now, owner = self.tools.clock(), profile.owner
        own, silent, months = await asyncio.gather(
            self.store.with_own_rhythm(owner=owner),
            self.store.most_silent(owner=owner, limit=CANDIDATES),
            self._months(profile, now=now),
        )
        people = list({person.contact: person for person in (*own, *silent)}.values())
        levels, picks = await asyncio.gather(
            self._levels(profile, own=own, now=now), self._picks(profile, people=people, now=now)
        )
        drifts = drifting(people=people, cadence_days=profile.cadence_days, now=now)
        return Health(levels=levels, drifting=tuple(drifts[:DRIFTING_SHOWN]), picks=picks, months=months)

    async def picture(self, health: Health, *, profile: OwnerProfile) -> Picture:
        """Return the picture of *health*."""
        now = self.tools.clock()
        cells = single_cells(health.levels)
        people = await self.store.in_cells(owner=profile.owner, cells=cells, now=now, limit=DOTS_MAX)
        return draw(levels=health.levels, people=people, cadence_days=profile.cadence_days, now=now)

    async def _levels(self, profile: OwnerProfile, *, own: Sequence[Acquaintance], now: datetime) -> tuple[Level, ...]:
        rhythms = {closeness: days for closeness in Closeness if (days := profile.cadence_days.get(closeness))}
        # Whole days count: the thirtieth lasts until the thirty-first begins.
        before = {closeness: now - timedelta(days=days + 1) for closeness, days in rhythms.items()}
        cells, beyond = await asyncio.gather(
            self.store.count_cells(owner=profile.owner, now=now), self.store.count_beyond(owner=profile.owner, before=before)
        )
        return tuple(
            Level(
                closeness=closeness,
                rhythm_days=rhythms.get(closeness),
                in_touch=beyond[closeness][1] if closeness in beyond else 0,
                drifting=_drifting(profile, closeness, beyond=beyond.get(closeness, (0, 0))[0], own=own, now=now),
                bands=_bands(closeness, cells),
            )
            for closeness in Closeness
        )

    async def _picks(self, profile: OwnerProfile, *, people: Sequence[Acquaintance], now: datetime) -> tuple[Pick, ...]:
        week_of = today_of(profile, now=now)
        cadence_days = profile.cadence_days
        best = pick_people(people=people, busy=(), cadence_days=cadence_days, now=now, week_of=week_of, limit=SHORTLIST)
        listed = [pick.person for pick in best]
        contacts = [person.contact for person in listed]
        busy = await self.store.spoken_of(owner=profile.owner, contacts=contacts, since=now - LATELY)
        picks = pick_people(people=listed, busy=busy, cadence_days=cadence_days, now=now, week_of=week_of, limit=PICKS)
        return tuple(picks)

    async def _months(self, profile: OwnerProfile, *, now: datetime) -> tuple[MonthCount, ...]:
        zone = ZoneInfo(profile.timezone)
        months = [Month.of(today_of(profile, now=now))]
        while len(months) < MONTHS and (earlier := months[0].previous):
            months.insert(0, earlier)
        edges = [datetime.combine(month.first, time.min, zone).astimezone(UTC) for month in months]
        # The present month has no end yet; a clock of another machine may be ahead.
        counts = await self.store.count_sent(owner=profile.owner, edges=[*edges, now + timedelta(days=1)])
        return tuple(MonthCount(month=month, greetings=count) for month, count in zip(months, counts, strict=True))


def _bands(closeness: Closeness, cells: dict[Cell, int]) -> dict[Band, int]:
    return {band: cells[closeness, band] for band in Band}


def _drifting(profile: OwnerProfile, closeness: Closeness, *, beyond: int, own: Sequence[Acquaintance], now: datetime) -> int:
    """Return how many of a closeness are overdue: *beyond* is by its rhythm, which does not hold for those with their *own*."""
    theirs = [person for person in own if person.closeness is closeness]
    without = [_as_default(person) for person in theirs]
    counted = sum(drift_of(person=each, cadence_days=profile.cadence_days, now=now) is not None for each in without)
    overdue = sum(drift_of(person=each, cadence_days=profile.cadence_days, now=now) is not None for each in theirs)
    return max(beyond - counted, 0) + overdue


def _as_default(person: Acquaintance) -> Acquaintance:
    return Acquaintance(
        contact=person.contact, name=person.name, closeness=person.closeness, last_contact_at=person.last_contact_at
    )
