"""What to do about one contact: which timers to arm and cancel, and what its agenda says afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import NamedTuple
from zoneinfo import ZoneInfo

from services.scheduler.domain.memory import as_fired, hear, recall, still_remembered, wake
from services.scheduler.domain.plan import plan, staleness
from services.scheduler.domain.skips import SkipReason
from shared.messages.reminders import ITEM_TIMERS, Agenda, Armed, Fired, InboxChanged, Reminder, Snooze
from shared.messages.snapshots import ContactSnapshot, OwnerProfile


class ContactKey(NamedTuple):
    """Names one contact."""

    owner: str
    contact: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """
    Why a contact is planned again, and what was heard of it since its last agenda.

    The keys in `force` are published even if the agenda says that they are right: the broker may know better. A timer that
    fired is one of them. `force_all` says so of every key.
    """

    fired: tuple[Reminder, ...] = ()
    changes: tuple[InboxChanged, ...] = ()
    force: frozenset[str] = frozenset()
    force_all: bool = False

    def and_also(self, other: "Order") -> "Order":
        """Return both orders as one."""
        return Order(
            fired=self.fired + other.fired,
            changes=self.changes + other.changes,
            force=self.force | other.force,
            force_all=self.force_all or other.force_all,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """
    What the broker holds of one contact at the moment.

    `settings` is the digest of the owner's profile; `inherited` is what fired under other ids of the same person;
    `traceparent` is the trace that the snapshot belongs to, and nothing that is decided upon.
    """

    key: ContactKey
    snapshot: ContactSnapshot | None
    profile: OwnerProfile
    settings: str
    agenda: Agenda | None
    inherited: tuple[Fired, ...] = ()
    traceparent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Timers to arm and to cancel by key, the agenda that records them, whether it says anything new, and what was skipped."""

    arm: Mapping[str, Reminder]
    cancel: frozenset[str]
    agenda: Agenda
    is_news: bool
    skipped: tuple[SkipReason, ...]


def decide(*, known: Known, order: Order, now: datetime) -> Decision:
    """
    Decide what to do about one contact.

    Only what differs from the agenda is armed or cancelled, and what the order forces. A timer that fired while it was right
    is remembered; one that was stale is not, so that its successor is armed, in the past if need be.
    """
    snapshot = known.snapshot or ContactSnapshot(owner=known.key.owner, id=known.key.contact, rev=0, deleted=True)
    before = known.agenda or Agenda(owner=known.key.owner, contact=known.key.contact, rev=0)
    skipped: list[SkipReason] = [] if known.snapshot else [SkipReason.NO_SNAPSHOT]
    snoozes = hear(before.snoozes, changes=order.changes)
    right, stale = _sort_out(order.fired, snapshot=snapshot, snoozes=snoozes)
    skipped += stale
    today = now.astimezone(ZoneInfo(known.profile.timezone)).date()
    news = (as_fired(reminder) for reminder in right if reminder.kind not in ITEM_TIMERS)
    fired = still_remembered((*before.fired, *known.inherited, *news), today=today)
    snoozes = () if snapshot.deleted else wake(snoozes, fired=right, now=now)
    planned = plan(
        snapshot=snapshot, profile=known.profile, now=now, memory=recall(fired=fired, agenda=known.agenda, snoozes=snoozes)
    )
    skipped += [skip.reason for skip in planned.skips if known.snapshot]
    wanted = {key: _armed(key, reminder) for key, reminder in planned.timers.items()}
    had = {entry.key: entry for entry in before.armed}
    agenda = Agenda(
        owner=known.key.owner,
        contact=known.key.contact,
        rev=snapshot.rev,
        profile=known.settings,
        planned=planned.planned,
        armed=tuple(wanted[key] for key in sorted(wanted)),
        fired=fired,
        snoozes=snoozes,
    )
    return Decision(
        arm={k: r for k, r in planned.timers.items() if order.force_all or k in order.force or had.get(k) != wanted[k]},
        cancel=frozenset(had.keys() | order.force) - wanted.keys(),
        agenda=agenda,
        is_news=order.force_all or bool(order.force) or agenda != known.agenda,
        skipped=tuple(skipped),
    )


def profile_digest(profile: OwnerProfile) -> str:
    """Return 8 hex digits that change exactly when a setting changes that plans depend on."""
    facts = (
        profile.timezone,
        profile.deliver_at.isoformat(),
        sorted(profile.cadence_days.items()),
        sorted(profile.birthday_lead_days.items()),
        profile.leap_day,
        profile.belated_grace_days,
    )
    return blake2b(repr(facts).encode(), digest_size=4).hexdigest()


def _sort_out(
    fired: tuple[Reminder, ...], *, snapshot: ContactSnapshot, snoozes: tuple[Snooze, ...]
) -> tuple[list[Reminder], list[SkipReason]]:
    right: list[Reminder] = []
    stale: list[SkipReason] = []
    awaited = {(snooze.item, snooze.kind, snooze.until) for snooze in snoozes}
    for reminder in fired:
        if reminder.kind in ITEM_TIMERS:
            reason = None if (reminder.id, reminder.kind, reminder.due_at) in awaited else SkipReason.STALE
        else:
            reason = staleness(fired=reminder, snapshot=snapshot)
        if reason is None:
            right.append(reminder)
        else:
            stale.append(reason)
    return right, stale


def _armed(key: str, reminder: Reminder) -> Armed:
    """Describe a timer by everything it says but `rev`: a new revision alone does not make it another one."""
    facts = (
        reminder.id,
        reminder.occasion.value,
        reminder.kind.value,
        reminder.due_at.astimezone(UTC).isoformat(),
        reminder.basis,
        reminder.milestone,
        reminder.approximate,
        reminder.label,
    )
    return Armed(key=key, due_at=reminder.due_at, digest=blake2b(repr(facts).encode(), digest_size=8).hexdigest())
