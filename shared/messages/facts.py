"""
Facts: what other systems, the importers and the notifier state about people.

A fact travels as a CloudEvent of type `hobnob.<fact>.v1` (see `cloudevents.py`); these models are its `data`. Every
model ignores fields it does not know; they are kept with the stored fact.
"""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from shared.messages.values import (
    Closeness,
    Confidence,
    Direction,
    Id,
    Instant,
    Language,
    LongText,
    Message,
    Occasion,
    PartialDate,
    Text,
    TimeZoneName,
    Url,
)

Email = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^\s@]+@[^\s@]+$", max_length=254)]
"""An address to recognise somebody by; whether mail can reach it is the channel's business."""
Key = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
"""An identifier that some other system gave."""
Rule = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
"""An RFC 5545 RRULE without DTSTART, such as `FREQ=MONTHLY;BYMONTHDAY=1`, or the word `once`."""
Clearable = Literal[
    "given_name",
    "family_name",
    "nickname",
    "linkedin_url",
    "birthday",
    "connected_on",
    "timezone",
    "language",
    "location",
    "cadence_days",
    "lead_days",
]
"""A field of a person that may be empty; lists, and notes, are emptied by stating an empty one."""


class FactName(StrEnum):
    """The facts that Hobnob understands, by their dotted name."""

    CONTACT_UPSERTED = "contact.upserted"
    CONTACT_REMOVED = "contact.removed"
    JOB_CHANGED = "job.changed"
    CONNECTION_ACCEPTED = "connection.accepted"
    INTERACTION_LOGGED = "interaction.logged"
    MEETING_SCHEDULED = "meeting.scheduled"
    MEETING_CANCELLED = "meeting.cancelled"
    OPPORTUNITY_POSTED = "opportunity.posted"
    OPPORTUNITY_WITHDRAWN = "opportunity.withdrawn"
    SEARCH_STARTED = "search.started"
    SEARCH_CHANGED = "search.changed"
    SEARCH_ENDED = "search.ended"
    IMPORT_UPLOADED = "import.uploaded"


class ContactRef(Message):
    """
    Names one contact, by at least one of: our `id`, `email`, `linkedin_url`, vCard `uid`, or `source` with `id`.

    With `source`, `id` is the identifier which that emitter uses; without it, `id` is Hobnob's own.
    """

    id: Key | None = None
    source: Key | None = None
    email: Email | None = None
    linkedin_url: Url | None = None
    uid: Key | None = None

    @model_validator(mode="after")
    def _names_somebody(self) -> Self:
        if not (self.id or self.email or self.linkedin_url or self.uid):
            raise ValueError("name the contact by one of: id, email, linkedin_url, uid, or source with id")
        return self


class CustomDate(Message):
    """A date the owner added: yearly unless `recurrence` says otherwise (`once`, or an RFC 5545 RRULE)."""

    label: Text
    on: PartialDate
    recurrence: Rule | None = None


class Person(Message):
    """The fields of a person as a fact may state them; a field left out says nothing about that field."""

    name: Text | None = None
    given_name: Text | None = None
    family_name: Text | None = None
    nickname: Text | None = None
    emails: Annotated[tuple[Email, ...], Field(max_length=50)] = ()
    phones: Annotated[tuple[Text, ...], Field(max_length=50)] = ()
    linkedin_url: Url | None = None
    uid: Key | None = None
    external_id: Key | None = None
    birthday: PartialDate | None = None
    dates: Annotated[tuple[CustomDate, ...], Field(max_length=100)] = ()
    company: Text | None = None
    title: Text | None = None
    started_on: PartialDate | None = None
    connected_on: PartialDate | None = None
    closeness: Closeness | None = None
    timezone: TimeZoneName | None = None
    language: Language | None = None
    location: Text | None = None
    tags: Annotated[tuple[Text, ...], Field(max_length=200)] | None = None
    interests: Annotated[tuple[Text, ...], Field(max_length=200)] | None = None
    causes: Annotated[tuple[Text, ...], Field(max_length=200)] | None = None
    schools: Annotated[tuple[Text, ...], Field(max_length=200)] | None = None
    notes: LongText | None = None
    is_reference: bool | None = None
    cadence_days: Annotated[int, Field(ge=0, le=3650)] | None = None
    lead_days: Annotated[int, Field(ge=0, le=365)] | None = None
    muted: Annotated[tuple[Occasion, ...], Field(max_length=20)] | None = None
    do_not_greet: bool | None = None
    deceased: bool | None = None
    departed: bool | None = None


class ContactUpserted(Person):
    """
    A person exists, with these values. `name` and one more value suffice; `contact` may name whom it updates.

    What it both states and takes away, it states.
    """

    contact: ContactRef | None = None
    cleared: Annotated[tuple[Clearable, ...], Field(max_length=20)] = ()
    removed_emails: Annotated[tuple[Email, ...], Field(max_length=50)] = ()
    removed_phones: Annotated[tuple[Text, ...], Field(max_length=50)] = ()
    removed_dates: Annotated[tuple[Text, ...], Field(max_length=100)] = ()
    removed_interactions: Annotated[tuple[Key, ...], Field(max_length=20)] = ()

    @model_validator(mode="after")
    def _is_somebody(self) -> Self:
        if not (self.name or self.given_name or self.family_name or self.emails or self.contact):
            raise ValueError("a person needs a name, an email or a contact reference")
        return self


