"""
Why something is planned for a person, and why something else is not.

The scheduler decides what is planned; this explains it, from the same snapshot and settings. A reason that cannot be given for
certain is not made up: what should be planned and is not is `SOON`, for the scheduler is about to.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from shared.messages.reminders import Planned
from shared.messages.snapshots import (
    DEFAULT_BIRTHDAY_LEAD_DAYS,
    DEFAULT_CADENCE_DAYS,
    ContactSnapshot,
    OwnerProfile,
    custom_dates,
)
from shared.messages.values import Closeness, Occasion, PartialDate

EXPLAINED: Final = (Occasion.BIRTHDAY, Occasion.WORK_ANNIVERSARY, Occasion.STAY_IN_TOUCH)
"""Occasions that everybody could have: where one of them is not planned, somebody wonders."""


class Why(StrEnum):
    """What a planned occasion follows from."""

    BIRTHDAY = "birthday"
    JOB_START = "job_start"
    JOB_SEEN = "job_seen"
    """A new job whose start nobody stated: the years count from when it was heard of."""
    JOB_CHANGE = "job_change"
    CONNECTION = "connection"
    LAST_CONTACT = "last_contact"
    """One cadence after the last contact."""
    NOT_ANSWERED = "not_answered"
    """A check-in came since the last contact, or that is too long ago: the next one is later than one cadence after it."""
    NEVER_IN_TOUCH = "never_in_touch"
    """No contact is known: first check-ins are spread over the cadence."""
    OWN_DATE = "own_date"
    OTHER = "other"


class WhyNot(StrEnum):
    """Why an occasion is not planned."""

    DECEASED = "deceased"
    DEPARTED = "departed"
    DO_NOT_GREET = "do_not_greet"
    MUTED = "muted"
    NO_BIRTHDAY = "no_birthday"
    BIRTHDAY_YEAR_ONLY = "birthday_year_only"
    NO_JOB = "no_job"
    NO_JOB_START = "no_job_start"
    JOB_YEAR_ONLY = "job_year_only"
    NO_CADENCE = "no_cadence"
    """Nobody this close is checked in with."""
    OWN_NO_CADENCE = "own_no_cadence"
    """The owner wants no check-ins with this person."""
    NO_DAY_AHEAD = "no_day_ahead"
    SOON = "soon"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """Days between check-ins, 0 for never; `closeness` is whose setting it is, None of the person's own."""

    days: int
    closeness: Closeness | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """An occasion that is coming, and why. `on` is the date, `at` the instant that the reason names."""

    line: Planned
    why: Why
    on: PartialDate | None = None
    at: datetime | None = None
    cadence: Cadence | None = None
    ahead_on: date | None = None
    """The date on which it is announced a first time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unplanned:
    """An occasion that is not coming, and why; without an occasion, none at all. `label` is that of an own date."""

    occasion: Occasion | None
    why: WhyNot
    label: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What is planned for a person, the next first, and what is not."""

    planned: tuple[Plan, ...]
    unplanned: tuple[Unplanned, ...]


def outlook_of(*, person: ContactSnapshot, profile: OwnerProfile, lines: Sequence[Planned], today: date) -> Outlook:
    """
    Explain what is planned for *person*.

    Args:
        person: As they are known now.
        profile: The owner's settings.
        lines: Their agenda; lines that *person* no longer bears out are left out, the scheduler is about to.
        today: The owner's date.
    """
    if reason := _silence(person):
        return Outlook(planned=(), unplanned=(Unplanned(occasion=None, why=reason),))
    zone = ZoneInfo(profile.timezone)
    shown = _first_of_each([line for line in lines if line.occasion not in person.muted])
    plans = tuple(_plan(line, person=person, profile=profile, zone=zone, today=today) for line in shown)
    return Outlook(planned=plans, unplanned=tuple(_unplanned(person, profile, {line.key for line in shown})))


def cadence_of(*, person: ContactSnapshot, profile: OwnerProfile) -> Cadence:
    """Return how often the owner is reminded to be in touch with *person*."""
    if person.cadence_days is not None:
        return Cadence(days=person.cadence_days, closeness=None)
    days = profile.cadence_days.get(person.closeness, DEFAULT_CADENCE_DAYS[person.closeness])
    return Cadence(days=days, closeness=person.closeness)


def lead_days_of(*, person: ContactSnapshot, profile: OwnerProfile) -> int:
    """Return how many days ahead a birthday of *person* is announced."""
    if person.lead_days is not None:
        return person.lead_days
    return profile.birthday_lead_days.get(person.closeness, DEFAULT_BIRTHDAY_LEAD_DAYS[person.closeness])


