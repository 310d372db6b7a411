"""What requests about one person say, and what is answered besides the person."""

from datetime import date
from typing import Annotated

from pydantic import Field

from services.notifier.domain.person_plans import Why, WhyNot
from services.notifier.web.api.bodies import Body
from shared.messages.facts import CustomDate, Email
from shared.messages.rpc import Cursor
from shared.messages.snapshots import Interaction
from shared.messages.values import (
    Closeness,
    Direction,
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

Words = Annotated[tuple[Text, ...], Field(max_length=200)]


class PersonPatch(Body):
    """
    What of a person is to be another: what is left out stays, null takes away (RFC 7396). Lists are given whole.

    `company`, `title` and `started_on` correct the present job; another job is told with `new-job`.
    """

    name: Text | None = None
    given_name: Text | None = None
    family_name: Text | None = None
    nickname: Text | None = None
    emails: Annotated[tuple[Email, ...], Field(max_length=50)] | None = None
    """The first is the one that is written to."""
    phones: Annotated[tuple[Text, ...], Field(max_length=50)] | None = None
    linkedin_url: Url | None = None
    birthday: PartialDate | None = None
    dates: Annotated[tuple[CustomDate, ...], Field(max_length=100)] | None = None
    company: Text | None = None
    title: Text | None = None
    started_on: PartialDate | None = None
    connected_on: PartialDate | None = None
    closeness: Closeness | None = None
    timezone: TimeZoneName | None = None
    language: Language | None = None
    location: Text | None = None
    tags: Words | None = None
    interests: Words | None = None
    causes: Words | None = None
    schools: Words | None = None
    notes: LongText | None = None
    is_reference: bool | None = None
    cadence_days: Annotated[int, Field(ge=0, le=3650)] | None = None
    lead_days: Annotated[int, Field(ge=0, le=365)] | None = None
    muted: Annotated[tuple[Occasion, ...], Field(max_length=20)] | None = None
    do_not_greet: bool | None = None
    deceased: bool | None = None
    departed: bool | None = None


class InteractionNote(Body):
    """That the two were in touch: now, or when it was. `direction` says who gained, seen from the owner."""

    channel: Text | None = None
    direction: Direction = Direction.NEUTRAL
    note: LongText | None = None
    occurred_at: Instant | None = None


class NewJob(Body):
    """A job that a person changed to."""

    company: Text
    title: Text | None = None
    started_on: PartialDate | None = None


class PlannedBecause(Message):
    """
    An occasion that is coming, and what it follows from.

    `reason_on` is the date that `why` is about, `reason_at` the instant; `cadence_days` is of check-ins, `ahead_on` the date on
    which it is announced a first time.
    """

    id: str
    occasion: Occasion
    on: date
    due_at: Instant
    milestone: int | None
    label: str | None
    why: Why
    reason_on: PartialDate | None
    reason_at: Instant | None
    cadence_days: int | None
    ahead_on: date | None


class NotPlannedBecause(Message):
    """An occasion that is not coming, and why; with null as the occasion, nothing is."""

    occasion: Occasion | None
    why: WhyNot
    label: str | None


class PersonOutlook(Message):
    """What is planned for a person, the next first, and what is not."""

    planned: tuple[PlannedBecause, ...]
    not_planned: tuple[NotPlannedBecause, ...]


class InteractionPage(Message):
    """One page of when the two were in touch, the latest first."""

    interactions: tuple[Interaction, ...]
    cursor: Cursor | None = None
