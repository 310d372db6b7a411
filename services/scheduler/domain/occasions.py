"""
When each occasion of a contact is: one generator per occasion, which yields its series of days or why it has none.

A series starts with the oldest day that could still be made up for. Which of its days are shown and armed is decided in
`plan.py`, for all occasions alike.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from services.scheduler.domain.check_ins import MAX_CADENCE_DAYS, next_check_in
from services.scheduler.domain.memory import CHECK_IN, Memory
from services.scheduler.domain.rules import BadRuleError, rule_days
from services.scheduler.domain.skips import Skip, SkipReason
from services.scheduler.domain.wall_clock import OwnerClock
from services.scheduler.domain.yearly import yearly
from shared.messages.facts import CustomDate
from shared.messages.snapshots import (
    DEFAULT_BIRTHDAY_LEAD_DAYS,
    DEFAULT_CADENCE_DAYS,
    ContactSnapshot,
    Job,
    OwnerProfile,
    basis,
    custom_dates,
)
from shared.messages.values import Occasion, PartialDate

MAX_LEAD_DAYS = 365
ONCE = "once"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One contact at one instant, and everything its plan depends on."""

    snapshot: ContactSnapshot
    profile: OwnerProfile
    clock: OwnerClock
    memory: Memory
    now: datetime
    today: date
    """The owner's date."""

    @property
    def oldest_on(self) -> date:
        """The oldest date that is still made up for."""
        return self.today - timedelta(days=self.profile.belated_grace_days)


@dataclass(frozen=True, slots=True)
class Day:
    """One occurrence: its date, the instant at which it is due, and the age or years, when known and not 0."""

    on: date
    due_at: datetime
    milestone: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """The occurrences of one occasion in order, lazily; `lead_days` asks for a timer before each."""

    occasion: Occasion
    key: str
    basis: str
    days: Iterable[Day]
    approximate: bool = False
    label: str | None = None
    lead_days: int = field(default=0)


Found = Iterator[Series | Skip]


def birthday(case: Case) -> Found:
    """
    Yield the birthdays.

    The age needs the year. A birthday of which only the month is known is shown on its first day; the day of the birth itself
    is none, so a date of birth that is today by mistake is not announced.
    """
    born = case.snapshot.birthday
    if born is None:
        return
    if born.month is None:
        yield Skip(SkipReason.YEAR_ONLY, Occasion.BIRTHDAY)
        return
    dates = yearly(anchor=born, since=case.oldest_on, leap_day=case.profile.leap_day)
    yield _series(case, Occasion.BIRTHDAY, days=_counted(case, dates, since=born), lead_days=_lead_days(case))


def work_anniversary(case: Case) -> Found:
    """
    Yield the anniversaries of the present job.

    Counted from its start (of a month, its first day) or, when a change of jobs was seen and its start is not known, from the
    owner's date on which it was seen; the years are approximate then. The day of the start itself is none.
    """
    job = case.snapshot.job
    if job is None:
        return
    if not _is_job(job):
        yield Skip(SkipReason.NO_JOB, Occasion.WORK_ANNIVERSARY)
        return
    seen_on = PartialDate.from_date(case.clock.date_of(instant=job.seen_at))
    started = job.started_on or (seen_on if job.is_change else None)
    if started is None:
        yield Skip(SkipReason.FIRST_SIGHT, Occasion.WORK_ANNIVERSARY)
    elif started.month is None:
        yield Skip(SkipReason.YEAR_ONLY, Occasion.WORK_ANNIVERSARY)
    else:
        dates: Iterator[date] = yearly(anchor=started, since=case.oldest_on, leap_day=case.profile.leap_day)
        if started.year is None and job.is_change:
            dates = (on for on in dates if seen_on.full is None or on > seen_on.full)
        days = _counted(case, dates, since=started)
        yield _series(case, Occasion.WORK_ANNIVERSARY, days=days, approximate=job.started_on is None)


def new_job(case: Case) -> Found:
    """Yield the change of jobs: at once when it was seen after the delivery hour, or if so asked; else at that hour."""
    job = case.snapshot.job
    if job is None or not job.is_change:
        return
    if not _is_job(job):
        yield Skip(SkipReason.NO_JOB, Occasion.NEW_JOB)
    else:
        yield from _happened(case, Occasion.NEW_JOB, at=job.seen_at, is_urgent=job.deliver_now)


def new_connection(case: Case) -> Found:
    """Yield the connection: like a change of jobs, or, when only its date is known, at the delivery hour of that date."""
    snapshot = case.snapshot
    if accepted_at := snapshot.connection_accepted_at:
        yield from _happened(case, Occasion.NEW_CONNECTION, at=accepted_at, is_urgent=snapshot.connection_deliver_now)
    elif snapshot.connected_on:
        if connected_on := snapshot.connected_on.full:
            yield from _once(case, Occasion.NEW_CONNECTION, Day(connected_on, case.clock.due_at(on=connected_on)))
        else:
            yield Skip(SkipReason.PARTIAL_DATE, Occasion.NEW_CONNECTION)


