"""Poison of every kind: it waits in the dead letters with a reason that helps and its bytes, and holds up nobody."""

import json
import re
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import pytest
from nats.js.api import PubAck

from shared import subjects
from shared.dead_desk import DeadDesk
from shared.dead_letters import DeadLetter, Wanted
from shared.jetstream import Outgoing, jetstream, publish_all
from shared.messages.cloudevents import MAX_EVENT_BYTES
from shared.streams import CONTACTS_INTAKE, INTAKE
from tests.conftest import eventually
from tests.integration.contacts.conftest import World
from tests.integration.contacts.mutants import is_good, mutants

MAX_PAYLOAD_BYTES = 1024**2
"""NATS' default, with which the stack runs."""
ANN: dict[str, Any] = {"name": "Ann Doe", "emails": ["ann@example.com"]}
REF: dict[str, Any] = {"email": "ann@example.com"}
OTHER = "somebody-else"
ODD_FACTS = 600


def event(data: Any = ANN, **attributes: Any) -> dict[str, Any]:
    """Return an event, good unless told otherwise; an attribute given as None is left out."""
    made = {
        "specversion": "1.0",
        "id": "1",
        "source": "https://crm.example.com",
        "type": "hobnob.contact.upserted.v1",
        "time": "2026-01-02T03:04:05Z",
        "data": data,
    } | attributes
    return {key: value for key, value in made.items() if value is not None}


def text(*args: Any, **attributes: Any) -> bytes:
    """Return an event as JSON."""
    return json.dumps(event(*args, **attributes)).encode()


def nested(opening: bytes, closing: bytes, *, size: int) -> bytes:
    """Return JSON of about *size* bytes that is nothing but depth."""
    depth = size // (len(opening) + len(closing))
    return opening * depth + b"1" + closing * depth


@dataclass(frozen=True, kw_only=True)
class Poison:
    """A message that is no fact: its reason matches *reason*; `{owner}` in the subject is the owner that exists."""

    body: bytes
    reason: str
    subject: str = "hobnob.intake.{owner}.contact.upserted"
    headers: dict[str, str] = field(default_factory=dict)


def about(fact: str, data: Any, reason: str, **attributes: Any) -> Poison:
    """Return poison that is right but for the data of its fact."""
    return Poison(
        body=text(data, type=f"hobnob.{fact}.v1", **attributes),
        subject=f"hobnob.intake.{{owner}}.{fact}",
        reason=reason,
    )


BINARY = {
    "ce-specversion": "1.0",
    "ce-id": "1",
    "ce-source": "https://crm.example.com",
    "ce-type": "hobnob.contact.upserted.v1",
    "content-type": "application/json",
}
DATA = json.dumps(ANN).encode()
JOB = {"contact": REF, "company": "Acme"}
UPLOAD = {"import_id": "i1", "object_name": "i1", "filename": "f.csv", "size_bytes": 1}

