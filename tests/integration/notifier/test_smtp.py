"""Tests of handing mail to a server: what is known of a mail after anything that a server or a network can do."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from services.notifier.channels.outcomes import Delivered, NotSent, Rejected, ServerUnusable, Unconfirmed
from services.notifier.channels.smtp import Mailer
from services.notifier.channels.smtp_address import SmtpAddress
from services.notifier.domain.addresses import InvalidAddress
from services.notifier.domain.mail import Mailbox, build_greeting
from tests.conftest import eventually
from tests.integration.notifier.smtp_servers import (
    DROP,
    GARBAGE,
    HANG,
    Certificate,
    FaultyServer,
    a_certificate,
    faulty_server,
    real_server,
)
from tests.servers import free_port

BEFORE = ["greeting", "ehlo", "mail", "rcpt", "data"]
AT = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)


def a_mail(*, to: str = "anna@example.org", body: str = "Happy birthday!") -> EmailMessage:
    """Return a greeting."""
    return build_greeting(
        owner="sam",
        item=f"{to}:birthday",
        sender=Mailbox(name="Sam Sample", address="sam@example.com"),
        reply_to=None,
        recipient=Mailbox(name="Anna Example", address=to),
        subject="Happy birthday",
        body=body,
        at=AT,
    )


@asynccontextmanager
async def a_mailer(
    port: int,
    options: str = "starttls=off",
    *,
    user: str = "",
    timeout_s: float = 20,
    tls: ssl.SSLContext | None = None,
    scheme: str = "smtp",
) -> AsyncIterator[Mailer]:
    """Yield a mailer for a server on this machine."""
    address = SmtpAddress.parse(f"{scheme}://{user}127.0.0.1:{port}?{options}".rstrip("?"))
    mailer = Mailer(replace(address, timeout_s=timeout_s), tls=tls)
    try:
        yield mailer
    finally:
        await mailer.aclose()


async def failure_of(server: FaultyServer, *, timeout_s: float = 20) -> Exception | Delivered:
    """Send one mail and return what came of it."""
    async with a_mailer(server.port, timeout_s=timeout_s) as mailer:
        try:
            return await mailer.send(a_mail())
        except (NotSent, Rejected, Unconfirmed) as exc:
            return exc


@pytest.mark.parametrize("step", BEFORE)
@pytest.mark.parametrize("answer", [DROP, GARBAGE, "421 go away", "450 later", "199 what"])
async def test_a_fault_before_the_message_means_not_sent(step: str, answer: str) -> None:
    """Whatever goes wrong before the message: it has not been sent, and may be tried again."""
    async with faulty_server({step: answer}) as server:
        outcome = await failure_of(server)
    assert isinstance(outcome, NotSent)
    assert outcome.reply == (int(answer[:3]) if answer[:2] in {"42", "45"} else None)
    assert server.bodies == []


@pytest.mark.parametrize("step", BEFORE)
async def test_silence_before_the_message_means_not_sent(step: str) -> None:
    """A server that says nothing is left after the timeout of the mail, and nothing was sent."""
    async with faulty_server({step: HANG}) as server:
        outcome = await failure_of(server, timeout_s=0.2)
    assert isinstance(outcome, NotSent)
    assert "did not answer within 0.2 s" in str(outcome)
    assert server.bodies == []


@pytest.mark.parametrize(("step", "answer"), [("greeting", "554 no"), ("ehlo", "502 no"), ("mail", "530 5.7.0 log in first")])
async def test_a_refusal_to_let_us_in_is_no_mails_fault(step: str, answer: str) -> None:
    """A 5xx before the mail, or for want of a login, would be said to every mail."""
    async with faulty_server({step: answer, "helo": answer}) as server:
        outcome = await failure_of(server)
    assert isinstance(outcome, ServerUnusable)
    assert outcome.reply == int(answer[:3])
    assert server.bodies == []


@pytest.mark.parametrize("step", ["mail", "rcpt", "data"])
async def test_a_refusal_before_the_message_is_final(step: str) -> None:
    """A 5xx about the mail rejects it, with the server's words."""
    async with faulty_server({step: "550 5.1.1 no such user"}) as server:
        outcome = await failure_of(server)
    assert isinstance(outcome, Rejected)
    assert outcome.reply == 550
    assert "no such user" in str(outcome)
    assert server.bodies == []


