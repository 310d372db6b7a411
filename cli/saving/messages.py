"""Messages of a stream in a backup: read in their order, written as JSON Lines, published again."""

import base64
import binascii
import json
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final

import nats.errors
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import APIError

from cli.client import Hobnob
from cli.errors import CommandFailed
from shared.errors import BrokerUnavailable, InvalidMessage
from shared.jetstream import Outgoing, publish_all
from shared.streams import IMPORTS_BUCKET

UPLOADS: Final = f"OBJ_{IMPORTS_BUCKET}"
"""The stream in which the broker keeps uploaded files."""
_DESCRIPTIONS: Final = f"$O.{IMPORTS_BUCKET}.M."
"""Of uploads: the last of each subject counts, and each replaces the one before."""
AT_ONCE: Final = 200
PART_BYTES: Final = 4 * 1024 * 1024
FETCH_TIMEOUT_S: Final = 2.0
READER_IDLE_S: Final = 60.0


async def read_messages(hobnob: Hobnob, *, stream: str, first: int, last: int) -> AsyncGenerator[tuple[int, bytes], None]:
    """
    Yield parts of JSON Lines with the messages from sequence *first* to *last*, each with the number of its messages.

    Raises:
        BrokerUnavailable: the broker does not answer.
    """
    lines: list[bytes] = []
    size = 0
    async for message in _messages(hobnob, stream=stream, first=first, last=last):
        line = _line(message)
        lines.append(line)
        size += len(line)
        if size > PART_BYTES:
            yield len(lines), b"".join(lines)
            lines, size = [], 0
    if lines:
        yield len(lines), b"".join(lines)


async def _messages(hobnob: Hobnob, *, stream: str, first: int, last: int) -> AsyncGenerator[Msg, None]:
    if last < first:
        return
    config = ConsumerConfig(
        deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
        opt_start_seq=max(1, first),
        ack_policy=AckPolicy.NONE,
        inactive_threshold=READER_IDLE_S,
        mem_storage=True,
        num_replicas=1,
    )
    with _answering(stream):
        reader = await hobnob.js.pull_subscribe("", stream=stream, config=config)
    try:
        with _answering(stream):
            pending = (await reader.consumer_info()).num_pending or 0
        while pending:
            with _answering(stream):
                found = await reader.fetch(min(AT_ONCE, pending), timeout=FETCH_TIMEOUT_S)
            for message in found:
                if message.metadata.sequence.stream > last:
                    return
                yield message
            pending = found[-1].metadata.num_pending
    finally:
        with suppress(nats.errors.Error):
            await reader.unsubscribe()


@contextmanager
def _answering(stream: str) -> Iterator[None]:
    try:
        yield
    except APIError as exc:
        raise BrokerUnavailable(f"{stream}: {exc.description}") from exc
    except (TimeoutError, nats.errors.Error) as exc:
        raise BrokerUnavailable(f"{stream} did not answer") from exc


def _line(message: Msg) -> bytes:
    said = {"subject": message.subject, "headers": kept_headers(message.subject, message.headers or {})}
    return json.dumps(said | {"body": base64.b64encode(message.data).decode()}, ensure_ascii=False).encode() + b"\n"


def kept_headers(subject: str, headers: dict[str, str]) -> dict[str, str]:
    """Return the headers with which a message is published again: those that speak to the broker were for the first time."""
    own = {name: value for name, value in headers.items() if not name.lower().startswith("nats-")}
    return own | ({"Nats-Rollup": "sub"} if subject.startswith(_DESCRIPTIONS) else {})


def read_lines(data: bytes) -> list[Outgoing]:
    """
    Return the messages of a part.

    Raises:
        InvalidMessage: it holds something else.
    """
    try:
        return [_outgoing(json.loads(line)) for line in data.split(b"\n") if line]
    except (ValueError, KeyError, TypeError, binascii.Error) as exc:
        raise InvalidMessage("the backup holds something else than messages") from exc


def _outgoing(said: Any) -> Outgoing:
    return Outgoing(said["subject"], base64.b64decode(said["body"], validate=True), dict(said["headers"]))


async def publish_again(hobnob: Hobnob, messages: Sequence[Outgoing], *, stream: str) -> None:
    """
    Publish messages of a backup.

    Raises:
        BrokerUnavailable: the broker does not answer.
        CommandFailed: it refuses one.
    """
    for start in range(0, len(messages), AT_ONCE):
        for result in await publish_all(hobnob.js, messages[start : start + AT_ONCE], stream=stream):
            if isinstance(result, APIError):
                raise CommandFailed(f"{stream} refused a message: {result.description}")
