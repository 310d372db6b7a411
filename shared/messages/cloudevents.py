"""The CloudEvents 1.0 envelope that every fact from outside travels in, and how a fact is read out of it."""

import json
from datetime import datetime
from typing import Any, Literal

from pydantic import ConfigDict, Field, ValidationError

from shared.errors import InvalidMessage
from shared.messages.facts import MODELS, FactData, FactName
from shared.messages.values import Id, Instant, Message

TYPE_PREFIX = "hobnob."
TYPE_SUFFIX = ".v1"
MAX_EVENT_BYTES = 512 * 1024
"""Larger facts are refused: no person needs half a megabyte."""


class CloudEvent(Message):
    """
    A CloudEvent in structured JSON mode, its extension attributes kept.

    Source:
        CloudEvents 1.0.2, sections "Context attributes" and "JSON event format".
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    specversion: Literal["1.0"]
    id: str = Field(min_length=1, max_length=500)
    source: str = Field(min_length=1, max_length=500)
    type: str = Field(min_length=1, max_length=200)
    time: Instant | None = None
    subject: str | None = Field(default=None, max_length=500)
    datacontenttype: str | None = None
    data: dict[str, Any]


class Fact(Message):
    """
    One validated fact, ready to be applied.

    `occurred_at` is the data's own, else the event's `time`, else the instant the broker stored it. `(source, id)`
    identifies it: the same fact twice changes nothing.
    """

    owner: Id
    source: str
    id: str
    name: FactName
    occurred_at: Instant
    data: FactData
    raw: dict[str, Any]


def describe(error: ValidationError) -> str:
    """Say in one line which fields of a message are wrong and why; never repeats the values."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    lines = [f"{'.'.join(str(part) for part in e['loc']) or 'message'}: {e['msg']}" for e in found[:5]]
    more = f" (+{len(found) - 5} more)" if len(found) > 5 else ""
    return "; ".join(lines) + more


def fact_name(event_type: str) -> FactName:
    """Return the fact that a CloudEvent type names; raise `InvalidMessage` when Hobnob knows no such fact."""
    if not event_type.startswith(TYPE_PREFIX):
        raise InvalidMessage(f"type: {event_type[:80]!r} is not {TYPE_PREFIX}<fact>{TYPE_SUFFIX}")
    bare = event_type.removeprefix(TYPE_PREFIX)
    if not bare.endswith(TYPE_SUFFIX):
        raise InvalidMessage(f"type: {event_type[:80]!r} has no version this Hobnob reads; write {TYPE_SUFFIX} at its end")
    try:
        return FactName(bare.removesuffix(TYPE_SUFFIX))
    except ValueError as exc:
        raise InvalidMessage(f"type: {event_type[:80]!r} is no fact; known are {', '.join(FactName)}") from exc


def event_type(name: FactName) -> str:
    """Return the CloudEvent type of a fact."""
    return f"{TYPE_PREFIX}{name.value}{TYPE_SUFFIX}"


def read_event(payload: bytes) -> CloudEvent:
    """Parse one structured-mode event; raise `InvalidMessage` with the field and the reason."""
    if len(payload) > MAX_EVENT_BYTES:
        raise InvalidMessage(f"the event has {len(payload)} bytes; the most is {MAX_EVENT_BYTES}")
    try:
        return CloudEvent.model_validate_json(payload)
    except ValidationError as exc:
        raise InvalidMessage(describe(exc)) from exc


def to_fact(event: CloudEvent, *, owner: str, stored_at: datetime) -> Fact:
    """
    Turn an event into a fact of *owner*.

    Args:
        event: The envelope, already parsed.
        owner: Taken from the subject or the session the event came by, never from the event.
        stored_at: When the broker stored it; the occurrence time of last resort.

    Raises:
        InvalidMessage: the type is unknown, or the data does not fit it.
    """
    name = fact_name(event.type)
    try:
        data = MODELS[name].model_validate(event.data)
        occurred_at = getattr(data, "occurred_at", None) or event.time or stored_at
        return Fact(owner=owner, source=event.source, id=event.id, name=name, occurred_at=occurred_at, data=data, raw=event.data)
    except ValidationError as exc:
        raise InvalidMessage(describe(exc)) from exc


def from_fact(fact: Fact) -> CloudEvent:
    """Wrap a fact for publishing; the inverse of `to_fact`."""
    return CloudEvent(
        specversion="1.0",
        id=fact.id,
        source=fact.source,
        type=event_type(fact.name),
        time=fact.occurred_at,
        datacontenttype="application/json",
        data=fact.raw,
    )


def new_event(*, name: FactName, source: str, id: str, data: dict[str, Any], time: datetime) -> CloudEvent:  # noqa: A002  # CloudEvents' own word
    """Build an event that states *data* at *time*."""
    return CloudEvent(
        specversion="1.0", id=id, source=source, type=event_type(name), time=time, datacontenttype="application/json", data=data
    )


def dump_event(event: CloudEvent) -> bytes:
    """Write an event as structured JSON, absent attributes left out."""
    return json.dumps(event.model_dump(mode="json", exclude_none=True), ensure_ascii=False, separators=(",", ":")).encode()
