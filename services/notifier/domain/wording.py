"""
What a draft says before it is put into sentences: how the person is addressed, what is certain, how warm it is.

Everything a template is given is one clean line of text, so that no name can break a subject line.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2s
from typing import Final

from babel import Locale

from services.notifier.domain.items import Item
from shared.messages.rpc import Draft
from shared.messages.snapshots import ContactSnapshot, OwnerProfile
from shared.messages.values import Closeness, Confidence, Occasion

NOTE_CHARS: Final = 120
"""Of a note, as much as reminds the owner of the conversation."""

CHECK_FIRST: Final = "(Check first:"
PERSONAL_LINE: Final = "[Add a personal line"
"""How the lines begin that are meant for the owner and never for the person greeted."""

_LOCALE: Final = Locale.parse("en")
_ORDINAL_SUFFIX: Final = {"one": "st", "two": "nd", "few": "rd", "other": "th"}
_HONORIFICS: Final = frozenset(
    ("dr", "prof", "professor", "mr", "mrs", "ms", "miss", "mx", "sir", "dame", "rev", "herr", "frau", "mme", "ing", "dipl")
)


class Tone(StrEnum):
    """How warm a draft is."""

    CLOSE = "close"
    """For people known intimately or well: a note, with room for one personal line."""
    DEFAULT = "default"
    """For everybody else: one standard line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """
    What a template may say. Text that is not known is empty.

    `name` is always fit for "Hi …,"; `vocative` is ", Anna" or nothing. `ordinal` is "40th", `years` "5 years" or "1 year".
    `is_derived`: Hobnob concluded the job change itself.
    """

    name: str
    vocative: str
    signature: str
    company: str
    title: str
    label: str
    note: str
    ordinal: str
    years: str
    is_belated: bool
    is_approximate: bool
    is_derived: bool


def tone_for(closeness: Closeness) -> Tone:
    """Return how warm a draft to somebody this close is."""
    return Tone.CLOSE if closeness in (Closeness.INTIMATE, Closeness.WELL) else Tone.DEFAULT


def variant_of(*, item: str, count: int) -> int:
    """Return which of *count* variants an item gets: the same one on every reading, spread evenly over items."""
    return int.from_bytes(blake2s(item.encode(), digest_size=8).digest(), "big") % count


def words_for(*, item: Item, snapshot: ContactSnapshot, profile: OwnerProfile | None, is_belated: bool) -> Words:
    """Return what a draft for *item* may say of the person and the owner as they now are."""
    name = _addressed_as(snapshot)
    tone = tone_for(snapshot.closeness)
    job = snapshot.job
    milestone = item.milestone if item.milestone and item.milestone > 0 else None
    return Words(
        name=name or "there",
        vocative=f", {name}" if name else "",
        signature=_signature(profile, tone),
        company=_line(job.company) if job else "",
        title=_line(job.title) if job else "",
        label=_line(item.label),
        note=_last_note(snapshot),
        ordinal=ordinal(milestone) if milestone else "",
        years=years(milestone) if milestone else "",
        is_belated=is_belated,
        is_approximate=item.approximate,
        is_derived=bool(job and item.occasion is Occasion.NEW_JOB and job.confidence is Confidence.DERIVED),
    )


def ordinal(number: int) -> str:
    """Write *number* as 1st, 2nd, 11th, 21st (CLDR's ordinal rules)."""
    return f"{number}{_ORDINAL_SUFFIX[_LOCALE.ordinal_form(number)]}"


def years(number: int) -> str:
    """Write a span of whole years."""
    return f"{number} year" if _LOCALE.plural_form(number) == "one" else f"{number} years"


def without_owner_lines(draft: Draft) -> Draft:
    """Return *draft* as it goes out: lines that Hobnob wrote for the owner's eyes, left as they were, are dropped."""
    kept = [line for line in draft.body.split("\n") if not line.startswith((CHECK_FIRST, PERSONAL_LINE))]
    return Draft(subject=draft.subject, body=tidy("\n".join(kept)))


def tidy(text: str) -> str:
    """Return *text* with at most one blank line in a row and no white space at the ends of its lines."""
    lines = "\n".join(line.rstrip() for line in text.strip().split("\n"))
    return re.sub(r"\n{3,}", "\n\n", lines)


def _addressed_as(snapshot: ContactSnapshot) -> str:
    """Return the name to greet with, or "" when nothing we have is one; a mail address never is."""
    candidates = [snapshot.given_name, _first_name(_line(snapshot.name))]
    if snapshot.closeness is Closeness.INTIMATE:
        candidates.insert(0, snapshot.nickname)
    return next((name for candidate in candidates if (name := _presentable(_line(candidate)))), "")


def _first_name(name: str) -> str:
    family, comma, given = name.partition(",")
    words = (given if comma and given.strip() else family).split()
    return next((word for word in words if word.rstrip(".").casefold() not in _HONORIFICS), "")


def _presentable(name: str) -> str:
    bare = re.sub(r"\s*\([^)]*\)", "", name).strip()
    words = [word for word in bare.split() if word.rstrip(".").casefold() not in _HONORIFICS]
    bare = " ".join(words)
    # An address, a handle or a number is no name; a lone initial is none to greet with either.
    if not bare or re.search(r"[@_\d/\\<>\[\]{}]|[a-z]\.[a-z]", bare) or re.fullmatch(r"[A-Za-z]\.?", bare):
        return ""
    return bare.title() if bare.islower() or (bare.isupper() and len(bare) > 2) else bare


def _signature(profile: OwnerProfile | None, tone: Tone) -> str:
    name = _line(profile.name) if profile else ""
    if name.casefold() == "me" or "@" in name:
        return ""
    return _first_name(name) or name if tone is Tone.CLOSE else name


def _last_note(snapshot: ContactSnapshot) -> str:
    notes = [(interaction.at, interaction.note) for interaction in snapshot.interactions if interaction.note]
    note = _line(max(notes)[1]) if notes else ""
    if len(note) <= NOTE_CHARS:
        return note.rstrip(".")
    return note[:NOTE_CHARS].rsplit(" ", 1)[0].rstrip(".,;:") + " …"


def _line(text: str | None) -> str:
    return " ".join(text.split()) if text else ""
