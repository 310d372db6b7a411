"""What the JetStream client lacks: pipelined publishing that reports refusals, and the last message of many subjects at once."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, cast

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import PubAck
from nats.js.errors import APIError, NoStreamResponseError, NotFoundError

from shared.errors import BrokerUnavailable

PUBLISH_TIMEOUT_S = 10.0
WINDOW = 1024
"""Publishes under way at once; the server answers in order, so a larger window only costs memory."""
GET_CHUNK = 500
"""Subjects in one direct get; the server refuses results of more than 1,024 (nats-server 2.15.1)."""

WRONG_LAST_SEQUENCE = 10071
"""`err_code` of a compare-and-set publish that lost."""


class PipelinedJetStream(JetStreamContext):
    """A JetStream context whose `publish_async` futures also resolve on a refusal (nats.py issue 985)."""

    async def _handle_async_reply(self, msg: Msg) -> None:
        try:
            await super()._handle_async_reply(msg)
        except APIError as exc:
            reply_token = msg.subject.rsplit(".", 1)[1]
            if (future := self._publish_async_futures.get(reply_token)) and not future.done():
                future.set_exception(exc)


def jetstream(client: Client) -> PipelinedJetStream:
    """Return a JetStream context for *client* that can publish with a window."""
    return PipelinedJetStream(client, publish_async_max_pending=WINDOW, timeout=PUBLISH_TIMEOUT_S)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to publish."""

    subject: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


async def publish_all(js: PipelinedJetStream, messages: Sequence[Outgoing], *, stream: str) -> list[PubAck | APIError]:
    """
    Publish *messages* with a window of acknowledgements and return, in their order, each one's ack or refusal.

    Raises:
        BrokerUnavailable: the broker did not answer in time; which messages were stored is then unknown.
    """
    futures: list[asyncio.Future[PubAck]] = []
    try:
        async with asyncio.timeout(PUBLISH_TIMEOUT_S + len(messages) / 500):
            for message in messages:
                # The client adds the expected stream to the headers it is given: hand it a copy.
                futures.append(  # noqa: PERF401  # what was sent before a timeout must be known
                    await js.publish_async(message.subject, message.body, stream=stream, headers=dict(message.headers))
                )
            results = await asyncio.gather(*futures, return_exceptions=True)
    except (TimeoutError, nats.errors.Error) as exc:
        for future in futures:
            future.cancel()
        raise BrokerUnavailable(f"publishing to {stream} got no answer") from exc
    for result in results:
        if isinstance(result, NoStreamResponseError):
            raise BrokerUnavailable(f"no stream took messages for {stream}") from result
        if isinstance(result, BaseException) and not isinstance(result, APIError):
            raise BrokerUnavailable(f"publishing to {stream} failed: {result}") from result
    return cast(list[PubAck | APIError], results)


async def publish_one(js: JetStreamContext, message: Outgoing, *, stream: str) -> PubAck:
    """
    Publish one message and wait until the stream has it.

    Raises:
        BrokerUnavailable: no answer in time; the message may still arrive, so publish idempotently.
        APIError: the stream refused it.
    """
    try:
        return await js.publish(
            message.subject, message.body, stream=stream, headers=dict(message.headers), timeout=PUBLISH_TIMEOUT_S
        )
    except (TimeoutError, nats.errors.Error) as exc:
        if isinstance(exc, APIError):
            raise
        raise BrokerUnavailable(f"publishing to {stream} got no answer") from exc


@dataclass(frozen=True, slots=True)
class Stored:
    """A message as a stream holds it."""

    subject: str
    sequence: int
    headers: dict[str, str]
    body: bytes


async def last_messages(client: Client, *, stream: str, filters: Iterable[str]) -> dict[str, Stored]:
    """
    Return the last message of each subject that matches *filters*, by subject; absent ones are left out.

    One request serves 500 plain subjects (ADR-31 batched direct get, nats-server 2.11+). A wildcard may match up to 1,024.

    Raises:
        BrokerUnavailable: the broker did not answer in time, or refused.
    """
    wanted = list(filters)
    found: dict[str, Stored] = {}
    inbox = client.new_inbox()
    subscription = await client.subscribe(inbox)
    try:
        for start in range(0, len(wanted), GET_CHUNK):
            request = json.dumps({"multi_last": wanted[start : start + GET_CHUNK]}).encode()
            await client.publish(f"$JS.API.DIRECT.GET.{stream}", request, reply=inbox)
            async for message in _until_end_of_batch(subscription):
                headers = dict(message.headers or {})
                stored = Stored(
                    subject=headers["Nats-Subject"], sequence=int(headers["Nats-Sequence"]), headers=headers, body=message.data
                )
                found[stored.subject] = stored
    except (TimeoutError, nats.errors.Error) as exc:
        raise BrokerUnavailable(f"{stream} did not answer") from exc
    finally:
        await subscription.unsubscribe()
    return found


async def leaders_last_messages(client: Client, *, stream: str, of: Iterable[str]) -> dict[str, Stored]:
    """
    Return what `last_messages` does for plain subjects, as the leader of *stream* has it.

    `last_messages` is answered by any copy of the stream, and one that follows may be behind for a moment. This costs a request
    for each subject: it is for those few of which the caller knows that there is something newer.

    Raises:
        BrokerUnavailable: the broker did not answer in time.
    """
    js = client.jetstream(timeout=PUBLISH_TIMEOUT_S)
    found: dict[str, Stored] = {}
    try:
        for subject in of:
            with suppress(NotFoundError):
                last = await js.get_last_msg(stream, subject)
                found[subject] = Stored(
                    subject=subject, sequence=last.seq or 0, headers=dict(last.headers or {}), body=last.data or b""
                )
    except (TimeoutError, nats.errors.Error) as exc:
        raise BrokerUnavailable(f"{stream} did not answer") from exc
    return found


async def _until_end_of_batch(subscription: Any) -> AsyncIterator[Msg]:
    while True:
        message: Msg = await subscription.next_msg(timeout=PUBLISH_TIMEOUT_S)
        status = (message.headers or {}).get("Status")
        if status is None:
            yield message
        elif status in ("204", "404"):
            return
        else:
            raise BrokerUnavailable(f"direct get refused: {status} {(message.headers or {}).get('Description', '')}")


async def subjects_in(client: Client, *, stream: str, filter_subject: str) -> set[str]:
    """
    Return every subject of *stream* that matches *filter_subject* and holds a message.

    Raises:
        BrokerUnavailable: the broker did not answer in time, or refused.
    """
    found: set[str] = set()
    while True:
        request = json.dumps({"subjects_filter": filter_subject, "offset": len(found)}).encode()
        try:
            reply = await client.request(f"$JS.API.STREAM.INFO.{stream}", request, timeout=PUBLISH_TIMEOUT_S)
        except (TimeoutError, nats.errors.Error) as exc:
            raise BrokerUnavailable(f"{stream} did not answer") from exc
        answer = json.loads(reply.data)
        if error := answer.get("error"):
            raise BrokerUnavailable(f"{stream}: {error.get('description')}")
        page = answer["state"].get("subjects") or {}
        found.update(page)
        if not page or len(found) >= answer.get("total", len(found)):
            return found
