"""
Handing mail to a server, with the one thing known that "never twice" depends on: whether it may have left.

The commands are given one by one, so that the moment after which nobody can know is exact: it lies between the last byte of
the message and the server's answer. Before it, a failure is `NotSent` (try again) or `Rejected` (the server said no, for good);
inside it, `Unconfirmed`: a human decides. A "no" before the mail itself is `ServerUnusable`: it would be said to every mail.

    connect · TLS · login     │ MAIL · RCPT · DATA  │ message … │ answer
    NotSent or ServerUnusable │ NotSent or Rejected │ Unconfirmed │ Delivered, NotSent (4xx) or Rejected (5xx)

Source:
    RFC 5321, section 4.2.5 (an answer of 4xx or 5xx to the message leaves it with the sender) and 4.5.3.2.6 (the doubt).
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from typing import Final

from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from services.notifier.channels.letter import Letter, letter_of
from services.notifier.channels.outcomes import (
    REASON_CHARS_MAX,
    Delivered,
    NotSent,
    Rejected,
    ServerUnusable,
    Unconfirmed,
    certainly_not_sent,
    coming_in,
    refusal,
    told,
)
from services.notifier.channels.smtp_address import Encryption, SmtpAddress
from services.notifier.domain.cleaning import clean_line

CONNECTIONS: Final = 4
"""Connections in all; providers refuse many at once from one account."""
PROBE_TIMEOUT_S: Final = 5.0
"""How long a connection that lay idle may take to say that it lives."""
QUIT_TIMEOUT_S: Final = 2.0

_START_INPUT: Final = 354


class Mailer:
    """Sends mails through one server, over connections that are kept and reused. Whoever builds it calls `aclose`."""

    def __init__(self, address: SmtpAddress, *, tls: ssl.SSLContext | None = None, connections: int = CONNECTIONS) -> None:
        """
        Prepare; connects only when there is something to send.

        Args:
            address: The server.
            tls: What to trust; None is what the system trusts. Certificates and host names are always verified.
            connections: How many mails may be on their way at once.
        """
        self._address = address
        self._tls = tls
        self._slots = asyncio.Semaphore(connections)
        self._idle: list[SMTP] = []
        self._is_closed = False

    async def send(self, message: EmailMessage) -> Delivered:
        """
        Hand *message* to the server; From and To (one of each) make the envelope.

        Raises:
            NotSent: it has certainly not been sent; `ServerUnusable` where that holds for every other one, too.
            Rejected: the server, or its lack of SMTPUTF8, refuses it for good.
            Unconfirmed: it may have been sent.
            InvalidAddress: From or To is no address.
        """
        letter = letter_of(message)
        async with self._slots:
            try:
                async with asyncio.timeout(self._address.timeout_s), self._connection() as client:
                    await _announce(client, letter)
                    return await _hand_over(client, letter)
            except TimeoutError as exc:
                raise NotSent(f"{self._address} did not answer within {self._address.timeout_s:g} s") from exc

    async def aclose(self) -> None:
        """Take leave of the server and close what is idle; a connection in use is closed when its mail is done."""
        self._is_closed = True
        while self._idle:
            client = self._idle.pop()
            try:
                await client.quit(timeout=QUIT_TIMEOUT_S)
            except (SMTPException, OSError):
                _drop(client)  # it was closing anyway

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[SMTP]:
        """Lend a connection; it is kept for the next mail when the server answered in an orderly way."""
        client = await self._reused() or await self._opened()
        try:
            yield client
        except (NotSent, Rejected) as exc:
            self._keep(client, is_orderly=exc.reply is not None)
            raise
        except BaseException:
            _drop(client)
            raise
        self._keep(client, is_orderly=True)

    def _keep(self, client: SMTP, *, is_orderly: bool) -> None:
        if is_orderly and client.is_connected and not self._is_closed:
            self._idle.append(client)
        else:
            _drop(client)

    async def _reused(self) -> SMTP | None:
        """Return an idle connection that answers; servers close idle ones without a word."""
        while self._idle:
            client = self._idle.pop()
            try:
                await client.rset(timeout=min(PROBE_TIMEOUT_S, self._address.timeout_s))
            except (SMTPException, OSError):
                _drop(client)
            except BaseException:
                _drop(client)
                raise
            else:
                return client
        return None

    async def _opened(self) -> SMTP:
        address = self._address
        client = SMTP(
            hostname=address.host,
            port=address.port,
            timeout=address.timeout_s,
            use_tls=address.encryption is Encryption.IMPLICIT,
            start_tls=False,  # we do it, to know which step failed and to stay in the one state that was asked for
            tls_context=self._tls,
        )
        try:
            with coming_in(f"connecting to {address}"):
                await client.connect()
                await client.ehlo()
            await self._secure(client)
            await self._log_in(client)
        except BaseException:
            _drop(client)
            raise
        return client

    async def _secure(self, client: SMTP) -> None:
        match self._address.encryption:
            case Encryption.REQUIRE:
                if not client.supports_extension("starttls"):
                    raise ServerUnusable(f"{self._address} does not offer STARTTLS, which starttls=require insists on")
            case Encryption.OPTIONAL:
                if not client.supports_extension("starttls"):
                    return
            case Encryption.IMPLICIT | Encryption.OFF:
                return
        with coming_in(f"STARTTLS with {self._address}"):
            await client.starttls()
            await client.ehlo()

    async def _log_in(self, client: SMTP) -> None:
        address = self._address
        if address.user is None or address.password is None:
            return
        if address.encryption is Encryption.OPTIONAL and client.get_transport_info("sslcontext") is None:
            raise ServerUnusable(
                f"{address} does not offer STARTTLS, and the password is not sent unprotected (starttls=off would)"
            )
        login = {"plain": client.auth_plain, "login": client.auth_login, "cram-md5": client.auth_crammd5}
        method = next((name for name in login if name in client.server_auth_methods), None)
        if method is None:
            raise ServerUnusable(f"{address} offers no way to log in that we know (AUTH {', '.join(login).upper()})")
        # One attempt: going through all methods with a wrong password is what accounts get locked for.
        with coming_in(f"logging in at {address}"):
            await login[method](address.user, address.password.get_secret_value())


async def _announce(client: SMTP, letter: Letter) -> None:
    """Give sender and recipient, and get the server to wait for the message."""
    options: list[str] = []
    encoding = "ascii"
    if letter.needs_smtputf8:
        if not client.supports_extension("smtputf8"):
            raise Rejected("the mail server cannot take an address with letters beyond ASCII before the @ (no SMTPUTF8)")
        options, encoding = ["SMTPUTF8"], "utf-8"
    size = [f"SIZE={len(letter.content)}"] if client.supports_extension("size") else []
    with certainly_not_sent("the sender"):
        await client.mail(letter.sender, options=[*size, *options], encoding=encoding)
    with certainly_not_sent("the recipient"):
        await client.rcpt(letter.recipient, encoding=encoding)
    with certainly_not_sent("DATA"):
        answer = await client.execute_command(b"DATA")
        if answer.code != _START_INPUT:
            raise SMTPResponseException(answer.code, answer.message)


async def _hand_over(client: SMTP, letter: Letter) -> Delivered:
    """Send the message and read the answer: the doubt begins with the write and ends with the answer."""
    protocol = client.protocol
    if protocol is None:
        raise NotSent("the connection was lost before the message")
    with certainly_not_sent("the message"):
        protocol.write(letter.content)  # raises only before it takes a byte
    try:
        answer = await protocol.read_response()
    except asyncio.CancelledError as exc:  # by the caller, or by the timeout of `send`
        raise Unconfirmed("the message was handed over, but its answer was not waited for to the end") from exc
    except (SMTPException, OSError) as exc:
        raise Unconfirmed(f"the message was handed over, but the server's answer is missing: {told(exc)}") from exc
    if 200 <= answer.code < 300:
        return Delivered(answer=clean_line(answer.message, chars_max=REASON_CHARS_MAX))
    if 400 <= answer.code < 600:
        raise refusal("the message", answer.code, answer.message)
    raise Unconfirmed(f"the message was handed over, and the server's answer makes no sense: {answer.code}")


def _drop(client: SMTP) -> None:
    """Close at once, without the courtesies: the other side may be gone, or say anything."""
    if isinstance(client.transport, asyncio.WriteTransport):
        client.transport.abort()
    client.close()