@pytest.mark.parametrize("answer", [DROP, GARBAGE, HANG, "354 go on", "199 what"])
async def test_without_an_answer_to_the_message_nobody_knows(answer: str) -> None:
    """Once the message is out and its answer is missing, the mail is unconfirmed, and is not sent a second time."""
    async with faulty_server({"body": answer}) as server:
        outcome = await failure_of(server, timeout_s=0.3 if answer == HANG else 20)
    assert isinstance(outcome, Unconfirmed)
    assert len(server.bodies) == 1
    assert server.connections == 1


@pytest.mark.parametrize(
    ("answer", "kind"), [("421 shutting down", NotSent), ("451 later", NotSent), ("550 spam", Rejected), ("554 no", Rejected)]
)
async def test_a_refused_message_was_not_sent(answer: str, kind: type[Exception]) -> None:
    """After an answer of 4xx or 5xx to the message the server does not have it: later, or never."""
    async with faulty_server({"body": answer}) as server:
        outcome = await failure_of(server)
    assert isinstance(outcome, kind)
    assert answer[4:] in str(outcome)
    assert len(server.bodies) == 1


async def test_cancelled_after_the_message_nobody_knows() -> None:
    """A task cancelled while the answer is missing learns that the mail is unconfirmed, and that it was cancelled."""
    async with faulty_server({"body": HANG}) as server, a_mailer(server.port) as mailer:
        task = asyncio.create_task(mailer.send(a_mail()))

        async def is_waiting() -> bool:
            return server.steps[-1:] == ["body"]

        await eventually(is_waiting)
        task.cancel()
        with pytest.raises(Unconfirmed):
            await task
        assert task.cancelling() == 1


async def test_cancelled_before_the_message_it_was_not_sent() -> None:
    """A task cancelled before the message is cancelled, and nothing was sent."""
    async with faulty_server({"data": HANG}) as server, a_mailer(server.port) as mailer:
        task = asyncio.create_task(mailer.send(a_mail()))

        async def is_waiting() -> bool:
            return server.steps[-1:] == ["data"]

        await eventually(is_waiting)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert server.bodies == []


async def test_the_timeout_is_for_the_whole_mail() -> None:
    """A server that answers every command late enough is left all the same."""
    async with faulty_server(delay_s=0.15) as server:
        outcome = await failure_of(server, timeout_s=0.4)
    assert isinstance(outcome, NotSent)


async def test_a_slow_server_is_waited_for() -> None:
    """Slow answers within the timeout are answers."""
    async with faulty_server(delay_s=0.05) as server:
        assert isinstance(await failure_of(server), Delivered)


async def test_nobody_listens() -> None:
    """Without a server the mail is not sent, and the reason says where it should have gone."""
    port = free_port()
    async with a_mailer(port) as mailer:
        with pytest.raises(NotSent, match=f"127.0.0.1:{port}"):
            await mailer.send(a_mail())


async def test_connections_are_reused() -> None:
    """Mails that follow one another go over one connection, which is left politely at the end."""
    async with faulty_server() as server:
        async with a_mailer(server.port) as mailer:
            for _ in range(5):
                await mailer.send(a_mail())
        assert (server.connections, len(server.bodies)) == (1, 5)
        assert server.steps[-1] == "quit"


async def test_a_refused_recipient_does_not_cost_the_connection() -> None:
    """After an orderly refusal the connection is used for the next mail, with nothing left of the refused one."""
    async with faulty_server({"rcpt": "550 no such user"}) as server, a_mailer(server.port) as mailer:
        with pytest.raises(Rejected):
            await mailer.send(a_mail())
        del server.answers["rcpt"]
        await mailer.send(a_mail())
        assert (server.connections, len(server.bodies)) == (1, 1)
        assert server.steps[-5:] == ["rset", "mail", "rcpt", "data", "body"]


@pytest.mark.parametrize("fault", [DROP, "421 idle too long", GARBAGE, "500 what"])
async def test_a_dead_connection_is_replaced(fault: str) -> None:
    """A connection that died while it lay idle is found out before anything is sent over it."""
    async with faulty_server() as server, a_mailer(server.port) as mailer:
        await mailer.send(a_mail())
        server.answers["rset"] = fault
        await mailer.send(a_mail())
        assert (server.connections, len(server.bodies)) == (2, 2)


