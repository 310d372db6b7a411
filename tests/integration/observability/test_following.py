"""One fact is followed from its emitter to the inbox, across the timer: by its trace, and by one word in the logs."""

import io
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
import structlog
from opentelemetry.sdk.trace import ReadableSpan

from shared import subjects
from shared.jetstream import Outgoing, jetstream, last_messages, publish_one
from shared.logging import configure_logging
from shared.messages.rpc import InboxItem, InboxPage, ListInbox
from shared.requests import ask
from shared.streams import AGENDA, INTAKE, PEOPLE
from shared.trace_context import TRACEPARENT, read_traceparent, trace_id_of
from tests.conftest import eventually
from tests.integration.notifier.doors import ask_door
from tests.integration.observability.conftest import Trio

pytestmark = pytest.mark.asyncio(loop_scope="module")

EMITTER_SPAN = "00f067aa0ba902b7"
WAY = {
    "contacts_intake process",
    "scheduler_people process",
    "notifier_people process",
    "notifier_agenda process",
    "notifier_due process",
    "scheduler_due process",
}


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the services log from now on, as JSON."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure_logging(service="trio", level="info", style="json", stream=stream)
    structlog.configure(cache_logger_on_first_use=False)
    yield stream
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


def a_trace(*, flags: str = "01") -> str:
    """Return a `traceparent` as an emitter sends it."""
    return f"00-{uuid4().hex}-{EMITTER_SPAN}-{flags}"


def birthday_of(name: str, **extensions: str) -> dict[str, Any]:
    """Return a fact of somebody whose birthday is today."""
    on = datetime.now(UTC).date().replace(year=1992)
    return {
        "specversion": "1.0",
        "id": uuid4().hex,
        "source": "crm",
        "type": "hobnob.contact.upserted.v1",
        "data": {"name": name, "emails": [f"{uuid4().hex[:8]}@example.com"], "birthday": on.isoformat()},
    } | extensions


async def post(trio: Trio, event: Any, *, batch: bool = False, **headers: str) -> None:
    """State a fact, or several, over HTTP."""
    content_type = f"application/cloudevents{'-batch' if batch else ''}+json"
    sent = {"authorization": f"Bearer {trio.secret}", "content-type": content_type} | headers
    answer = await ask_door(trio.door, "POST", "/events", body=json.dumps(event).encode(), headers=sent)
    assert answer.status == 202, answer.body


async def item_of(trio: Trio, name: str) -> InboxItem:
    """Wait for the inbox item of a person and return it."""
    found: list[InboxItem] = []

    async def is_there() -> bool:
        request = ListInbox(owner=trio.owner, limit=200)
        page = await ask(trio.client, service="notifier", verb="inbox.list", request=request, reply=InboxPage, timeout_s=5)
        found[:] = [item for item in page.items if item.contact.name == name]
        return bool(found)

    await eventually(is_there)
    return found[0]


async def spans_of(trio: Trio, traceparent: str, *, names: set[str]) -> list[ReadableSpan]:
    """Wait until all of *names* have a span in a trace and return all its spans."""
    wanted = int(trace_id_of(traceparent), 16)
    found: list[ReadableSpan] = []

    async def are_there() -> bool:
        found[:] = [span for span in trio.spans() if span.context.trace_id == wanted]
        return names <= {span.name for span in found}

    await eventually(are_there)
    return found


def parents(spans: list[ReadableSpan]) -> dict[str, set[str | None]]:
    """Return by the name of a span the names of its parents; None is one that is not ours."""
    names = {span.context.span_id: span.name for span in spans}
    found: dict[str, set[str | None]] = {}
    for span in spans:
        found.setdefault(span.name, set()).add(names.get(span.parent.span_id) if span.parent else None)
    return found


async def test_a_fact_over_http_is_one_trace_up_to_its_inbox_item(trio: Trio) -> None:
    """Every span from the request to the item has the emitter's trace id, and the parent that it says it has."""
    traceparent = a_trace()
    await post(trio, birthday_of("Trace Example"), traceparent=traceparent)
    await item_of(trio, "Trace Example")
    spans = await spans_of(trio, traceparent, names=WAY | {"POST /events"})
    above = parents(spans)
    assert above["POST /events"] == {None}
    assert above["contacts_intake process"] == {"POST /events"}
    assert above["scheduler_people process"] == above["notifier_people process"] == {"contacts_intake process"}
    assert above["notifier_due process"] == above["scheduler_due process"] == {"scheduler_people process"}
    # Planned once more after the firing, the agenda is below what made the snapshot.
    assert above["notifier_agenda process"] <= {"scheduler_people process", "contacts_intake process"}
    door = next(span for span in spans if span.name == "POST /events")
    assert door.parent is not None
    assert f"{door.parent.span_id:016x}" == EMITTER_SPAN
    ids = {span.context.span_id for span in spans} | {door.parent.span_id}
    assert all(span.parent and span.parent.span_id in ids for span in spans)
    assert {span.attributes["hobnob.result"] for span in spans if span.attributes} == {"done", "accepted"}


