"""
What may become of an inbox item: a table, and one function per change that follows it.

`sent`, `dismissed` and `withdrawn` are final. Whatever has been done already is done: doing it again changes nothing.
Firings and withdrawals pass over an item they no longer concern; what the owner asks for and cannot have is a `Conflict`.

A mail is sent by whoever has the claim (ADR 0008): `scheduled` becomes `sending` in one guarded write, and only the mail
server's answer, or the end of the claim, leads out of it. What is sent again although it may have arrived is `unconfirmed`
again wherever it would otherwise be as if nothing had been sent.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from services.notifier.domain.items import Change, Item
from services.notifier.domain.sending import Outcome, PutOff, Refused, Sent, Uncertain, Withheld
from shared.errors import Conflict
from shared.messages.reminders import ItemState, Reminder, ReminderKind, Via
from shared.messages.rpc import Draft

UNREAD, SENT, DISMISSED, SNOOZED, WITHDRAWN = (
    ItemState.UNREAD,
    ItemState.SENT,
    ItemState.DISMISSED,
    ItemState.SNOOZED,
    ItemState.WITHDRAWN,
)
SCHEDULED, SENDING, FAILED, UNCONFIRMED = (
    ItemState.SCHEDULED,
    ItemState.SENDING,
    ItemState.FAILED,
    ItemState.UNCONFIRMED,
)
_TICK: Final = timedelta(milliseconds=1)
"""What the database tells two instants apart by."""
_DOUBTED: Final = frozenset({SCHEDULED, SENDING, UNCONFIRMED, SENT, DISMISSED})
"""The states of an item that was sent again although it may have arrived: none in which it looks as if it had not."""
EARLIER: Final = "an earlier mail of it may have arrived"
ABANDONED: Final = "the process that was sending it ended before it knew whether the mail server took it"


class Action(StrEnum):
    """What the owner can ask for."""

    SEND = "send"
    SEND_AGAIN = "send_again"
    MARK_SENT = "mark_sent"
    UNDO = "undo"
    EDIT = "edit"
    SNOOZE = "snooze"
    DISMISS = "dismiss"


NEXT: Final[dict[tuple[ItemState, Action], ItemState]] = {
    (UNREAD, Action.SEND): SCHEDULED,
    (UNREAD, Action.SEND_AGAIN): SCHEDULED,
    (UNREAD, Action.MARK_SENT): SENT,
    (UNREAD, Action.UNDO): UNREAD,
    (UNREAD, Action.EDIT): UNREAD,
    (UNREAD, Action.SNOOZE): SNOOZED,
    (UNREAD, Action.DISMISS): DISMISSED,
    (SNOOZED, Action.SEND): SCHEDULED,
    (SNOOZED, Action.SEND_AGAIN): SCHEDULED,
    (SNOOZED, Action.MARK_SENT): SENT,
    (SNOOZED, Action.EDIT): SNOOZED,
    (SNOOZED, Action.SNOOZE): SNOOZED,
    (SNOOZED, Action.DISMISS): DISMISSED,
    (SCHEDULED, Action.SEND): SCHEDULED,
    (SCHEDULED, Action.SEND_AGAIN): SCHEDULED,
    (SCHEDULED, Action.MARK_SENT): SENT,
    (SCHEDULED, Action.UNDO): UNREAD,
    (SCHEDULED, Action.SNOOZE): SNOOZED,
    (SCHEDULED, Action.DISMISS): DISMISSED,
    (SENDING, Action.SEND): SENDING,
    (SENDING, Action.SEND_AGAIN): SENDING,
    (FAILED, Action.SEND_AGAIN): SCHEDULED,
    (FAILED, Action.MARK_SENT): SENT,
    (FAILED, Action.EDIT): FAILED,
    (FAILED, Action.SNOOZE): SNOOZED,
    (FAILED, Action.DISMISS): DISMISSED,
    (UNCONFIRMED, Action.SEND_AGAIN): SCHEDULED,
    (UNCONFIRMED, Action.MARK_SENT): SENT,
    (UNCONFIRMED, Action.DISMISS): DISMISSED,
    (SENT, Action.SEND): SENT,
    (SENT, Action.SEND_AGAIN): SENT,
    (SENT, Action.MARK_SENT): SENT,
    (DISMISSED, Action.DISMISS): DISMISSED,
}
"""The state after an action; a pair that is missing is forbidden."""

_WHY_NOT: Final[dict[ItemState, str]] = {
    UNREAD: "it is not about to be sent",
    SNOOZED: "it is snoozed",
    SCHEDULED: "it is about to be sent; take that back first",
    SENDING: "it is being sent at this moment",
    SENT: "it was sent already",
    FAILED: "sending it failed; say that it shall be sent again",
    UNCONFIRMED: "nobody knows whether it was sent; say that it was, or that it shall be sent again",
    DISMISSED: "it was dismissed",
    WITHDRAWN: "it was withdrawn, because the reason for it went away",
}
_PARTICIPLE: Final[dict[Action, str]] = {
    Action.SEND: "sent",
    Action.SEND_AGAIN: "sent again",
    Action.MARK_SENT: "marked as sent",
    Action.UNDO: "taken back",
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
        raise Conflict(f"the item cannot be {_PARTICIPLE[action]}: {_WHY_NOT[state]}") from None


def schedule(item: Item, *, said: Draft, send_at: datetime, at: datetime, again: bool = False) -> Item:
    """Return the item as about to be mailed at *send_at* with the words *said*; one that is being sent, or was, unchanged."""
    state = next_state(state=item.state, action=Action.SEND_AGAIN if again else Action.SEND)
    if state is not SCHEDULED or item.send_at == send_at:
        return item
    # Whoever may have got it shall not get other words under the same Message-ID.
    is_doubted = item.is_doubted or item.state is UNCONFIRMED
    fresh = replace(item, tries=0, said=item.said if is_doubted and item.said else said, is_doubted=is_doubted)
    return _enter(fresh, SCHEDULED, at=at, until=send_at)


def mark_sent(item: Item, *, draft: Draft, at: datetime) -> Item:
    """Return the item as sent by the owner's own hand with *draft*, the words that were used."""
    state = next_state(state=item.state, action=Action.MARK_SENT)
    if item.state is state:
        return item
    return _enter(replace(item, draft=item.said or draft, owner_lines=()), state, at=at, via=Via.HAND)