POISON: dict[str, Poison] = {
    # The bytes are no JSON.
    "an empty body": Poison(body=b"", reason="^message: Invalid JSON: EOF"),
    "not JSON": Poison(body=b"{ not json", reason="^message: Invalid JSON: key must be a string"),
    "JSON that ends too early": Poison(body=text()[:-5], reason="^message: Invalid JSON: EOF"),
    "two JSON texts": Poison(body=text() + text(), reason="^message: Invalid JSON: trailing"),
    "not UTF-8": Poison(body=b"\xff\xfe\x00{", reason="^message: Invalid JSON"),
    "Latin-1 inside": Poison(
        body=text({"name": "Zoe"}).replace(b"Zoe", b"Zo\xeb"), reason="^message: Invalid JSON: invalid unicode"
    ),
    "UTF-16": Poison(body=text().decode().encode("utf-16"), reason="^message: Invalid JSON"),
    "a NUL byte": Poison(body=text({"name": "A?B"}).replace(b"?", b"\0"), reason="^message: Invalid JSON: control character"),
    "nothing but NUL": Poison(body=b"\0" * 1000, reason="^message: Invalid JSON"),
    "a lone surrogate": Poison(body=text({"name": "\ud800"}), reason="^message: Invalid JSON: .*hex escape"),
    "half a pair at the end": Poison(body=text({"name": "x\ud83d"}), reason="^message: Invalid JSON: .*hex escape"),
    "NaN": Poison(body=text({**ANN, "score": float("nan")}), reason="^message: Invalid JSON"),
    "Infinity": Poison(body=text({**ANN, "score": float("inf")}), reason="^message: Invalid JSON"),
    # Depth and size.
    "a megabyte of lists": Poison(
        body=nested(b"[", b"]", size=MAX_PAYLOAD_BYTES - 4096), reason=rf"^message: .*the most is {MAX_EVENT_BYTES}"
    ),
    "a megabyte of objects": Poison(
        body=nested(b'{"a":', b"}", size=MAX_PAYLOAD_BYTES - 4096), reason=rf"^message: .*the most is {MAX_EVENT_BYTES}"
    ),
    "lists as deep as the limit of bytes allows": Poison(
        body=nested(b"[", b"]", size=MAX_EVENT_BYTES - 2), reason="^message: Invalid JSON: recursion limit"
    ),
    "depth that never closes": Poison(body=b"[" * 400_000, reason="^message: Invalid JSON: recursion limit"),
    "data of too many levels": Poison(
        body=text().replace(b'"Ann Doe"', nested(b"[", b"]", size=1000)), reason="^message: Invalid JSON: recursion limit"
    ),
    # JSON, but no event.
    "a list": Poison(body=b"[]", reason="^message: .*(dictionary|object)"),
    "a number": Poison(body=b"7", reason="^message: .*(dictionary|object)"),
    "null": Poison(body=b"null", reason="^message: .*(dictionary|object)"),
    "an empty object": Poison(body=b"{}", reason="^specversion: Field required"),
    "data alone": Poison(body=DATA, reason="specversion: Field required"),
    "an old CloudEvents": Poison(body=text(specversion="0.3"), reason="^specversion: Input should be '1.0'"),
    "a CloudEvents version that is a number": Poison(body=text(specversion=1.0), reason="^specversion: "),
    "no id": Poison(body=text(id=None), reason="^id: Field required"),
    "an empty id": Poison(body=text(id=""), reason="^id: .*at least 1 character"),
    "an id that is a number": Poison(body=text(id=7), reason="^id: .*string"),
    "an id with NUL": Poison(body=text(id="a\0b"), reason="^id: "),
    "an id without end": Poison(body=text(id="x" * 501), reason="^id: .*at most 500"),
    "no source": Poison(body=text(source=None), reason="^source: Field required"),
    "no data": Poison(body=text(None), reason="^data: Field required"),
    "data that is text": Poison(body=text("Ann"), reason="^data: .*dictionary|^data: .*object"),
    "data that is a list": Poison(body=text([ANN]), reason="^data: .*dictionary|^data: .*object"),
    "binary data": Poison(body=text(data_base64="e30="), reason="data_base64"),
    "an extension that is an object": Poison(body=text(crm={"a": 1}), reason="^crm: "),
    "an extension with a name that is none": Poison(body=text(**{"CRM Row": "7"}), reason="^CRM Row"),
    "duplicate keys of which the last is wrong": Poison(
        body=text().replace(b'"id"', b'"specversion": "2.0", "id"'), reason="^specversion: Input should be '1.0'"
    ),
    # Facts and versions that nobody knows.
    "a type of somebody else": Poison(body=text(type="com.example.person.created"), reason=r"^type: not hobnob\."),
    "no version": Poison(body=text(type="hobnob.contact.upserted"), reason=r"^type: no version .*\.v1"),
    "a later version": Poison(body=text(type="hobnob.contact.upserted.v2"), reason=r"^type: no version .*\.v1"),
    "an unknown fact": about("contact.married", ANN, "^type: no such fact; known are .*contact.upserted"),
    "a fact on another one's subject": Poison(
        body=text(JOB, type="hobnob.job.changed.v1"),
        reason="^type: 'hobnob.job.changed.v1' came on the subject of 'contact.upserted'",
    ),
    # Owners.
    "another owner in the body": Poison(body=text(owner=OTHER), reason="^owner: .*another owner"),
    "an owner in the body who is a wildcard": Poison(body=text(owner="*"), reason="^owner: "),
    "an owner in the body with a dot": Poison(body=text(owner="a.b"), reason="^owner: "),
    "an owner who does not exist": Poison(
        body=text(), subject=f"hobnob.intake.{OTHER}-{{owner}}.contact.upserted", reason="^subject: there is no owner"
    ),
    # Ids that would break subjects, wherever an id may stand.
    "an owner that is no token": Poison(
        body=text(), subject="hobnob.intake.{owner}$%.contact.upserted", reason="cannot be an id: letters, digits"
    ),
    "a fact that is no token": Poison(
        body=text(),
        subject="hobnob.intake.{owner}.contact.ups+rted",
        reason="cannot be an id: letters, digits|came on the subject",
    ),
    "no fact in the subject": Poison(body=text(), subject="hobnob.intake.{owner}", reason="is not hobnob.intake.<owner>.<fact>"),
    "half a fact in the subject": Poison(
        body=text(), subject="hobnob.intake.{owner}.contact", reason="came on the subject of 'contact'"
    ),
    "more than a fact in the subject": Poison(
        body=text(), subject="hobnob.intake.{owner}.contact.upserted.now", reason="came on the subject of 'contact.upserted.now'"
    ),
    "a contact id with wildcards": about("job.changed", {**JOB, "contact": {"id": "*.>"}}, "there is no contact"),
    "a contact id with spaces and dots": about("job.changed", {**JOB, "contact": {"id": "a b.c"}}, "there is no contact"),
    "a contact id with a line break": about("job.changed", {**JOB, "contact": {"id": "a\r\nPUB x 1"}}, "there is no contact"),
    "a contact id with NUL": about("job.changed", {**JOB, "contact": {"id": "a\0b"}}, "there is no contact"),
    "an import id with a dot": about("import.uploaded", {**UPLOAD, "import_id": "../i1"}, r"^data\.import_id: "),
    "an upload of somebody else": about("import.uploaded", {**UPLOAD, "object_name": f"{OTHER}/i1"}, "object_name"),
    # Dates.
    "a birthday in year 0": about(
        "contact.upserted", {**ANN, "birthday": "0000-01-01"}, r"^data\.birthday: the year must be from"
    ),
    "a birthday in year 99999": about("contact.upserted", {**ANN, "birthday": "99999-01-01"}, r"^data\.birthday: no date"),
    "a birthday that is a number": about("contact.upserted", {**ANN, "birthday": 19990101}, r"^data\.birthday: a date is text"),
    "the 30th of February": about(
        "contact.upserted", {**ANN, "birthday": "--02-30"}, r"^data\.birthday: the month has no such day"
    ),
    "a custom date that is none": about(
        "contact.upserted", {**ANN, "dates": [{"label": "Wedding", "on": "soon"}]}, r"^data\.dates\.0\.on: no date"
    ),
    "an instant in year 0": about("job.changed", {**JOB, "occurred_at": "0000-01-01T00:00:00Z"}, r"^data\.occurred_at: "),
    "an instant in year 99999": about("job.changed", {**JOB, "occurred_at": "99999-01-01T00:00:00Z"}, r"^data\.occurred_at: "),
    "an instant at the end of time": about(
        "job.changed", {**JOB, "occurred_at": "9999-12-31T23:59:59-12:00"}, r"^data\.occurred_at: the year must be from"
    ),
    "an instant without a zone": about(
        "job.changed", {**JOB, "occurred_at": "2026-01-01T00:00:00"}, r"^data\.occurred_at: .*timezone"
    ),
    "an event of year 0": Poison(body=text(time="0001-01-01T00:00:00+14:00"), reason="^time: the year must be from"),
    "an event of year 99999": Poison(body=text(time="99999-01-01T00:00:00Z"), reason="^time: "),
    # Values.
    "a name that is an object": about("contact.upserted", {"name": {"first": "Ann"}}, r"^data\.name: .*string"),
    "a person without anything": about("contact.upserted", {}, "^data: a person needs a name"),
    "emails that are text": about("contact.upserted", {"emails": "ann@example.com"}, r"^data\.emails: "),
    "an address that is none": about("contact.upserted", {**ANN, "emails": ["ann"]}, r"^data\.emails\.0: "),
    "a closeness nobody knows": about("contact.upserted", {**ANN, "closeness": "best"}, r"^data\.closeness: .*'intimate'"),
    "a huge integer": about("contact.upserted", {**ANN, "cadence_days": 10**400}, r"^data\.cadence_days: "),
    "a huge number": about("contact.upserted", {**ANN, "lead_days": 1e308}, r"^data\.lead_days: "),
    "an integer of thousands of digits": Poison(
        body=text({**ANN, "x": 0}).replace(b'"x": 0', b'"x": ' + b"9" * 5_000),
        reason="^message: Invalid JSON: number out of range",
    ),
    "too many addresses": about("contact.upserted", {"emails": [f"a{n}@example.com" for n in range(51)]}, r"^data\.emails: .*50"),
    "a time zone that is none": about("contact.upserted", {**ANN, "timezone": "../../etc/passwd"}, r"^data\.timezone: "),
    "nobody is named": about("job.changed", {"contact": {}, "company": "Acme"}, r"^data\.contact: name the contact by one of"),
    "a company is missing": about("job.changed", {"contact": REF}, r"^data\.company: Field required"),
    # Binary mode: the attributes are headers, the payload is the data.
    "binary mode without an id": Poison(
        body=DATA, headers={k: v for k, v in BINARY.items() if k != "ce-id"}, reason="^id: Field required"
    ),
    "binary mode of an old version": Poison(body=DATA, headers=BINARY | {"ce-specversion": "0.3"}, reason="^specversion: "),
    "binary mode of another type": Poison(
        body=DATA, headers=BINARY | {"ce-type": "hobnob.job.changed.v1"}, reason="^type: .*came on"
    ),
    "binary mode for another owner": Poison(body=DATA, headers=BINARY | {"ce-owner": OTHER}, reason="^owner: .*another owner"),
    "binary mode with a time that is none": Poison(body=DATA, headers=BINARY | {"ce-time": "yesterday"}, reason="^time: "),
    "binary mode with data that is no JSON": Poison(body=b"name=Ann", headers=BINARY, reason="^data: .*not JSON"),
    "binary mode with data that is XML": Poison(
        body=b"<ann/>", headers=BINARY | {"content-type": "application/xml"}, reason="^data(contenttype)?: .*JSON"
    ),
    "two content types": Poison(
        body=DATA, headers=BINARY | {"ce-datacontenttype": "application/x+json"}, reason="^datacontenttype: .*contradict"
    ),
    "headers that contradict the event": Poison(
        body=text(), headers={"content-type": "application/cloudevents+json", "ce-id": "2"}, reason="^id: .*contradict"
    ),
    "a format that is not read": Poison(
        body=text(), headers={"content-type": "application/cloudevents+protobuf"}, reason="^content-type: .*only JSON"
    ),
    "a batch": Poison(
        body=b"[" + text() + b"]", headers={"content-type": "application/cloudevents-batch+json"}, reason="^content-type: a batch"
    ),
}


