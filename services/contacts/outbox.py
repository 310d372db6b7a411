"""
Publishes snapshots, so that the stream ends up with the newest one of each contact and owner whatever crashes (ADR 0002).

The document says what is still to be published (`pending`); compare-and-set on the stream keeps a late publisher from
putting an old revision over a newer one. Called right after each write, and by a relay for whatever was left behind.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from nats.aio.client import Client
from nats.js.errors import APIError

from shared.counters import Counters
from shared.errors import BrokerUnavailable
from shared.jetstream import WRONG_LAST_SEQUENCE, Outgoing, jetstream, last_messages, publish_all
from shared.logging import get_logger
from shared.metrics import SNAPSHOTS
from shared.revisions import REVISION, revision_of
from shared.streams import PEOPLE
from shared.trace_context import TRACEPARENT

log = get_logger(__name__)

CHUNK = 500
HEADER_BYTES = 512
"""What a snapshot's headers take of a message, at most."""
MAX_ROUNDS = 20
"""Rounds of compare-and-set before giving up for now: each lost one means that somebody else published meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpublished:
    """A document of which revision `rev` is not yet on the stream; `published_sequence` is what we think is there."""

    id: str
    rev: int
    subject: str
    body: bytes
    published_sequence: int
    traceparent: str | None = None


class OutboxStore(Protocol):
    """A collection whose documents say themselves what is still to be published."""

    async def unpublished(self, *, ids: Iterable[str] | None = None, limit: int) -> list[Unpublished]:
        """Return documents whose present revision waits to be published: of *ids*, or of all."""
        ...

    async def mark_published(self, sequences: Sequence[tuple[str, int, int]]) -> None:
        """Note for each `(id, rev, stream sequence)` that this revision is on the stream; a newer one stays pending."""
        ...

    async def expect_sequence(self, *, id: str, sequence: int) -> None:  # noqa: A002
        """Remember what the stream holds for a document, when it is not what we thought."""
        ...

    async def overtake(self, *, id: str, rev: int, held: int, sequence: int) -> None:  # noqa: A002
        """Raise a document that still is at *rev* above revision *held*, which the stream has, and leave it pending."""
        ...


class Outbox:
    """Brings unpublished documents of one store onto the stream."""

    def __init__(self, *, store: OutboxStore, client: Client, counters: Counters | None = None) -> None:
        self._store = store
        self._counters = counters or Counters()
        self._client = client
        self._js = jetstream(client)

    async def publish(self, ids: Iterable[str]) -> None:
        """
        Publish what is unpublished of these documents.

        Raises:
            BrokerUnavailable: the broker does not answer; the relay will do it.
        """
        wanted = list(ids)
        for start in range(0, len(wanted), CHUNK):
            chunk = wanted[start : start + CHUNK]
            await self._until_published(chunk, await self._store.unpublished(ids=chunk, limit=CHUNK))

    async def publish_ready(self, waiting: Sequence[Unpublished]) -> None:
        """Publish these revisions, which the caller has just written; like `publish`, without reading them again."""
        for start in range(0, len(waiting), CHUNK):
            chunk = waiting[start : start + CHUNK]
            await self._until_published([item.id for item in chunk], chunk)

    async def relay(self) -> None:
        """Publish everything that is left unpublished."""
        while waiting := await self._store.unpublished(limit=CHUNK):
            log.info("outbox_relayed", documents=len(waiting))
            await self._until_published([item.id for item in waiting], waiting)

    async def _until_published(self, ids: Sequence[str], waiting: Sequence[Unpublished]) -> None:
        for _ in range(MAX_ROUNDS):
            if not waiting:
                return
            if await self._publish_once(waiting):
                return
            waiting = await self._store.unpublished(ids=ids, limit=CHUNK)
        raise BrokerUnavailable("snapshots keep being published by others; the relay will finish")

    async def _publish_once(self, waiting: Sequence[Unpublished]) -> bool:
        """
        Publish each once and return whether all of them are on the stream now.

        Raises:
            BrokerUnavailable: some of them are not and will not be soon; all others are, and are marked so.
        """
        room = self._client.max_payload - HEADER_BYTES
        small = [item for item in waiting if len(item.body) <= room]
        refused = [f"{item.subject} is larger than the {room} bytes that fit" for item in waiting if len(item.body) > room]
        results = await publish_all(self._js, [_message(item) for item in small], stream=PEOPLE)
        done: list[tuple[str, int, int]] = []
        lost: list[Unpublished] = []
        for item, result in zip(small, results, strict=True):
            if not isinstance(result, APIError):
                done.append((item.id, item.rev, result.seq))
            elif result.err_code == WRONG_LAST_SEQUENCE:
                lost.append(item)
            else:
                refused.append(f"{PEOPLE} refused {item.subject}: {result}")
        self._counters.count(SNAPSHOTS, by=len(done))
        if lost:
            done += await self._look_again(lost)
        await self._store.mark_published(done)
        if refused:
            raise BrokerUnavailable(f"{len(refused)} snapshots cannot be published: {refused[0]}")
        return not lost

    async def _look_again(self, lost: Sequence[Unpublished]) -> list[tuple[str, int, int]]:
        """Find out what the stream holds where a compare-and-set lost; return those that somebody published already."""
        held = await last_messages(self._client, stream=PEOPLE, filters=[item.subject for item in lost])
        done: list[tuple[str, int, int]] = []
        for item in lost:
            last = held.get(item.subject)
            if last is None:
                await self._store.expect_sequence(id=item.id, sequence=0)
            elif (rev := revision_of(last)) > item.rev:
                # Somebody changed and published it meanwhile, and this does nothing; or the database is a restored one.
                await self._store.overtake(id=item.id, rev=item.rev, held=rev, sequence=last.sequence)
            elif rev == item.rev and last.body == item.body:
                done.append((item.id, item.rev, last.sequence))
            else:
                await self._store.expect_sequence(id=item.id, sequence=last.sequence)
        return done


def _message(item: Unpublished) -> Outgoing:
    headers = {REVISION: str(item.rev), "Nats-Expected-Last-Subject-Sequence": str(item.published_sequence)}
    if item.traceparent:
        headers[TRACEPARENT] = item.traceparent
    return Outgoing(item.subject, item.body, headers)
