"""
The wiring that every service shares: how it connects, how it takes messages in batches, how it answers requests.

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
from contextvars import Context
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

import nats.errors
from faststream import AckPolicy
from faststream.nats import JStream, NatsBroker, PullSub
from faststream.nats.message import NatsBatchMessage, NatsMessage
from faststream.security import SASLPlaintext
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.js import JetStreamContext
from pydantic import ValidationError

from shared import subjects
from shared.access import inbox_prefix
from shared.counters import Counters
from shared.dead_letters import burial
from shared.errors import BrokerUnavailable, HobnobError, PermanentError, TransientError
from shared.jetstream import jetstream, publish_one
from shared.logging import get_logger
from shared.messages.cloudevents import describe
from shared.messages.rpc import Err
from shared.messages.values import Message
from shared.settings import ServiceSettings
from shared.streams import DEAD, Consumer
from shared.violations import Violations

log = get_logger(__name__)

MAX_TRIES = 6
"""Deliveries of a message that fails for an unknown reason before it is buried: about half a minute in all."""
FIRST_DELAY_S = 0.5
LONGEST_DELAY_S = 60.0
POLL_S = 0.25
"""How long a pull waits to fill its batch: the latency of a lone message. 0.4 % of a core per consumer when idle."""
GRACEFUL_TIMEOUT_S = 20.0

BodyT = TypeVar("BodyT")
RequestT = TypeVar("RequestT", bound=Message)

_fetch = JetStreamContext.PullSubscription.fetch


async def _fetch_in_peace(
    self: JetStreamContext.PullSubscription,
    batch: int = 1,
    timeout: float | None = 5,  # noqa: ASYNC109  # the signature it replaces
    heartbeat: float | None = None,
) -> list[Msg]:
    """
    Fail in the one way that FastStream 0.7 copes with: NATS' own timeout, never at once.

    nats-py 2.16 raises a bare `asyncio.TimeoutError` in one branch of `fetch`; FastStream's consume task then dies and
    restarts, and one message in eight of a quiet subject comes only after `ack_wait` (measured). While the server is away,
    requests would pile up in the client's buffer, take messages for nobody once it is back, and at 2 MB fail at once: the
    task then dies and restarts fifty times a second (measured after an hour: 30 % of a core, 1.2 GB).
    """
    if not self._nc.is_connected:
        await asyncio.sleep(timeout or POLL_S)
        raise nats.errors.TimeoutError
    try:
        return await _fetch(self, batch, timeout, heartbeat)
    except nats.errors.TimeoutError:
        raise
    except TimeoutError as exc:
        raise nats.errors.TimeoutError from exc
    except nats.errors.Error as exc:
        await asyncio.sleep(timeout or POLL_S)
        raise nats.errors.TimeoutError from exc


JetStreamContext.PullSubscription.fetch = _fetch_in_peace  # type: ignore[method-assign]  # see its docstring

_next_msg = Subscription.next_msg


async def _next_msg_at_once(self: Subscription, timeout: float | None = 1.0) -> Msg:  # noqa: ASYNC109  # the signature it replaces
    """
    Hand out a message that is already here, without the two tasks and the timer that nats-py 2.16 spends on each.

    Pulling a thousand at a time costs 40 us a message with them and 13 us without (measured).
    """
    queue = self._pending_queue
    if self._cb or self._conn.is_closed or queue.empty():
        return await _next_msg(self, timeout)
    msg: Msg = queue.get_nowait()
    self._pending_size -= len(msg.data)
    queue.task_done()
    return msg


Subscription.next_msg = _next_msg_at_once  # type: ignore[method-assign]  # see its docstring


@dataclass(frozen=True, slots=True)
class Received(Generic[BodyT]):
    """A message whose body was read."""

    raw: Msg
    body: BodyT

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
Decoder = Callable[[Msg], BodyT]
"""Reads one message; raises `PermanentError`, `ValidationError` or `ValueError` when it cannot."""


def build_broker(settings: ServiceSettings, *, service: str, counters: Counters | None = None) -> NatsBroker:
    """
    Return a broker that is not yet connected and never stops trying to be.

    Each service has its own inbox prefix, so that no user needs to see another's replies. What the server does not permit is
    logged and counted in *counters*: whoever waits for it sees no more than a timeout.
    """
    violations = Violations(counters or Counters())
    security = None
    if settings.nats_user and settings.nats_password:
        security = SASLPlaintext(username=settings.nats_user, password=settings.nats_password.get_secret_value())
    return NatsBroker(
        settings.nats_url.split(","),
        name=f"hobnob-{service}",
        security=security,
        inbox_prefix=inbox_prefix(service),
        max_reconnect_attempts=-1,
        reconnect_time_wait=1,
        graceful_timeout=GRACEFUL_TIMEOUT_S,
        error_cb=violations.note,
        apply_types=False,
        logger=logging.getLogger(f"hobnob.{service}.broker"),
        log_level=logging.DEBUG,
    )


def client_of(broker: NatsBroker) -> Client:
    """Return the NATS client of a broker that is connected."""
    client: Client = broker.config.connection_state.connection
    return client


def subscribe_batches(
    broker: NatsBroker,
    *,
    service: str,
    consumer: Consumer,
    decode: Decoder[BodyT],
    handle: BatchHandler[BodyT],
    poll_s: float = POLL_S,
) -> None:
    """Have *handle* called with the messages of *consumer*, at most `consumer.batch_size` at a time."""

    async def read(message: NatsBatchMessage) -> list[Received[BodyT] | Refused]:
        return [_read_one(raw, decode) for raw in message.raw_message]

    async def on_batch(items: list[Received[BodyT] | Refused]) -> None:
        settling = _Settlement(service=service, broker=broker, handle=handle).settle(items)
        # In a context of its own: a cancelled timer keeps its context until it would have rung, and FastStream's holds the
        # batch. Each publish has such a timer, so ten seconds' worth of batches stayed in memory (measured: 60 MB).
        await asyncio.create_task(settling, context=Context())

    subscriber = broker.subscriber(
        consumer.subject,
        stream=JStream(consumer.stream, declare=False),
        durable=consumer.durable,
        inbox_prefix=f"{inbox_prefix(service)}.".encode(),
        pull_sub=PullSub(batch=True, batch_size=consumer.batch_size, timeout=poll_s),
        ack_policy=AckPolicy.MANUAL,
        decoder=read,
        title=consumer.durable,
    )
    subscriber(on_batch)


def _read_one(raw: Msg, decode: Decoder[BodyT]) -> Received[BodyT] | Refused:
    try:
        return Received(raw, decode(raw))
    except ValidationError as exc:
        return Refused(raw, describe(exc))
    except (PermanentError, ValueError, RecursionError) as exc:
        return Refused(raw, f"{type(exc).__name__}: {exc}")


def retry_delay_s(deliveries: int) -> float:
    """Return the pause before delivery number *deliveries* + 1."""
    return min(LONGEST_DELAY_S, FIRST_DELAY_S * 2.0 ** min(deliveries - 1, 10))


@dataclass(frozen=True, slots=True)
class _Settlement(Generic[BodyT]):
    """Decides what becomes of each message of one batch."""

    service: str
    broker: NatsBroker
    handle: BatchHandler[BodyT]

    async def settle(self, items: Sequence[Received[BodyT] | Refused]) -> None:
        refused = [item for item in items if isinstance(item, Refused)]
        readable = [item for item in items if isinstance(item, Received)]
        if readable:
            await self._settle_readable(readable)
        await self._bury_all(refused)

    async def _settle_readable(self, items: Sequence[Received[BodyT]]) -> None:
        try:
            refused = await self.handle(items)
        except TransientError as exc:
            log.warning("batch_deferred", reason=str(exc), messages=len(items))
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
            for item in items:
                if id(item.raw) not in buried:
                    await item.raw.ack()

    async def _settle_failed(self, item: Received[BodyT], exc: Exception) -> None:
        tries = item.raw.metadata.num_delivered or 1
        permanent = isinstance(exc, PermanentError | ValidationError)
        log.error("message_failed", subject_family=_family(item.subject), tries=tries, exc_info=None if permanent else exc)
        if permanent or tries >= MAX_TRIES:
            await self._bury_all([Refused(item.raw, f"{type(exc).__name__}: {exc}")])
        else:
            await self._return_all([item])

    async def _return_all(self, items: Sequence[Received[BodyT]]) -> None:
        delay_s = retry_delay_s(max(item.raw.metadata.num_delivered or 1 for item in items))
        for item in items:
            await item.raw.nak(delay=delay_s)

    async def _bury_all(self, refused: Sequence[Refused]) -> None:
        for refusal in refused:
            try:
                await bury(self.broker, service=self.service, refusal=refusal)
            except BrokerUnavailable:
                await refusal.raw.nak(delay=FIRST_DELAY_S)
            else:
                await refusal.raw.term()


async def bury(broker: NatsBroker, *, service: str, refusal: Refused) -> None:
    """
    Store a message that cannot be processed in `HOBNOB_DEAD`, as `shared.dead_letters.burial` writes it.

    A crash between this and the termination buries it once.

    Raises:
        BrokerUnavailable: it could not be stored; the message must not be terminated then.
    """
    metadata = refusal.raw.metadata
    client = client_of(broker)
    message = burial(
        service=service,
        subject=refusal.raw.subject,
        headers=refusal.raw.headers or {},
        body=refusal.raw.data,
        reason=refusal.reason,
        attempts=metadata.num_delivered or 1,
        stream=metadata.stream,
        sequence=metadata.sequence.stream,
        stored_at=metadata.timestamp,
        most_bytes=client.max_payload,
    )
    await publish_one(jetstream(client), message, stream=DEAD)
    log.warning("message_buried", subject_family=_family(refusal.raw.subject), reason=message.headers["Hobnob-Reason"])


def _family(subject: str) -> str:
    return ".".join(subject.split(".")[:2])


def answer_requests(
    broker: NatsBroker,
    *,
    service: str,
    verb: str,
    request: type[RequestT],
    handle: Callable[[RequestT], Awaitable[Message]],
    at_once: int = 1,
) -> None:
    """
    Answer `hobnob.rpc.<service>.<verb>`; every failure is answered with an `Err`, never with silence.

    Args:
        broker: Not yet connected.
        service: Name in the subject.
        verb: What is asked.
        request: What the body is read as.
        handle: Returns the answer.
        at_once: Requests that are handled at the same time; more than one for those that wait for somebody else's server.
    """

    async def read(message: NatsMessage) -> bytes:
        return bytes(message.body)

    async def on_request(payload: bytes) -> bytes:
        try:
            reply = await handle(request.model_validate_json(payload))
        except ValidationError as exc:
            reply = Err(code="invalid", detail=describe(exc))
        except HobnobError as exc:
            reply = Err(code=exc.code, detail=str(exc))
        except Exception:  # the outermost edge: the caller would otherwise wait for its timeout
            log.exception("request_failed", verb=verb)
            reply = Err(code="internal", detail="an unexpected error; the service's log has it")
        return reply.model_dump_json().encode()

    subject, title = subjects.rpc(service, verb), f"{service}_{verb}"
    if at_once > 1:
        broker.subscriber(subject, queue=service, decoder=read, title=title, max_workers=at_once)(on_request)
    else:
        broker.subscriber(subject, queue=service, decoder=read, title=title)(on_request)
