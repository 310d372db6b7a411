"""
How an owner is told: the policy in their profile, the timers that belong to nobody but them, and the requests about channels,
the digest and the state of things, answered by the notifier: `hobnob.rpc.notifier.<verb>`.

The URL of a channel holds passwords. It travels to the notifier once, in `AddChannel`, and never back.
"""

from datetime import date, time
from enum import StrEnum
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, StringConstraints

from shared.messages.values import (
    Closeness,
    Id,
    Instant,
    LocalTime,
    LongText,
    Message,
    Occasion,
    SomeSettings,
    TimeZoneName,
)

DIGEST_KEY: Final = "digest"
"""Key of the owner's timer that brings the digest."""
EMAIL: Final = "email"
"""Stands for a URL: the owner's own address, through the mail server of this installation."""
CHANNELS_MAX: Final = 20
"""Channels that one owner may have."""


class Weekday(StrEnum):
    """A day of the week, Monday first."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


WEEK: Final = tuple(Weekday)
HeartbeatDay = Weekday | Literal["never"]
"""The day whose digest comes even when there is nothing to act upon, and says that nothing was missed."""


class AtOnce(Message):
    """
    Reminders that do not wait for the digest: those of any of `occasions` for anybody of `closeness`; an empty list is any.

    `deliver_now`: only where whoever stated the fact asked for that.
    """

    occasions: Annotated[tuple[Occasion, ...], Field(max_length=len(Occasion))] = ()
    closeness: Annotated[tuple[Closeness, ...], Field(max_length=len(Closeness))] = ()
    deliver_now: bool = False


AtOnceRules = Annotated[tuple[AtOnce, ...], Field(max_length=20)]
Days = Annotated[tuple[Weekday, ...], Field(max_length=7)]

DEFAULT_AT_ONCE: Final = (
    AtOnce(occasions=(Occasion.BIRTHDAY,), closeness=(Closeness.INTIMATE, Closeness.WELL)),
    AtOnce(occasions=(Occasion.NEW_JOB, Occasion.NEW_CONNECTION), deliver_now=True),
)
"""
What loses its worth by tomorrow: a birthday of somebody close, and what an emitter asked to be told now. Everything else
can wait for one message a day; a push for each would teach people to look away.
"""


class Telling(Message):
    """
    When an owner is told what, through their channels; without a channel nothing is sent, and the inbox is the same.

    `digest_at`: None is the delivery hour. `digest_days`: none is no digest. From `quiet_from` to `quiet_until`, local time,
    what would go at once waits; the same time twice is never quiet.
    """

    at_once: AtOnceRules = DEFAULT_AT_ONCE
    digest_at: LocalTime | None = None
    digest_days: Days = WEEK
    quiet_from: LocalTime = time(21, 0)
    quiet_until: LocalTime = time(8, 0)
    heartbeat_on: HeartbeatDay = Weekday.MONDAY

    @property
    def timer_days(self) -> tuple[Weekday, ...]:
        """The days on which the digest's timer fires, Monday first: those of the digest and that of the heartbeat."""
        return tuple(day for day in WEEK if day in self.digest_days or day == self.heartbeat_on)


class TellingSettings(SomeSettings):
    """The parts of `Telling` that can be given; null takes `digest_at` away and leaves any other as it is."""

    CLEARABLE: ClassVar = frozenset({"digest_at"})

    at_once: AtOnceRules | None = None
    digest_at: LocalTime | None = None
    digest_days: Days | None = None
    quiet_from: LocalTime | None = None
    quiet_until: LocalTime | None = None
    heartbeat_on: HeartbeatDay | None = None


def with_telling(*, telling: Telling, settings: TellingSettings) -> Telling:
    """Return *telling* with those *settings* that are given."""
    return Telling.model_validate({**dict(telling), **settings.given()})


class OwnerTimer(Message):
    """
    The body of a timer that belongs to an owner and to none of their contacts, armed and fired: its subject has `_` for the
    contact. `schedule` and `timezone` say when it fires, as the broker was told; a firing is a hint, like every other.
    """

    owner: Id
    key: Id
    schedule: str
    timezone: TimeZoneName


# --- channels ---------------------------------------------------------------------------------------------------------


class ChannelState(StrEnum):
    """Whether a channel takes what it is given."""

    NEW = "new"
    """Nothing was sent through it yet."""
    OK = "ok"
    FAILING = "failing"
    """It took nothing since `failing_since`; it is tried again, after growing pauses."""


