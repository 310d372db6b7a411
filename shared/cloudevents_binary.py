"""
CloudEvents whose attributes are headers: binary mode, over NATS and over HTTP.

The official SDK (2.2.0) is no reader for strangers' events: it invents a missing `id` and `time`, so that the same event twice
is two; it hands on data that is not JSON as text; it replaces invalid UTF-8, which the binding has us reject, and takes quoted
values literally. Importing it costs 87 ms besides, as much as all of pydantic. The tests have it write what is read here.

Source:
    CloudEvents HTTP protocol binding 1.0.2, section 3.1; NATS protocol binding, "Binary Content Mode", which maps
    `datacontenttype` to a header of its own.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from pydantic_core import from_json

from shared.cloudevents_faults import one_fault

CONTENT_TYPE: Final = "content-type"
PREFIX: Final = "ce-"
STRUCTURED_TYPE: Final = "application/cloudevents+json"
BATCH_TYPE: Final = "application/cloudevents-batch+json"
_ANY_FORMAT: Final = "application/cloudevents"
_DATA_TYPE: Final = "datacontenttype"

_JSON_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]+/([a-z0-9!#$&^_.-]+\+)?json")
_PRINTABLE = re.compile(r"[ -~]*")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')


class Mode(Enum):
    """How a message carries what it carries, by its content type."""

    STRUCTURED = "one event as JSON"
    BATCH = "a JSON array of events"
    UNREADABLE = "events in a format that is not JSON"
    PLAIN = "something else: the data of an event, where headers say so"


@dataclass(frozen=True, slots=True, kw_only=True)
class Headers:
    """The headers that concern CloudEvents; *attributes* by name without the prefix, not decoded."""

    content_type: str | None
    attributes: Mapping[str, str]

    @property
    def mode(self) -> Mode:
        """What the content type says."""
        kind = media_type(self.content_type or "")
        if kind in (STRUCTURED_TYPE, _ANY_FORMAT):
            return Mode.STRUCTURED
        if kind == BATCH_TYPE:
            return Mode.BATCH
        return Mode.UNREADABLE if kind.startswith(_ANY_FORMAT) else Mode.PLAIN


def media_type(content_type: str) -> str:
    """Return the bare media type, in lower case, of a header's value."""
    return content_type.partition(";")[0].strip().lower()


def is_json(content_type: str) -> bool:
    """Whether data of this media type is JSON (CloudEvents JSON event format 1.0.2, section 3.1)."""
    return _JSON_TYPE.fullmatch(media_type(content_type)) is not None


def read_headers(headers: Iterable[tuple[str, str]]) -> Headers:
    """
    Pick the headers that concern CloudEvents; their names are taken in any case.

    Raises:
        InvalidEvent: one of them comes twice.
    """
    content_type: str | None = None
    attributes: dict[str, str] = {}
    for name, value in headers:
        lower = name.lower()
        if lower == CONTENT_TYPE:
            if content_type is not None:
                raise one_fault(CONTENT_TYPE, "the header is there twice")
            content_type = value
        elif lower.startswith(PREFIX):
            attribute = lower.removeprefix(PREFIX)
            if attribute in attributes:
                raise one_fault(attribute, f"the header {PREFIX}{attribute[:40]} is there twice")
            attributes[attribute] = value
    return Headers(content_type=content_type, attributes=attributes)


def stated_by(headers: Headers) -> dict[str, str]:
    """
    Return the attributes that headers state, decoded.

    Raises:
        InvalidEvent: a value cannot be decoded.
    """
    return {name: _decode(name, value) for name, value in headers.attributes.items()}


def attributes_of(headers: Headers) -> dict[str, str]:
    """
    Return all attributes of an event in binary mode: what its headers state, and its content type as that of the data.

    Raises:
        InvalidEvent: a value cannot be decoded, or two headers contradict each other.
    """
    found = stated_by(headers)
    if "data" in found:
        raise one_fault("data", "in binary mode the payload is the data; there is no header for it")
    content_type = headers.content_type
    if content_type is not None and found.setdefault(_DATA_TYPE, content_type) != content_type:
        raise one_fault(_DATA_TYPE, f"the headers {PREFIX}{_DATA_TYPE} and {CONTENT_TYPE} contradict each other")
    return found


def read_data(payload: bytes) -> Any:
    """
    Return the data that a binary-mode event carries.

    Raises:
        InvalidEvent: it is not JSON.
    """
    try:
        return from_json(payload, allow_inf_nan=False)
    except ValueError as exc:
        raise one_fault("data", f"the payload is not JSON: {exc}") from exc


def _decode(name: str, value: str) -> str:
    if not _PRINTABLE.fullmatch(value):
        raise one_fault(name, "percent-encode whatever is not printable ASCII")
    if quoted := _QUOTED.fullmatch(value):
        value = re.sub(r"\\(.)", r"\1", quoted[1])
    try:
        return unquote_to_bytes(value).decode("utf-8")
    except UnicodeDecodeError as exc:
        raise one_fault(name, "the percent-encoded bytes are not UTF-8") from exc