async def test_a_connection_closed_while_idle_is_replaced() -> None:
    """A server that says farewell unasked and closes is met again over a new connection."""
    async with faulty_server() as server, a_mailer(server.port) as mailer:
        await mailer.send(a_mail())
        server.writers[0].write(b"421 4.4.2 timeout\r\n")
        await server.writers[0].drain()
        server.writers[0].close()
        await mailer.send(a_mail())
        assert (server.connections, len(server.bodies)) == (2, 2)


async def test_after_a_disorderly_answer_the_connection_is_given_up() -> None:
    """A connection on which an answer may still be under way is not used again."""
    async with faulty_server({"mail": GARBAGE}) as server, a_mailer(server.port) as mailer:
        with pytest.raises(NotSent):
            await mailer.send(a_mail())
        del server.answers["mail"]
        await mailer.send(a_mail())
        assert (server.connections, len(server.bodies)) == (2, 1)


async def test_many_at_once_over_few_connections() -> None:
    """Mails sent at once share a few connections; each arrives once, and waiting for a connection costs no timeout."""
    async with faulty_server(delay_s=0.02) as server, a_mailer(server.port, timeout_s=1.5) as mailer:
        await asyncio.gather(*(mailer.send(a_mail(to=f"a{number}@example.org")) for number in range(60)))
        assert len(server.bodies) == 60
        assert len({body.split(b"Message-ID: ")[1].split(b"\r\n")[0] for body in server.bodies}) == 60
        assert server.most_open <= 4


async def test_a_real_server_gets_what_was_written() -> None:
    """Envelope, headers and text arrive as they were, lines that begin with dots and long lines included."""
    body = ".\n..\nDear Anna,\n.hidden\n" + "é" * 3_000 + "\n.\n"
    async with real_server() as server, a_mailer(server.port) as mailer:
        mail = a_mail(body=body)
        delivered = await mailer.send(mail)
        assert delivered == Delivered(answer="2.0.0 queued as 4711")
        [envelope] = server.mails
        assert (envelope.mail_from, envelope.rcpt_tos) == ("sam@example.com", ["anna@example.org"])
        assert envelope.original_content is not None
        assert envelope.original_content.isascii()
        assert b"\r\n.hidden\r\n" in envelope.original_content
        assert envelope.original_content.replace(b"\r\n", b"\n") == mail.as_bytes().replace(b"\r\n", b"\n")


async def test_an_address_beyond_ascii_needs_a_server_that_takes_it() -> None:
    """With SMTPUTF8 such a mail is delivered; without it is refused before anything is sent."""
    mail = a_mail(to="jané@example.org")
    async with real_server(enable_SMTPUTF8=True) as server, a_mailer(server.port) as mailer:
        await mailer.send(mail)
        assert server.mails[0].rcpt_tos == ["jané@example.org"]
        assert "To: Anna Example <jané@example.org>".encode() in (server.mails[0].original_content or b"")
    async with real_server() as server, a_mailer(server.port) as mailer:
        with pytest.raises(Rejected, match="SMTPUTF8"):
            await mailer.send(mail)
        assert server.mails == []


async def test_a_mail_has_one_recipient() -> None:
    """A mail to several, to nobody or to no address is refused without asking the server."""
    async with real_server() as server, a_mailer(server.port) as mailer:
        for to in ("a@example.org, b@example.org", "", "anna"):
            mail = EmailMessage()
            mail["From"], mail["To"] = "sam@example.com", to
            with pytest.raises((Rejected, InvalidAddress)):
                await mailer.send(mail)
        hidden = a_mail()
        hidden["Bcc"] = "b@example.org"
        with pytest.raises(Rejected):
            await mailer.send(hidden)
        assert server.mails == []


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """Return a certificate of 127.0.0.1."""
    return a_certificate(tmp_path_factory.mktemp("certificate"))


