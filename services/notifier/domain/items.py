"""The inbox item as a value, and what a firing says about one."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from shared.messages.reminders import ItemState, ReminderKind, Via
from shared.messages.rpc import Draft
from shared.messages.snapshots import OwnerProfile
from shared.messages.values import Occasion

OPEN = frozenset({ItemState.UNREAD, ItemState.SNOOZED, ItemState.SCHEDULED, ItemState.FAILED})
"""The states in which nothing was sent and something may be: such an item is withdrawn when the reason for it goes away."""
WAITING = (ItemState.UNREAD, ItemState.FAILED, ItemState.UNCONFIRMED)
"""The states in which it is the owner's turn."""

DATED = frozenset({Occasion.BIRTHDAY, Occasion.WORK_ANNIVERSARY, Occasion.CUSTOM})
"""Occasions whose words depend on the day on which they are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """
    A state that an item took and that is yet to be published.

    `number` counts the changes of the item, from 1. `until` is when it comes back or is sent, `reason` why it took the state,
    `via` how it was sent.
    """

    number: int
    state: ItemState
    at: datetime
    until: datetime | None = None
    reason: str | None = None
    via: Via | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """
    An inbox item.

    `id` is the reminder's: `<contact>:<key>:<on>` (ADR 0003). `contact` is whom it is about now; after a merge that is the
    survivor, not the contact in the id. `surfaced_at` is when it last came to the top of the list: at its creation, on the
    day itself, at the end of a snooze. `revision` counts the writes of the document. `pending` is the outbox. `variant` is the
    template that the draft was made from, and `owner_lines` are the lines it had for the owner's eye, once it was edited or sent.

    From the moment the owner has it sent, `said` are the words that go out, and `send_at` is when. `claim` is the number of the
    change with which one process took it to send it until `claimed_until`, and `tries` counts these. `is_doubted` says that it
    is sent again although an earlier mail may have arrived. `reason` is why it could not be sent, or might not have been; `via`
    how it was.
    """

    id: str
    owner: str
    contact: str
    occasion: Occasion
    key: str
    kind: ReminderKind
    on: date
    state: ItemState
    belated: bool
    milestone: int | None
    approximate: bool
    label: str | None
    basis: str
    created_at: datetime
    surfaced_at: datetime
    changed_at: datetime | None = None
    snoozed_until: datetime | None = None
    draft: Draft | None = None
    variant: str | None = None
    owner_lines: tuple[str, ...] = ()
    said: Draft | None = None
    send_at: datetime | None = None
    claim: int | None = None
    claimed_until: datetime | None = None
    tries: int = 0
    is_doubted: bool = False
    reason: str | None = None
    via: Via | None = None
    revision: int = 0
    changes: int = 0
    pending: tuple[Change, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether nothing was sent and something may be."""
        return self.state in OPEN

    @property
    def words(self) -> Draft | None:
        """The words that are settled: those that go out or went out, else the owner's own."""
        return self.said or self.draft


def today_of(profile: OwnerProfile | None, *, now: datetime) -> date:
    """Return the date that it is where the owner lives; in UTC for an owner without a profile."""
    return now.astimezone(ZoneInfo(profile.timezone if profile else "UTC")).date()


def is_belated(*, on: date, kind: ReminderKind, today: date) -> bool:
    """
    Whether a firing of *kind* comes after its day has passed, *today* being the owner's date.

    A firing ahead of the day never does: the firing of the day itself follows it.
    """
    return kind is not ReminderKind.AHEAD and on < today


def reads_belated(item: Item, *, today: date) -> bool:
    """Whether a greeting sent *today* (the owner's date) is late: it came late, or it lay unsent while its day passed."""
    return item.belated or (item.is_open and item.occasion in DATED and item.on < today)
