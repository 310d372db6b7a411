"""
What may become of an inbox item: a table, and one function per change that follows it.

`sent`, `dismissed` and `withdrawn` are final. Whatever has been done already is done: doing it again changes nothing.
Firings and withdrawals pass over an item they no longer concern; what the owner asks for and cannot have is a `Conflict`.
"""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from services.notifier.domain.items import Change, Item
from shared.errors import Conflict
from shared.messages.reminders import ItemState, Reminder, ReminderKind
from shared.messages.rpc import Draft

UNREAD, SENT, DISMISSED, SNOOZED, WITHDRAWN = (
    ItemState.UNREAD,
    ItemState.SENT,
    ItemState.DISMISSED,
    ItemState.SNOOZED,
    ItemState.WITHDRAWN,
)


class Action(StrEnum):
    """What the owner can ask for."""

    SEND = "send"
    EDIT = "edit"
    SNOOZE = "snooze"
    DISMISS = "dismiss"


NEXT: Final[dict[tuple[ItemState, Action], ItemState]] = {
    (UNREAD, Action.SEND): SENT,
    (UNREAD, Action.EDIT): UNREAD,
    (UNREAD, Action.SNOOZE): SNOOZED,
    (UNREAD, Action.DISMISS): DISMISSED,
    (SNOOZED, Action.SEND): SENT,
    (SNOOZED, Action.EDIT): SNOOZED,
    (SNOOZED, Action.SNOOZE): SNOOZED,
    (SNOOZED, Action.DISMISS): DISMISSED,
    (SENT, Action.SEND): SENT,
    (DISMISSED, Action.DISMISS): DISMISSED,
}
"""The state after an action; a pair that is missing is forbidden."""

_WHY_FINAL: Final[dict[ItemState, str]] = {
    SENT: "it was sent already",
    DISMISSED: "it was dismissed",
    WITHDRAWN: "it was withdrawn, because the reason for it went away",
}
_PARTICIPLE: Final[dict[Action, str]] = {
    Action.SEND: "sent",
    Action.EDIT: "edited",
    Action.SNOOZE: "snoozed",
    Action.DISMISS: "dismissed",
}


def next_state(*, state: ItemState, action: Action) -> ItemState:
    """
    Return the state that *action* leads to from *state*.

    Raises:
        Conflict: the table has no such step; the message says why.
    """
    try:
        return NEXT[state, action]
    except KeyError:
        raise Conflict(f"the item cannot be {_PARTICIPLE[action]}: {_WHY_FINAL[state]}") from None


def send(item: Item, *, draft: Draft, at: datetime) -> Item:
    """Return the item as sent with *draft*, the words that were used."""
    state = next_state(state=item.state, action=Action.SEND)
    return item if item.state is state else _enter(replace(item, draft=draft), state, at=at)


def dismiss(item: Item, *, at: datetime) -> Item:
    """Return the item as dismissed."""
    state = next_state(state=item.state, action=Action.DISMISS)
    return item if item.state is state else _enter(item, state, at=at)


def snooze(item: Item, *, until: datetime, at: datetime) -> Item:
    """Return the item as hidden until *until*."""
    state = next_state(state=item.state, action=Action.SNOOZE)
    return item if item.snoozed_until == until else _enter(item, state, at=at, until=until)


def edit(item: Item, *, draft: Draft) -> Item:
    """Return the item with the owner's own words; its state stays."""
    next_state(state=item.state, action=Action.EDIT)
    return replace(item, draft=draft)


def wake(item: Item, *, at: datetime) -> Item:
    """Return a snoozed item at the top of the list again; any other item unchanged."""
    return replace(_enter(item, UNREAD, at=at), surfaced_at=at) if item.state is SNOOZED else item


def withdraw(item: Item, *, at: datetime) -> Item:
    """Return an open item as withdrawn; one that was acted upon unchanged."""
    return _enter(item, WITHDRAWN, at=at) if item.is_open else item


def fire_again(item: Item, *, reminder: Reminder, belated: bool, at: datetime) -> Item:
    """
    Return what a firing makes of an item that is there already; unchanged unless it brings news.

    On the day itself an unread item that was shown ahead comes to the top again. A withdrawn one opens again: the firing was
    checked, so the reason for it is back, as when somebody is muted by mistake. What was acted upon, or sleeps, stays.
    """
    if item.state is WITHDRAWN:
        reopened = replace(
            item,
            kind=reminder.kind,
            belated=belated,
            basis=reminder.basis,
            milestone=reminder.milestone,
            approximate=reminder.approximate,
            label=reminder.label,
            surfaced_at=at,
        )
        return _enter(reopened, UNREAD, at=at)
    if item.state is UNREAD and item.kind is ReminderKind.AHEAD and reminder.kind is ReminderKind.DAY:
        return replace(item, kind=ReminderKind.DAY, belated=belated, surfaced_at=at)
    return item


def amend(item: Item, *, contact: str, basis: str, milestone: int | None) -> Item:
    """Return the item with what is now known about its occasion, and of whom."""
    return replace(item, contact=contact, basis=basis, milestone=milestone)


def _enter(item: Item, state: ItemState, *, at: datetime, until: datetime | None = None) -> Item:
    change = Change(number=item.changes + 1, state=state, at=at, until=until)
    return replace(item, state=state, changed_at=at, snoozed_until=until, changes=change.number, pending=(*item.pending, change))
