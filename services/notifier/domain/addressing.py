"""How somebody is called in a greeting, and how its sender signs."""

import re
from typing import Final

from services.notifier.domain.cleaning import clean_line
from shared.messages.snapshots import ContactSnapshot, OwnerProfile
from shared.messages.values import Closeness

NAME_CHARS: Final = 80
"""A name longer than this is no name to greet with."""

_HONORIFICS: Final = frozenset(
    ("dr", "prof", "professor", "mr", "mrs", "ms", "miss", "mx", "sir", "dame", "rev", "herr", "frau", "mme", "ing", "dipl")
)


def one_line(text: str | None, *, chars: int | None = None) -> str:
    """Return *text* as one clean line, cut at a word to about *chars*: no control characters, single spaces."""
    if not text:
        return ""
    line = clean_line(text, chars_max=len(text))
    if chars is None or len(line) <= chars:
        return line
    cut = line[:chars]
    return (cut.rsplit(" ", 1)[0] if " " in cut else cut).rstrip(".,;:") + " …"


def first_name(snapshot: ContactSnapshot) -> str:
    """Return the name to greet with, or "" when nothing we have is one; a mail address never is."""
    candidates = [snapshot.given_name, _first_of(one_line(snapshot.name))]
    if snapshot.closeness is Closeness.INTIMATE:
        candidates.insert(0, snapshot.nickname)
    return next((name for each in candidates if (name := _presentable(one_line(each), with_title=False))), "")


def full_name(snapshot: ContactSnapshot) -> str:
    """Return the whole name, its title included, as a formal salutation has it; or "" where there is none."""
    stated = one_line(snapshot.name)
    family, comma, given = stated.partition(",")
    turned = f"{given.strip()} {family.strip()}" if comma and given.strip() else stated
    parts = " ".join(part for part in (one_line(snapshot.given_name), one_line(snapshot.family_name)) if part)
    return next((name for each in (turned, parts) if (name := _presentable(each, with_title=True))), "")


def signature(profile: OwnerProfile | None, *, is_close: bool) -> str:
    """Return how the owner signs: with the first name among friends; not at all where the name is none."""
    name = one_line(profile.name, chars=NAME_CHARS) if profile else ""
    if name.casefold() == "me" or "@" in name:
        return ""
    return _first_of(name) or name if is_close else name


def _first_of(name: str) -> str:
    family, comma, given = name.partition(",")
    words = (given if comma and given.strip() else family).split()
    return next((word for word in words if not _is_honorific(word)), "")


def _presentable(name: str, *, with_title: bool) -> str:
    bare = re.sub(r"\s*\([^)]*\)", "", name).strip(" ,")
    words = bare.split()
    untitled = " ".join(word for word in words if not _is_honorific(word))
    # An address, a handle or a number is no name; a lone initial is none to greet with either.
    if not any(c.isalpha() for c in untitled) or re.search(r"[@_\d/\\<>\[\]{}]|[a-z]\.[a-z]", untitled):
        return ""
    if re.fullmatch(r"[A-Za-z]\.?", untitled) or len(untitled) > NAME_CHARS:
        return ""
    shown = " ".join(words) if with_title else untitled
    return shown.title() if untitled.islower() or (untitled.isupper() and len(untitled) > 2) else shown


def _is_honorific(word: str) -> bool:
    return word.rstrip(".").casefold() in _HONORIFICS
