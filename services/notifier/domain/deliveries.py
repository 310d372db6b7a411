"""
What is to be told to an owner, the channels it may go through, and what becomes of each when one does not take it.

A delivery is one message; it is known by its owner and by what it tells, so that deciding twice to tell it is telling it once.
It goes through the first channel, in the owner's order, that takes it. A channel that fails is left alone for a growing time,
during which those behind it are used; it never ends for good.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from shared.messages.telling import EMAIL, ChannelInfo, ChannelState

WORTH_TELLING: Final = timedelta(hours=24)
"""After this, the next digest has told it better."""
LOOK_AGAIN: Final = timedelta(minutes=5)
"""While every channel is left alone, one may be added or put right by hand."""
LONGEST_PAUSE: Final = timedelta(hours=24)
"""A channel is never given up."""
TRIES_KEPT: Final = 20


class Kind(StrEnum):
    """What a delivery tells."""

    DIGEST = "digest"
    ITEMS = "items"


class Outcome(StrEnum):
    """What became of a delivery; each is counted as `told.<outcome>`."""

    DELIVERED = "delivered"
    NOTHING = "nothing"
    """There was nothing to say any more."""
    NO_CHANNEL = "no_channel"
    EXPIRED = "expired"
    """No channel took it in a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A way to reach an owner. *stored* is its URL as the vault keeps it, or `email`; *shown* has no secret."""

    owner: str
    name: str
    stored: str
    shown: str
    order: int
    added_at: datetime
    delivered_at: datetime | None = None
    failing_since: datetime | None = None
    failures: int = 0
    last_error: str | None = None
    next_try_at: datetime | None = None

    @property
    def is_email(self) -> bool:
        """Whether it is the owner's own address."""
        return self.stored == EMAIL

    @property
    def state(self) -> ChannelState:
        """Whether it takes what it is given."""
        if self.failures:
            return ChannelState.FAILING
        return ChannelState.OK if self.delivered_at else ChannelState.NEW


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """An attempt that failed."""

    channel: str
    at: datetime
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """
    One message to an owner. *what* names it: `digest:<date>`, `item:<id>@<instant>`, `items:<instant>`.

    *items* are the inbox items that a delivery of kind `items` tells. *on* is the local date of a digest. *due_at* is when it
    was to be told first, *attempts* how often it failed, *tries* the last of these. *claimed_until* is the sender's lease.
    """

    owner: str
    what: str
    kind: Kind
    due_at: datetime
    items: tuple[str, ...] = ()
    on: date | None = None
    attempts: int = 0
    tries: tuple[Try, ...] = ()
    claimed_until: datetime | None = None


def digest_name(on: date) -> str:
    """Return what the digest of a local date is called."""
    return f"digest:{on.isoformat()}"


def lined_up(channels: Iterable[Channel], *, now: datetime) -> list[Channel]:
    """Return the channels that may be tried now, in the owner's order."""
    ready = (each for each in channels if each.next_try_at is None or each.next_try_at <= now)
    return sorted(ready, key=lambda each: (each.order, each.name))


def next_attempt_at(channels: Sequence[Channel], *, now: datetime) -> datetime:
    """Return when the first of *channels*, at least one, may be tried again, and within minutes: there may be another by then."""
    return min([now + LOOK_AGAIN, *(each.next_try_at for each in channels if each.next_try_at is not None)])


def after_failure(channel: Channel, *, reason: str, pause: timedelta, at: datetime) -> Channel:
    """Return *channel* after it did not take a message: left alone for *pause*, a day at most, whatever a service asks for."""
    return replace(
        channel,
        failures=channel.failures + 1,
        failing_since=channel.failing_since or at,
        last_error=reason,
        next_try_at=at + min(pause, LONGEST_PAUSE),
    )


def after_success(channel: Channel, *, at: datetime) -> Channel:
    """Return *channel* after it took a message; whatever was wrong before is forgotten."""
    return replace(channel, failures=0, failing_since=None, last_error=None, next_try_at=None, delivered_at=at)


def with_try(delivery: Delivery, *, failed: Try) -> Delivery:
    """Return *delivery* after one more attempt that failed."""
    return replace(delivery, attempts=delivery.attempts + 1, tries=(*delivery.tries, failed)[-TRIES_KEPT:])


def is_expired(delivery: Delivery, *, now: datetime) -> bool:
    """Whether it is too late to tell it."""
    return now - delivery.due_at > WORTH_TELLING


def info_of(channel: Channel) -> ChannelInfo:
    """Return a channel as it is shown."""
    return ChannelInfo(
        owner=channel.owner,
        name=channel.name,
        shown=channel.shown,
        order=channel.order,
        state=channel.state,
        added_at=channel.added_at,
        delivered_at=channel.delivered_at,
        failing_since=channel.failing_since,
        failures=channel.failures,
        last_error=channel.last_error,
        next_try_at=channel.next_try_at,
    )
