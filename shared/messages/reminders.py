"""Reminders: what the scheduler plans and arms, what fires, and what the notifier says of its inbox items."""

from datetime import date
from enum import StrEnum

from shared.messages.values import Id, Instant, Message, Occasion


class ReminderKind(StrEnum):
    """Why this timer of a reminder fires."""

    DAY = "day"
    """On the day itself."""
    AHEAD = "ahead"
    """Some days before; the item comes to the top again on the day."""
    SNOOZE = "snooze"
    """The owner asked to see the item again."""


def reminder_id(*, contact: str, key: str, on: date) -> str:
    """Return the id of a reminder: derived, so that the same reminder twice is one inbox item (ADR 0003)."""
    return f"{contact}:{key}:{on.isoformat()}"


class Reminder(Message):
    """
    The body of a timer, armed and fired.

    `key` is the occasion, for custom dates with a suffix that tells them apart. `on` is the date of the occasion on the
    contact's calendar, `due_at` the instant at which this timer fires. `basis` and `rev` are of the snapshot it was planned
    from. `milestone` is the age or the years, when known; `approximate` says that it is counted from when we first saw it.
    """

    id: str
    owner: Id
    contact: Id
    occasion: Occasion
    key: Id
    kind: ReminderKind = ReminderKind.DAY
    on: date
    due_at: Instant
    basis: str = ""
    rev: int = 0
    milestone: int | None = None
    approximate: bool = False
    label: str | None = None


class Planned(Message):
    """One line of an agenda: an occurrence that is coming."""

    id: str
    occasion: Occasion
    key: Id
    on: date
    due_at: Instant
    milestone: int | None = None
    approximate: bool = False
    label: str | None = None


class Snooze(Message):
    """An inbox item that comes back at `until`; it keeps the date of its occasion."""

    item: str
    occasion: Occasion
    key: Id
    on: date
    until: Instant


class Agenda(Message):
    """
    What is planned for one contact, sorted by `due_at`; `hobnob.agenda.<owner>.<contact>`.

    It is the scheduler's only memory besides the timers themselves, so it also holds which timer keys are `armed`, which
    recent timers have `fired` (their ids, so that a re-arm does not fire them again) and what is snoozed. Readers other than
    the scheduler use `planned` only. `rev` is that of the snapshot it was planned from.
    """

    owner: Id
    contact: Id
    rev: int
    planned: tuple[Planned, ...] = ()
    armed: tuple[Id, ...] = ()
    fired: tuple[str, ...] = ()
    snoozes: tuple[Snooze, ...] = ()


class ItemState(StrEnum):
    """The states of an inbox item."""

    UNREAD = "unread"
    SENT = "sent"
    DISMISSED = "dismissed"
    SNOOZED = "snoozed"
    WITHDRAWN = "withdrawn"
    """The reason for it went away: the person was muted, corrected or removed before it was acted upon."""


class InboxChanged(Message):
    """An inbox item took a state; `hobnob.inbox.<owner>.<state>`. `snoozed_until` only with `snoozed`."""

    item: str
    owner: Id
    contact: Id
    occasion: Occasion
    key: Id
    on: date
    state: ItemState
    at: Instant
    snoozed_until: Instant | None = None