async def buried(world: World, sequences: set[int]) -> dict[int, DeadLetter]:
    """
    Return the dead letters that messages of the intake became, by their sequence there.

    Other tests share the stream, and some put letters there that never were in the intake: they are left out.
    """
    letters = DeadDesk(world.client).oldest_first(wanted=Wanted(service="contacts"))
    ours = {str(sequence) for sequence in sequences}
    found = {
        letter.headers.get("Hobnob-Sequence"): letter async for letter in letters if letter.headers.get("Hobnob-Stream") == INTAKE
    }
    return {int(sequence): letter for sequence, letter in found.items() if sequence in ours}


async def test_every_kind_is_buried_and_the_good_fact_behind_it_is_applied(world: World) -> None:
    """After one attempt, with a reason that names field and cause and the bytes it came with; nobody waits for it."""
    js = world.client.jetstream()
    kinds: dict[int, str] = {}
    for number, (kind, poison) in enumerate(POISON.items()):
        subject = poison.subject.format(owner=world.owner)
        ack = await js.publish(subject, poison.body, stream=INTAKE, headers=dict(poison.headers) or None)
        kinds[ack.seq] = kind
        await world.emit("contact.upserted", {"name": f"Behind {number}", "emails": [f"b{number}@example.com"]})
    await world.until_people(len(POISON), within_s=10)

    async def all_buried() -> bool:
        return len(await buried(world, set(kinds))) == len(kinds)

    await eventually(all_buried, within_s=10)
    wrong: dict[str, str] = {}
    for sequence, letter in (await buried(world, set(kinds))).items():
        kind = kinds[sequence]
        poison = POISON[kind]
        # A message that cannot be read has the name of the error before its reason.
        reason = letter.reason.removeprefix("InvalidEvent: ")
        wrong |= {} if re.search(poison.reason, reason) else {kind: reason}
        assert letter.subject == poison.subject.format(owner=world.owner), kind
        assert letter.body == poison.body, kind
        assert letter.attempts == 1, kind
        assert letter.original_headers == poison.headers, kind
    assert wrong == {}