def undo(item: Item, *, at: datetime) -> Item:
    """Return an item that was about to be sent as unread again, or as unconfirmed where it was that before."""
    if item.state is UNCONFIRMED and item.is_doubted and item.claim is None:
        return item  # taken back already
    state = next_state(state=item.state, action=Action.UNDO)
    return item if item.state is state else _enter(item, state, at=at)


def dismiss(item: Item, *, at: datetime) -> Item:
    """Return the item as dismissed."""
    state = next_state(state=item.state, action=Action.DISMISS)
    return item if item.state is state else _enter(item, state, at=at)


def snooze(item: Item, *, until: datetime, at: datetime) -> Item:
    """Return the item as hidden until *until*."""
    state = next_state(state=UNCONFIRMED if item.is_doubted else item.state, action=Action.SNOOZE)
    return item if item.snoozed_until == until else _enter(item, state, at=at, until=until)


def claim(item: Item, *, until: datetime, at: datetime) -> Item:
    """
    Return a scheduled item as being sent, by whoever manages to write this; after *until* nobody is believed to be.

    Raises:
        Conflict: it is not scheduled.
    """
    if item.state is not SCHEDULED:
        raise Conflict(f"the item cannot be claimed: {_WHY_NOT[item.state]}")
    claimed = _enter(replace(item, tries=item.tries + 1), SENDING, at=at)
    return replace(claimed, claim=claimed.changes, claimed_until=until)


def settle(item: Item, *, claim: int, outcome: Outcome, at: datetime) -> Item:
    """
    Return what became of the mail of *claim*; unchanged when the item is no longer under it.

    What is learned after the claim has ended is still true: an unconfirmed item becomes what it is.
    """
    if item.claim != claim or item.state not in (SENDING, UNCONFIRMED):
        return item
    match outcome:
        case Sent():
            return _enter(replace(item, draft=item.said, owner_lines=()), SENT, at=at, via=Via.EMAIL)
        case PutOff(reason=reason, until=until, is_try=is_try):
            tries = item.tries if is_try else item.tries - 1
            return _enter(replace(item, tries=tries), SCHEDULED, at=at, until=until, reason=reason)
        case Refused(reason=reason):
            return _enter(item, FAILED, at=at, reason=reason)
        case Uncertain(reason=reason):
            return item if item.state is UNCONFIRMED else _enter(item, UNCONFIRMED, at=at, reason=reason)
        case Withheld():
            return _enter(item, WITHDRAWN, at=at)


def give_up(item: Item, *, at: datetime) -> Item:
    """Return an item whose claim has ended without an outcome as unconfirmed; any other unchanged."""
    if item.state is not SENDING or item.claimed_until is None or item.claimed_until > at:
        return item
    return _enter(item, UNCONFIRMED, at=at, reason=ABANDONED)


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


def _enter(
    item: Item,
    state: ItemState,
    *,
    at: datetime,
    until: datetime | None = None,
    reason: str | None = None,
    via: Via | None = None,
) -> Item:
    """Return the item in another state, without what only its former one had."""
    is_in_doubt_again = item.is_doubted and state not in _DOUBTED
    if is_in_doubt_again:
        state, reason = UNCONFIRMED, f"{reason}; {EARLIER}" if reason else EARLIER
    if item.changed_at and at <= item.changed_at:
        at = item.changed_at + _TICK  # whoever hears of both knows which came last
    change = Change(number=item.changes + 1, state=state, at=at, until=until, reason=reason, via=via)
    is_on_its_way = state in (SCHEDULED, SENDING, UNCONFIRMED)
    return replace(
        item,
        state=state,
        changed_at=at,
        snoozed_until=until if state is SNOOZED else None,
        send_at=until if state is SCHEDULED else None,
        said=item.said if is_on_its_way else None,
        claim=item.claim if state is UNCONFIRMED and not is_in_doubt_again else None,
        is_doubted=item.is_doubted and state not in (SENT, DISMISSED),
        claimed_until=None,
        tries=item.tries if is_on_its_way else 0,
        reason=reason,
        via=via,
        changes=change.number,
        pending=(*item.pending, change),
    )
