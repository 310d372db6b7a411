"""
What a draft says before it is put into sentences: how the person is addressed, what is certain, how warm it is.

Everything a template is given is one clean line of text, so that no name can break a subject line.
"""

from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2s
from typing import Final

from services.notifier.domain.addressing import first_name, full_name, one_line, signature
from services.notifier.domain.common_ground import Kind, Shared, common_ground, folded, told_to_contact
from services.notifier.domain.items import Item
from services.notifier.domain.languages import ENGLISH, day_and_month, ordinal, years
from services.notifier.domain.owner_lines import check_first, personal_line
from shared.messages.snapshots import ContactSnapshot, OwnerProfile
from shared.messages.values import Closeness, Confidence, Occasion

NOTE_CHARS: Final = 120
"""Of a note, as much as reminds the owner of the conversation."""
VALUE_CHARS: Final = 120
"""Of a company, a title or a label, as much as a sentence can carry."""

_ROUND_AGES: Final = frozenset({18})
_ROUND_YEARS: Final = frozenset({25})
"""Milestones beside the multiples of ten."""


class Tone(StrEnum):
    """How warm a draft is."""

    CLOSE = "close"
    """For people known intimately or well: a note, with room for one personal line."""
    DEFAULT = "default"
    """For everybody else: one standard line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """
    What a template may say. Text that is not known is empty; `docs/templates.md` explains each for those who write templates.

    `vocative` is ", Anna" or nothing. `ordinal` is "40th", `years` "5 years" or "1 year", `date` "4 May". `is_derived`: Hobnob
    concluded the job change itself. `check_first` and `personal_line` are for the owner's eye, empty where there is no need.
    """

    occasion: str
    name: str
    full_name: str
    vocative: str
    signature: str
    company: str
    title: str
    label: str
    note: str
    date: str
    milestone: int | None
    ordinal: str
    years: str
    is_belated: bool
    is_approximate: bool
    is_derived: bool
    is_round: bool
    common_ground: str
    check_first: str
    personal_line: str


def tone_for(closeness: Closeness) -> Tone:
    """Return how warm a draft to somebody this close is."""
    return Tone.CLOSE if closeness in (Closeness.INTIMATE, Closeness.WELL) else Tone.DEFAULT


def variant_of(*, item: str, count: int) -> int:
    """Return which of *count* variants an item gets: the same one on every reading, spread evenly over items."""
    return int.from_bytes(blake2s(item.encode(), digest_size=8).digest(), "big") % count


def words_for(
    *, item: Item, snapshot: ContactSnapshot, profile: OwnerProfile | None, is_belated: bool, tag: str = ENGLISH
) -> Words:
    """
    Return what a draft for *item* may say of the person and the owner as they now are.

    Args:
        item: What it is about.
        snapshot: The person.
        profile: The owner; None when unknown.
        is_belated: Whether the day has passed.
        tag: BCP 47 tag of the language that the letter is written in. Lines for the owner are in the owner's.
    """
    tone = tone_for(snapshot.closeness)
    is_close = tone is Tone.CLOSE
    owners_tag = profile.language if profile else ENGLISH
    name, job = first_name(snapshot), snapshot.job
    note = _last_note(snapshot)
    milestone = item.milestone if item.milestone and item.milestone > 0 else None
    is_derived = bool(job and item.occasion is Occasion.NEW_JOB and job.confidence is Confidence.DERIVED)
    ground = _ground(item, snapshot, profile)
    wants_a_line = is_close or (item.occasion is Occasion.STAY_IN_TOUCH and bool(note))
    return Words(
        occasion=item.occasion.value,
        name=name,
        full_name=full_name(snapshot) or name,
        vocative=f", {name}" if name else "",
        signature=signature(profile, is_close=is_close),
        company=one_line(job.company, chars=VALUE_CHARS) if job else "",
        title=one_line(job.title, chars=VALUE_CHARS) if job else "",
        label=one_line(item.label, chars=VALUE_CHARS),
        note=note,
        date=day_and_month(item.on, tag=tag),
        milestone=milestone,
        ordinal=ordinal(milestone, tag=tag) if milestone else "",
        years=years(milestone, tag=tag) if milestone else "",
        is_belated=is_belated,
        is_approximate=item.approximate,
        is_derived=is_derived,
        is_round=milestone is not None and not item.approximate and is_round(milestone, occasion=item.occasion),
        common_ground=told_to_contact(ground, tag=tag, is_close=is_close),
        check_first=check_first(tag=owners_tag) if is_derived else "",
        personal_line=personal_line(note=note, tag=owners_tag) if wants_a_line else "",
    )


def is_round(milestone: int, *, occasion: Occasion) -> bool:
    """Whether a milestone is worth a word of its own: every tenth, coming of age, and 25 years at work."""
    if milestone <= 0:
        return False
    match occasion:
        case Occasion.BIRTHDAY:
            return milestone % 10 == 0 or milestone in _ROUND_AGES
        case Occasion.WORK_ANNIVERSARY:
            return milestone % 10 == 0 or milestone in _ROUND_YEARS
        case _:
            return False


def _ground(item: Item, snapshot: ContactSnapshot, profile: OwnerProfile | None) -> tuple[Shared, ...]:
    """Return what may be said of what the two share: nothing beside a custom date, which may be a sad one."""
    if profile is None or item.occasion is Occasion.CUSTOM:
        return ()
    shared = common_ground(owner=profile, contact=snapshot)
    if item.occasion is not Occasion.NEW_JOB or not snapshot.job:
        return shared
    # Nobody knows a company from the inside on the first day.
    new = folded(snapshot.job.company or "")
    return tuple(each for each in shared if each.kind is not Kind.EMPLOYER or folded(each.value) != new)


def _last_note(snapshot: ContactSnapshot) -> str:
    notes = [(interaction.at, interaction.note) for interaction in snapshot.interactions if interaction.note]
    return one_line(max(notes)[1], chars=NOTE_CHARS).rstrip(".") if notes else ""
