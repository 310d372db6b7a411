"""
Sorting people into closeness: whom the owner has yet to place, and who of them is probably close.

Nothing here decides how close somebody is. It only decides whom to ask about first: an owner who sorts twenty of two thousand
people has then sorted the twenty that matter, since reminders follow closeness.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from math import sqrt
from typing import Final

from services.notifier.domain.common_ground import Kind, common_ground, folded
from shared.messages.snapshots import ContactSnapshot, OwnerProfile
from shared.messages.values import Closeness, Direction

COUNTED_INTERACTIONS: Final = 20
"""Beyond so many, more of them say nothing more about closeness."""
OFTEN: Final = 3
"""Interactions from which on one says "often"."""
RECENT: Final = timedelta(days=90)
EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
YEAR: Final = timedelta(days=365)
TIES_MAX: Final = 40
"""Words of one person by which those who share something with the owner are found."""


class Reason(StrEnum):
    """Why somebody is probably close, the weightiest first."""

    RECENT = "recent"
    OFTEN = "often"
    MET = "met"
    SHARED = "shared"
    REFERENCE = "reference"
    NICKNAME = "nickname"
    BIRTHDAY = "birthday"
    NOTES = "notes"
    PHONE = "phone"


_WEIGHTS: Final[dict[Reason, float]] = {
    Reason.MET: 4.0,
    Reason.REFERENCE: 4.0,
    Reason.NICKNAME: 3.0,
    Reason.BIRTHDAY: 3.0,
    Reason.NOTES: 2.0,
    Reason.PHONE: 2.0,
}
"""What each says by itself: who keeps a phone number and a birthday in an address book knows the person."""
_SHARED: Final[dict[Kind, float]] = {Kind.EMPLOYER: 3.0, Kind.SCHOOL: 2.0, Kind.CAUSE: 1.5, Kind.INTEREST: 1.5, Kind.PLACE: 1.0}
_FRESHNESS: Final = ((timedelta(days=30), 6.0), (RECENT, 4.5), (YEAR, 3.0), (3 * YEAR, 1.0))
"""What a last contact within a span says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """How probably somebody is close, on no scale but that of others, and why."""

    score: float
    reasons: tuple[Reason, ...]


def is_unsorted(person: ContactSnapshot) -> bool:
    """
    Whether nobody has said how close a person is; nobody is asked about those who are not to be greeted.

    Of snapshots from before closeness was told apart from its default, any other than the default was certainly stated.
    """
    return not person.is_silenced and not person.closeness_stated and person.closeness is Closeness.CONNECTED


def warmth(person: ContactSnapshot) -> float:
    """
    Return what can be said without the owner and the day: by it few are chosen of many, who then come in the order of `guess`.

    Instead of how long ago the last contact was it counts how late it was: the order of two people stays the same every day.
    """
    lateness = (person.last_contact_at - EPOCH) / YEAR if person.last_contact_at else 0.0
    return round(_known(person) + max(lateness, 0.0), 3)


def ties(person: ContactSnapshot) -> list[str]:
    """Return, as they are compared, the words by which a person may share something with the owner."""
    companies = [job.company for job in (*person.jobs, *((person.job,) if person.job else ())) if job.company]
    words = [*companies, *person.schools, *person.causes, *person.interests, *((person.location,) if person.location else ())]
    return list(dict.fromkeys(folded(word) for word in words))[:TIES_MAX]


def owner_ties(profile: OwnerProfile) -> list[str]:
    """Return the same words of the owner."""
    return [folded(word) for word in (*profile.employers, *profile.schools, *profile.causes, *profile.interests, *profile.places)]


def guess(*, person: ContactSnapshot, profile: OwnerProfile, now: datetime) -> Guess:
    """Return how probably *person* is close to the owner of *profile*, and why."""
    shared = common_ground(owner=profile, contact=person)
    score = _known(person) + sum(_SHARED[each.kind] for each in shared)
    if person.last_contact_at:
        age = now - person.last_contact_at
        score += next((points for span, points in _FRESHNESS if age <= span), 0.0)
    return Guess(score=score, reasons=_reasons(person, is_shared=bool(shared), now=now))


def _known(person: ContactSnapshot) -> float:
    count = min(len(person.interactions), COUNTED_INTERACTIONS)
    sides = {interaction.direction for interaction in person.interactions}
    is_mutual = {Direction.GAVE, Direction.RECEIVED} <= sides
    # The second message says more than the twentieth.
    return sum(_WEIGHTS[reason] for reason in _facts(person)) + sqrt(count) * 2 + (2.0 if is_mutual else 0.0)


def _facts(person: ContactSnapshot) -> tuple[Reason, ...]:
    present = {
        Reason.MET: any(not meeting.cancelled for meeting in person.meetings),
        Reason.REFERENCE: person.is_reference,
        Reason.NICKNAME: bool(person.nickname),
        Reason.BIRTHDAY: person.birthday is not None,
        Reason.NOTES: bool(person.notes),
        Reason.PHONE: bool(person.phones),
    }
    return tuple(reason for reason, holds in present.items() if holds)


def _reasons(person: ContactSnapshot, *, is_shared: bool, now: datetime) -> tuple[Reason, ...]:
    found = set(_facts(person))
    if person.last_contact_at and now - person.last_contact_at <= RECENT:
        found.add(Reason.RECENT)
    if len(person.interactions) >= OFTEN:
        found.add(Reason.OFTEN)
    if is_shared:
        found.add(Reason.SHARED)
    return tuple(reason for reason in Reason if reason in found)
