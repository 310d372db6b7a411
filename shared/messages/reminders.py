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
    SEND = "send"
    """The owner had the greeting sent: it leaves now."""


ITEM_TIMERS = frozenset({ReminderKind.SNOOZE, ReminderKind.SEND})
"""Timers of an inbox item that is there already; all others are of an occasion."""


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


class Armed(Message):
    """A timer that should be on the broker: its key in the subject, when it fires, and a digest of everything it says."""

    key: Id
    due_at: Instant
    digest: str


class Fired(Message):
    """
    A timer that fired while it was right, so that a re-arm does not fire it again.

    `key`, `kind` and `on` are the reminder's; `basis` is a digest of its basis: when the person is corrected, the reminder
    that follows is another one.
    """

    key: Id
    kind: ReminderKind
    on: date
    basis: str


class Snooze(Message):
    """
    What the owner last said of an inbox item, at `at`: it has a timer at `until`, or, with None, it has none.

    `kind` tells whether the item comes back then or its greeting is sent. It keeps the date of its occasion. The second form
    stays for a while, so that an older word that arrives late is known to be older.
    """

    item: str
    occasion: Occasion
    key: Id
    on: date
    at: Instant
    until: Instant | None = None
    kind: ReminderKind = ReminderKind.SNOOZE


class Agenda(Message):
    """
    What is planned for one contact, sorted by `due_at`; `hobnob.agenda.<owner>.<contact>`.

    It is the scheduler's only memory besides the timers themselves, so it also holds which timers are `armed`, which recent
    ones have `fired` and what is snoozed. Readers other than the scheduler use `planned` only. `rev` is that of the snapshot
    it was planned from, `profile` a digest of the owner's settings it was planned under.
    """

    owner: Id
    contact: Id
    rev: int
    profile: str = ""
    planned: tuple[Planned, ...] = ()
    armed: tuple[Armed, ...] = ()
    fired: tuple[Fired, ...] = ()
    snoozes: tuple[Snooze, ...] = ()


class ItemState(StrEnum):
    """The states of an inbox item."""

    UNREAD = "unread"
    SENT = "sent"
    DISMISSED = "dismissed"
    SNOOZED = "snoozed"
    WITHDRAWN = "withdrawn"
    """The reason for it went away: the person was muted, corrected or removed before it was acted upon."""
    SCHEDULED = "scheduled"
    """It will be mailed at `send_at`; until then it can be taken back."""
    SENDING = "sending"
    """One process is handing it to the mail server."""
    FAILED = "failed"
    """It was certainly not sent, and will not be unless the owner says so."""
    UNCONFIRMED = "unconfirmed"
    """Nobody knows whether it was sent: it is never sent again unless the owner says so."""


class Via(StrEnum):
    """How a greeting goes out."""

    EMAIL = "email"
    """Hobnob mails it."""
    HAND = "hand"
    """The owner sends it, with one of the links."""


class InboxChanged(Message):
    """
    An inbox item took a state; `hobnob.inbox.<owner>.<state>`.

    `snoozed_until` only with `snoozed`, `send_at` only with `scheduled`, `via` only with `sent`. `reason` is why it is
    `failed` or `unconfirmed`, or why it is `scheduled` once more.
    """

    item: str
    owner: Id
    contact: Id
    occasion: Occasion
    key: Id
    on: date
    state: ItemState
    at: Instant
    snoozed_until: Instant | None = None
    send_at: Instant | None = None
    via: Via | None = None
    reason: str | None = None
