"""What the scheduler remembers of a contact: which timers fired, what was promised, what is snoozed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import blake2b
from itertools import groupby

from shared.messages.reminders import ITEM_TIMERS, Agenda, Fired, InboxChanged, ItemState, Reminder, ReminderKind, Snooze
from shared.messages.values import Occasion

CHECK_IN = Occasion.STAY_IN_TOUCH.value
"""Key of the one timer whose next date depends on the last that fired."""
REMEMBERED = timedelta(days=62)
"""A firing matters as long as its occurrence could be made up for: 60 days at most, and a zone's worth of leeway."""
MAX_FIRED_PER_KEY = 8
"""Only the latest occurrence is ever made up for; the rest is leeway for changes of zone, hour and leap day."""
CLOSED_REMEMBERED = timedelta(days=2)
"""How late an older word about an inbox item may arrive and still be recognised as older."""

FiredTimer = tuple[str, ReminderKind, date, str]
"""Key, kind, date and digest of the basis of a timer that fired."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What planning needs to know of the past."""

    fired: frozenset[FiredTimer] = frozenset()
    promised_on: date | None = None
    """The check-in that the last agenda announced."""
    snoozes: tuple[Snooze, ...] = field(default=())

    def has_fired(self, *, key: str, kind: ReminderKind, on: date, basis: str) -> bool:
        """Whether this very timer fired."""
        return (key, kind, on, digest(basis)) in self.fired

    def last_nudge_on(self, *, basis: str) -> date | None:
        """Return the date of the last check-in that fired since the last contact."""
        wanted = digest(basis)
        return max((on for key, _, on, told in self.fired if key == CHECK_IN and told == wanted), default=None)


def recall(*, fired: Iterable[Fired], agenda: Agenda | None, snoozes: tuple[Snooze, ...]) -> Memory:
    """Return the memory that these messages hold."""
    promised = (line.on for line in agenda.planned if line.key == CHECK_IN) if agenda else ()
    return Memory(
        fired=frozenset((entry.key, entry.kind, entry.on, entry.basis) for entry in fired),
        promised_on=next(iter(promised), None),
        snoozes=snoozes,
    )


def digest(basis: str) -> str:
    """Return 8 hex digits that stand for a basis."""
    return blake2b(basis.encode(), digest_size=4).hexdigest()


def as_fired(reminder: Reminder) -> Fired:
    """Return the entry that remembers that *reminder* fired."""
    return Fired(key=reminder.key, kind=reminder.kind, on=reminder.on, basis=digest(reminder.basis))


def still_remembered(fired: Iterable[Fired], *, today: date) -> tuple[Fired, ...]:
    """
    Return, sorted and without doubles, the firings worth remembering on *today*.

    The last check-in is remembered for as long as it is the last: a cadence may be longer than any window.
    """
    ordered = sorted(set(fired), key=lambda f: (f.key, f.kind, f.on, f.basis))
    kept: list[Fired] = []
    for (key, _), group in groupby(ordered, key=lambda f: (f.key, f.kind)):
        latest = list(group)[-MAX_FIRED_PER_KEY:]
        is_last_check_in = key == CHECK_IN
        kept += [f for f in latest if f.on >= today - REMEMBERED or (is_last_check_in and f is latest[-1])]
    return tuple(kept)


def hear(snoozes: Sequence[Snooze], *, changes: Iterable[InboxChanged]) -> tuple[Snooze, ...]:
    """
    Return what holds of each item after *changes*, whatever the order in which they arrive: the latest word counts.

    An item of which only `unread` was ever said needs no entry.
    """
    latest = {snooze.item: snooze for snooze in snoozes}
    for change in changes:
        known = latest.get(change.item)
        is_older = known is not None and change.at <= known.at
        if is_older or (known is None and change.state is ItemState.UNREAD):
            continue
        kind, until = _timer_of(change)
        latest[change.item] = Snooze(
            item=change.item, occasion=change.occasion, key=change.key, on=change.on, at=change.at, until=until, kind=kind
        )
    return tuple(sorted(latest.values(), key=lambda s: s.item))


def wake(snoozes: Sequence[Snooze], *, fired: Iterable[Reminder], now: datetime) -> tuple[Snooze, ...]:
    """Return the snoozes left after those timers fired; what was closed some days ago is forgotten."""
    woken = {(r.id, r.kind, r.due_at) for r in fired if r.kind in ITEM_TIMERS}
    after = (s.model_copy(update={"until": None}) if (s.item, s.kind, s.until) in woken else s for s in snoozes)
    return tuple(s for s in after if s.until is not None or s.at >= now - CLOSED_REMEMBERED)


def item_key(item: str, *, kind: ReminderKind) -> str:
    """Return the key of the timer that brings *item* back, or sends its greeting."""
    return f"{kind.value}-{blake2b(item.encode(), digest_size=4).hexdigest()}"


def _timer_of(change: InboxChanged) -> tuple[ReminderKind, datetime | None]:
    match change.state:
        case ItemState.SNOOZED:
            return ReminderKind.SNOOZE, change.snoozed_until
        case ItemState.SCHEDULED:
            return ReminderKind.SEND, change.send_at
        case _:
            return ReminderKind.SNOOZE, None
