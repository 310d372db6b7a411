"""The small values all messages are made of: ids, instants, dates that may lack a part, and the closed word lists."""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    StringConstraints,
    WithJsonSchema,
    model_serializer,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

FIRST_YEAR = 1800
"""Nobody in an address book was born before; a smaller year is a typing error."""
LAST_YEAR = 2261
"""A JetStream schedule from 2262-04-12 on overflows and fires at once (measured on nats-server 2.15.1)."""


class Message(BaseModel):
    """Base of every message: frozen, ignores unknown fields, so that a new optional field is free."""

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_inf_nan="constants")


class SomeSettings(Message):
    """
    Settings of which some are given: one that is left out stays as it is.

    Null takes away one of `CLEARABLE`, and leaves every other as it is. What is left out is not written either.
    """

    CLEARABLE: ClassVar[frozenset[str]] = frozenset()

    def given(self) -> dict[str, Any]:
        """Return what changes: the new values by name, None for what is taken away."""
        cleared = self.CLEARABLE & self.model_fields_set
        return {name: value for name, value in self if value is not None or name in cleared}

    @model_serializer(mode="wrap")
    def _write(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in write(self).items() if name in self.model_fields_set}


_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]")


def _in_range(value: datetime) -> datetime:
    try:
        utc = value.astimezone(UTC)
    except OverflowError as exc:
        raise ValueError(f"the year must be from {FIRST_YEAR} to {LAST_YEAR}") from exc
    if not FIRST_YEAR <= utc.year <= LAST_YEAR:
        raise ValueError(f"the year must be from {FIRST_YEAR} to {LAST_YEAR}")
    return utc


def _as_written(value: object) -> object:
    """Refuse numbers, which pydantic takes for seconds or, from a certain size on, milliseconds."""
    if isinstance(value, datetime) or (isinstance(value, str) and _INSTANT.match(value)):
        return value
    raise ValueError("write an instant as in RFC 3339: 2026-03-02T09:30:00Z")


def format_instant(value: datetime) -> str:
    """Write an aware instant as RFC 3339 in UTC, `Z`, with microseconds only where there are any."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise ValueError("no IANA time zone; write one such as 'Europe/Berlin'") from exc
    return value


Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
"""One token of a subject."""
Instant = Annotated[
    AwareDatetime,
    BeforeValidator(_as_written),
    AfterValidator(_in_range),
    PlainSerializer(format_instant, return_type=str),
]
"""An aware datetime, kept in UTC; naive ones are refused. RFC 3339 on the wire."""
TimeZoneName = Annotated[str, StringConstraints(max_length=64), AfterValidator(_zone)]
"""An IANA zone name."""
LocalTime = Annotated[
    time,
    PlainSerializer(lambda value: value.strftime("%H:%M"), return_type=str),
    # Pydantic would say `format: time`, which wants seconds and an offset.
    WithJsonSchema({"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$", "examples": ["09:00"]}),
]
"""A wall-clock time in the owner's zone, `HH:MM`."""
Language = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$")]
"""A BCP 47 language tag."""
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
"""One line about a person: a name, a company, a title."""
LongText = Annotated[str, StringConstraints(max_length=20_000)]
"""Free text: notes, descriptions."""
Url = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]


class Closeness(StrEnum):
    """How well the owner knows a contact, closest first."""

    INTIMATE = "intimate"
    WELL = "well"
    MODERATE = "moderate"
    CONNECTED = "connected"


class Occasion(StrEnum):
    """Why a reminder exists."""

    BIRTHDAY = "birthday"
    WORK_ANNIVERSARY = "work_anniversary"
    NEW_JOB = "new_job"
    NEW_CONNECTION = "new_connection"
    STAY_IN_TOUCH = "stay_in_touch"
    MEETING_PREP = "meeting_prep"
    MEETING_FOLLOW_UP = "meeting_follow_up"
    REFERENCE_THANKS = "reference_thanks"
    OPPORTUNITY = "opportunity"
    OPPORTUNITY_DEADLINE = "opportunity_deadline"
    SEARCH_CLOSED = "search_closed"
    SEARCH_CHANGED = "search_changed"
    WEEKLY_PICKS = "weekly_picks"
    CUSTOM = "custom"


class Direction(StrEnum):
    """Who gained from an interaction, seen from the owner."""

    GAVE = "gave"
    RECEIVED = "received"
    NEUTRAL = "neutral"


class Confidence(StrEnum):
    """Whether somebody said it, or Hobnob concluded it from two exports and the owner should check."""

    STATED = "stated"
    DERIVED = "derived"


