"""
What becomes of each message of a batch.

Acknowledgement is decided here and nowhere else, by the class of the error (`shared/errors.py`):

- success: acknowledged;
- `TransientError`: the batch comes back after a growing delay;
- `PermanentError`, a message that does not parse, one that a handler refused: buried in `HOBNOB_DEAD`, then terminated;
- anything else: each message is tried alone, so that one cannot hold up the others; the one that fails comes back a few
  times with a growing delay and is then buried.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Generic, TypeVar

from nats.aio.client import Client
from nats.aio.msg import Msg
from pydantic import ValidationError

from shared.dead_letters import burial
from shared.errors import BrokerUnavailable, PermanentError, TransientError
from shared.instruments import Instruments
from shared.jetstream import jetstream, publish_one
from shared.logging import get_logger
from shared.metrics import BATCH_S, MESSAGES
from shared.streams import DEAD
from shared.trace_context import TRACEPARENT, is_sampled, read_traceparent, trace_id_of
from shared.tracing import Kind, Span

log = get_logger(__name__)

MAX_TRIES = 6
"""Deliveries of a message that fails for an unknown reason before it is buried: about half a minute in all."""
FIRST_DELAY_S = 0.5
LONGEST_DELAY_S = 60.0

BodyT = TypeVar("BodyT")


@dataclass(frozen=True, slots=True)
class Received(Generic[BodyT]):
    """
    A message whose body was read.

    `traceparent` is what comes of it carries on: it names the span in which the message is handled, where that is recorded.
    """

    raw: Msg
    body: BodyT
    traceparent: str | None = None

    @property
    def subject(self) -> str:
        """The concrete subject it came on."""
        return self.raw.subject

    @property
    def stored_at(self) -> datetime:
        """When the stream stored it."""
        return self.raw.metadata.timestamp.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Refused:
    """A message that will never be processed, and why."""

    raw: Msg
    reason: str


BatchHandler = Callable[[Sequence[Received[BodyT]]], Awaitable[Sequence[Refused]]]
"""Takes the readable messages of one pull; returns those it refuses. Raises `TransientError` to see all of them again."""


class Result(StrEnum):
    """What became of a message."""

    DONE = "done"
    RETURNED = "returned"
    """It comes again."""
    BURIED = "buried"


def header_of(raw: Msg) -> str | None:
    """Return the valid `traceparent` in the headers of a message, if there is one."""
    return read_traceparent(raw.headers.get(TRACEPARENT)) if raw.headers else None


def retry_delay_s(deliveries: int) -> float:
    """Return the pause before delivery number *deliveries* + 1."""
    return min(LONGEST_DELAY_S, FIRST_DELAY_S * 2.0 ** min(deliveries - 1, 10))


@dataclass(frozen=True, slots=True)
class Settlement(Generic[BodyT]):
    """Has one batch handled and settles each of its messages."""

    service: str
    consumer: str
    client: Client
    instruments: Instruments
    handle: BatchHandler[BodyT]
    derived: Callable[[BodyT, Msg], str] | None
    _spans: dict[int, Span] = field(default_factory=dict)
    _traces: dict[int, str] = field(default_factory=dict)

    async def settle(self, items: Sequence[Received[BodyT] | Refused]) -> None:
        """Handle what could be read and bury what could not."""
        started_s = asyncio.get_running_loop().time()
        refused = [item for item in items if isinstance(item, Refused)]
        readable = [self._begin(item) for item in items if isinstance(item, Received)]
        if readable:
            await self._settle_readable(readable)
        await self._bury_all(refused)
        self.instruments.counters.observe(BATCH_S, [asyncio.get_running_loop().time() - started_s], self.consumer)

    def _begin(self, item: Received[BodyT]) -> Received[BodyT]:
        """Start the span of a message, where its trace is recorded, and know what comes of it by that."""
        traceparent, tracing = item.traceparent, self.instruments.tracing
        # A trace begins where facts come in. What comes of none of them, such as people of a file, begins none.
        begins_here = traceparent is None and self.derived is not None
        if tracing is not None and (begins_here or (traceparent is not None and is_sampled(traceparent))):
            attributes: dict[str, str | int] = {
                "messaging.system": "nats",
                "messaging.consumer.group.name": self.consumer,
                "messaging.operation.type": "process",
                "hobnob.deliveries": item.raw.metadata.num_delivered or 1,
            }
            span = tracing.start(f"{self.consumer} process", parent=traceparent, kind=Kind.CONSUMER, attributes=attributes)
            if span is not None:
                self._spans[id(item.raw)] = span
                traceparent = span.traceparent
        if traceparent is None:
            if self.derived is None:
                return item
            traceparent = self.derived(item.body, item.raw)
        self._traces[id(item.raw)] = traceparent
        return replace(item, traceparent=traceparent) if traceparent != item.traceparent else item

    async def _settle_readable(self, items: Sequence[Received[BodyT]]) -> None:
        try:
            refused = await self.handle(items)
        except TransientError as exc:
            log.warning("batch_deferred", consumer=self.consumer, reason=str(exc), messages=len(items))
            await self._return_all(items)
        except Exception as exc:  # noqa: BLE001  # the outermost edge: whatever a handler throws is settled here
            if len(items) > 1:
                for item in items:
                    await self._settle_readable([item])
            else:
                await self._settle_failed(items[0], exc)
        else:
            buried = {id(refusal.raw) for refusal in refused}
            await self._bury_all(refused)
            done = [item.raw for item in items if id(item.raw) not in buried]
            for raw in done:
                await raw.ack()
            self._note(done, Result.DONE)

    async def _settle_failed(self, item: Received[BodyT], exc: Exception) -> None:
        tries = item.raw.metadata.num_delivered or 1
        permanent = isinstance(exc, PermanentError | ValidationError)
        log.error(
            "message_failed",
            consumer=self.consumer,
            subject_family=_family(item.subject),
            tries=tries,
            exc_info=None if permanent else exc,
            **self._trace_of(item.raw),
        )
        if permanent or tries >= MAX_TRIES:
            await self._bury_all([Refused(item.raw, f"{type(exc).__name__}: {exc}")])
        else:
            await self._return_all([item])

    async def _return_all(self, items: Sequence[Received[BodyT]]) -> None:
        delay_s = retry_delay_s(max(item.raw.metadata.num_delivered or 1 for item in items))
        for item in items:
            await item.raw.nak(delay=delay_s)
        self._note([item.raw for item in items], Result.RETURNED)

    async def _bury_all(self, refused: Sequence[Refused]) -> None:
        for refusal in refused:
            try:
                await self._bury(refusal)
            except BrokerUnavailable:
                await refusal.raw.nak(delay=FIRST_DELAY_S)
                self._note([refusal.raw], Result.RETURNED)
            else:
                await refusal.raw.term()
                self._note([refusal.raw], Result.BURIED)

    async def _bury(self, refusal: Refused) -> None:
        """
        Store a message that cannot be processed in `HOBNOB_DEAD`, as `shared.dead_letters.burial` writes it.

        A crash between this and the termination buries it once.

        Raises:
            BrokerUnavailable: it could not be stored; the message must not be terminated then.
        """
        metadata = refusal.raw.metadata
        message = burial(
            service=self.service,
            subject=refusal.raw.subject,
            headers=refusal.raw.headers or {},
            body=refusal.raw.data,
            reason=refusal.reason,
            attempts=metadata.num_delivered or 1,
            stream=metadata.stream,
            sequence=metadata.sequence.stream,
            stored_at=metadata.timestamp,
            most_bytes=self.client.max_payload,
        )
        await publish_one(jetstream(self.client), message, stream=DEAD)
        reason = message.headers["Hobnob-Reason"]
        family = _family(refusal.raw.subject)
        log.warning("message_buried", consumer=self.consumer, subject_family=family, reason=reason, **self._trace_of(refusal.raw))

    def _note(self, settled: Sequence[Msg], result: Result) -> None:
        """Count what became of messages, end their spans, and leave a line of those whose sender records their trace."""
        if not settled:
            return
        self.instruments.counters.count(MESSAGES, self.consumer, result.value, by=len(settled))
        if self._spans:
            for raw in settled:
                if span := self._spans.pop(id(raw), None):
                    span.end(result=result.value, is_failure=result is not Result.DONE)
        if self._traces:
            self._leave_lines(settled, result)

    def _leave_lines(self, settled: Sequence[Msg], result: Result) -> None:
        tells_all = logging.getLogger(__name__).isEnabledFor(logging.DEBUG)
        for raw in settled:
            traceparent = self._traces.get(id(raw))
            if traceparent and (tells_all or is_sampled(traceparent)):
                level = logging.INFO if is_sampled(traceparent) else logging.DEBUG
                log.log(level, "message_settled", consumer=self.consumer, result=result.value, trace_id=trace_id_of(traceparent))

    def _trace_of(self, raw: Msg) -> dict[str, str]:
        traceparent = self._traces.get(id(raw)) or header_of(raw)
        return {"trace_id": trace_id_of(traceparent)} if traceparent else {}


def _family(subject: str) -> str:
    return ".".join(subject.split(".")[:2])
