"""Questions to the broker itself that the client has no words for, or answers in part only."""

import json
from datetime import datetime
from typing import Any, Final

import nats.errors

from cli.client import Hobnob
from shared.errors import BrokerUnavailable
from shared.streams import Consumer

TIMEOUT_S: Final = 10.0


async def stream_info(hobnob: Hobnob, stream: str) -> dict[str, Any]:
    """
    Return what the broker says of a stream, with its own time as `ts`.

    Raises:
        BrokerUnavailable: it does not answer, or there is no such stream.
    """
    return await _ask(hobnob, f"$JS.API.STREAM.INFO.{stream}", what=stream)


async def consumer_info(hobnob: Hobnob, consumer: Consumer) -> dict[str, Any]:
    """
    Return what the broker says of a durable consumer.

    Raises:
        BrokerUnavailable: it does not answer, or there is no such consumer.
    """
    return await _ask(hobnob, f"$JS.API.CONSUMER.INFO.{consumer.stream}.{consumer.durable}", what=consumer.durable)


async def pause_consumer(hobnob: Hobnob, consumer: Consumer, *, until: datetime | None) -> bool:
    """
    Have the broker hand out nothing to a durable consumer until then; None ends it. Return whether it is paused now.

    What comes meanwhile stays in the stream.

    Raises:
        BrokerUnavailable: it does not answer, or there is no such consumer.
    """
    subject = f"$JS.API.CONSUMER.PAUSE.{consumer.stream}.{consumer.durable}"
    request = {"pause_until": until.isoformat()} if until else {}
    return bool((await _ask(hobnob, subject, what=consumer.durable, request=request)).get("paused"))


async def purge_stream(hobnob: Hobnob, stream: str) -> None:
    """
    Delete all messages of a stream.

    Raises:
        BrokerUnavailable: the broker does not answer, or there is no such stream.
    """
    await _ask(hobnob, f"$JS.API.STREAM.PURGE.{stream}", what=stream)


async def _ask(hobnob: Hobnob, subject: str, *, what: str, request: dict[str, Any] | None = None) -> dict[str, Any]:
    try:
        reply = await hobnob.client.request(subject, json.dumps(request).encode() if request else b"", timeout=TIMEOUT_S)
    except (TimeoutError, nats.errors.Error) as exc:
        raise BrokerUnavailable(f"{what} did not answer") from exc
    answer: dict[str, Any] = json.loads(reply.data)
    if error := answer.get("error"):
        raise BrokerUnavailable(f"{what}: {error.get('description')}; create what is missing with: python -m shared.topology")
    return answer
