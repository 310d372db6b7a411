"""
What a service answered over HTTP, told beside Apprise.

Apprise turns every failure into False and a line of log, different in each of its plugins, and drops the `Retry-After` header.
All of them speak HTTP through `requests`, so one place can see every answer: `requests.Session.send`, wrapped here as the
tracing libraries do. The wrapper changes nothing; it notes what happens inside `watching()` and only there.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import wraps
from http import HTTPStatus
from typing import Any, Final

import requests

RETRY_AFTER_MAX_S: Final = 24 * 3600.0
"""Whoever asks for a longer pause is asked again after a day."""

_INSTALLED: Final = "_hobnob_watches"


@dataclass(slots=True)
class LastAnswer:
    """The last thing that happened over HTTP: a status with the pause asked for, or the reason why there was none."""

    status: int | None = None
    retry_after_s: float | None = None
    failure: str | None = None

    @property
    def reason(self) -> str | None:
        """Why it failed, in words; None when nothing over HTTP did."""
        if self.failure is not None:
            return self.failure
        if self.status is None or 200 <= self.status < 300:
            return None
        try:
            return f"HTTP {self.status} {HTTPStatus(self.status).phrase}"
        except ValueError:
            return f"HTTP {self.status}"


_watched: ContextVar[LastAnswer | None] = ContextVar("watched", default=None)


@contextmanager
def watching() -> Iterator[LastAnswer]:
    """Note the last HTTP answer that this thread gets inside the block."""
    _install()
    last = LastAnswer()
    token = _watched.set(last)
    try:
        yield last
    finally:
        _watched.reset(token)


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """
    Return the pause that a `Retry-After` header asks for; None without one that can be read.

    A date is compared with the server's own `Date`, so that no clock of ours matters.

    Source:
        RFC 9110, section 10.2.3.
    """
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), RETRY_AFTER_MAX_S)
    try:
        pause = parsedate_to_datetime(text) - parsedate_to_datetime(headers.get("Date", ""))
    except (ValueError, TypeError):
        return None
    return min(max(pause.total_seconds(), 0.0), RETRY_AFTER_MAX_S)


def _install() -> None:
    send = requests.Session.send
    if hasattr(send, _INSTALLED):
        return

    @wraps(send)
    def watched_send(self: requests.Session, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        last = _watched.get()
        try:
            response = send(self, request, **kwargs)
        except requests.RequestException as exc:
            if last is not None:
                last.status, last.retry_after_s, last.failure = None, None, _failure(exc)
            raise
        if last is not None:
            last.status, last.retry_after_s, last.failure = response.status_code, retry_after_s(response.headers), None
        return response

    setattr(watched_send, _INSTALLED, True)
    requests.Session.send = watched_send  # type: ignore[method-assign]  # see the module


def _failure(exc: requests.RequestException) -> str:
    """Say what went wrong without the text of the error: it shows the URL."""
    match exc:
        case requests.exceptions.SSLError():
            return "the certificate of the server is not valid, or it does not speak TLS"
        case requests.exceptions.ConnectTimeout():
            return "the server cannot be reached in time"
        case requests.exceptions.Timeout():
            return "the server did not answer in time"
        case requests.exceptions.ConnectionError():
            return "the server cannot be reached, or it closed the connection"
        case _:
            return f"the server's answer cannot be read ({type(exc).__name__})"