class ChannelInfo(Message):
    """
    A channel as lists show it: `shown` tells the service and no secret. The lowest `order` is tried first.

    `failures` counts those in a row; before `next_try_at` the channels behind it are used in its place.
    """

    owner: Id
    name: Id
    shown: str
    order: int
    state: ChannelState
    added_at: Instant
    delivered_at: Instant | None = None
    failing_since: Instant | None = None
    failures: int = 0
    last_error: str | None = None
    next_try_at: Instant | None = None


class AddChannel(Message):
    """
    `channel.add`: add a channel; the service is not contacted. `url` is one of Apprise, a reference such as
    `env:HOBNOB_CHANNEL_PHONE`, or `email`. Without `name` it is called after its service, without `order` it is the last.

    `invalid`: it cannot be used, and why. `conflict`: the name is taken. `not_found`: no such owner. Answer: `ChannelReply`.
    """

    owner: Id
    url: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000), Field(repr=False)]
    name: Id | None = None
    order: Annotated[int, Field(ge=0, le=1_000)] | None = None


class ChannelAction(Message):
    """
    `channel.test`: send a message through one channel now; `unavailable` with the reason when it does not take it.
    `channel.remove`: forget it. `not_found`: no such channel. Answer: `ChannelReply`.
    """

    owner: Id
    name: Id


class ChannelReply(Message):
    """A channel as it now is, or was."""

    type: Literal["channel"] = "channel"
    channel: ChannelInfo


class ListChannels(Message):
    """`channel.list`: an owner's channels in the order in which they are tried. Answer: `ChannelList`."""

    owner: Id


class ChannelList(Message):
    """All channels of an owner."""

    type: Literal["channels"] = "channels"
    channels: tuple[ChannelInfo, ...]


# --- the digest -------------------------------------------------------------------------------------------------------


class AskDigest(Message):
    """
    `digest.preview`: the digest as it would be sent now. `digest.send`: send it now through the owner's channels, besides the
    one of the day. With `heartbeat`, what was watched is told too. `not_found`: no such owner. Answer: `DigestReply`.
    """

    owner: Id
    heartbeat: bool = False


class DigestReply(Message):
    """A digest as plain text. `reminders` counts those in it; `channel` is the one that took it, None of a preview."""

    type: Literal["digest"] = "digest"
    subject: str
    text: LongText
    language: str
    reminders: int
    channel: Id | None = None


# --- the state of things ----------------------------------------------------------------------------------------------


class StuckDelivery(Message):
    """A message to the owner that no channel took yet."""

    owner: Id
    what: str
    since: Instant
    attempts: int
    last_error: str | None = None
    next_try_at: Instant | None = None


class OwnerWatch(Message):
    """What is watched for one owner: `timers` is how many should be armed, `next_on` the next date, in the owner's zone."""

    owner: Id
    people: int
    dates: int
    timers: int
    next_on: date | None = None
    next_due_at: Instant | None = None
    next_digest_at: Instant | None = None
    channels: int = 0


class Diagnose(Message):
    """`diagnose`: what the notifier knows of its own state, of every owner. Answer: `Diagnosis`."""


class Diagnosis(Message):
    """
    The notifier's part of `hobnob doctor`.

    `at` and `database_at` were read in the same moment, by the notifier and by MongoDB. `greetings` counts inbox items by those
    of their states that want somebody to look, `overdue` those that should have been mailed. `mail_trouble` is why none can be.
    """

    type: Literal["diagnosis"] = "diagnosis"
    at: Instant
    database_at: Instant
    database_version: str
    owners: tuple[OwnerWatch, ...]
    failing: tuple[ChannelInfo, ...] = ()
    stuck: tuple[StuckDelivery, ...] = ()
    greetings: dict[str, int] = Field(default_factory=dict)
    has_mail: bool = False
    mail_trouble: str | None = None
    overdue: int = 0


class Rebuild(Message):
    """
    `rebuild`: publish every owner and contact anew from the database (contacts), or compare and mend all timers now
    (scheduler). Both change nothing that is right. Answer: `Rebuilt`.
    """


class Rebuilt(Message):
    """How much was taken in hand, by what it is, such as `contacts` or `armed`."""

    type: Literal["rebuilt"] = "rebuilt"
    counts: dict[str, int]