def _first_of_each(lines: Iterable[Planned]) -> list[Planned]:
    """Return the next line of each occasion; the agenda also has those after it."""
    found: dict[str, Planned] = {}
    for line in sorted(lines, key=lambda line: (line.due_at, line.key)):
        found.setdefault(line.key, line)
    return list(found.values())


def _silence(person: ContactSnapshot) -> WhyNot | None:
    if person.deceased:
        return WhyNot.DECEASED
    if person.departed:
        return WhyNot.DEPARTED
    return WhyNot.DO_NOT_GREET if person.do_not_greet else None


def _plan(line: Planned, *, person: ContactSnapshot, profile: OwnerProfile, zone: ZoneInfo, today: date) -> Plan:
    job = person.job
    match line.occasion:
        case Occasion.BIRTHDAY:
            ahead_on = line.on - timedelta(days=lead_days_of(person=person, profile=profile))
            return Plan(
                line=line, why=Why.BIRTHDAY, on=person.birthday, ahead_on=ahead_on if today < ahead_on < line.on else None
            )
        case Occasion.WORK_ANNIVERSARY if job and job.started_on:
            return Plan(line=line, why=Why.JOB_START, on=job.started_on)
        case Occasion.WORK_ANNIVERSARY if job:
            return Plan(line=line, why=Why.JOB_SEEN, at=job.seen_at)
        case Occasion.NEW_JOB if job:
            return Plan(line=line, why=Why.JOB_CHANGE, at=job.seen_at)
        case Occasion.NEW_CONNECTION:
            return Plan(line=line, why=Why.CONNECTION, on=person.connected_on, at=person.connection_accepted_at)
        case Occasion.STAY_IN_TOUCH:
            return _check_in(line, person=person, cadence=cadence_of(person=person, profile=profile), zone=zone)
        case Occasion.CUSTOM if entry := custom_dates(person).get(line.key):
            return Plan(line=line, why=Why.OWN_DATE, on=entry.on)
        case _:
            return Plan(line=line, why=Why.OTHER)


def _check_in(line: Planned, *, person: ContactSnapshot, cadence: Cadence, zone: ZoneInfo) -> Plan:
    last = person.last_contact_at
    if last is None:
        return Plan(line=line, why=Why.NEVER_IN_TOUCH, cadence=cadence)
    is_next = last.astimezone(zone).date() + timedelta(days=cadence.days) == line.on
    return Plan(line=line, why=Why.LAST_CONTACT if is_next else Why.NOT_ANSWERED, at=last, cadence=cadence)


def _unplanned(person: ContactSnapshot, profile: OwnerProfile, planned: set[str]) -> Iterable[Unplanned]:
    for occasion in EXPLAINED:
        if occasion.value not in planned and occasion not in person.muted:
            yield Unplanned(occasion=occasion, why=_why_not(occasion, person, profile))
    if Occasion.CUSTOM not in person.muted:
        for key, entry in custom_dates(person).items():
            if key not in planned:
                yield Unplanned(occasion=Occasion.CUSTOM, why=WhyNot.NO_DAY_AHEAD, label=entry.label)
    for occasion in Occasion:
        if occasion in person.muted:
            yield Unplanned(occasion=occasion, why=WhyNot.MUTED)


def _why_not(occasion: Occasion, person: ContactSnapshot, profile: OwnerProfile) -> WhyNot:
    job = person.job
    match occasion:
        case Occasion.BIRTHDAY if person.birthday is None:
            return WhyNot.NO_BIRTHDAY
        case Occasion.BIRTHDAY if person.birthday and person.birthday.month is None:
            return WhyNot.BIRTHDAY_YEAR_ONLY
        case Occasion.WORK_ANNIVERSARY if job is None or not (job.company or job.title):
            return WhyNot.NO_JOB
        case Occasion.WORK_ANNIVERSARY if job and job.started_on is None and not job.is_change:
            return WhyNot.NO_JOB_START
        case Occasion.WORK_ANNIVERSARY if job and job.started_on and job.started_on.month is None:
            return WhyNot.JOB_YEAR_ONLY
        case Occasion.STAY_IN_TOUCH if cadence_of(person=person, profile=profile).days <= 0:
            return WhyNot.NO_CADENCE if person.cadence_days is None else WhyNot.OWN_NO_CADENCE
        case _:
            return WhyNot.SOON
