"""A mail server for the journeys: it counts what it takes, and drops connections whenever it likes."""

import asyncio
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

LATE = "after the message, before the answer"


@dataclass(kw_only=True)
class Moods:
    """How often the server does what, each a probability; `pause_s` is the longest pause before an answer."""

    drop: float = 0.0
    """Of dropping the connection at one of the steps before the message: the greeting, EHLO, MAIL, RCPT, DATA."""
    drop_late: float = 0.0
    """Of dropping it when the message is in and counted, instead of saying so."""
    refuse: float = 0.0
    put_off: float = 0.0
    pause_s: float = 0.0


@dataclass
class Sink:
    """What came in: one entry for each message whose final dot was received, whether or not its sender learned so."""

    moods: Moods
    port: int = 0
    taken: list[tuple[str, bytes]] = field(default_factory=list)
    drops: dict[str, int] = field(default_factory=dict)

    def addresses(self) -> list[str]:
        """Return the recipient of each message, in the order in which they came."""
        return [address for address, _ in self.taken]


class _Server(SMTP):
    """aiosmtpd with moods."""

    def __init__(self, sink: Sink, chance: random.Random, **options: Any) -> None:
        super().__init__(self, **options)
        self.sink = sink
        self.chance = chance

    def _drops(self, step: str, probability: float) -> bool:
        if self.chance.random() >= probability:
            return False
        self.sink.drops[step] = self.sink.drops.get(step, 0) + 1
        assert isinstance(self.transport, asyncio.Transport)
        self.transport.abort()
        return True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._drops("greeting", self.sink.moods.drop)

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802  # aiosmtpd's names
        if not self._drops("EHLO", self.sink.moods.drop):
            await super().smtp_EHLO(hostname)

    async def smtp_MAIL(self, arg: str) -> None:  # noqa: N802
        if not self._drops("MAIL", self.sink.moods.drop):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str) -> None:  # noqa: N802
        if self._drops("RCPT", self.sink.moods.drop):
            return
        if self.chance.random() < self.sink.moods.refuse:
            await self.push("550 5.1.1 no such mailbox")
        else:
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        if not self._drops("DATA", self.sink.moods.drop):
            await super().smtp_DATA(arg)

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.chance.random() < self.sink.moods.put_off:
            return "451 4.3.0 come again"
        assert isinstance(envelope.content, bytes)
        self.sink.taken += [(recipient, envelope.content) for recipient in envelope.rcpt_tos]
        await asyncio.sleep(self.chance.random() * self.sink.moods.pause_s)
        self._drops(LATE, self.sink.moods.drop_late)
        return "250 2.0.0 taken"


@contextmanager
def mail_sink(moods: Moods | None = None, *, seed: int = 0) -> Iterator[Sink]:
    """Run a server in a thread of its own."""
    sink, chance = Sink(moods or Moods()), random.Random(seed)
    loop = asyncio.new_event_loop()
    is_up, is_over = threading.Event(), asyncio.Event()

    async def serve() -> None:
        def server() -> _Server:
            return _Server(sink, chance, loop=loop, hostname="test.example.org")

        listening = await loop.create_server(server, "127.0.0.1", 0)
        sink.port = listening.sockets[0].getsockname()[1]
        is_up.set()
        await is_over.wait()
        listening.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    try:
        assert is_up.wait(10)
        yield sink
    finally:
        loop.call_soon_threadsafe(is_over.set)
        thread.join(10)
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
