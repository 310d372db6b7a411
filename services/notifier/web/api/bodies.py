"""What the API's requests say: those over NATS, without the owner and the item, which the token and the path name."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.messages.rpc import Cursor, Limit, SnoozePreset
from shared.messages.values import Instant, LongText, PartialDate


class Body(BaseModel):
    """Base of the bodies: a field that nobody knows is a mistake here, and is said to be."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Sending(Body):
    """How to send: now, which is after the undo window, or at an instant, or next morning where the contact lives."""

    at: Instant | Literal["morning"] | None = None
    again: bool = False
    """Send what failed or is unconfirmed."""


class SendingAll(Body):
    """Which standard greetings to send: those of one date or of all; one page of the inbox at a time."""

    on: date | None = None
    cursor: Cursor | None = None
    limit: Limit = 100


class Editing(Body):
    """The owner's own words; what is left out stays."""

    subject: Annotated[str, Field(max_length=500)] | None = None
    body: LongText | None = None


class Snoozing(Body):
    """When the item comes back."""

    until: Instant | SnoozePreset


class DateFixing(Body):
    """The right date: `YYYY-MM-DD`, `--MM-DD` without a year, or `YYYY-MM`."""

    on: PartialDate


class FeedMaking(Body):
    """Whether another address takes the place of the present one, which ends at once."""

    replace: bool = False
