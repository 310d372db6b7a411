"""Where mail is handed in: `HOBNOB_SMTP_URL` as a value. The URL holds a password: no error and no repr ever shows it."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self, TypeVar
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from pydantic import SecretStr

from services.notifier.domain.addresses import InvalidAddress, parse_address
from shared.errors import PermanentError

TIMEOUT_S: Final = 30.0
"""For one message in all, connecting included."""

_PORTS: Final = {"smtp": 587, "smtps": 465}
"""Submission with STARTTLS, and with TLS from the first byte (RFC 8314)."""
_FORM: Final = "it has the form smtp://user:password@host:587?starttls=require or smtps://user:password@host"

_T = TypeVar("_T")
_D = TypeVar("_D")


class InvalidSmtpUrl(PermanentError):
    """HOBNOB_SMTP_URL is not usable."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"HOBNOB_SMTP_URL is not usable: {reason}")


class Encryption(StrEnum):
    """How the connection is protected."""

    IMPLICIT = "implicit"
    """TLS from the first byte: `smtps`."""
    REQUIRE = "require"
    """STARTTLS, or nothing is sent."""
    OPTIONAL = "optional"
    """STARTTLS if the server offers it. A password is never sent without it."""
    OFF = "off"
    """Plain text, for a server on the same machine or in a test."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpAddress:
    """
    A mail server, how to come in, and the address it lets us send from.

    `sender` is the `from` of the URL; None where every owner sends from their own address.
    """

    host: str
    port: int
    encryption: Encryption
    user: str | None = None
    password: SecretStr | None = None
    timeout_s: float = TIMEOUT_S
    sender: str | None = None

    @classmethod
    def parse(cls, url: str) -> Self:
        """
        Read `smtp://user:password@host:587?starttls=require|optional|off&timeout=30&from=me@example.org`, or `smtps://…`.

        Everything but the host may be missing; `starttls` is `require` then.

        Raises:
            InvalidSmtpUrl: says what is wrong, without showing the URL.
        """
        parts = _split(url)
        options = _options(parts)
        encryption = Encryption.IMPLICIT
        if parts.scheme == "smtp":
            encryption = _read(options, "starttls", _starttls, default=Encryption.REQUIRE)
        user = unquote(parts.username) if parts.username else None
        password = SecretStr(unquote(parts.password)) if parts.password else None
        address = cls(
            host=parts.hostname or "",
            port=parts.port or _PORTS[parts.scheme],
            encryption=encryption,
            user=user,
            password=password,
            timeout_s=_read(options, "timeout", _seconds, default=TIMEOUT_S),
            sender=_read(options, "from", parse_address, default=None),
        )
        if options:
            # Without its name: that may be part of a password that was not encoded.
            raise InvalidSmtpUrl("it has a parameter that is not known; known are starttls (not with smtps), timeout and from")
        return address

    def __str__(self) -> str:
        """Return what may be shown: the host and the port."""
        return f"{self.host}:{self.port}"


def _split(url: str) -> SplitResult:
    if any(char.isspace() or not char.isprintable() for char in url):
        raise InvalidSmtpUrl("it holds a space or a control character; write one as %20")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        # Without the cause: urllib shows the part that it could not read, and that may be the password.
        raise InvalidSmtpUrl(f"the port or the host cannot be read; {_FORM}; write special characters as %XX") from None
    if parts.scheme not in _PORTS:
        raise InvalidSmtpUrl(f"it must begin with smtp:// or smtps://; {_FORM}")
    if not parts.hostname:
        raise InvalidSmtpUrl(f"it names no host; {_FORM}; write special characters of the password as %XX")
    if parts.path.strip("/") or parts.fragment:
        raise InvalidSmtpUrl("there is something behind the host; write the characters / # ? of a password as %2F %23 %3F")
    if bool(parts.username) != bool(parts.password):
        raise InvalidSmtpUrl("it needs a user and a password, or neither")
    return parts


def _options(parts: SplitResult) -> dict[str, str]:
    try:
        pairs = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError:
        raise InvalidSmtpUrl("what follows the ? must be name=value, several of them joined by &") from None
    options = dict(pairs)
    if len(options) < len(pairs):
        raise InvalidSmtpUrl("a parameter is given twice")
    return options


def _read(options: dict[str, str], name: str, read: Callable[[str], _T], *, default: _D) -> _T | _D:
    """Take the option *name* out of *options* and read it."""
    text = options.pop(name, None)
    if text is None:
        return default
    try:
        return read(text)
    except (ValueError, InvalidAddress) as exc:
        raise InvalidSmtpUrl(f"{name}: {exc}") from exc


def _starttls(text: str) -> Encryption:
    if text not in (known := [Encryption.REQUIRE, Encryption.OPTIONAL, Encryption.OFF]):
        raise ValueError(f"it must be one of {', '.join(known)}")
    return Encryption(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 1 <= seconds <= 600:
        raise ValueError("it must be a number of seconds from 1 to 600")
    return seconds
