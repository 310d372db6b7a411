"""The desk for dead letters: the operations on their stream."""

import json
from collections import deque
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager, suppress
from typing import Final

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import APIError

from shared import subjects
from shared.dead_letters import DeadLetter, Wanted, no_such_letter, parse_id, read_letter, republished
from shared.errors import BrokerUnavailable, Conflict, NotFound, TooLarge
from shared.jetstream import PUBLISH_TIMEOUT_S, jetstream, publish_one
from shared.streams import DEAD, INTAKE

HEADERS_AT_ONCE: Final = 500
"""Dead letters in one pull without their bodies: about a kilobyte each."""
BODIES_AT_ONCE: Final = 16
"""Dead letters in one pull with their bodies, each of which may have a megabyte."""
FIRST_WINDOW: Final = 1000
"""Sequences that are searched first for the newest; each further search covers twice as many."""
FETCH_TIMEOUT_S: Final = 2.0
CONSUMER_IDLE_S: Final = 60.0
"""The server forgets a reader that asked for nothing this long."""
NO_SUCH_SEQUENCE: Final = 10043
"""`err_code` of a deletion of what is no longer there; beyond the stream's end it is another one (nats-server 2.15.1)."""


class DeadDesk:
    """The stream of dead letters; the errors are `BrokerUnavailable` where nothing else is said."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._js = jetstream(client)

    async def newest(self, *, wanted: Wanted, limit: int | None) -> list[DeadLetter]:
        """
        Return up to *limit* letters, or all when it is None, without bodies, newest first.

        The stream reads forwards only: ever larger windows are read from its end until there are enough.
        """
        first, end = await self._bounds()
        span = FIRST_WINDOW if limit is not None else end - first
        found: list[DeadLetter] = []
        while end > first and (limit is None or len(found) < limit):
            start = max(first, end - span)
            window: deque[DeadLetter] = deque(maxlen=None if limit is None else limit - len(found))
            async for letter in self._scan(start, end, wanted, with_bodies=False):
                window.append(letter)
            found.extend(reversed(window))
            end, span = start, span * 2
        return found

    async def oldest_first(self, *, wanted: Wanted) -> AsyncGenerator[DeadLetter, None]:
        """Yield every letter with its body; those that come meanwhile are not among them."""
        first, end = await self._bounds()
        async for letter in self._scan(first, end, wanted, with_bodies=True):
            yield letter

    async def get(self, *, id: str) -> DeadLetter:  # noqa: A002  # the word of the contract
        """
        Return one letter with its body.

        Raises:
            NotFound: there is none of that id.
        """
        sequence = parse_id(id)
        async with aclosing(self._scan(sequence, sequence + 1, Wanted(), with_bodies=True)) as letters:
            async for letter in letters:
                return letter
        raise no_such_letter(id)

    async def replay(self, *, letter: DeadLetter, payload: bytes | None = None) -> None:
        """
        Give a letter back to the intake, then drop it. Doing it twice is doing it once.

        Args:
            letter: With its body.
            payload: Instead of the original one.

        Raises:
            NotReplayable: it is no fact.
            TooLarge: the broker takes no message of that size.
            Conflict: the intake refused it.
        """
        message = republished(letter=letter, payload=payload)
        if len(message.body) > self._client.max_payload:
            raise TooLarge(f"{len(message.body)} bytes are more than the broker takes ({self._client.max_payload})")
        try:
            await publish_one(self._js, message, stream=INTAKE)
        except APIError as exc:
            raise Conflict(f"the intake refused it: {exc.description}") from exc
        with suppress(NotFound):  # somebody else dropped it meanwhile
            await self.drop(id=letter.id)

    async def drop(self, *, id: str) -> None:  # noqa: A002  # the word of the contract
        """
        Delete one letter.

        Raises:
            NotFound: there is none of that id.
        """
        sequence = parse_id(id)
        # The client's own call has the server overwrite the message as well, at twenty times the cost (measured: 5 ms).
        request = json.dumps({"seq": sequence, "no_erase": True}).encode()
        with _answering():
            reply = await self._client.request(f"$JS.API.STREAM.MSG.DELETE.{DEAD}", request, timeout=PUBLISH_TIMEOUT_S)
        if (error := json.loads(reply.data).get("error")) is None:
            return
        if error.get("err_code") == NO_SUCH_SEQUENCE or sequence >= (await self._bounds())[1]:
            raise no_such_letter(id)
        raise BrokerUnavailable(f"{DEAD}: {error.get('description')}")

    async def _bounds(self) -> tuple[int, int]:
        """Return the first sequence of the stream and the one after its last."""
        with _answering():
            state = (await self._js.stream_info(DEAD)).state
        # A stream that never held anything begins at 0.
        return max(state.first_seq, 1), state.last_seq + 1

    async def _scan(self, start: int, end: int, wanted: Wanted, *, with_bodies: bool) -> AsyncGenerator[DeadLetter, None]:
        """Yield the letters from sequence *start* up to, not including, *end*, in order."""
        if start >= end:
            return  # nothing was there; what has come since is not asked for
        filters = subjects.dead_filters(service=wanted.service, owner=wanted.owner)
        config = ConsumerConfig(
            filter_subjects=filters,
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=start,
            ack_policy=AckPolicy.NONE,
            headers_only=not with_bodies,
            inactive_threshold=CONSUMER_IDLE_S,
            mem_storage=True,
            num_replicas=1,
        )
        size = min(BODIES_AT_ONCE if with_bodies else HEADERS_AT_ONCE, end - start)
        with _answering():
            reader = await self._js.pull_subscribe("", stream=DEAD, config=config)
        try:
            pending = await _count_pending(reader)
            while pending:
                messages = await _pull(reader, min(size, pending))
                if not messages:
                    left = await _count_pending(reader)
                    if left == pending:
                        raise BrokerUnavailable(f"{DEAD} did not answer")
                    pending = left  # somebody dropped letters meanwhile
                    continue
                for message in messages:
                    if message.metadata.sequence.stream >= end:
                        return
                    letter = _read_message(message, with_body=with_bodies)
                    if wanted.matches(letter):
                        yield letter
                pending = messages[-1].metadata.num_pending
        finally:
            with suppress(nats.errors.Error):
                await reader.unsubscribe()


async def _count_pending(reader: JetStreamContext.PullSubscription) -> int:
    with _answering():
        return (await reader.consumer_info()).num_pending or 0


async def _pull(reader: JetStreamContext.PullSubscription, size: int) -> list[Msg]:
    with _answering():
        try:
            return await reader.fetch(size, timeout=FETCH_TIMEOUT_S)
        except TimeoutError:
            return []


def _read_message(message: Msg, *, with_body: bool) -> DeadLetter:
    metadata = message.metadata
    return read_letter(
        subject=message.subject,
        sequence=metadata.sequence.stream,
        at=metadata.timestamp,
        headers=message.headers,
        body=bytes(message.data) if with_body else None,
    )


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except APIError as exc:
        raise BrokerUnavailable(f"{DEAD}: {exc.description}") from exc
    except (TimeoutError, nats.errors.Error) as exc:
        raise BrokerUnavailable(f"{DEAD} did not answer") from exc
