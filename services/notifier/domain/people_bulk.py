"""
One change of many people: what each of them has to be told for it, and what takes it back.

A change is decided for each person as they are at that moment, and taking it back is another such decision: it takes away what
the change added and nothing else, so that whatever was stated of the person meanwhile stays.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from services.notifier.domain.people_list import folded
from shared.errors import InvalidMessage
from shared.messages.snapshots import ContactSnapshot
from shared.messages.values import Closeness, Occasion

TAG_CHARS: Final = 500
TAGS_MAX: Final = 200
"""Of one person: what a fact may state."""


class BulkKind(StrEnum):
    """What is done to many people at once."""

    CLOSENESS = "closeness"
    ADD_TAG = "add_tag"
    REMOVE_TAG = "remove_tag"
    MUTE = "mute"
    UNMUTE = "unmute"


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkChange:
    """What is wanted; of the values, those that belong to the kind."""

    kind: BulkKind
    closeness: Closeness | None = None
    tag: str = ""
    occasions: tuple[Occasion, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Former:
    """What a change replaced or took away, or added, for one person: a closeness, the tags or the occasions."""

    contact: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What is stated of a person, and what takes it back."""

    data: dict[str, Any]
    former: Former


def checked(change: BulkChange) -> BulkChange:
    """
    Return a change with its tag as it will be written.

    Raises:
        InvalidMessage: the value of its kind is missing.
    """
    tag = " ".join(change.tag.split())
    match change.kind:
        case BulkKind.CLOSENESS if change.closeness is None:
            raise InvalidMessage("closeness: choose one")
        case BulkKind.ADD_TAG | BulkKind.REMOVE_TAG if not tag or len(tag) > TAG_CHARS or "\0" in tag:
            raise InvalidMessage("tag: write a tag")
        case BulkKind.MUTE | BulkKind.UNMUTE if not change.occasions:
            raise InvalidMessage("occasions: choose at least one")
    return BulkChange(kind=change.kind, closeness=change.closeness, tag=tag, occasions=tuple(dict.fromkeys(change.occasions)))


def statement_for(change: BulkChange, *, person: ContactSnapshot) -> Statement | None:
    """Return what to state of *person*; None when they are what is wanted, or cannot be."""
    match change.kind:
        case BulkKind.CLOSENESS:
            assert change.closeness is not None
            if person.closeness is change.closeness and person.closeness_stated:
                return None
            return _statement(person, {"closeness": change.closeness.value}, [person.closeness.value])
        case BulkKind.ADD_TAG:
            if _has(person.tags, change.tag) or len(person.tags) >= TAGS_MAX:
                return None
            return _statement(person, {"tags": [*person.tags, change.tag]}, [change.tag])
        case BulkKind.REMOVE_TAG:
            gone = [tag for tag in person.tags if folded(tag) == folded(change.tag)]
            return _statement(person, {"tags": [tag for tag in person.tags if tag not in gone]}, gone) if gone else None
        case BulkKind.MUTE:
            added = [each.value for each in change.occasions if each not in person.muted]
            muted = [*(each.value for each in person.muted), *added]
            return _statement(person, {"muted": muted}, added) if added else None
        case BulkKind.UNMUTE:
            taken = [each.value for each in person.muted if each in change.occasions]
            left = [each.value for each in person.muted if each not in change.occasions]
            return _statement(person, {"muted": left}, taken) if taken else None


def taking_back(change: BulkChange, *, former: Former, person: ContactSnapshot) -> dict[str, Any] | None:
    """Return what to state of *person* so that *change* is taken back; None where it no longer holds."""
    muted = [each.value for each in person.muted]
    match change.kind:
        case BulkKind.CLOSENESS:
            holds = person.closeness is change.closeness and former.values[0] != person.closeness.value
            return {"closeness": former.values[0]} if holds else None
        case BulkKind.ADD_TAG:
            left = [tag for tag in person.tags if folded(tag) != folded(change.tag)]
            return {"tags": left} if len(left) < len(person.tags) else None
        case BulkKind.REMOVE_TAG:
            missing = [tag for tag in former.values if not _has(person.tags, tag)]
            return {"tags": [*person.tags, *missing]} if missing else None
        case BulkKind.MUTE:
            left = [each for each in muted if each not in former.values]
            return {"muted": left} if len(left) < len(muted) else None
        case BulkKind.UNMUTE:
            missing = [each for each in former.values if each not in muted]
            return {"muted": [*muted, *missing]} if missing else None


def _statement(person: ContactSnapshot, data: dict[str, Any], former: Sequence[str]) -> Statement:
    return Statement(data=data, former=Former(contact=person.id, values=tuple(former)))


def _has(tags: Sequence[str], tag: str) -> bool:
    return folded(tag) in {folded(each) for each in tags}