_FORMS = (
    re.compile(r"(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})"),
    re.compile(r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})"),
    re.compile(r"--(?P<m>\d{2})-?(?P<d>\d{2})"),
    re.compile(r"(?P<y>\d{4})-(?P<m>\d{2})"),
    re.compile(r"(?P<y>\d{4})"),
)


class _Unfit(ValueError):
    """A text is no date; *plain* says so without repeating the text, for messages about people."""

    def __init__(self, message: str, *, plain: str) -> None:
        super().__init__(message)
        self.plain = plain


class PartialDate:
    """
    A calendar date of which the year, or the day, may be unknown.

    Written `YYYY-MM-DD`, `--MM-DD` (no year), `YYYY-MM` (a month) or `YYYY`; the basic forms `YYYYMMDD` and `--MMDD` are
    read too. `--02-29` is a date; `2023-02-29` is none.

    Raises:
        ValueError: the text is no such date, or its year is outside 1800-2261.

    Source:
        RFC 6350 section 4.3.1 (ISO 8601:2000 truncated and reduced dates).
    """

    __slots__ = ("day", "month", "year")

    year: int | None
    month: int | None
    day: int | None

    def __init__(self, *, year: int | None = None, month: int | None = None, day: int | None = None) -> None:
        if year is None and (month is None or day is None):
            raise ValueError("a date without a year needs a month and a day")
        if day is not None and month is None:
            raise ValueError("a date with a day needs its month")
        if year is not None and not FIRST_YEAR <= year <= LAST_YEAR:
            raise ValueError(f"the year must be from {FIRST_YEAR} to {LAST_YEAR}")
        if month is not None and not 1 <= month <= 12:
            raise ValueError("the month must be from 1 to 12")
        # 2000 was a leap year: a yearless 29 February is a date.
        if month is not None and day is not None and not 1 <= day <= monthrange(year or 2000, month)[1]:
            raise _Unfit(f"month {month} has no day {day}", plain="the month has no such day")
        object.__setattr__(self, "year", year)
        object.__setattr__(self, "month", month)
        object.__setattr__(self, "day", day)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"PartialDate is immutable: {name}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read one of the written forms."""
        for form in _FORMS:
            if found := form.fullmatch(text.strip()):
                parts = found.groupdict()
                year, month, day = (int(parts[k]) if parts.get(k) else None for k in ("y", "m", "d"))
                return cls(year=year, month=month, day=day)
        how = "write YYYY-MM-DD, --MM-DD without a year, or YYYY-MM for a month"
        raise _Unfit(f"{text[:40]!r} is no date: {how}", plain=f"no date: {how}")

    @classmethod
    def from_date(cls, value: date) -> Self:
        """Take over a full calendar date."""
        return cls(year=value.year, month=value.month, day=value.day)

    @property
    def full(self) -> date | None:
        """The calendar date, when nothing is missing."""
        if self.year is None or self.month is None or self.day is None:
            return None
        return date(self.year, self.month, self.day)

    def __str__(self) -> str:
        if self.month is None:
            return f"{self.year:04d}"
        if self.day is None:
            return f"{self.year:04d}-{self.month:02d}"
        if self.year is None:
            return f"--{self.month:02d}-{self.day:02d}"
        return f"{self.year:04d}-{self.month:02d}-{self.day:02d}"

    def __repr__(self) -> str:
        return f"PartialDate({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PartialDate):
            return NotImplemented
        return (self.year, self.month, self.day) == (other.year, other.month, other.day)

    def __hash__(self) -> int:
        return hash((self.year, self.month, self.day))

    @classmethod
    def _validate(cls, value: Any) -> "PartialDate":
        if isinstance(value, PartialDate):
            return value
        if isinstance(value, date) and not isinstance(value, datetime):
            return cls.from_date(value)
        if isinstance(value, str):
            try:
                return cls.parse(value)
            except _Unfit as exc:
                raise ValueError(exc.plain) from exc
        raise ValueError("a date is text: YYYY-MM-DD, --MM-DD without a year, or YYYY-MM for a month")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls._validate,
            serialization=core_schema.plain_serializer_function_ser_schema(str, return_schema=core_schema.str_schema()),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {
            "type": "string",
            "pattern": r"^(\d{4}-\d{2}-\d{2}|\d{8}|--\d{2}-?\d{2}|\d{4}-\d{2}|\d{4})$",
            "examples": ["1985-04-12", "--04-12", "1985-04"],
        }
