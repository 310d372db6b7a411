"""The CloudEvents 1.0 envelope that every fact from outside travels in, and how a fact is read out of it."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError
from pydantic_core import from_json

from shared.cloudevents_attributes import NO_CONTROLS, Attribute, ExtensionName, ExtensionValue, json_type
from shared.cloudevents_binary import CONTENT_TYPE, Headers, Mode, attributes_of, read_data, read_headers, stated_by
from shared.cloudevents_faults import Fault, InvalidData, InvalidEvent, faults_of, one_fault, tell
from shared.messages.facts import MODELS, FactData, FactName
from shared.messages.values import Id, Instant, Message

TYPE_PREFIX = "hobnob."
TYPE_SUFFIX = ".v1"
MAX_EVENT_BYTES = 512 * 1024
"""Larger facts are refused: no person needs half a megabyte."""


class CloudEvent(Message):
    """
    A CloudEvent, its extension attributes kept.

    `owner` is one of them: whoever states it says whose fact it is, and is refused where that is not whom they speak for.

    Source:
        CloudEvents 1.0.2, sections "Context attributes" and "JSON event format".
    """

    model_config = ConfigDict(frozen=True, extra="allow", json_schema_extra={"propertyNames": {"pattern": "^[a-z0-9]+$"}})
    __pydantic_extra__: dict[ExtensionName, ExtensionValue] = Field(init=False)

    specversion: Literal["1.0"]
    id: Attribute
    source: Attribute
    type: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=NO_CONTROLS)]
    time: Instant | None = None
    subject: Attribute | None = None
    datacontenttype: Annotated[str, StringConstraints(max_length=200), AfterValidator(json_type)] | None = None
    dataschema: Attribute | None = None
    owner: Id | None = None
    data: dict[str, Any]


_NOT_JSON: Final = (b"NaN", b"Infinity")
_BATCH: Final = TypeAdapter(list[CloudEvent])


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
    traceparent: str | None = None
    """Of the message that stated it; no part of what it says."""


def describe(error: ValidationError) -> str:
    """Say in one line which fields of a message are wrong and why; never repeats the values."""
    return tell(faults_of(error))


def fact_name(event_type: str) -> FactName:
    """Return the fact that a CloudEvent type names; raise `InvalidEvent` when Hobnob knows no such fact."""
    if not event_type.startswith(TYPE_PREFIX):
        raise one_fault("type", f"not {TYPE_PREFIX}<fact>{TYPE_SUFFIX}")
    bare = event_type.removeprefix(TYPE_PREFIX)
    if not bare.endswith(TYPE_SUFFIX):
        raise one_fault("type", f"no version this Hobnob reads; write {TYPE_SUFFIX} at its end")
    try:
        return FactName(bare.removesuffix(TYPE_SUFFIX))
    except ValueError as exc:
        raise one_fault("type", f"no such fact; known are {', '.join(FactName)}") from exc


def event_type(name: FactName) -> str:
    """Return the CloudEvent type of a fact."""
    return f"{TYPE_PREFIX}{name.value}{TYPE_SUFFIX}"


def read_event(payload: bytes, headers: Mapping[str, str] | None = None) -> CloudEvent:
    """
    Read one event in structured or in binary mode.

    Without headers of CloudEvents the payload is the whole event. With a structured content type it is so as well; headers
    may then repeat its attributes, and must not contradict them. Otherwise the headers hold the attributes, the payload `data`.

    Raises:
        InvalidEvent: it is no event, or in a format that is not read; the field and the reason.

    Source:
        CloudEvents HTTP protocol binding 1.0.2 and NATS protocol binding, sections 3.1 and 3.2.
    """
    if len(payload) > MAX_EVENT_BYTES:
        raise one_fault("", f"the event has {len(payload)} bytes; the most is {MAX_EVENT_BYTES}")
    if not headers:
        return _read_structured(payload)
    found = read_headers(headers.items())
    match found.mode:
        case Mode.BATCH:
            raise one_fault(CONTENT_TYPE, "a batch is taken over HTTP only; publish each event by itself")
        case Mode.UNREADABLE:
            raise one_fault(CONTENT_TYPE, "of the formats for CloudEvents only JSON is read")
        case Mode.PLAIN if found.attributes:
            return read_binary(found, payload)
    event = _read_structured(payload)
    if found.attributes:
        _check_repeated(event, stated_by(found))
    return event


def read_batch(payload: bytes) -> list[CloudEvent]:
    """
    Read a JSON array of events, each with all its attributes.

    Raises:
        InvalidEvent: it is none; the path of every fault begins with the position of its event.
    """
    try:
        _check_json(payload)
        return _BATCH.validate_json(payload)
    except ValidationError as exc:
        raise InvalidEvent(faults_of(exc)) from exc


def read_binary(headers: Headers, payload: bytes) -> CloudEvent:
    """
    Read an event whose attributes are headers and whose data is the payload.

    Raises:
        InvalidEvent: an attribute is missing or wrong, or the payload is not JSON.
    """
    try:
        return CloudEvent.model_validate({**attributes_of(headers), "data": read_data(payload)})
    except ValidationError as exc:
        raise InvalidEvent(faults_of(exc)) from exc


def _read_structured(payload: bytes) -> CloudEvent:
    try:
        _check_json(payload)
        return CloudEvent.model_validate_json(payload)
    except ValidationError as exc:
        raise InvalidEvent(faults_of(exc)) from exc


def _check_json(payload: bytes) -> None:
    """Refuse the numbers that pydantic reads and JSON has not; looking for their names first costs next to nothing."""
    if any(word in payload for word in _NOT_JSON):
        try:
            from_json(payload, allow_inf_nan=False)
        except ValueError as exc:
            raise one_fault("", f"Invalid JSON: {exc}") from exc


def _check_repeated(event: CloudEvent, repeated: Mapping[str, str]) -> None:
    named = {name: value for name, value in repeated.items() if name in CloudEvent.model_fields}
    try:
        stated = CloudEvent.model_validate({**event.model_dump(), **named})
    except ValidationError as exc:
        raise InvalidEvent(faults_of(exc)) from exc
    faults = [
        Fault((name,), "the header and the event contradict each other")
        for name in named
        if getattr(stated, name) != getattr(event, name)
    ]
    if faults:
        raise InvalidEvent(faults)


def check_event(event: CloudEvent, *, owner: str) -> FactData:
    """
    Return an event's data as what its type says it is.

    Args:
        event: The envelope, already parsed.
        owner: Taken from the subject or the session the event came by, never from the event.

    Raises:
        InvalidEvent: the type is unknown, or the event names another owner.
        InvalidData: the data does not fit its type.
    """
    name = fact_name(event.type)
    if event.owner not in (None, owner):
        raise one_fault("owner", "the event names another owner than the subject or the credential it came by")
    try:
        return MODELS[name].model_validate(event.data)
    except ValidationError as exc:
        raise InvalidData(faults_of(exc, document=event.data, within=("data",))) from exc


def to_fact(event: CloudEvent, *, owner: str, stored_at: datetime, traceparent: str | None = None) -> Fact:
    """
    Turn an event into a fact of *owner*.

    Args:
        event: The envelope, already parsed.
        owner: Taken from the subject or the session the event came by, never from the event.
        stored_at: When the broker stored it; the occurrence time of last resort.
        traceparent: Of the message that it came in.

    Raises:
        InvalidEvent, InvalidData: as `check_event`.
    """
    data = check_event(event, owner=owner)
    name = fact_name(event.type)
    occurred_at = getattr(data, "occurred_at", None) or event.time or stored_at
    try:
        return Fact(
            owner=owner,
            source=event.source,
            id=event.id,
            name=name,
            occurred_at=occurred_at,
            data=data,
            raw=event.data,
            traceparent=traceparent,
        )
    except ValidationError as exc:
        raise InvalidEvent(faults_of(exc)) from exc


def new_event(*, name: FactName, source: str, id: str, data: dict[str, Any], time: datetime) -> CloudEvent:  # noqa: A002  # CloudEvents' own word
    """Build an event that states *data* at *time*."""
    return CloudEvent(
        specversion="1.0", id=id, source=source, type=event_type(name), time=time, datacontenttype="application/json", data=data
    )


def dump_event(event: CloudEvent) -> bytes:
    """Write an event as structured JSON, absent attributes left out."""
    return json.dumps(event.model_dump(mode="json", exclude_none=True), ensure_ascii=False, separators=(",", ":")).encode()