def stay_in_touch(case: Case) -> Found:
    """Yield the next check-in only: when the one after it is depends on what the owner does about this one."""
    snapshot, closeness = case.snapshot, case.snapshot.closeness
    cadence_days = snapshot.cadence_days
    if cadence_days is None:
        cadence_days = case.profile.cadence_days.get(closeness, DEFAULT_CADENCE_DAYS[closeness])
    if cadence_days <= 0:
        yield Skip(SkipReason.NO_CADENCE, Occasion.STAY_IN_TOUCH)
        return
    told = basis(snapshot, occasion=Occasion.STAY_IN_TOUCH, label=None) or ""
    known_since = snapshot.known_since
    on = next_check_in(
        contact=snapshot.id,
        cadence_days=min(cadence_days, MAX_CADENCE_DAYS),
        today=case.today,
        grace_days=case.profile.belated_grace_days,
        last_contact_on=case.clock.date_of(instant=snapshot.last_contact_at) if snapshot.last_contact_at else None,
        known_on=case.clock.date_of(instant=known_since) if known_since else None,
        last_nudge_on=case.memory.last_nudge_on(basis=told),
        promised_on=case.memory.promised_on,
    )
    yield _series(case, Occasion.STAY_IN_TOUCH, key=CHECK_IN, days=[Day(on, case.clock.due_at(on=on))])


def custom(case: Case) -> Found:
    """
    Yield the dates that the owner added: yearly, once, or by an RFC 5545 rule that starts on the date.

    A yearly date counts years when it has one. A rule on a date without a year starts this year; on 29 February, in the last
    leap year.
    """
    for key, entry in custom_dates(case.snapshot).items():
        on, recurrence = entry.on, entry.recurrence
        if on.month is None:
            yield Skip(SkipReason.YEAR_ONLY, Occasion.CUSTOM)
        elif recurrence is None:
            dates = yearly(anchor=on, since=case.oldest_on, leap_day=case.profile.leap_day)
            yield _series(
                case, Occasion.CUSTOM, key=key, label=entry.label, days=_counted(case, dates, since=on, with_start=True)
            )
        elif recurrence.casefold() == ONCE:
            if on.year is None:
                yield Skip(SkipReason.ONCE_WITHOUT_YEAR, Occasion.CUSTOM)
            else:
                day = date(on.year, on.month, on.day or 1)
                yield from _once(case, Occasion.CUSTOM, Day(day, case.clock.due_at(on=day)), key=key, label=entry.label)
        else:
            yield _by_rule(case, key=key, entry=entry, rule=recurrence)


OCCASIONS: tuple[Callable[[Case], Found], ...] = (birthday, work_anniversary, new_job, new_connection, stay_in_touch, custom)


def _is_job(job: Job) -> bool:
    """Tell a job from the end of one: nobody wants congratulations on having been laid off."""
    return bool(job.company or job.title)


def _by_rule(case: Case, *, key: str, entry: CustomDate, rule: str) -> Series | Skip:
    try:
        days = rule_days(rule=rule, start=_rule_start(case, entry.on), since=case.oldest_on)
    except BadRuleError:
        return Skip(SkipReason.BAD_RULE, Occasion.CUSTOM)
    if not days:
        return Skip(SkipReason.NO_DAY_AHEAD, Occasion.CUSTOM)
    return _series(case, Occasion.CUSTOM, key=key, label=entry.label, days=(Day(on, case.clock.due_at(on=on)) for on in days))


def _rule_start(case: Case, on: PartialDate) -> date:
    year = on.year or case.today.year
    month, day = on.month or 1, on.day or 1
    if (month, day) == (2, 29):
        while year % 4 or (year % 100 == 0 and year % 400):
            year -= 1
    return date(year, month, day)


def _lead_days(case: Case) -> int:
    closeness = case.snapshot.closeness
    lead_days = case.snapshot.lead_days
    if lead_days is None:
        lead_days = case.profile.birthday_lead_days.get(closeness, DEFAULT_BIRTHDAY_LEAD_DAYS[closeness])
    return max(0, min(lead_days, MAX_LEAD_DAYS))


def _counted(case: Case, dates: Iterable[date], *, since: PartialDate, with_start: bool = False) -> Iterator[Day]:
    """Count the years from *since*, where its year is known, and leave out the days before it and, mostly, that day."""
    for on in dates:
        years = on.year - since.year if since.year is not None else None
        if years is None or years > 0 or (years == 0 and with_start):
            yield Day(on, case.clock.due_at(on=on), years or None)


def _happened(case: Case, occasion: Occasion, *, at: datetime, is_urgent: bool) -> Found:
    on = case.clock.date_of(instant=at)
    due_at = at if is_urgent else max(at, case.clock.due_at(on=on))
    yield from _once(case, occasion, Day(on, due_at))


def _once(case: Case, occasion: Occasion, day: Day, *, key: str | None = None, label: str | None = None) -> Found:
    if day.on < case.oldest_on:
        yield Skip(SkipReason.TOO_LATE, occasion)
    else:
        yield _series(case, occasion, key=key, label=label, days=[day])


def _series(
    case: Case,
    occasion: Occasion,
    *,
    days: Iterable[Day],
    key: str | None = None,
    label: str | None = None,
    approximate: bool = False,
    lead_days: int = 0,
) -> Series:
    return Series(
        occasion=occasion,
        key=key or occasion.value,
        basis=basis(case.snapshot, occasion=occasion, label=label, key=key) or "",
        days=days,
        approximate=approximate,
        label=label,
        lead_days=lead_days,
    )
