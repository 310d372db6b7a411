"""`POST /events` of a running notifier: what it takes, what it refuses, and how it says so."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from services.notifier.domain.access import Credential, secret_from
from services.notifier.store.credentials import CredentialStore
from services.notifier.web.problems import PROBLEM_TYPE
from shared import subjects
from shared.errors import StoreUnavailable
from shared.messages.access import Scope
from shared.messages.cloudevents import MAX_EVENT_BYTES, read_event
from shared.streams import INTAKE
from tests.integration.notifier.conftest import World, running
from tests.integration.notifier.doors import Answer, adapters, ask_door, door
from tests.servers import free_port

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
MARK = "Zebra-4711"
"""Stands in the values that are refused: no answer may repeat it."""
CE = {"ce-specversion": "1.0", "ce-id": "b-1", "ce-source": "https://crm.example.com", "ce-type": "hobnob.contact.upserted.v1"}


def event(**changes: Any) -> dict[str, Any]:
    """Return an event that is right but for *changes*; None takes an attribute away."""
    values = {
        "specversion": "1.0",
        "id": "e-1",
        "source": "https://crm.example.com",
        "type": "hobnob.contact.upserted.v1",
        "data": {"name": "Ann Example", "emails": ["ann@example.com"]},
    } | changes
    return {name: value for name, value in values.items() if value is not None}


@dataclass(frozen=True)
class Visitor:
    """Another system with a token."""

    world: World
    port: int
    secret: str

    async def post(self, body: Any, *, content_type: str | None = STRUCTURED, **headers: str) -> Answer:
        """Post to the door; *body* is written as JSON unless it is bytes."""
        sent = {"Authorization": f"Bearer {self.secret}"} | {name.replace("_", "-"): value for name, value in headers.items()}
        if content_type is not None:
            sent["Content-Type"] = content_type
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await ask_door(self.port, "POST", "/events", body=raw, headers=sent)

    async def stored(self, sequence: int) -> tuple[str, bytes]:
        """Return the subject and the body of a message of the intake."""
        found = await self.world.js.get_msg(INTAKE, sequence)
        assert found.subject is not None
        assert found.data is not None
        return found.subject, found.data

    async def count_stored(self) -> int:
        """Return how many facts of the owner the intake has."""
        info = await self.world.js.stream_info(INTAKE, subjects_filter=subjects.intake_of(self.world.owner))
        return sum((info.state.subjects or {}).values())


@pytest.fixture
async def visitor(world: World) -> AsyncIterator[Visitor]:
    """A notifier with an open door, and a token for it."""
    settings = world.settings.model_copy(update={"http_port": free_port()})
    secret = secret_from(entropy=world.owner.encode().ljust(32, b"x"))
    async with running(settings, world.client):
        credential = Credential(owner=world.owner, name="crm", scope=Scope.EMIT, created_at=datetime.now(UTC))
        await CredentialStore(world.database).insert(credential, secret=secret)
        yield Visitor(world, settings.http_port, secret)


async def test_an_event_in_structured_mode_is_stored(visitor: Visitor) -> None:
    """202 names the place in the stream, where the event lies under its owner, extensions and all."""
    sent = event(time="2026-03-02T10:30:00+01:00", traceparent="00-ab-cd-01", owner=visitor.world.owner)
    answer = await visitor.post(sent, content_type=f"{STRUCTURED}; charset=UTF-8")
    assert answer.status == 202, answer.body
    subject, stored = await visitor.stored(answer.json["sequence"])
    assert subject == subjects.intake(visitor.world.owner, "contact.upserted")
    assert json.loads(stored) == sent | {"time": "2026-03-02T09:30:00Z"}


async def test_an_event_in_binary_mode_is_stored_as_a_whole(visitor: Visitor) -> None:
    """Headers become attributes, percent-decoded; the body becomes the data."""
    headers = CE | {"ce-id": "b%20%E2%82%AC", "CE-Time": "2026-03-02T09:30:00Z", "ce-row": "7"}
    answer = await visitor.post(event()["data"], content_type="application/json", **headers)
    assert answer.status == 202, answer.body
    _, stored = await visitor.stored(answer.json["sequence"])
    read = read_event(stored)
    assert (read.id, read.data, read.model_extra) == ("b €", event()["data"], {"row": "7"})


async def test_a_batch_is_stored_in_its_order(visitor: Visitor) -> None:
    """Every event of a batch has a sequence, and an empty batch none."""
    answer = await visitor.post([event(id=f"e-{number}") for number in range(1000)], content_type=BATCH)
    assert answer.status == 202, answer.body
    sequences = answer.json["sequences"]
    assert sequences == sorted(set(sequences))
    assert len(sequences) == 1000
    _, stored = await visitor.stored(sequences[17])
    assert read_event(stored).id == "e-17"
    assert (await visitor.post([], content_type=BATCH)).json == {"sequences": []}


async def test_the_same_event_again_is_accepted_again(visitor: Visitor) -> None:
    """A sender that heard no answer sends the same once more; who reads it knows it by source and id."""
    first, second = await visitor.post(event()), await visitor.post(event())
    assert (first.status, second.status) == (202, 202)
    assert second.json["sequence"] > first.json["sequence"]


REFUSED: dict[str, tuple[Any, str | None, dict[str, str], int, str, list[str]]] = {
    "no JSON": (f'{{"id": "{MARK}'.encode(), STRUCTURED, {}, 400, "invalid-event", [""]),
    "not UTF-8": (b'{"specversion": "\xff"}', STRUCTURED, {}, 400, "invalid-event", [""]),
    "an empty body": (b"", STRUCTURED, {}, 400, "invalid-event", [""]),
    "a list": ([], STRUCTURED, {}, 400, "invalid-event", [""]),
    "nested without end": (b"[" * 100_000, STRUCTURED, {}, 400, "invalid-event", [""]),
    "NaN": (b'{"specversion": "1.0", "data": {"x": NaN}}', STRUCTURED, {}, 400, "invalid-event", [""]),
    "a number beyond floats": (
        json.dumps(event()).replace('"Ann Example"', '"Ann", "x": 1e400').encode(),
        *(STRUCTURED, {}, 400, "invalid-event", [""]),
    ),
    "attributes missing": (event(id=None, source=None), STRUCTURED, {}, 400, "invalid-event", ["/id", "/source"]),
    "another version": (event(specversion="0.3"), STRUCTURED, {}, 400, "invalid-event", ["/specversion"]),
    "an unknown fact": (event(type=f"hobnob.{MARK}.v1"), STRUCTURED, {}, 400, "invalid-event", ["/type"]),
    "a later version": (event(type="hobnob.contact.upserted.v2"), STRUCTURED, {}, 400, "invalid-event", ["/type"]),
    "a local time": (event(time="2026-03-02T09:30:00"), STRUCTURED, {}, 400, "invalid-event", ["/time"]),
    "a control character": (event(id=f"{MARK}\n"), STRUCTURED, {}, 400, "invalid-event", ["/id"]),
    "a bad name": (event(Bad_Name=MARK), STRUCTURED, {}, 400, "invalid-event", ["/Bad_Name"]),
    "binary data": (event(data=None, data_base64=MARK), STRUCTURED, {}, 400, "invalid-event", ["/data", "/data_base64"]),
    "data of another kind": (event(datacontenttype="text/xml"), STRUCTURED, {}, 400, "invalid-event", ["/datacontenttype"]),
    "headers that contradict": (event(), STRUCTURED, {"ce-id": MARK}, 400, "invalid-event", ["/id"]),
    "a wrong date": (event(data={"name": "Ann", "birthday": f"{MARK}"}), STRUCTURED, {}, 422, "invalid-data", ["/data/birthday"]),
    "no such day": (event(data={"name": "A", "birthday": "2025-02-29"}), STRUCTURED, {}, 422, "invalid-data", ["/data/birthday"]),
    "nobody": (event(data={"note": MARK}), STRUCTURED, {}, 422, "invalid-data", ["/data"]),
    "a wrong place in a list": (
        event(data={"name": "Ann", "emails": ["a@example.com", MARK]}),
        *(STRUCTURED, {}, 422, "invalid-data", ["/data/emails/1"]),
    ),
    "a member of a union": (
        event(type="hobnob.search.started.v1", data={"contact": {"email": MARK}}),
        *(STRUCTURED, {}, 422, "invalid-data", ["/data/contact/email", "/data/contact"]),
    ),
    "an upload": (event(type="hobnob.import.uploaded.v1"), STRUCTURED, {}, 422, "not-taken-here", ["/type"]),
    "another owner": (event(owner="somebody-else"), STRUCTURED, {}, 403, "another-owner", ["/owner"]),
    "binary without headers": (
        event(),
        *("application/json", {}, 400, "invalid-event", ["ce-specversion", "ce-id", "ce-source", "ce-type"]),
    ),
    "binary, an attribute": (event()["data"], "application/json", CE | {"ce-id": "%ff"}, 400, "invalid-event", ["ce-id"]),
    "binary, the data": ({"name": 5}, "application/json", CE, 422, "invalid-data", ["/name"]),
    "binary, no JSON": (MARK.encode(), "application/json", CE, 400, "invalid-event", [""]),
    "binary, another owner": (event()["data"], "application/json", CE | {"ce-owner": "eve"}, 403, "another-owner", ["ce-owner"]),
    "a form": (b"name=x", "application/x-www-form-urlencoded", CE, 415, "unsupported-media-type", ["content-type"]),
    "no content type": (event(), None, {}, 415, "unsupported-media-type", ["content-type"]),
    "Avro": (b"x", "application/cloudevents+avro", {}, 415, "unsupported-media-type", ["content-type"]),
    "compressed": (event(), STRUCTURED, {"content-encoding": "gzip"}, 415, "unsupported-encoding", ["content-encoding"]),
    "a batch that is none": (event(), BATCH, {}, 400, "invalid-event", [""]),
    "a batch, envelopes": ([event(), event(id=None)], BATCH, {}, 400, "invalid-event", ["/1/id"]),
    "a batch, data": (
        [event(), event(data={"name": MARK * 99}), event(data={"birthday": 5})],
        *(BATCH, {}, 422, "invalid-data", ["/1/data/name", "/2/data/birthday"]),
    ),
    "a batch, another owner": ([event(owner="eve"), event(type="x")], BATCH, {}, 403, "another-owner", ["/0/owner", "/1/type"]),
}


async def test_what_is_wrong_is_refused_with_the_field_and_the_reason(visitor: Visitor) -> None:
    """A problem document names every field and no value, and nothing of the request is stored."""
    for name, (body, content_type, headers, status, kind, places) in REFUSED.items():
        answer = await visitor.post(body, content_type=content_type, **headers)
        assert (answer.status, answer.headers["content-type"]) == (status, PROBLEM_TYPE), (name, answer.body)
        problem = answer.json
        assert (problem["type"], problem["status"]) == (f"/problems/{kind}", status), (name, problem)
        assert answer.places == places, (name, problem)
        assert all(error["reason"] for error in problem["errors"])
        assert MARK.encode() not in answer.body, (name, problem)
    assert await visitor.count_stored() == 0


async def test_too_much_is_refused_before_it_is_read(visitor: Visitor) -> None:
    """Size is bounded whether it is declared or not, for one event, for a batch, and for the number of events."""
    large = b" " * (MAX_EVENT_BYTES + 1)

    def chunks() -> Iterator[bytes]:
        for _ in range(9):
            yield b" " * (MAX_EVENT_BYTES // 8)

    token = {"Authorization": f"Bearer {visitor.secret}", "Content-Type": STRUCTURED}
    answers = [
        await visitor.post(large),
        await ask_door(visitor.port, "POST", "/events", body=chunks(), headers=token),
        await visitor.post(b" " * (4 * 1024 * 1024 + 1), content_type=BATCH),
        await visitor.post([event()] * 1001, content_type=BATCH),
        await visitor.post([event(data={"name": "Ann", "x": "y" * MAX_EVENT_BYTES})], content_type=BATCH),
    ]
    assert [(answer.status, answer.json["type"]) for answer in answers] == [(413, "/problems/too-large")] * 5
    assert answers[4].places == ["/0"]
    declared = token | {"Content-Length": str(10**12)}
    assert (await ask_door(visitor.port, "POST", "/events", headers=declared)).status == 413


async def test_nobody_comes_in_without_a_valid_token(visitor: Visitor) -> None:
    """No token, another scheme, a wrong one and a revoked one are all 401, with the challenge that RFC 6750 asks for."""
    body = json.dumps(event()).encode()
    for authorization in ("", "Bearer", "Basic YTpi", "Bearer nonsense", f"Bearer {secret_from(entropy=b'z' * 32)}"):
        headers = {"Content-Type": STRUCTURED} | ({"Authorization": authorization} if authorization else {})
        answer = await ask_door(visitor.port, "POST", "/events", body=body, headers=headers)
        assert (answer.status, answer.headers["content-type"]) == (401, PROBLEM_TYPE)
        assert answer.headers["www-authenticate"].startswith("Bearer")
    assert (await visitor.post(event())).status == 202
    await CredentialStore(visitor.world.database).remove(owner=visitor.world.owner, name="crm")
    assert (await visitor.post(event())).status == 401


async def test_a_header_that_comes_twice_is_refused(visitor: Visitor) -> None:
    """Of two ids nobody can know which is meant."""
    pairs = [*CE.items(), ("CE-ID", "other"), ("Content-Type", "application/json")]
    pairs.append(("Authorization", f"Bearer {visitor.secret}"))
    answer = await ask_door(visitor.port, "POST", "/events", body=b"{}", headers=pairs)
    assert (answer.status, answer.places) == (400, ["ce-id"])


async def test_every_answer_is_guarded_and_every_error_is_a_problem(visitor: Visitor) -> None:
    """Unknown paths and methods get problems too; no answer may be sniffed, cached or given scripts."""
    for method, path, status in (
        *(("GET", "/nowhere", 404), ("GET", "/events", 405), ("DELETE", "/health", 405), ("GET", "/docs", 404)),
        *(("GET", "/health", 200), ("GET", "/metrics", 200), ("GET", "/openapi.json", 200)),
    ):
        answer = await ask_door(visitor.port, method, path)
        assert answer.status == status, path
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert (answer.headers["content-type"] == PROBLEM_TYPE) == (status >= 400)
        assert ("allow" in answer.headers) == (status == 405)


async def test_metrics_say_what_was_done_and_what_waits(visitor: Visitor) -> None:
    """Accepted events and waiting dead letters can be scraped."""
    await visitor.post([event(), event(id="e-2")], content_type=BATCH)
    text = (await ask_door(visitor.port, "GET", "/metrics")).body.decode()
    assert 'hobnob_events_total{name="http.events"} 2.0' in text
    info = await visitor.world.js.stream_info("HOBNOB_DEAD")
    assert f"hobnob_dead_letters {float(info.state.messages)}" in text


async def test_metrics_do_not_make_up_what_is_unknown() -> None:
    """Without a broker the number of dead letters is absent, not 0."""
    async with door(adapters()) as port:
        answer = await ask_door(port, "GET", "/metrics")
    assert answer.status == 200
    assert b"hobnob_dead_letters" not in answer.body


async def test_a_server_that_is_away_is_503_and_says_when_to_come_back() -> None:
    """Broker or database: the same may be sent again later, and the answer says no more than that."""
    sent = {"Authorization": "Bearer s", "Content-Type": STRUCTURED}

    class NoStore:
        async def by_secret(self, secret: str) -> Credential | None:
            raise StoreUnavailable(f"MongoDB at {MARK}")

    for parts in (adapters(), adapters(credentials=NoStore())):
        async with door(parts) as port:
            answer = await ask_door(port, "POST", "/events", body=json.dumps(event()).encode(), headers=sent)
        assert (answer.status, answer.json["type"]) == (503, "/problems/unavailable")
        assert int(answer.headers["retry-after"]) > 0
        assert MARK.encode() not in answer.body


async def test_a_defect_is_500_without_details(caplog: pytest.LogCaptureFixture) -> None:
    """What went wrong inside is for the log, not for whoever asks."""
    sent = {"Authorization": "Bearer s", "Content-Type": STRUCTURED}
    async with door(adapters(error=RuntimeError(MARK))) as port:
        answer = await ask_door(port, "POST", "/events", body=json.dumps(event()).encode(), headers=sent)
    assert (answer.status, answer.headers["content-type"], answer.json["type"]) == (500, PROBLEM_TYPE, "/problems/internal")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert MARK.encode() not in answer.body
    assert MARK in caplog.text
