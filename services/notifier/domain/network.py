"""
The health of a network: how long ago the owner was in touch with whom, beside how often they want to be.

What is counted and what is said here comes from two values of each person, the last contact and the rhythm; a person whom
nobody greets any more is not among them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from shared.messages.values import Closeness


class Band(StrEnum):
    """How long ago somebody was last in touch, from lately to never."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"
    LONGER = "longer"
    UNKNOWN = "unknown"
    """No contact is noted."""


ENDS_DAYS: Final[Mapping[Band, int]] = {
    Band.WEEK: 7,
    Band.MONTH: 30,
    Band.QUARTER: 90,
    Band.HALF_YEAR: 180,
    Band.YEAR: 365,
}
"""
The last of the whole days since a contact that belong to a band, as rhythms count them; the last two bands have no end.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquaintance:
    """
    A person, as far as the network's health is concerned.

    `cadence_days` is their own, None where that of their closeness holds; 0 is never. `is_pickable`: they may be suggested.
    """

    contact: str
    name: str
    closeness: Closeness
    last_contact_at: datetime | None
    cadence_days: int | None = None
    is_pickable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """
    The people of one closeness: how many in each band, and how many were in touch within the rhythm of that closeness.

    `rhythm_days` is None where the owner wants no check-ins with people of this closeness; nobody is counted then. `drifting`
    are beyond their rhythm, be it this one or their own.
    """

    closeness: Closeness
    rhythm_days: int | None
    in_touch: int
    drifting: int
    bands: Mapping[Band, int]

    @property
    def people(self) -> int:
        """How many they are."""
        return sum(self.bands.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """Somebody who should have heard from the owner: `days` since the last contact, more than `rhythm_days`."""

    person: Acquaintance
    days: int
    rhythm_days: int

    @property
    def overdue(self) -> float:
        """How overdue they are in rhythms: 1.0 is twice as long as intended, which is how people of any closeness compare."""
        return self.days / self.rhythm_days - 1


def span_of(*, band: Band, now: datetime) -> tuple[datetime | None, datetime | None]:
    """
    Return from when to before when the last contacts of a band lie, None for an open end.

    `UNKNOWN` has no span: both are None.
    """
    if band is Band.UNKNOWN:
        return None, None
    ends = [now - timedelta(days=days + 1) for days in ENDS_DAYS.values()]
    index = list(Band).index(band)
    return (ends[index] if index < len(ends) else None), (ends[index - 1] if index else None)


def rhythm_of(*, person: Acquaintance, cadence_days: Mapping[Closeness, int]) -> int | None:
    """Return how many days may pass between contacts with *person*, None for any number."""
    own = person.cadence_days
    return (cadence_days.get(person.closeness) if own is None else own) or None


def days_since(*, at: datetime, now: datetime) -> int:
    """Return the whole days from *at* to *now*; 0 for a contact that lies ahead."""
    return max((now - at) // timedelta(days=1), 0)


def band_of(*, last_contact_at: datetime | None, now: datetime) -> Band:
    """Return the band of a last contact."""
    if last_contact_at is None:
        return Band.UNKNOWN
    age = now - last_contact_at
    return next((band for band, days in ENDS_DAYS.items() if age <= timedelta(days=days + 1)), Band.LONGER)


def drift_of(*, person: Acquaintance, cadence_days: Mapping[Closeness, int], now: datetime) -> Drift | None:
    """Return by how much *person* is overdue; None within the rhythm, without one, and where no contact is noted."""
    rhythm_days = rhythm_of(person=person, cadence_days=cadence_days)
    if rhythm_days is None or person.last_contact_at is None:
        return None
    days = days_since(at=person.last_contact_at, now=now)
    return Drift(person=person, days=days, rhythm_days=rhythm_days) if days > rhythm_days else None


def drifting(*, people: Iterable[Acquaintance], cadence_days: Mapping[Closeness, int], now: datetime) -> list[Drift]:
    """Return who is overdue, the worst first; of two who are equally so the closer one."""
    order = list(Closeness)
    found = [drift for person in people if (drift := drift_of(person=person, cadence_days=cadence_days, now=now))]
    return sorted(found, key=lambda each: (-each.overdue, order.index(each.person.closeness), each.person.contact))
