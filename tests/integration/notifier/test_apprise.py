"""Tests of telling owners through Apprise, against a local HTTP server that answers in every way a service may."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import StringIO
from typing import Any

import pytest

from services.notifier.channels.apprise import BodyFormat, ChannelFailed, Notifier
from services.notifier.channels.schemes import InvalidChannel
from tests.conftest import eventually
from tests.integration.notifier.listening import listening
from tests.servers import free_port

HANG = b"(nothing)"
TRICKLE = b"(a byte at a time)"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
SECRET = "s3cr3tT0ken"


def an_answer(status: str, *headers: str) -> bytes:
    """Return an HTTP answer without a body."""
    return "\r\n".join([f"HTTP/1.1 {status}", "Content-Length: 0", *headers, "", ""]).encode()


@dataclass
class Service:
    """An HTTP server, and what it was told."""

    answer: bytes
    port: int = 0
    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def url(self, *, options: str = "", scheme: str = "json") -> str:
        """Return the Apprise URL of this server."""
        return f"{scheme}://me:{SECRET}@127.0.0.1:{self.port}/{SECRET}?{options}".rstrip("?")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(int(line.partition(":")[2]) for line in head.splitlines() if line.lower().startswith("content-length"))
        body = await reader.readexactly(length)
        self.requests.append((head, json.loads(body) if body.startswith(b"{") else {}))
        if self.answer == HANG:
            await asyncio.Event().wait()
        if self.answer == TRICKLE:
            for byte in OK * 1_000:
                writer.write(bytes([byte]))
                await asyncio.sleep(0.05)
        writer.write(self.answer)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def a_service(answer: bytes = OK) -> AsyncIterator[Service]:
    """Run a service that answers everything with *answer*."""
    service = Service(answer=answer)
    async with listening(service.serve) as service.port:
        yield service


@pytest.fixture
def our_log() -> Iterator[StringIO]:
    """
    Yield what our log holds at its most talkative: everything that reaches the root logger.

    Not pytest's own capture, which also shows what a library keeps to itself.
    """
    written = StringIO()
    handler = logging.StreamHandler(written)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield written
    root.setLevel(level)
    root.removeHandler(handler)


async def told(
    notifier: Notifier, url: str, *, owner: str = "sam", body: str = "Anna turns 36.", kind: BodyFormat = "text"
) -> None:
    """Tell an owner something."""
    await notifier.notify(owner=owner, url=url, title="Today", body=body, body_format=kind)


async def test_a_message_arrives() -> None:
    """The service gets title and text as they were written."""
    async with a_service() as service:
        await told(Notifier(), service.url())
        [(_, got)] = service.requests
        assert (got["title"], got["message"]) == ("Today", "Anna turns 36.")


@pytest.mark.parametrize(
    ("answer", "reason", "retry_after_s", "status"),
    [
        (an_answer("429 Slow down", "Retry-After: 120"), "HTTP 429 Too Many Requests", 120, 429),
        (an_answer("429 Slow down"), "HTTP 429 Too Many Requests", None, 429),
        (an_answer("503 Later", "Retry-After: 7"), "HTTP 503 Service Unavailable", 7, 503),
        (an_answer("500 Oops"), "HTTP 500 Internal Server Error", None, 500),
        (an_answer("404 Nothing here"), "HTTP 404 Not Found", None, 404),
        (an_answer("301 Moved", "Location: http://127.0.0.1:1/"), "HTTP 301 Moved Permanently", None, 301),
        (b"\x00\xff how do you do?\r\n\r\n", "the server cannot be reached, or it closed the connection", None, None),
        (b"", "the server cannot be reached, or it closed the connection", None, None),
    ],
)
async def test_why_a_message_was_not_taken(
    answer: bytes, reason: str, retry_after_s: float | None, status: int | None, our_log: StringIO
) -> None:
    """Every failure has its reason and the pause that the service asks for; neither errors nor logs show the URL's secrets."""
    async with a_service(answer) as service:
        with pytest.raises(ChannelFailed) as failed:
            await told(Notifier(), service.url())
        assert len(service.requests) == 1
    assert (failed.value.reason, failed.value.retry_after_s, failed.value.status) == (reason, retry_after_s, status)
    assert SECRET not in our_log.getvalue()


async def test_nobody_listens(our_log: StringIO) -> None:
    """A service that is down is told as such."""
    with pytest.raises(ChannelFailed, match="cannot be reached"):
        await told(Notifier(), f"json://me:{SECRET}@127.0.0.1:{free_port()}/{SECRET}")
    assert SECRET not in our_log.getvalue()


async def test_an_early_success_does_not_explain_a_later_failure() -> None:
    """Each message is explained by its own answer."""
    async with a_service(an_answer("429 Slow down", "Retry-After: 120")) as busy, a_service() as good:
        notifier = Notifier()
        with pytest.raises(ChannelFailed, match="429"):
            await told(notifier, busy.url())
        await told(notifier, good.url())
        with pytest.raises(ChannelFailed) as failed:
            await told(notifier, f"json://127.0.0.1:{free_port()}/")
        assert failed.value.retry_after_s is None