@pytest.mark.parametrize("carrier", ["header", "extension"])
async def test_a_fact_over_nats_is_followed_too(trio: Trio, carrier: str) -> None:
    """A foreign client may put its trace into the header of the message, or into the CloudEvent."""
    traceparent, name = a_trace(), f"{carrier.title()} Example"
    event = birthday_of(name, **({} if carrier == "header" else {TRACEPARENT: traceparent}))
    headers = {TRACEPARENT: traceparent} if carrier == "header" else {}
    message = Outgoing(subjects.intake(trio.owner, "contact.upserted"), json.dumps(event).encode(), headers)
    await publish_one(jetstream(trio.client), message, stream=INTAKE)
    await item_of(trio, name)
    spans = await spans_of(trio, traceparent, names=WAY)
    intake = next(span for span in spans if span.name == "contacts_intake process")
    assert intake.parent is not None
    assert f"{intake.parent.span_id:016x}" == EMITTER_SPAN


async def test_facts_of_a_batch_keep_the_traces_that_they_name(trio: Trio) -> None:
    """One request with facts of two traces is not made one of them."""
    one, other = a_trace(), a_trace()
    batch = [birthday_of("One Example", traceparent=one), birthday_of("Other Example", traceparent=other)]
    await post(trio, batch, batch=True)
    for traceparent in (one, other):
        names = {span.name for span in await spans_of(trio, traceparent, names={"notifier_due process"})}
        assert names >= WAY - {"scheduler_due process"}


async def test_what_its_sender_does_not_record_is_carried_on_all_the_same(trio: Trio) -> None:
    """Without the sampled flag there are no spans, but snapshot and agenda belong to the trace."""
    traceparent = a_trace(flags="00")
    await post(trio, birthday_of("Quiet Example"), traceparent=traceparent)
    item = await item_of(trio, "Quiet Example")
    person, agenda = subjects.person(trio.owner, item.contact.id), subjects.agenda(trio.owner, item.contact.id)

    async def is_planned() -> bool:
        return agenda in await last_messages(trio.client, stream=AGENDA, filters=[agenda])

    await eventually(is_planned)
    found = await last_messages(trio.client, stream=PEOPLE, filters=[person])
    found |= await last_messages(trio.client, stream=AGENDA, filters=[agenda])
    for stored in found.values():
        carried = read_traceparent(stored.headers[TRACEPARENT])
        assert carried is not None
        assert trace_id_of(carried) == trace_id_of(traceparent)
    assert not [span for span in trio.spans() if span.context.trace_id == int(trace_id_of(traceparent), 16)]


async def test_one_word_follows_a_fact_through_the_logs(trio: Trio, lines: io.StringIO) -> None:
    """The trace id is in a line of each step, and none of the lines says whom it is about."""
    traceparent = a_trace()
    event = birthday_of("Logged Example")
    await post(trio, event, traceparent=traceparent)
    item = await item_of(trio, "Logged Example")
    await spans_of(trio, traceparent, names=WAY)
    said = [json.loads(line) for line in lines.getvalue().splitlines()]
    followed = [line for line in said if line.get("trace_id") == trace_id_of(traceparent)]
    assert {line["consumer"] for line in followed if line["event"] == "message_settled"} == {
        name.removesuffix(" process") for name in WAY
    }
    assert [line["facts"] for line in followed if line["event"] == "facts_accepted"] == [1]
    for secret in ("Logged Example", event["data"]["emails"][0], item.contact.id, trio.owner, trio.secret):
        assert secret not in lines.getvalue()


async def test_a_burst_leaves_no_line_of_each(trio: Trio, lines: io.StringIO) -> None:
    """Facts whose sender records nothing are not told of one by one at the level `info`."""
    traceparent = a_trace(flags="00")
    await post(trio, birthday_of("Silent Example"), traceparent=traceparent)
    await item_of(trio, "Silent Example")
    assert trace_id_of(traceparent) not in lines.getvalue()


async def test_what_is_buried_is_found_by_its_trace(trio: Trio, lines: io.StringIO) -> None:
    """The line that says why a message was given up has the trace id of its sender."""
    traceparent = a_trace(flags="00")
    message = Outgoing(subjects.intake(trio.owner, "contact.upserted"), b"{}", {TRACEPARENT: traceparent})
    await publish_one(jetstream(trio.client), message, stream=INTAKE)

    async def is_said() -> bool:
        return "message_buried" in lines.getvalue()

    await eventually(is_said)
    said = [json.loads(line) for line in lines.getvalue().splitlines()]
    (buried,) = [line for line in said if line["event"] == "message_buried"]
    assert (buried["consumer"], buried["trace_id"]) == ("contacts_intake", trace_id_of(traceparent))