@pytest.mark.parametrize("kind", ["a megabyte of objects", "depth that never closes", "an owner that is no token"])
async def test_a_lone_fact_behind_poison_is_applied(world: World, kind: str) -> None:
    """The next pull is not delayed either."""
    poison = POISON[kind]
    await world.client.jetstream().publish(poison.subject.format(owner=world.owner), poison.body, stream=INTAKE)
    await world.emit("contact.upserted", ANN)
    await world.until_people(1, within_s=5)


async def test_of_duplicate_keys_the_last_counts_for_everything(world: World) -> None:
    """One reader decides what an event says: an owner named twice is the last one, for the check as for the fact."""
    js = world.client.jetstream()
    subject = subjects.intake(world.owner, "contact.upserted")
    mine, theirs = (f'"owner": "{owner}", ' for owner in (world.owner, OTHER))
    refused = await js.publish(subject, text().replace(b'"id"', f'{mine}{theirs}"id"'.encode()))
    await js.publish(subject, text(id="2").replace(b'"id"', f'{theirs}{mine}"id"'.encode()))
    await world.until_people(1)

    async def is_buried() -> bool:
        return bool(await buried(world, {refused.seq}))

    await eventually(is_buried)


async def test_what_is_a_fact_by_the_contract_is_never_a_surprise(world: World) -> None:
    """Thousands of facts that are odd but valid are applied, or refused with a reason, at their first delivery."""
    js = jetstream(world.client)
    odd = list(islice((mutant for mutant in mutants(owner=world.owner) if is_good(*mutant, owner=world.owner)), ODD_FACTS))
    sent = await publish_all(js, [Outgoing(subjects.intake(world.owner, name), body) for name, body in odd], stream=INTAKE)
    await world.emit("contact.upserted", {"name": "Behind", "emails": ["behind@example.com"]})

    async def is_done() -> bool:
        consumer = await js.consumer_info(INTAKE, CONTACTS_INTAKE.durable)
        return (consumer.num_pending, consumer.num_ack_pending) == (0, 0)

    await eventually(is_done, within_s=60)
    assert len(await world.people("behind@example.com")) == 1
    letters = await buried(world, {ack.seq for ack in sent if isinstance(ack, PubAck)})
    unexpected = {letter.reason for letter in letters.values() if letter.attempts != 1 or re.match(r"[A-Z]\w*: ", letter.reason)}
    assert unexpected == set()
    assert len(letters) < ODD_FACTS / 2
