"""Mail servers for the tests: a real one (aiosmtpd), and one that misbehaves at a chosen step."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.integration.notifier.listening import listening

DROP = "drop the connection"
HANG = "say nothing"
GARBAGE = "\x00\xff how do you do?"


@dataclass
class FaultyServer:
    """
    An SMTP server that answers each step as told: with a line, by dropping the connection, or not at all.

    Steps are `greeting`, the command in lower case, and `body` (the answer to the message). What is not told is answered well.
    """

    answers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    port: int = 0
    connections: int = 0
    open_now: int = 0
    most_open: int = 0
    steps: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    GOOD = {"greeting": "220 hello", "ehlo": "250-hello\r\n250 SIZE 1000000", "data": "354 go on", "quit": "221 bye"}  # noqa: RUF012  # read only

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Talk to one client until it or we have enough."""
        self.connections += 1
        self.open_now += 1
        self.most_open = max(self.most_open, self.open_now)
        self.writers.append(writer)
        try:
            if await self._answer("greeting", writer):
                while line := await reader.readline():
                    step = line.split()[0].decode().lower()
                    if not await self._answer(step, writer):
                        break
                    if step == "data" and self.answers.get("data", "354").startswith("354"):
                        self.bodies.append(await reader.readuntil(b"\r\n.\r\n"))
                        if not await self._answer("body", writer):
                            break
        finally:
            self.open_now -= 1

    async def _answer(self, step: str, writer: asyncio.StreamWriter) -> bool:
        self.steps.append(step)
        await asyncio.sleep(self.delay_s)
        answer = self.answers.get(step) or self.GOOD.get(step, "250 fine")
        if answer == DROP:
            return False
        if answer == HANG:
            await asyncio.Event().wait()
        writer.write(answer.encode("latin-1") + b"\r\n")
        await writer.drain()
        return step != "quit"


@asynccontextmanager
async def faulty_server(answers: Mapping[str, str] | None = None, *, delay_s: float = 0.0) -> AsyncIterator[FaultyServer]:
    """Run a server that misbehaves as *answers* says."""
    server = FaultyServer(answers=dict(answers or {}), delay_s=delay_s)
    async with listening(server.serve) as server.port:
        yield server


@dataclass
class RealServer:
    """aiosmtpd, and what it took."""

    port: int = 0
    mails: list[Envelope] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: object, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        """Take a mail."""
        self.mails.append(envelope)
        return "250 2.0.0 queued as 4711"

    def log_in(self, server: SMTP, session: object, envelope: Envelope, mechanism: str, auth_data: LoginPassword) -> AuthResult:
        """Let `me` with the password `right` in."""
        self.logins.append(mechanism)
        return AuthResult(success=(auth_data.login, auth_data.password) == (b"me", b"right"), handled=False)


@asynccontextmanager
async def real_server(
    *, starttls: ssl.SSLContext | None = None, tls: ssl.SSLContext | None = None, with_login: bool = False, **options: Any
) -> AsyncIterator[RealServer]:
    """Run aiosmtpd in this loop; *tls* from the first byte, *starttls* on offer; further *options* are aiosmtpd's."""
    server = RealServer()
    if with_login:
        # aiosmtpd does not know that a connection was TLS from the first byte.
        options |= {"authenticator": server.log_in, "auth_required": tls is None, "auth_require_tls": tls is None}
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(
        lambda: SMTP(server, loop=loop, hostname="test.example.org", tls_context=starttls, **options), "127.0.0.1", 0, ssl=tls
    )
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate: what the server shows, and what a client needs to trust it."""

    server: ssl.SSLContext
    client: ssl.SSLContext


def a_certificate(folder: Path, *, host: str = "127.0.0.1") -> Certificate:
    """Return a new certificate for *host*."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test.example.org")])
    alternative: x509.GeneralName = x509.IPAddress(ip_address(host)) if host[0].isdigit() else x509.DNSName(host)
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, key_pem = folder / f"{host}.pem", folder / f"{host}.key"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(pem, key_pem)
    return Certificate(server=server, client=ssl.create_default_context(cafile=str(pem)))
