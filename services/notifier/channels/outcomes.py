"""What can become of a mail, and how the words of the server and of the library become one of these."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from aiosmtplib import SMTPException, SMTPResponseException

from services.notifier.domain.cleaning import clean_line
from shared.errors import PermanentError, TransientError

REASON_CHARS_MAX: Final = 300

_LOGIN_WANTED: Final = frozenset({530, 534, 535, 538})
"""Answers about the login, whatever the command was (RFC 4954, section 6; 534 and 538 from RFC 2554 on)."""


class NotSent(TransientError):
    """The mail has certainly not been sent; it may be tried again. *reply* is the server's code, where it answered."""

    def __init__(self, reason: str, *, reply: int | None = None) -> None:
        super().__init__(reason)
        self.reply = reply


class ServerUnusable(NotSent):
    """
    The mail has certainly not been sent, and no other would be: the mail server does not let us in as it is set up.

    Not the mail is at fault, so none is given up for it; somebody has to put HOBNOB_SMTP_URL or the server right.
    """


class Rejected(PermanentError):
    """The mail server refused the mail for good. *reply* is its code; None where we did not even ask."""

    def __init__(self, reason: str, *, reply: int | None = None) -> None:
        super().__init__(reason)
        self.reply = reply


class Unconfirmed(PermanentError):
    """
    Nobody knows whether the mail was sent: never send it again without a human.

    A task that is cancelled in this state gets this error instead of the cancellation, so that it can still be written down;
    the task ends as cancelled if it asks `asyncio.current_task().cancelling()` and raises `CancelledError`.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """The mail server took the mail; *answer* is what it said, such as its queue id."""

    answer: str


@contextmanager
def certainly_not_sent(step: str) -> Iterator[None]:
    """Translate what goes wrong in a step after which nothing has been sent."""
    try:
        yield
    except SMTPResponseException as exc:
        raise refusal(step, exc.code, exc.message) from exc
    except (SMTPException, OSError) as exc:
        raise NotSent(f"{step}: {told(exc)}") from exc


@contextmanager
def coming_in(step: str) -> Iterator[None]:
    """Translate what goes wrong before there is a mail to speak of: a "no" for good is about the server then."""
    try:
        with certainly_not_sent(step):
            yield
    except Rejected as exc:
        raise ServerUnusable(str(exc), reply=exc.reply) from exc
    except NotSent as exc:
        if _is_distrusted(exc):
            raise ServerUnusable(str(exc)) from exc
        raise


def refusal(step: str, code: int, text: str) -> NotSent | Rejected:
    """Return what a server's answer means: 5xx never, 4xx later, anything else is no SMTP, and nothing has been sent either."""
    said = clean_line(text.encode("utf-8", "replace").decode(), chars_max=REASON_CHARS_MAX)
    if code in _LOGIN_WANTED:
        return ServerUnusable(f"{step} was refused: {code} {said}", reply=code)
    if 500 <= code < 600:
        return Rejected(f"{step} was refused: {code} {said}", reply=code)
    if 400 <= code < 500:
        return NotSent(f"{step} was put off: {code} {said}", reply=code)
    return NotSent(f"{step}: the server does not speak SMTP as expected: {said}")


def _is_distrusted(exc: BaseException | None) -> bool:
    """Whether a certificate that is not to be trusted is behind *exc*."""
    while exc is not None and not isinstance(exc, ssl.SSLCertVerificationError):
        exc = exc.__cause__
    return exc is not None


def told(exc: BaseException) -> str:
    """Say what went wrong; the error of the system, where there is one, says more than the library's around it."""
    if isinstance(exc.__cause__, OSError):
        exc = exc.__cause__
    return clean_line(str(exc), chars_max=REASON_CHARS_MAX) or type(exc).__name__
