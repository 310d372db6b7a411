"""Publishing with a bounded number of messages under way."""

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

import cli.window
from cli.window import BYTES, MESSAGES, open_window
from shared.errors import BrokerUnavailable
from shared.jetstream import Outgoing

STREAM = "S"
ANSWER = json.dumps({"stream": STREAM, "seq": 7})
REFUSAL = json.dumps({"error": {"code": 503, "err_code": 10077, "description": "maximum messages exceeded"}})


class Broker:
    """Stands for a client and the broker behind it: keeps what is published until it is told to answer."""

    def __init__(self, *, answers: bool = True) -> None:
        self.answers = answers
        self.is_closed = False
        self.max_payload = 2 * BYTES
        self.waiting: deque[tuple[str, bytes]] = deque()
        self.most_waiting = 0
        self.most_bytes = 0
        self._take: Callable[[Msg], Awaitable[None]]
        self._answering: asyncio.Task[None] | None = None

    def new_inbox(self) -> str:
        return "_INBOX.x"

    async def subscribe(self, subject: str, *, cb: Callable[[Msg], Awaitable[None]]) -> "Broker":
        assert subject == "_INBOX.x.*"
        self._take = cb
        return self

    async def unsubscribe(self) -> None:
        self.is_closed = True

    async def publish(self, subject: str, body: bytes, *, reply: str, headers: dict[str, str] | None) -> None:
        self.waiting.append((reply, body))
        self.most_waiting = max(self.most_waiting, len(self.waiting))
        self.most_bytes = max(self.most_bytes, sum(len(body) for _, body in self.waiting) if len(body) > 100 else 0)
        if self.answers and self._answering is None:
            self._answering = asyncio.create_task(self._answer_all())

    async def _answer_all(self) -> None:
        await asyncio.sleep(0)
        while self.waiting:
            reply, body = self.waiting.popleft()
            await self.answer(reply, REFUSAL if body == b"bad" else ANSWER)
        self._answering = None

    async def answer(self, reply: str, data: str, headers: dict[str, str] | None = None) -> None:
        await self._take(Msg(_client=cast(Client, self), subject=reply, data=data.encode(), headers=headers))


class Told:
    """Remembers the outcomes."""

    def __init__(self) -> None:
        self.accepted: list[int] = []
        self.refused: dict[int, str] = {}

    def accept(self, tag: int, sequence: int) -> None:
        assert sequence == 7
        self.accepted.append(tag)

    def refuse(self, tag: int, reason: str) -> None:
        self.refused[tag] = reason


async def publish(broker: Broker, told: Told, bodies: list[bytes]) -> None:
    """Publish *bodies*, tagged by their position."""
    async with open_window(cast(Client, broker), stream=STREAM, outcomes=told) as window:
        for tag, body in enumerate(bodies):
            await window.publish(Outgoing("a.b", body), tag=tag)


async def test_everything_is_answered_when_the_block_ends() -> None:
    """However many there are, each has its outcome, a refused one with the broker's words, and no more than the window wait."""
    broker, told = Broker(), Told()
    bodies = [b"bad" if n % 1000 == 500 else b"good" for n in range(5_000)]
    await publish(broker, told, bodies)
    assert told.accepted == [n for n, body in enumerate(bodies) if body == b"good"]
    assert set(told.refused) == {500, 1500, 2500, 3500, 4500}
    assert told.refused[500] == "the broker refused it: maximum messages exceeded"
    assert MESSAGES // 2 < broker.most_waiting <= MESSAGES


async def test_large_messages_fill_the_window_by_their_bytes() -> None:
    """Half a megabyte each, a thousand of them would be too much to hold."""
    broker, told = Broker(), Told()
    await publish(broker, told, [b"x" * 500_000] * 60)
    assert len(told.accepted) == 60
    assert broker.most_bytes <= BYTES


async def test_one_message_larger_than_the_window_is_sent_alone() -> None:
    """It waits for nothing that cannot come."""
    broker, told = Broker(), Told()
    await publish(broker, told, [b"good", b"x" * (BYTES + 1), b"good"])
    assert told.accepted == [0, 1, 2]


async def test_a_message_larger_than_the_broker_takes_is_refused_alone() -> None:
    """The broker would hang up on whoever sends it."""
    broker, told = Broker(), Told()
    broker.max_payload = 4
    await publish(broker, told, [b"good", b"too large", b"good"])
    assert (told.accepted, list(told.refused)) == ([0, 2], [1])


async def test_a_broker_that_does_not_answer_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a time in which nothing was answered."""
    monkeypatch.setattr(cli.window, "PATIENCE_S", 0.05)
    with pytest.raises(BrokerUnavailable, match="publishing to S got no answer"):
        await publish(Broker(answers=False), Told(), [b"good"])


@pytest.mark.parametrize(
    ("data", "headers", "why"),
    [
        ("", {"Status": "503"}, "no stream takes messages"),
        (json.dumps({"stream": "OTHER", "seq": 1}), None, "taken by the stream OTHER"),
    ],
)
async def test_a_missing_stream_ends_it(data: str, headers: dict[str, Any] | None, why: str) -> None:
    """Nothing that follows could be stored either."""
    broker = Broker(answers=False)

    async def go() -> None:
        async with open_window(cast(Client, broker), stream=STREAM, outcomes=Told()) as window:
            await window.publish(Outgoing("a.b", b"good"), tag=1)
            await broker.answer(broker.waiting[0][0], data, headers)

    with pytest.raises(BrokerUnavailable, match=why):
        await go()
