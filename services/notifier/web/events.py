"""`POST /events`: the door for facts, in the three modes of CloudEvents' HTTP binding."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse

from services.notifier.web.acceptance import check, check_all, refusal_of
from services.notifier.web.bodies import Room, expected_bytes, read_body
from services.notifier.web.openapi import PARAMETERS, REQUEST_BODY, RESPONSES
from services.notifier.web.problems import ProblemError, Refusal
from services.notifier.web.security import Caller
from shared.clock import Clock
from shared.cloudevents_binary import BATCH_TYPE, CONTENT_TYPE, STRUCTURED_TYPE, Headers, Mode, is_json, read_headers
from shared.cloudevents_faults import InvalidEvent
from shared.counters import Counters
from shared.emitting import Emitter
from shared.errors import BrokerUnavailable
from shared.logging import get_logger
from shared.messages.cloudevents import MAX_EVENT_BYTES, CloudEvent, read_batch, read_binary, read_event
from shared.trace_context import TRACEPARENT, is_sampled, read_traceparent, trace_id_of
from shared.tracing import Kind, Span, Tracing

log = get_logger(__name__)

SPAN: Final = "POST /events"
ABOUT: Final = (
    "Takes CloudEvents 1.0 in structured, batch and binary mode. The facts are about the owner that the token speaks for. "
    "202 says that they are stored: nothing of a batch is, when one of its events is wrong. A fact is known by its `source` and "
    "`id`: the same one again is accepted again and changes nothing, so send again whatever got no answer."
)
BATCH_BYTES: Final = 4 * 1024 * 1024
BATCH_EVENTS: Final = 1000
READING_BYTES: Final = 12 * 1024 * 1024
"""Bodies that are being received or wait their turn."""
PARSED_BYTES: Final = 5 * 1024 * 1024
"""Bodies that are being validated and published: a parsed one takes up to twenty times as much memory as its text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """Takes what comes by HTTP to the broker."""

    emitter: Emitter
    is_connected: Callable[[], bool]
    counters: Counters
    clock: Clock
    tracing: Tracing | None = None
    reading: Room = field(default_factory=lambda: Room(capacity_bytes=READING_BYTES))
    parsing: Room = field(default_factory=lambda: Room(capacity_bytes=PARSED_BYTES))

    async def take(self, events: Sequence[CloudEvent], *, owner: str, traceparent: str | None = None) -> list[int]:
        """
        Publish checked events, of a request that belongs to the trace of *traceparent*; return the stream sequence of each.

        Raises:
            BrokerUnavailable: some may not be stored; the same may be sent again.
        """
        if not self.is_connected():
            # The client would keep it for when the broker is back, and its sender wait in vain meanwhile.
            raise BrokerUnavailable
        span = self._span(events, parent=traceparent)
        carried = span.traceparent if span else traceparent
        result = "refused"
        try:
            acks = await self.emitter.emit(events, owner=owner, traceparent=carried)
            result = "accepted"
        finally:
            if span:
                span.end(result=result, is_failure=result != "accepted")
        self.counters.add("http.events", len(acks))
        if carried:
            tell = log.info if is_sampled(carried) else log.debug
            tell("facts_accepted", facts=len(acks), trace_id=trace_id_of(carried))
        return [ack.seq for ack in acks]

    def _span(self, events: Sequence[CloudEvent], *, parent: str | None) -> Span | None:
        """Start the span of a request, unless its events name traces of their own, which it would take them out of."""
        if self.tracing is None or (parent is None and len(events) > 1 and any(map(_stated_trace, events))):
            return None
        if parent is None and len(events) == 1:
            parent = _stated_trace(events[0])
        return self.tracing.start(SPAN, parent=parent, kind=Kind.SERVER, attributes={"hobnob.facts": len(events)})


def _stated_trace(event: CloudEvent) -> str | None:
    return read_traceparent((event.model_extra or {}).get(TRACEPARENT))


def events_router(intake: Intake) -> APIRouter:
    """Return the route."""
    router = APIRouter()

    @router.post(
        "/events",
        status_code=HTTPStatus.ACCEPTED,
        operation_id="postEvents",
        summary="State one fact, or a batch of them",
        description=ABOUT,
        responses=RESPONSES,
        openapi_extra={"requestBody": REQUEST_BODY, "parameters": PARAMETERS},
        response_class=JSONResponse,
    )
    async def post_events(request: Request, caller: Caller) -> JSONResponse:
        mode = Mode.PLAIN
        try:
            headers = read_headers(request.headers.items())
            mode = _readable_mode(headers)
            if mode is Mode.BATCH:
                answer: dict[str, int | list[int]] = {"sequences": await _take_batch(intake, request, owner=caller.owner)}
            else:
                answer = {"sequence": await _take_single(intake, request, headers, owner=caller.owner)}
        except InvalidEvent as exc:
            refusal = refusal_of(exc, mode=mode)
            intake.counters.add(f"http.refused.{refusal.kind}")
            raise refusal from exc
        return JSONResponse(answer, status_code=HTTPStatus.ACCEPTED)

    return router


@asynccontextmanager
async def _received(intake: Intake, request: Request, *, limit_bytes: int) -> AsyncIterator[bytes]:
    """Yield the body of a request, with room for what is made of it until the block ends."""
    async with intake.reading.place(expected_bytes(request, limit_bytes=limit_bytes)):
        body = await read_body(request, limit_bytes=limit_bytes)
        async with intake.parsing.place(len(body)):
            yield body


async def _take_single(intake: Intake, request: Request, headers: Headers, *, owner: str) -> int:
    async with _received(intake, request, limit_bytes=MAX_EVENT_BYTES) as body:
        # JSON is the data of an event here, never an event: without headers the sender has to be told what is missing.
        event = read_binary(headers, body) if headers.mode is Mode.PLAIN else read_event(body, request.headers)
        check(event, owner=owner, now=intake.clock())
        return (await intake.take([event], owner=owner, traceparent=_trace_of(request)))[0]


async def _take_batch(intake: Intake, request: Request, *, owner: str) -> list[int]:
    async with _received(intake, request, limit_bytes=BATCH_BYTES) as body:
        events = read_batch(body)
        if len(events) > BATCH_EVENTS:
            detail = f"a batch has at most {BATCH_EVENTS} events"
            raise Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-large", detail)
        check_all(events, owner=owner, now=intake.clock())
        return await intake.take(events, owner=owner, traceparent=_trace_of(request))


def _trace_of(request: Request) -> str | None:
    return read_traceparent(request.headers.get(TRACEPARENT))


def _readable_mode(headers: Headers) -> Mode:
    """Return how the events come; raise `Refusal` when nobody could read them."""
    mode, content_type = headers.mode, headers.content_type
    if mode is Mode.PLAIN:
        is_readable = is_json(content_type) if content_type is not None else bool(headers.attributes)
    else:
        is_readable = mode is not Mode.UNREADABLE
    if is_readable:
        return mode
    accepted = f"{STRUCTURED_TYPE}, {BATCH_TYPE}, application/json"
    reason = f"one of {accepted}; the last with ce- headers"
    raise Refusal(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "unsupported-media-type",
        "only CloudEvents in JSON are read",
        errors=[ProblemError(header=CONTENT_TYPE, reason=reason)],
        headers={"Accept": accepted},
    )