class ContactRemoved(Message):
    """The owner no longer keeps this person."""

    contact: ContactRef


class JobChanged(Message):
    """A person has a new job. Without `started_on`, its anniversary is approximate: the day the change was seen."""

    contact: ContactRef
    company: Text
    title: Text | None = None
    started_on: PartialDate | None = None
    confidence: Confidence = Confidence.STATED
    occurred_at: Instant | None = None
    deliver_now: bool = False
    """Do not wait for the owner's delivery hour."""


class ConnectionAccepted(Person):
    """A connection was accepted: names a known `contact`, or carries the person's fields."""

    contact: ContactRef | None = None
    occurred_at: Instant | None = None
    deliver_now: bool = False
    """Do not wait for the owner's delivery hour."""

    @model_validator(mode="after")
    def _is_somebody(self) -> Self:
        if not (self.contact or self.name or self.given_name or self.family_name or self.emails):
            raise ValueError("name the contact, or give at least a name or an email")
        return self


class InteractionLogged(Message):
    """The owner and a contact were in touch. `direction` says who gained; a note is what was spoken of."""

    contact: ContactRef
    channel: Text | None = None
    direction: Direction = Direction.NEUTRAL
    note: LongText | None = None
    occurred_at: Instant | None = None


class MeetingFact(Message):
    """A meeting with one or more contacts, given in `contact`, in `contacts`, or in both."""

    contact: ContactRef | None = None
    contacts: Annotated[tuple[ContactRef, ...], Field(max_length=100)] = ()
    meeting_id: Key

    @model_validator(mode="after")
    def _with_somebody(self) -> Self:
        if not (self.contact or self.contacts):
            raise ValueError("name at least one contact in contact or contacts")
        return self


class MeetingScheduled(MeetingFact):
    """A meeting with one or more contacts is planned, or moved: the same `meeting_id` again."""

    starts_at: Instant
    ends_at: Instant | None = None
    place: Text | None = None
    purpose: LongText | None = None
    questions: Annotated[tuple[Text, ...], Field(max_length=50)] = ()


class MeetingCancelled(MeetingFact):
    """A planned meeting will not take place."""

    starts_at: Instant | None = None


class OpportunityPosted(Message):
    """Something opened that may fit somebody the owner looks out for."""

    title: Text
    company: Text | None = None
    location: Text | None = None
    url: Url | None = None
    deadline: PartialDate | None = None
    description: LongText | None = None
    opportunity_id: Key | None = None


class OpportunityWithdrawn(OpportunityPosted):
    """An opportunity closed."""


class Search(Message):
    """A job search, of a contact or, with `contact: "me"`, of the owner."""

    contact: ContactRef | Literal["me"]
    target: Text | None = None
    keywords: Annotated[tuple[Text, ...], Field(max_length=100)] = ()
    location: Text | None = None
    radius_km: Annotated[float, Field(ge=0, le=25_000)] | None = None
    until: PartialDate | None = None
    resume_url: Url | None = None
    occurred_at: Instant | None = None


class SearchStarted(Search):
    """Somebody looks for a job."""


class SearchChanged(Search):
    """The search goes another way."""


class SearchEnded(Search):
    """The search is over."""


def upload_name(*, owner: str, import_id: str) -> str:
    """Return the name under which an owner's upload lies in the object store; an import of any other name is refused."""
    return f"{owner}/{import_id}"


class ImportUploaded(Message):
    """A file lies in the object store as `<owner>/<import_id>`, to be imported for this owner."""

    import_id: Id
    object_name: Key
    filename: Annotated[str, StringConstraints(max_length=500)]
    size_bytes: Annotated[int, Field(ge=0)]
    date_order: Literal["dmy", "mdy", "ymd"] | None = None


FactData = (
    ContactUpserted
    | ContactRemoved
    | JobChanged
    | ConnectionAccepted
    | InteractionLogged
    | MeetingScheduled
    | MeetingCancelled
    | OpportunityPosted
    | OpportunityWithdrawn
    | SearchStarted
    | SearchChanged
    | SearchEnded
    | ImportUploaded
)

MODELS: dict[FactName, type[FactData]] = {
    FactName.CONTACT_UPSERTED: ContactUpserted,
    FactName.CONTACT_REMOVED: ContactRemoved,
    FactName.JOB_CHANGED: JobChanged,
    FactName.CONNECTION_ACCEPTED: ConnectionAccepted,
    FactName.INTERACTION_LOGGED: InteractionLogged,
    FactName.MEETING_SCHEDULED: MeetingScheduled,
    FactName.MEETING_CANCELLED: MeetingCancelled,
    FactName.OPPORTUNITY_POSTED: OpportunityPosted,
    FactName.OPPORTUNITY_WITHDRAWN: OpportunityWithdrawn,
    FactName.SEARCH_STARTED: SearchStarted,
    FactName.SEARCH_CHANGED: SearchChanged,
    FactName.SEARCH_ENDED: SearchEnded,
    FactName.IMPORT_UPLOADED: ImportUploaded,
}
"""The data model of each fact, version 1."""
