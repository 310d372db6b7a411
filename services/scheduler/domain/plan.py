"""The plan of one contact: what is coming, and which timers should be armed for it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from services.scheduler.domain.memory import Memory, item_key
from services.scheduler.domain.occasions import OCCASIONS, Case, Day, Series
from services.scheduler.domain.skips import Skip, SkipReason, silence
from services.scheduler.domain.wall_clock import OwnerClock
from shared.messages.reminders import Planned, Reminder, ReminderKind, Snooze, reminder_id
from shared.messages.snapshots import ContactSnapshot, OwnerProfile, basis, custom_dates
from shared.messages.values import LAST_YEAR, Occasion

SHOWN = timedelta(days=366)
"""How far ahead an agenda looks."""
MAX_PLANNED_PER_KEY = 60
MAX_PLANNED = 300
"""Lines of an agenda in all, so that it stays a message of some 60 kB at most."""
AHEAD_SUFFIX = "-ahead"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is coming for one contact, the timer to arm under each key, and what was left out and why."""

    planned: tuple[Planned, ...]
    timers: Mapping[str, Reminder]
    skips: tuple[Skip, ...]


def plan(*, snapshot: ContactSnapshot, profile: OwnerProfile, now: datetime, memory: Memory) -> Plan:
    """
    Plan one contact.

    - An occurrence is due at the owner's delivery hour on the contact's calendar date.
    - The latest one that has passed, within the belated grace, is due now, unless *memory* says that it fired; older ones
      wait for next time.
    - Under each key only the next timer is armed. Some have no day within the agenda's 366: their next one is listed all
      the same, so that an agenda never has less than what is armed.
    - With a lead, the next occurrence also has a timer that many days before; when that moment has passed and the day itself
      has not come, it is due now.
    - A snoozed item comes back, and a greeting leaves, at its own instant, unless the person is silenced or the occasion muted.

    Args:
        snapshot: The contact's present state.
        profile: The owner's settings.
        now: Aware instant at which the plan is made.
        memory: What fired, was promised and was snoozed.
    """
    if reason := silence(snapshot):
        return Plan((), {}, (Skip(reason),))
    clock = OwnerClock(ZoneInfo(profile.timezone), profile.deliver_at)
    case = Case(snapshot=snapshot, profile=profile, clock=clock, memory=memory, now=now, today=clock.date_of(instant=now))
    planned: list[Planned] = []
    timers: dict[str, Reminder] = {}
    skips: list[Skip] = []
    for found in _all_series(case):
        if isinstance(found, Skip):
            skips.append(found)
            continue
        coming = list(_coming(case, found))
        if not coming:
            continue
        if coming[0].due_at.year > LAST_YEAR:
            skips.append(Skip(SkipReason.BEYOND_CALENDAR, found.occasion))
            continue
        planned += [_line(case, found, day) for day in coming if day.due_at.year <= LAST_YEAR]
        timers[found.key] = _reminder(case, found, coming[0])
        if found.lead_days and (ahead := _ahead(case, found, coming)):
            timers[found.key + AHEAD_SUFFIX] = ahead
    for snooze in memory.snoozes:
        if snooze.until is None:
            continue
        if snooze.occasion in snapshot.muted:
            skips.append(Skip(SkipReason.MUTED, snooze.occasion))
        else:
            timers[item_key(snooze.item, kind=snooze.kind)] = _item_timer(case, snooze, snooze.until)
    planned.sort(key=lambda line: (line.due_at, line.key, line.on))
    return Plan(tuple(planned[:MAX_PLANNED]), timers, tuple(skips))


def _all_series(case: Case) -> Iterator[Series | Skip]:
    for occasion in OCCASIONS:
        for found in occasion(case):
            if found.occasion in case.snapshot.muted and isinstance(found, Series):
                yield Skip(SkipReason.MUTED, found.occasion)
            else:
                yield found


def _coming(case: Case, series: Series) -> Iterator[Day]:
    """Yield what has not fired: the latest day that has passed, if so, then those ahead, at least one if there is one."""
    passed: Day | None = None
    ahead = 0
    for day in series.days:
        if day.due_at <= case.now:
            passed = day
            continue
        if passed is not None and not _has_fired(case, series, day=passed, kind=ReminderKind.DAY):
            yield passed
        passed = None
        if _has_fired(case, series, day=day, kind=ReminderKind.DAY):
            continue
        if ahead == MAX_PLANNED_PER_KEY or (ahead and day.due_at > case.now + SHOWN):
            return
        ahead += 1
        yield day
    if passed is not None and not _has_fired(case, series, day=passed, kind=ReminderKind.DAY):
        yield passed


def _has_fired(case: Case, series: Series, *, day: Day, kind: ReminderKind) -> bool:
    return case.memory.has_fired(key=series.key, kind=kind, on=day.on, basis=series.basis)


def _ahead(case: Case, series: Series, coming: list[Day]) -> Reminder | None:
    """Return the early reminder of the next occurrence that has not had one; on the day itself it is too late for it."""
    for day in coming:
        if day.on > case.today and not _has_fired(case, series, day=day, kind=ReminderKind.AHEAD):
            due_at = case.clock.due_at(on=day.on - timedelta(days=series.lead_days))
            return _reminder(case, series, Day(day.on, due_at, day.milestone), kind=ReminderKind.AHEAD)
    return None


def _line(case: Case, series: Series, day: Day) -> Planned:
    return Planned(
        id=reminder_id(contact=case.snapshot.id, key=series.key, on=day.on),
        occasion=series.occasion,
        key=series.key,
        on=day.on,
        due_at=day.due_at,
        milestone=day.milestone,
        approximate=series.approximate,
        label=series.label,
    )


def _reminder(case: Case, series: Series, day: Day, *, kind: ReminderKind = ReminderKind.DAY) -> Reminder:
    return Reminder(
        id=reminder_id(contact=case.snapshot.id, key=series.key, on=day.on),
        owner=case.snapshot.owner,
        contact=case.snapshot.id,
        occasion=series.occasion,
        key=series.key,
        kind=kind,
        on=day.on,
        due_at=day.due_at,
        basis=series.basis,
        rev=case.snapshot.rev,
        milestone=day.milestone,
        approximate=series.approximate,
        label=series.label,
    )


def _item_timer(case: Case, snooze: Snooze, until: datetime) -> Reminder:
    label = None
    if snooze.occasion is Occasion.CUSTOM and (entry := custom_dates(case.snapshot).get(snooze.key)):
        label = entry.label
    return Reminder(
        id=snooze.item,
        owner=case.snapshot.owner,
        contact=case.snapshot.id,
        occasion=snooze.occasion,
        key=snooze.key,
        kind=snooze.kind,
        on=snooze.on,
        due_at=until,
        basis=basis(case.snapshot, occasion=snooze.occasion, label=label, key=snooze.key) or "",
        rev=case.snapshot.rev,
        label=label,
    )


def staleness(*, fired: Reminder, snapshot: ContactSnapshot) -> SkipReason | None:
    """Return why a timer that fired no longer says what its contact's present snapshot says, if so (ADR 0001, rule 1)."""
    if reason := silence(snapshot):
        return reason
    if fired.occasion in snapshot.muted:
        return SkipReason.MUTED
    told = basis(snapshot, occasion=fired.occasion, label=fired.label, key=fired.key)
    return SkipReason.STALE if told is None or told != fired.basis else None