@pytest.mark.parametrize("how", [HANG, TRICKLE])
async def test_a_service_that_hangs_is_left(how: bytes) -> None:
    """A service that takes a minute, or answers for ever, is waited for no longer than the limit, and counted until it ends."""
    notifier = Notifier(timeout_s=0.5)
    async with a_service(how) as service:
        async with asyncio.timeout(10):
            with pytest.raises(ChannelFailed, match=r"within 0\.5 s"):
                await told(notifier, service.url(options="rto=60"))
        assert notifier.hanging == 1

    async def has_ended() -> bool:
        return notifier.hanging == 0

    await eventually(has_ended)


async def test_a_hanging_channel_delays_nobody_else() -> None:
    """While one owner's channel hangs, with messages waiting behind it, another owner's messages arrive."""
    notifier = Notifier(timeout_s=30)
    async with a_service(HANG) as hanging, a_service() as good:
        waiting = [asyncio.create_task(told(notifier, hanging.url(options="rto=60"), owner="sam")) for _ in range(30)]

        async def hangs() -> bool:
            return len(hanging.requests) == 1

        await eventually(hangs)
        async with asyncio.timeout(10):
            for _ in range(5):
                await told(notifier, good.url(), owner="kim")
        assert not any(task.done() for task in waiting)
        assert (len(good.requests), len(hanging.requests)) == (5, 1)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


async def test_text_is_text_in_every_format() -> None:
    """HTML, template marks, escapes and emoji codes in a name arrive as text, also where the service takes HTML."""
    body = r"<b>{{7*7}}</b> \n :smile: ${X}"
    async with a_service() as service:
        notifier = Notifier()
        await told(notifier, service.url(), body=body)
        await told(notifier, service.url(options="format=html"), body=body)
        plain, page = (got["message"] for _, got in service.requests)
        assert plain == body
        assert "<b>" not in page
        assert "&lt;b&gt;{{7*7}}&lt;/b&gt;" in page
        assert r"\n" in page
        assert ":smile:" in page


async def test_a_line_break_in_a_title_is_no_header() -> None:
    """A title from a name with line breaks arrives as one line, at a service that takes it in the URL's headers too."""
    async with a_service() as service:
        await Notifier().notify(
            owner="sam", url=service.url(scheme="ntfy", options="mode=private"), title="Anna\r\nX-Evil: 1", body="x\0y"
        )
        [(head, got)] = service.requests
        assert "x-evil" not in head.lower().split("\r\n\r\n")[0].replace("anna x-evil: 1", "")
        assert got["title"] == "Anna X-Evil: 1"
        assert got["message"] == "xy"


async def test_html_is_taken_as_html() -> None:
    """A body that is HTML reaches a text service without its tags."""
    async with a_service() as service:
        await told(Notifier(), service.url(options="format=text"), body="<p>Anna &amp; <b>Bob</b></p>", kind="html")
        assert "Anna & Bob" in service.requests[0][1]["message"]


@pytest.mark.parametrize(
    ("url", "shown"),
    {
        "ntfys://user:s3cr3t@ntfy.example.org/topic": "ntfy (ntfy.example.org)",
        "tgram://123456789:abcdefghijklmnopqrstuvwxyz012345678/12315544/": "Telegram",
        f"json://me:{SECRET}@hooks.example.org/x": "JSON (hooks.example.org)",
        f"mailto://me:{SECRET}@example.org": "E-Mail (example.org)",
    }.items(),
)
async def test_how_a_channel_is_shown(url: str, shown: str) -> None:
    """A valid channel has a name that may be shown."""
    assert await Notifier().check(url, owner="sam") == shown


@pytest.mark.parametrize(
    ("url", "says"),
    {
        "file:///etc/passwd": "not allowed",
        f"syslog://{SECRET}": "not allowed",
        f"dbus://{SECRET}": "not allowed",
        f"nonsense://{SECRET}": "allowed are 46elks, apprise",
        f"tgram://{SECRET}": "this is no complete tgram:// URL",
        f"discord://{SECRET}": "discord:// cannot be used like this",
        f"json://h.example.org/{SECRET}?method={SECRET}": "json:// cannot be used like this",
        f"json://h.example.org/{SECRET}?template=/etc/passwd": "names a file",
        "json://": "a channel is a URL",
        f"slack://{SECRET}": "slack://",
    }.items(),
)
async def test_what_is_no_channel_is_refused(url: str, says: str, our_log: StringIO) -> None:
    """An unusable URL is refused when it is set, with what is wrong, and without what it holds."""
    with pytest.raises(InvalidChannel) as refused:
        await Notifier().check(url, owner="sam")
    assert says in str(refused.value)
    assert SECRET not in str(refused.value)
    assert SECRET not in our_log.getvalue()
    with pytest.raises(InvalidChannel):
        await told(Notifier(), url)