async def test_starttls_and_login(certificate: Certificate) -> None:
    """Over STARTTLS with a certificate that is trusted, and with the right password, the mail is delivered."""
    async with (
        real_server(starttls=certificate.server, with_login=True) as server,
        a_mailer(server.port, "starttls=require", user="me:right@", tls=certificate.client) as mailer,
    ):
        await mailer.send(a_mail())
        await mailer.send(a_mail())
        assert (len(server.mails), len(server.logins)) == (2, 1)


async def test_tls_from_the_first_byte(certificate: Certificate) -> None:
    """`smtps` is TLS before a word is said."""
    async with (
        real_server(tls=certificate.server, with_login=True) as server,
        a_mailer(server.port, "", scheme="smtps", user="me:right@", tls=certificate.client) as mailer,
    ):
        await mailer.send(a_mail())
        assert len(server.mails) == 1


async def test_a_wrong_password_is_no_mails_fault(certificate: Certificate) -> None:
    """A refused login says so without the password, and that no other mail would fare better."""
    async with (
        real_server(starttls=certificate.server, with_login=True) as server,
        a_mailer(server.port, "starttls=require", user="me:s3cr3t@", tls=certificate.client) as mailer,
    ):
        with pytest.raises(ServerUnusable, match=r"logging in .* was refused: 535") as refused:
            await mailer.send(a_mail())
        assert "s3cr3t" not in str(refused.value)
        assert server.mails == []


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
@pytest.mark.parametrize("trusts", ["the system", "a certificate of another host"])
async def test_a_certificate_must_be_valid(scheme: str, trusts: str, certificate: Certificate, tmp_path: Path) -> None:
    """With a self-signed certificate, or one of another host, neither the password nor a mail is sent."""
    shown, trusted = certificate, None
    if trusts != "the system":
        shown = a_certificate(tmp_path, host="other.example.org")
        trusted = shown.client
    tls = {"starttls": shown.server} if scheme == "smtp" else {"tls": shown.server}
    async with (
        real_server(**tls, with_login=True) as server,
        a_mailer(server.port, "", scheme=scheme, user="me:right@", tls=trusted) as mailer,
    ):
        with pytest.raises(ServerUnusable, match="certificate verify failed"):
            await mailer.send(a_mail())
        assert (server.mails, server.logins) == ([], [])


async def test_require_never_falls_back_to_plain_text() -> None:
    """Where the server does not offer STARTTLS, or breaks it off, `require` sends nothing."""
    for answers in (
        {},
        {"ehlo": "250-hello\r\n250 STARTTLS", "starttls": "454 not now"},
        {"starttls": DROP, "ehlo": "250-x\r\n250 STARTTLS"},
    ):
        async with faulty_server(answers) as server, a_mailer(server.port, "starttls=require", user="me:right@") as mailer:
            with pytest.raises(NotSent, match="STARTTLS"):
                await mailer.send(a_mail())
            assert not {"mail", "auth", "data"} & set(server.steps)


async def test_optional_uses_tls_where_there_is_one(certificate: Certificate) -> None:
    """`optional` sends in plain text to a server without STARTTLS, and encrypted, verified, to one with it."""
    async with faulty_server() as server, a_mailer(server.port, "starttls=optional") as mailer:
        await mailer.send(a_mail())
        assert len(server.bodies) == 1
    async with (
        real_server(starttls=certificate.server, require_starttls=True) as real,
        a_mailer(real.port, "starttls=optional", tls=certificate.client) as mailer,
    ):
        await mailer.send(a_mail())
        assert len(real.mails) == 1


async def test_optional_never_sends_a_password_in_plain_text() -> None:
    """With `optional` and a password a server without STARTTLS gets neither password nor mail."""
    async with (
        faulty_server({"ehlo": "250-hello\r\n250 AUTH PLAIN"}) as server,
        a_mailer(server.port, "starttls=optional", user="me:right@") as mailer,
    ):
        with pytest.raises(NotSent, match="the password is not sent unprotected"):
            await mailer.send(a_mail())
        assert "auth" not in server.steps


async def test_a_server_without_login(certificate: Certificate) -> None:
    """A password for a server that wants none is a fault that is told."""
    async with faulty_server() as server, a_mailer(server.port, user="me:right@") as mailer:
        with pytest.raises(NotSent, match="AUTH"):
            await mailer.send(a_mail())
