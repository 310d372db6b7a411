"""
Telling the owner where they already look: push, chat and mail services through Apprise.

Apprise is synchronous, may hang for minutes, turns every failure into False and logs URLs. Around it: threads with a hard limit
(`threads`), the reason of a failure (`http_answers`), a list of what may be used (`schemes`), and a logger that keeps to itself.
"""

import logging
from collections.abc import Callable
from functools import partial
from typing import Final, Literal, TypeVar

from apprise import Apprise, AppriseAsset, NotifyFormat
from apprise.exception import AppriseException
from apprise.plugins.base import NotifyBase

from services.notifier.channels.http_answers import watching
from services.notifier.channels.schemes import InvalidChannel, checked_scheme, scrub, shown_host
from services.notifier.channels.threads import Hung, StillHanging, Threads
from services.notifier.domain.cleaning import clean_line, clean_text
from shared.errors import TransientError

TIMEOUT_S: Final = 20.0
"""For one message in all; Apprise itself waits 4 s for a connection and 4 s between two bytes, more if the URL says so."""
TITLE_CHARS_MAX: Final = 200
BODY_CHARS_MAX: Final = 30_000
"""Apprise cuts or splits to what each service takes; this keeps it from making hundreds of messages of one."""

_T = TypeVar("_T")

BodyFormat = Literal["text", "markdown", "html"]

_TALKATIVE: Final = ("apprise", "urllib3", "requests")
"""Loggers that write URLs, and with them tokens, at some level."""


class ChannelFailed(TransientError):
    """
    A channel did not take a message, or took too long to say so.

    Attributes:
        reason: In words, without secrets.
        retry_after_s: The pause that the service asks for; None when it asks for none.
        status: The HTTP status, where there was one.
    """

    def __init__(self, reason: str, *, retry_after_s: float | None = None, status: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after_s = retry_after_s
        self.status = status


class Notifier:
    """Sends messages to the channels of owners."""

    def __init__(self, *, timeout_s: float = TIMEOUT_S, threads: Threads | None = None) -> None:
        for name in _TALKATIVE:
            _silence(logging.getLogger(name))
        self._timeout_s = timeout_s
        self._threads = threads or Threads(timeout_s=timeout_s)

    @property
    def hanging(self) -> int:
        """How many calls were abandoned and have not ended yet."""
        return self._threads.hanging

    async def check(self, url: str, *, owner: str) -> str:
        """
        Return how a channel is shown, such as `ntfy (ntfy.example.org)`; nothing is sent.

        The first call in a process loads Apprise's services, which takes most of a second: not in the event loop.

        Raises:
            InvalidChannel: the URL is not one that can be used; the reason shows no secret.
            ChannelFailed: earlier messages of the owner hang.
        """
        plugin = await self._run(partial(_service, url), owner=owner)
        host = shown_host(url)
        name = clean_line(str(plugin.service_name), chars_max=TITLE_CHARS_MAX)
        return f"{name} ({host})" if host else name

    async def notify(self, *, owner: str, url: str, title: str, body: str, body_format: BodyFormat = "text") -> None:
        """
        Send a message through a channel, and return when the service has taken it.

        Args:
            owner: Whose channel; an owner's messages go out one after the other, nobody waits for another owner's.
            url: The channel.
            title: One line; anything else in it is cleaned away.
            body: In *body_format*; Apprise converts it to what the service understands, text is escaped on the way.
            body_format: What *body* is.

        Raises:
            ChannelFailed: it was not taken, or nobody knows: a message that hung may yet arrive.
            InvalidChannel: the URL is not one that can be used.
        """
        send = partial(_send, url, clean_line(title, chars_max=TITLE_CHARS_MAX), clean_text(body)[:BODY_CHARS_MAX], body_format)
        failure = await self._run(send, owner=owner)
        if failure is not None:
            raise failure

    async def _run(self, work: Callable[[], _T], *, owner: str) -> _T:
        try:
            return await self._threads.run(work, owner=owner)
        except Hung as exc:
            raise ChannelFailed(f"the service did not take the message within {self._timeout_s:g} s") from exc
        except StillHanging as exc:
            raise ChannelFailed("earlier messages still hang") from exc


def _silence(logger: logging.Logger) -> None:
    """Keep what a library logs out of our log: its URLs hold secrets. Apprise's own capture of its lines goes on working."""
    logger.propagate = False
    if not any(isinstance(handler, logging.NullHandler) for handler in logger.handlers):
        logger.addHandler(logging.NullHandler())  # without any, Python writes warnings to stderr


def _service(url: str) -> NotifyBase:
    scheme = checked_scheme(url)
    try:
        plugin = Apprise.instantiate(url, asset=_asset(), suppress_exceptions=False)
    except (AppriseException, TypeError, ValueError) as exc:
        raise InvalidChannel(f"{scheme}:// cannot be used like this: {scrub(str(exc), url=url)}") from None
    if plugin is None:
        raise InvalidChannel(f"this is no complete {scheme}:// URL; see https://github.com/caronc/apprise/wiki")
    return plugin


def _asset() -> AppriseAsset:
    """
    Return how Apprise shall behave.

    No redirects: one turns a POST into a GET, and the page it leads to into a success. No files, no keys of its own making. No
    meaning in `\\n` or `:smile:`: a name may hold anything. One call, in the thread that we watch.
    """
    return AppriseAsset(
        app_id="Hobnob",
        app_desc="Hobnob",
        async_mode=False,
        service_timeout=0,
        http_redirects=False,
        interpret_escapes=False,
        interpret_emojis=False,
        storage_mode="memory",
        pgp_autogen=False,
        pem_autogen=False,
        allow_templates=False,
        secure_logging=True,
        timezone="UTC",
        language="en",
    )


def _send(url: str, title: str, body: str, body_format: BodyFormat) -> ChannelFailed | None:
    """Send, in a thread; return what went wrong."""
    service = _service(url)
    with watching() as last:
        result = Apprise(service, asset=service.asset).notify(body=body, title=title, body_format=NotifyFormat(body_format).value)
    if result:
        return None
    logged = [entry.message for entry in result.logs()]
    reason = last.reason or (scrub(logged[-1], url=url) if logged else "the service did not take the message")
    return ChannelFailed(reason, retry_after_s=last.retry_after_s, status=last.status)
