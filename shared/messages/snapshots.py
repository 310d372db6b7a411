"""Snapshots: the whole present state of an owner or a contact, published by contacts, one last message per subject."""

from datetime import date, time
from hashlib import blake2b
from typing import Annotated, Literal

from pydantic import Field

from shared.messages.facts import CustomDate, Key
from shared.messages.telling import Telling
from shared.messages.values import (
    Closeness,
    Confidence,
    Direction,
    Id,
    Instant,
    Language,
    LocalTime,
    Message,
    Occasion,
    PartialDate,
    Text,
    TimeZoneName,
)

Leap = Literal["feb28", "mar1"]
"""The day on which somebody born on 29 February is greeted in other years."""
UnknownPolicy = Literal["create", "park"]
"""What a fact about somebody unknown does: it makes a contact of them, or waits until they appear (ADR 0006)."""
MAX_UNKNOWN_POLICIES = 200
Words = Annotated[tuple[Text, ...], Field(max_length=100)]
"""What an owner says of themselves, for common ground with contacts."""

DEFAULT_CADENCE_DAYS: dict[Closeness, int] = {
    Closeness.INTIMATE: 30,
    Closeness.WELL: 90,
    Closeness.MODERATE: 180,
    Closeness.CONNECTED: 0,
}
"""Days between check-ins by closeness; 0 is never."""
DEFAULT_BIRTHDAY_LEAD_DAYS: dict[Closeness, int] = {
    Closeness.INTIMATE: 7,
    Closeness.WELL: 0,
    Closeness.MODERATE: 0,
    Closeness.CONNECTED: 0,
}
"""Days before a birthday on which it is shown a first time; 0 is on the day only."""


class OwnerProfile(Message):
    """An owner and the settings that decide when reminders come; `hobnob.people.<owner>`."""

    owner: Id
    rev: int
    name: str
    email: str | None = None
    timezone: TimeZoneName = "UTC"
    language: Language = "en"
    deliver_at: LocalTime = time(9, 0)
    cadence_days: dict[Closeness, int] = Field(default_factory=lambda: dict(DEFAULT_CADENCE_DAYS))
    birthday_lead_days: dict[Closeness, int] = Field(default_factory=lambda: dict(DEFAULT_BIRTHDAY_LEAD_DAYS))
    leap_day: Leap = "feb28"
    belated_grace_days: Annotated[int, Field(ge=0, le=60)] = 7
    unknown_contacts: Annotated[dict[Key, UnknownPolicy], Field(max_length=MAX_UNKNOWN_POLICIES)] = Field(default_factory=dict)
    """By the `source` of a fact; one that is not listed creates."""
    telling: Telling = Field(default_factory=Telling)
    """When the owner is told what through their channels."""
    interests: Words = ()
    causes: Words = ()
    employers: Words = ()
    schools: Words = ()
    places: Words = ()
    undo_s: Annotated[int, Field(ge=0, le=3600)] = 10
    """Seconds for which a greeting can be taken back before it leaves; 0 sends at once."""
    opt_out_line: bool = False
    """Whether greetings carry a link with which their reader can ask for no more of them."""


class Job(Message):
    """
    A job of a contact.

    `seen_at` is when the fact that told of it occurred. `is_change` tells a change of jobs from a job that was simply known
    at first sight. Without `started_on` a changed job's anniversary is approximate, counted from `seen_at`; a job that was
    known at first sight has none. `deliver_now`: the reminder of the change does not wait for the delivery hour.
    """

    company: str | None
    title: str | None = None
    started_on: PartialDate | None = None
    seen_at: Instant
    confidence: Confidence = Confidence.STATED
    is_change: bool = False
    deliver_now: bool = False
    source: str


class Interaction(Message):
    """One contact between the owner and the person."""

    at: Instant
    channel: str | None = None
    direction: Direction = Direction.NEUTRAL
    note: str | None = None
    id: str | None = None


class Meeting(Message):
    """
    A meeting with the person, as it was stated last.

    `starts_at` is unknown of one that was cancelled before anybody told of it. What does not fit into a snapshot is left out
    of the oldest statements first: the place, purpose and questions, then the meeting.
    """

    meeting_id: str
    starts_at: Instant | None = None
    ends_at: Instant | None = None
    place: str | None = None
    purpose: str | None = None
    questions: tuple[str, ...] = ()
    cancelled: bool = False


class JobSearch(Message):
    """
    The person's latest search for a job; what was said before it started does not count.

    `since` is unknown when nobody told of the start. `changed_at` is when it last took another direction, `ended_at` when it
    ended: only another start makes it active again.
    """

    status: Literal["active", "ended"]
    since: Instant | None = None
    changed_at: Instant | None = None
    ended_at: Instant | None = None
    target: str | None = None
    keywords: tuple[str, ...] = ()
    location: str | None = None
    radius_km: float | None = None
    until: PartialDate | None = None
    resume_url: str | None = None


