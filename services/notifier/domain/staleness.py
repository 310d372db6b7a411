"""
Whether a fired timer, or an item that waits, still says something true (ADR 0001, rule 1).

A fired message is a hint. The current snapshot decides, and every refusal has a name that is counted.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from services.notifier.domain.items import OPEN, Item
from shared.messages.reminders import ItemState, Reminder, reminder_id
from shared.messages.snapshots import ContactSnapshot, basis
from shared.messages.values import Occasion, PartialDate


class Skip(StrEnum):
    """Why a firing makes no item, or an item is withdrawn."""

    MUTED = "muted"
    DECEASED = "deceased"
    DEPARTED = "departed"
    OPTED_OUT = "opted_out"
    REMOVED = "removed"
    SUPERSEDED = "superseded"
    """What it was computed from has changed: another date, another job, in touch since, or merged into another contact."""
    ALREADY_GREETED = "already_greeted"
    """The same occasion has an item under another id of the same person."""


SENTENCE: Final[dict[Skip, str]] = {
    Skip.MUTED: "this occasion is muted for them",
    Skip.DECEASED: "they have died",
    Skip.DEPARTED: "they have departed",
    Skip.OPTED_OUT: "they are not to be greeted",
    Skip.REMOVED: "they are no longer among your contacts",
    Skip.SUPERSEDED: "what it was about has changed since",
    Skip.ALREADY_GREETED: "they have an item for the same occasion under another id",
}
"""Completes "the item was withdrawn: …"."""


@dataclass(frozen=True, slots=True)
class Keep:
    """The item is still right."""


@dataclass(frozen=True, slots=True)
class Amend:
    """The occasion is the same, what is known about it is not: a year became known, a title was corrected."""

    basis: str
    milestone: int | None


@dataclass(frozen=True, slots=True)
class Withdraw:
    """The reason for the item is gone."""

    reason: Skip


Verdict = Keep | Amend | Withdraw


def silence(*, snapshot: ContactSnapshot | None, occasion: Occasion) -> Skip | None:
    """Return why nobody is to be greeted for *occasion* at all, or None; None as *snapshot* is a person nobody knows."""
    if snapshot is None:
        return Skip.REMOVED
    if snapshot.deleted:
        return Skip.SUPERSEDED if snapshot.merged_into else Skip.REMOVED
    if snapshot.deceased:
        return Skip.DECEASED
    if snapshot.departed:
        return Skip.DEPARTED
    if snapshot.do_not_greet:
        return Skip.OPTED_OUT
    return Skip.MUTED if occasion in snapshot.muted else None


def judge_firing(*, reminder: Reminder, snapshot: ContactSnapshot | None) -> Skip | None:
    """Return why a firing is stale, or None when the current snapshot still yields what it was armed with."""
    if reason := silence(snapshot=snapshot, occasion=reminder.occasion):
        return reason
    assert snapshot is not None
    present = basis(snapshot, occasion=reminder.occasion, label=reminder.label, key=reminder.key)
    return None if present == reminder.basis else Skip.SUPERSEDED


def judge_item(*, item: Item, snapshot: ContactSnapshot | None) -> Verdict:
    """
    Decide what an open item is worth beside the current snapshot.

    An edit that leaves the occasion where it is amends the item instead of withdrawing it: the timer has fired and will not
    fire again, so a withdrawn item would be a forgotten birthday.
    """
    if reason := silence(snapshot=snapshot, occasion=item.occasion):
        return Withdraw(reason)
    assert snapshot is not None
    present = basis(snapshot, occasion=item.occasion, label=item.label, key=item.key)
    if present == item.basis:
        return Keep()
    if present is not None and _is_same_occasion(item, present, snapshot):
        return Amend(basis=present, milestone=_milestone(item, snapshot))
    return Withdraw(Skip.SUPERSEDED)


def _is_same_occasion(item: Item, present: str, snapshot: ContactSnapshot) -> bool:
    match item.occasion:
        case Occasion.BIRTHDAY:
            return _month_and_day(item.basis) == _month_and_day(present)
        case Occasion.WORK_ANNIVERSARY | Occasion.NEW_JOB:
            # The basis reads company/title/start: another title alone is the same job.
            assert snapshot.job is not None
            start = present.rpartition("/")[2]
            return item.basis.startswith(f"{snapshot.job.company}/") and item.basis.endswith(f"/{start}")
        case _:
            return False


def _month_and_day(text: str) -> tuple[int, int] | None:
    try:
        parsed = PartialDate.parse(text)
    except ValueError:
        return None
    return (parsed.month, parsed.day) if parsed.month and parsed.day else None


def _milestone(item: Item, snapshot: ContactSnapshot) -> int | None:
    if item.occasion is not Occasion.BIRTHDAY:
        return item.milestone
    born = snapshot.birthday.year if snapshot.birthday else None
    years = item.on.year - born if born else 0
    return years if years > 0 else None


def same_occasion_ids(*, contact: str, aliases: Iterable[str], key: str, on: date) -> list[str]:
    """Return the ids of every item that would greet this person for the same occasion, the one under *contact* first."""
    return [reminder_id(contact=one, key=key, on=on) for one in (contact, *aliases)]


def is_doubled(*, item: Item, person: ContactSnapshot, others: Mapping[str, ItemState]) -> bool:
    """
    Whether one of *others*, items for the same occasion under other ids of *person*, makes the open *item* one too many.

    Of several open ones exactly one stays: the one under the person's present id, else the one with the least id.
    """
    own = reminder_id(contact=person.id, key=item.key, on=item.on)
    for other, state in others.items():
        if other == item.id:
            continue
        if state not in OPEN or (item.id != own and (other == own or other < item.id)):
            return True
    return False
