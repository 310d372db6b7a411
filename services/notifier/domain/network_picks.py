"""
This week's picks: the few people most worth reaching out to, each with the reasons.

The rank is how overdue they are times how close they are. It depends on nothing but the values given, so that the same week
has the same picks until somebody on the list was in touch.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from hashlib import blake2b
from typing import Final

from services.notifier.domain.network import Acquaintance, days_since, rhythm_of
from shared.messages.values import Closeness

PICKS: Final = 5
WEIGHTS: Final[Mapping[Closeness, float]] = {
    Closeness.INTIMATE: 4.0,
    Closeness.WELL: 3.0,
    Closeness.MODERATE: 2.0,
    Closeness.CONNECTED: 1.0,
}
OVERDUE_MAX: Final = 5.0
"""More counts as this much: ten years of silence with an old connection must not hide a friend who waits for a month."""
UNKNOWN_OVERDUE: Final = 1.0
"""Somebody with whom no contact is noted stands beside those whose rhythm has passed twice."""
LOOSE_RHYTHM_DAYS: Final = 365
"""For whom no check-in ever comes, picks are the only one: once a year is meant."""
LATELY: Final = timedelta(days=14)
"""Nobody is picked who was in touch, or of whom the inbox spoke, within this time."""


class Why(StrEnum):
    """Kinds of reasons."""

    OVERDUE = "overdue"
    """Their rhythm has passed: `days` since the last contact, `rhythm_days` intended."""
    LONG_AGO = "long_ago"
    """No rhythm is set for them, and `days` have passed."""
    NEVER_NOTED = "never_noted"
    """No contact with them is noted."""
    CLOSE = "close"
    """They are close."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason for a pick, as values; the pages put it into words."""

    why: Why
    closeness: Closeness
    days: int | None = None
    rhythm_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """Somebody to reach out to this week, and why."""

    person: Acquaintance
    reasons: tuple[Reason, ...]
    score: float


def pick_people(
    *,
    people: Iterable[Acquaintance],
    busy: Collection[str],
    cadence_days: Mapping[Closeness, int],
    now: datetime,
    week_of: date,
    limit: int = PICKS,
) -> list[Pick]:
    """
    Return up to *limit* people to reach out to, the best first.

    Args:
        people: Who may be picked; nobody who asked for no check-ins.
        busy: Contacts of whom the inbox spoke lately.
        cadence_days: The owner's rhythms by closeness.
        now: The present instant.
        week_of: Any date of the owner's present week: of many who rank alike, each week takes others.
        limit: How many at most.
    """
    free = [person for person in people if person.is_pickable and person.contact not in busy]
    found = [pick for person in free if (pick := _pick(person, cadence_days=cadence_days, now=now))]
    week = "{}-{}".format(*week_of.isocalendar()[:2])
    return sorted(found, key=lambda pick: (-pick.score, _lot(pick.person.contact, week=week)))[:limit]


def _pick(person: Acquaintance, *, cadence_days: Mapping[Closeness, int], now: datetime) -> Pick | None:
    rhythm_days = rhythm_of(person=person, cadence_days=cadence_days)
    if rhythm_days is None and (person.cadence_days == 0 or person.closeness is not Closeness.CONNECTED):
        return None  # The owner said "never". Of the connected it is what they are given, and picks are how they come up.
    reasons: list[Reason] = []
    if person.last_contact_at is None:
        overdue = UNKNOWN_OVERDUE
        reasons.append(Reason(why=Why.NEVER_NOTED, closeness=person.closeness))
    else:
        days = days_since(at=person.last_contact_at, now=now)
        overdue = days / (rhythm_days or LOOSE_RHYTHM_DAYS) - 1
        why = Why.OVERDUE if rhythm_days else Why.LONG_AGO
        reasons.append(Reason(why=why, closeness=person.closeness, days=days, rhythm_days=rhythm_days))
        if overdue <= 0 or now - person.last_contact_at < LATELY:
            return None
    if person.closeness in (Closeness.INTIMATE, Closeness.WELL):
        reasons.append(Reason(why=Why.CLOSE, closeness=person.closeness))
    score = min(overdue, OVERDUE_MAX) * WEIGHTS[person.closeness]
    return Pick(person=person, reasons=tuple(reasons), score=score)


def _lot(contact: str, *, week: str) -> bytes:
    return blake2b(f"{week}/{contact}".encode(), digest_size=8).digest()