class ContactSnapshot(Message):
    """
    The whole state of one contact; `hobnob.people.<owner>.<contact>`.

    `rev` grows with every write of the contact and is the only field that depends on the order in which facts arrived.
    `aliases` are all other ids this person may ever have had; each is derived from one identity key. `deleted` makes it a
    tombstone: nothing else is set then, but `merged_into` where the person lives on under another id.
    """

    owner: Id
    id: Id
    rev: int
    deleted: bool = False
    merged_into: Id | None = None
    aliases: tuple[Id, ...] = ()
    name: str = ""
    given_name: str | None = None
    family_name: str | None = None
    nickname: str | None = None
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    linkedin_url: str | None = None
    birthday: PartialDate | None = None
    dates: tuple[CustomDate, ...] = ()
    job: Job | None = None
    jobs: tuple[Job, ...] = ()
    connected_on: PartialDate | None = None
    connection_accepted_at: Instant | None = None
    connection_deliver_now: bool = False
    closeness: Closeness = Closeness.CONNECTED
    closeness_stated: bool = False
    timezone: TimeZoneName | None = None
    language: Language | None = None
    location: str | None = None
    tags: tuple[str, ...] = ()
    interests: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    schools: tuple[str, ...] = ()
    notes: str | None = None
    is_reference: bool = False
    cadence_days: int | None = None
    lead_days: int | None = None
    known_since: Instant | None = None
    last_contact_at: Instant | None = None
    interactions: tuple[Interaction, ...] = ()
    meetings: tuple[Meeting, ...] = ()
    search: JobSearch | None = None
    muted: tuple[Occasion, ...] = ()
    do_not_greet: bool = False
    deceased: bool = False
    departed: bool = False

    @property
    def is_silenced(self) -> bool:
        """Whether no greeting may ever reach this person (design, promise 6)."""
        return self.deleted or self.do_not_greet or self.deceased or self.departed


def custom_dates(snapshot: ContactSnapshot) -> dict[str, CustomDate]:
    """
    Return the dates that the owner added, by the key of their reminders: `custom-` and 8 hex digits.

    The digits are of the label alone, so that a date that is corrected stays the same thing. Where several dates share a
    label, the first of them keeps that key and the digits of the others are of their date and rule as well. The same date
    twice is one.
    """
    found: dict[str, CustomDate] = {}
    for entry in sorted(set(snapshot.dates), key=lambda d: (d.label, str(d.on), d.recurrence or "")):
        key = _custom_key(entry.label)
        if key in found:
            key = _custom_key(f"{entry.label}\n{entry.on}\n{entry.recurrence or ''}")
        found[key] = entry
    return found


def _custom_key(text: str) -> str:
    return f"custom-{blake2b(text.encode(), digest_size=4).hexdigest()}"


def basis(snapshot: ContactSnapshot, *, occasion: Occasion, label: str | None, key: str | None = None) -> str | None:
    """
    Return what a reminder of *occasion* is computed from, as text, or None when the contact has no such occasion.

    A fired timer carries the basis it was armed with. When it differs from the present one, the timer is stale
    (ADR 0001, rule 1). *key* picks the custom date; without it *label* does, which finds only one of several that share it.
    """
    if snapshot.is_silenced or occasion in snapshot.muted:
        return None
    match occasion:
        case Occasion.BIRTHDAY:
            return str(snapshot.birthday) if snapshot.birthday else None
        case Occasion.WORK_ANNIVERSARY:
            return _job_basis(snapshot.job)
        case Occasion.NEW_JOB:
            return _job_basis(snapshot.job) if snapshot.job and snapshot.job.is_change else None
        case Occasion.NEW_CONNECTION:
            if snapshot.connection_accepted_at:
                return snapshot.connection_accepted_at.isoformat()
            return str(snapshot.connected_on) if snapshot.connected_on else None
        case Occasion.STAY_IN_TOUCH:
            return snapshot.last_contact_at.isoformat() if snapshot.last_contact_at else "never"
        case Occasion.CUSTOM:
            return _custom_basis(snapshot, label=label, key=key)
        case _:
            return None


def _job_basis(job: Job | None) -> str | None:
    if job is None:
        return None
    return f"{job.company}/{job.title}/{job.started_on or date.isoformat(job.seen_at.date())}"


def _custom_basis(snapshot: ContactSnapshot, *, label: str | None, key: str | None) -> str | None:
    found = custom_dates(snapshot).get(key) if key else next((d for d in snapshot.dates if d.label == label), None)
    return f"{found.on}/{found.recurrence or 'yearly'}" if found else None
