"""
The wiring that every service shares: how it connects, how it takes messages in batches, how it answers requests.

What becomes of a message is decided in `shared/settling.py`.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextvars import Context
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from faststream import AckPolicy
from faststream.nats import JStream, NatsBroker, PullSub
from faststream.nats.message import NatsBatchMessage, NatsMessage
from faststream.security import SASLPlaintext
from nats.aio.client import Client
from nats.aio.msg import Msg
from pydantic import ValidationError

from shared import subjects
from shared.access import inbox_prefix
from shared.client_mends import POLL_S
from shared.counters import Counters
from shared.errors import HobnobError, PermanentError
from shared.instruments import Instruments
from shared.logging import get_logger
from shared.messages.cloudevents import describe
from shared.messages.rpc import Err
from shared.messages.values import Message
from shared.metrics import RPC_S
from shared.settings import ServiceSettings
from shared.settling import BatchHandler, BodyT, Received, Refused, Settlement, header_of
from shared.streams import Consumer
from shared.tracing import Tracing
from shared.violations import Violations

__all__ = ["Origin", "Received", "Refused", "answer_requests", "build_broker", "client_of", "subscribe_batches"]

log = get_logger(__name__)

GRACEFUL_TIMEOUT_S = 20.0

RequestT = TypeVar("RequestT", bound=Message)

Decoder = Callable[[Msg], BodyT]
"""Reads one message; raises `PermanentError`, `ValidationError` or `ValueError` when it cannot."""


@dataclass(frozen=True, slots=True)
class Origin(Generic[BodyT]):
    """
    Where the `traceparent` of a message is, when it is not in its headers.

    `stated` finds it in the body; `derived` makes one, so that logs have a word for the message where nobody traces.
    """

    stated: Callable[[BodyT], str | None]
    derived: Callable[[BodyT, Msg], str]


class InstrumentedBroker(NatsBroker):
    """A broker with what its subscribers measure with."""

    def __init__(self, *arguments: Any, instruments: Instruments, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.instruments = instruments


def build_broker(
    settings: ServiceSettings, *, service: str, counters: Counters | None = None, tracing: Tracing | None = None
) -> NatsBroker:
    """
    Return a broker that is not yet connected and never stops trying to be.

    Each service has its own inbox prefix, so that no user needs to see another's replies. What the server does not permit is
    logged and counted in *counters*: whoever waits for it sees no more than a timeout.
    """
    instruments = Instruments(counters=counters or Counters(), tracing=tracing)
    violations = Violations(instruments.counters)
    security = None
    if settings.nats_user and settings.nats_password:
        security = SASLPlaintext(username=settings.nats_user, password=settings.nats_password.get_secret_value())
    return InstrumentedBroker(
        settings.nats_url.split(","),
        instruments=instruments,
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
    origin: Origin[BodyT] | None = None,
    poll_s: float = POLL_S,
) -> None:
    """
    Have *handle* called with the messages of *consumer*, at most `consumer.batch_size` at a time.

    Args:
        broker: Not yet connected.
        service: Name of whoever takes them.
        consumer: Where they come from.
        decode: Reads one of them.
        handle: Is called with those that could be read.
        origin: Knows the trace of a message whose headers do not.
        poll_s: How long a pull waits to fill its batch.
    """
    instruments = _instruments_of(broker)

    async def read(message: NatsBatchMessage) -> list[Received[BodyT] | Refused]:
        return [_read_one(raw, decode, origin) for raw in message.raw_message]

    async def on_batch(items: list[Received[BodyT] | Refused]) -> None:
        settlement = Settlement(
            service=service,
            consumer=consumer.durable,
            client=client_of(broker),
            instruments=instruments,
            handle=handle,
            derived=origin.derived if origin else None,
        )
        # In a context of its own: a cancelled timer keeps its context until it would have rung, and FastStream's holds the
        # batch. Each publish has such a timer, so ten seconds' worth of batches stayed in memory (measured: 60 MB).
        await asyncio.create_task(settlement.settle(items), context=Context())

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


def _instruments_of(broker: NatsBroker) -> Instruments:
    return broker.instruments if isinstance(broker, InstrumentedBroker) else Instruments()


def _read_one(raw: Msg, decode: Decoder[BodyT], origin: Origin[BodyT] | None) -> Received[BodyT] | Refused:
    try:
        body = decode(raw)
        return Received(raw, body, header_of(raw) or (origin.stated(body) if origin else None))
    except ValidationError as exc:
        return Refused(raw, describe(exc))
    except (PermanentError, ValueError, RecursionError) as exc:
        return Refused(raw, f"{type(exc).__name__}: {exc}")


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

    counters = _instruments_of(broker).counters

    async def on_request(payload: bytes) -> bytes:
        started_s = asyncio.get_running_loop().time()
        try:
            reply = await handle(request.model_validate_json(payload))
        except ValidationError as exc:
            reply = Err(code="invalid", detail=describe(exc))
        except HobnobError as exc:
            reply = Err(code=exc.code, detail=str(exc))
        except Exception:  # the outermost edge: the caller would otherwise wait for its timeout
            log.exception("request_failed", verb=verb)
            reply = Err(code="internal", detail="an unexpected error; the service's log has it")
        result = reply.code if isinstance(reply, Err) else "ok"
        counters.observe(RPC_S, [asyncio.get_running_loop().time() - started_s], verb, result)
        return reply.model_dump_json().encode()

    subject, title = subjects.rpc(service, verb), f"{service}_{verb}"
    if at_once > 1:
        broker.subscriber(subject, queue=service, decoder=read, title=title, max_workers=at_once)(on_request)
    else:
        broker.subscriber(subject, queue=service, decoder=read, title=title)(on_request)
