"""Reading events: what is read in which mode, and what is refused with which reason."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent as SdkEvent
from hypothesis import given
from hypothesis import strategies as st

from shared.cloudevents_faults import InvalidData, InvalidEvent
from shared.errors import InvalidMessage
from shared.messages.cloudevents import MAX_EVENT_BYTES, CloudEvent, dump_event, read_batch, read_event, to_fact

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
TYPE = "hobnob.contact.upserted.v1"
DATA = {"name": "Ann Example"}
CE = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "crm", "ce-type": TYPE}


def written(**changes: Any) -> bytes:
    """Return an event as JSON; None takes an attribute away."""
    values = {"specversion": "1.0", "id": "1", "source": "crm", "type": TYPE, "data": DATA} | changes
    return json.dumps({name: value for name, value in values.items() if value is not None}).encode()


TEXT = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=60)
NAMES = st.from_regex(r"[a-z0-9]{1,20}", fullmatch=True).filter(
    lambda name: name not in {*CloudEvent.model_fields, "datacontentencoding"}
)
EXTENSIONS = st.dictionaries(NAMES, TEXT, max_size=4)


@given(id_=TEXT, source=TEXT, subject=TEXT, extensions=EXTENSIONS, name=TEXT)
def test_what_the_official_sdk_writes_is_read_alike_in_both_modes(
    id_: str, source: str, subject: str, extensions: dict[str, str], name: str
) -> None:
    """Whatever text the attributes hold, both modes of the reference implementation give the same event."""
    attributes = {"id": id_, "source": source, "type": TYPE, "subject": subject, "time": NOW, **extensions}
    sdk = SdkEvent({"specversion": "1.0", "datacontenttype": "application/json", **attributes}, {"name": name})
    structured, binary = to_structured_event(sdk), to_binary_event(sdk)
    expected = CloudEvent.model_validate(
        {"specversion": "1.0", "datacontenttype": "application/json", **attributes, "data": {"name": name}}
    )
    assert read_event(structured.body, structured.headers) == expected
    assert read_event(binary.body, binary.headers) == expected
    assert read_event(dump_event(expected)) == expected


READ: dict[str, tuple[bytes, dict[str, str] | None, dict[str, Any]]] = {
    "structured without headers": (written(), None, {"id": "1"}),
    "structured, foreign headers": (written(), {"Nats-Expected-Stream": "X", "traceparent": "00"}, {"id": "1"}),
    "structured, said so": (written(), {"Content-Type": "application/cloudevents+json; charset=utf-8"}, {"id": "1"}),
    "structured, without its format": (written(), {"content-type": "Application/CloudEvents"}, {"id": "1"}),
    "structured as plain JSON": (written(), {"content-type": "application/json"}, {"id": "1"}),
    "structured, headers that repeat it": (
        written(time="2026-03-02T10:30:00+01:00", datacontenttype="application/json", row=7),
        CE
        | {
            "content-type": "application/cloudevents+json",
            "ce-time": "2026-03-02T09:30:00Z",
            "ce-datacontenttype": "application/json",
            "ce-row": "7",
        },
        {"id": "1", "time": NOW},
    ),
    "binary": (b'{"name": "Ann"}', CE, {"data": {"name": "Ann"}, "datacontenttype": None}),
    "binary, headers in capitals": (b'{"name": "A"}', {name.upper(): value for name, value in CE.items()}, {"source": "crm"}),
    "binary, its content type": (b"{}", CE | {"Content-Type": "text/x+json"}, {"datacontenttype": "text/x+json"}),
    "binary, NATS' own header for it": (b"{}", CE | {"ce-datacontenttype": "text/json"}, {"datacontenttype": "text/json"}),
    "binary, percent-encoded": (b"{}", CE | {"ce-id": "Euro%20%e2%82%ac%20%F0%9F%98%80"}, {"id": "Euro € 😀"}),
    "binary, encoded once": (b"{}", CE | {"ce-id": "%2541"}, {"id": "%41"}),
    "binary, quoted": (b"{}", CE | {"ce-id": r'"a \"b\" c"'}, {"id": 'a "b" c'}),
    "binary, an owner": (b"{}", CE | {"ce-owner": "ann"}, {"owner": "ann"}),
    "an owner": (written(owner="ann"), None, {"owner": "ann"}),
    "null is absent": (written().replace(b'"id"', b'"subject": null, "id"'), None, {"subject": None}),
}


@pytest.mark.parametrize(("payload", "headers", "expected"), READ.values(), ids=READ.keys())
def test_what_is_read(payload: bytes, headers: dict[str, str] | None, expected: dict[str, Any]) -> None:
    """Both modes of both bindings are read, whatever the case of the headers."""
    event = read_event(payload, headers)
    assert {name: getattr(event, name) for name in expected} == expected


REFUSED: dict[str, tuple[bytes, dict[str, str] | None, str]] = {
    "nothing": (b"", None, "message: Invalid JSON"),
    "not UTF-8": (b'{"id": "\xff"}', None, "message: Invalid JSON"),
    "UTF-16": (written().decode().encode("utf-16"), None, "message: Invalid JSON"),
    "a lone surrogate": (written(id="\ud800"), None, "message: Invalid JSON"),
    "no object": (b"[]", None, "message: Input should be an object"),
    "nested without end": (written().replace(b'"Ann', b"[" * 100_000 + b'"Ann'), None, "message: Invalid JSON"),
    "NaN": (b'{"data": {"x": NaN}}', None, "message: Invalid JSON"),
    "infinity": (b'{"data": {"x": -Infinity}}', None, "message: Invalid JSON"),
    "an endless integer": (written().replace(b'"Ann Example"', b"1" * 5000), None, "message: Invalid JSON: number out of range"),
    "too large": (b" " * (MAX_EVENT_BYTES + 1), None, f"message: the event has {MAX_EVENT_BYTES + 1} bytes"),
    "another version": (written(specversion="0.3"), None, "specversion: "),
    "no id": (written(id=None), None, "id: Field required"),
    "an empty source": (written(source=""), None, "source: "),
    "a number as id": (written(id=5), None, "id: "),
    "a control character": (written(subject="a\0"), None, "subject: "),
    "a time without zone": (written(time="2026-03-02T09:30:00"), None, "time: "),
    "a number as time": (written(time=1_772_443_800), None, "time: write an instant"),
    "a number as text as time": (written(time="1772443800"), None, "time: write an instant"),
    "year 99999": (written(time="99999-01-01T00:00:00Z"), None, "time: "),
    "year 0": (written(time="0000-01-01T00:00:00Z"), None, "time: "),
    "no data": (written(data=None), None, "data: Field required"),
    "data that is text": (written(data="x"), None, "data: "),
    "binary data": (written(data=None, data_base64="eA=="), None, "data_base64: binary data is not read"),
    "XML data": (written(datacontenttype="application/xml"), None, "datacontenttype: only JSON"),
    "a name in capitals": (written(traceParent="x"), None, "traceParent: an attribute's name"),
    "a nested attribute": (written(extra={"a": 1}), None, "extra: an attribute is text"),
    "a large attribute": (written(extra="x" * 2001), None, "extra: an attribute has at most"),
    "an attribute beyond 32 bits": (written(extra=2**31), None, "extra: an attribute's integer"),
    "an owner that breaks subjects": (written(owner="a.>"), None, "owner: "),
    "Avro": (b"x", {"content-type": "application/cloudevents+avro"}, "content-type: of the formats"),
    "a batch": (b"[]", {"content-type": "application/cloudevents-batch+json"}, "content-type: a batch"),
    "headers that contradict": (written(), {"content-type": "application/cloudevents+json", "ce-id": "2"}, "id: the header"),
    "headers of an unknown version": (b"{}", CE | {"ce-specversion": "2.0"}, "specversion: "),
    "headers without a version": (b"{}", {"ce-id": "1", "ce-source": "s", "ce-type": TYPE}, "specversion: Field required"),
    "a header twice": (b"{}", CE | {"CE-Id": "2"}, "id: the header ce-id is there twice"),
    "a header that is not ASCII": (b"{}", CE | {"ce-id": "é"}, "id: percent-encode"),
    "a header with broken UTF-8": (b"{}", CE | {"ce-id": "%C0%A0"}, "id: the percent-encoded bytes are not UTF-8"),
    "a header with an encoded control character": (b"{}", CE | {"ce-id": "a%00"}, "id: "),
    "a header for the data": (b"{}", CE | {"ce-data": "x"}, "data: in binary mode"),
    "binary text": (b"Ann", CE, "data: the payload is not JSON"),
    "binary NaN": (b'{"x": NaN}', CE, "data: the payload is not JSON"),
    "binary list": (b"[]", CE, "data: "),
    "binary, nothing": (b"", CE, "data: the payload is not JSON"),
    "binary XML": (b"{}", CE | {"content-type": "text/xml"}, "datacontenttype: only JSON"),
    "binary, two content types": (
        b"{}",
        CE | {"content-type": "application/json", "ce-datacontenttype": "text/json"},
        "datacontenttype: the headers",
    ),
}


@pytest.mark.parametrize(("payload", "headers", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused_names_field_and_reason(payload: bytes, headers: dict[str, str] | None, reason: str) -> None:
    """Whatever is wrong, one error says where and why."""
    with pytest.raises(InvalidEvent) as caught:
        read_event(payload, headers)
    assert str(caught.value).startswith(reason) or f"; {reason}" in str(caught.value)


@given(st.binary(max_size=200), st.dictionaries(st.text(max_size=20), st.text(max_size=20), max_size=4))
def test_no_bytes_and_no_headers_break_the_reader(payload: bytes, headers: dict[str, str]) -> None:
    """Anything that can arrive is an event or an `InvalidMessage`, nothing else."""
    for prefix in ("", "ce-"):
        with suppress(InvalidMessage):
            read_event(payload, {prefix + name: value for name, value in headers.items()})


def test_a_batch_says_which_event_is_wrong() -> None:
    """Faults begin with the position of the event."""
    assert [event.id for event in read_batch(b"[" + written(id="a") + b"," + written(id="b") + b"]")] == ["a", "b"]
    with pytest.raises(InvalidEvent, match=r"^1\.id: Field required$"):
        read_batch(b"[" + written() + b"," + written(id=None) + b"]")


def test_an_event_of_another_owner_is_no_fact_of_this_one() -> None:
    """The owner comes from the subject or the token; an event that says otherwise is refused."""
    assert to_fact(read_event(written(owner="ann")), owner="ann", stored_at=NOW).owner == "ann"
    with pytest.raises(InvalidEvent, match=r"^owner: "):
        to_fact(read_event(written(owner="ann")), owner="eve", stored_at=NOW)


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ({"note": "Zebra"}, ("data",)),
        ({"name": ["Zebra"]}, ("data", "name")),
        ({"name": "A", "birthday": "Zebra"}, ("data", "birthday")),
        ({"name": "A", "birthday": "0000-01-01"}, ("data", "birthday")),
        ({"name": "A", "timezone": "Zebra"}, ("data", "timezone")),
        ({"name": "A", "dates": [{"label": "Zebra"}]}, ("data", "dates", 0, "on")),
        ({"name": "A", "contact": {}}, ("data", "contact")),
    ],
)
def test_wrong_data_is_named_without_being_repeated(data: dict[str, Any], path: tuple[str | int, ...]) -> None:
    """Reasons go to logs and answers: they have the field, never what stood in it."""
    with pytest.raises(InvalidData) as caught:
        to_fact(read_event(written(data=data)), owner="ann", stored_at=NOW)
    assert [fault.path for fault in caught.value.faults] == [path]
    assert "Zebra" not in str(caught.value)


def test_a_union_is_named_by_what_the_sender_wrote() -> None:
    """Paths lead through the message, not through the names of our models."""
    payload = written(type="hobnob.search.started.v1", data={"contact": {"email": "x"}})
    with pytest.raises(InvalidData) as caught:
        to_fact(read_event(payload), owner="ann", stored_at=NOW)
    assert {fault.path for fault in caught.value.faults} == {("data", "contact", "email"), ("data", "contact")}
