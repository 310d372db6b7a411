"""Signing in and out: by a password, by a link that works once, or by the word of a proxy that is trusted."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.notifier.domain.opaque_secrets import SECRET_BYTES, digest_of, is_secret_text, secret_text
from services.notifier.domain.sessions import (
    ATTEMPTS_PER_ADDRESS,
    ATTEMPTS_PER_OWNER,
    LINK_LIFETIME,
    LINKS_PER_ADDRESS,
    LINKS_PER_OWNER,
    PASSWORD_CHARS_MAX,
    Session,
)
from services.notifier.store.accounts import AccountStore
from services.notifier.store.sessions import SessionStore
from shared.clock import Clock
from shared.counters import Counters
from shared.errors import NotFound, PermanentError
from shared.logging import get_logger
from shared.messages.access import SetPassword, SignInLink, SignInLinkIssued
from shared.messages.rpc import Ok

log = get_logger(__name__)

TOUCH_AFTER: Final = timedelta(minutes=5)
"""A session's last use is written no more often than this."""
HASHING_AT_ONCE: Final = 2
"""Each password that is checked takes 64 MiB of memory for some 50 ms."""
LINK_PATH: Final = "/sign-in/link"

_HASHER: Final = PasswordHasher()


class TooManyAttempts(PermanentError):
    """There were too many attempts to sign in: wait a quarter of an hour, or use a link."""

    code = "too_many_attempts"


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningIn:
    """Who is who in a browser. *public_url* is where links lead; None leaves that to who shows them."""

    accounts: AccountStore
    sessions: SessionStore
    has_owner: Callable[[str], Awaitable[bool]]
    counters: Counters
    clock: Clock
    public_url: str | None = None
    entropy: Callable[[int], bytes] = secrets.token_bytes
    _hashing: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(HASHING_AT_ONCE))

    # --- what the operator asks for -----------------------------------------------------------------------------------

    async def issue_link(self, *, request: SignInLink) -> SignInLinkIssued:
        """Make a link that signs an owner in once; raise `NotFound` when there is no such owner."""
        await self._expect(request.owner)
        secret = secret_text(entropy=self.entropy(SECRET_BYTES))
        until = self.clock() + LINK_LIFETIME
        await self.sessions.add_link(digest_of(secret=secret), owner=request.owner, until=until)
        log.info("sign_in_link_issued")
        path = f"{LINK_PATH}/{secret}"
        url = f"{self.public_url.rstrip('/')}{path}" if self.public_url else None
        return SignInLinkIssued(owner=request.owner, path=path, url=url, expires_at=until)

    async def set_password(self, *, request: SetPassword) -> Ok:
        """Replace an owner's password and sign them out everywhere; raise `NotFound` when there is no such owner."""
        await self._expect(request.owner)
        async with self._hashing:
            password_hash = await asyncio.to_thread(_HASHER.hash, request.password.get_secret_value())
        await self.accounts.set_password_hash(request.owner, password_hash)
        await self.sessions.remove_all(owner=request.owner)
        log.info("password_set")
        return Ok()

    # --- signing in ---------------------------------------------------------------------------------------------------

    async def by_password(self, *, owner: str, password: str, address: str) -> str | None:
        """
        Return the secret of a new session, or None when owner or password are wrong; both take as long to find out.

        Raises:
            TooManyAttempts: by that owner or from that address.
        """
        await self._count(owner=owner, address=address)
        known = await self.accounts.password_hash(owner)
        if len(password) > PASSWORD_CHARS_MAX:
            return None
        async with self._hashing:
            is_right = await asyncio.to_thread(_is_password, known, password)
        if not is_right or not await self.has_owner(owner):
            self.counters.add("sign_in.refused")
            return None
        return await self._begin(owner)

    async def link_is_good(self, secret: str) -> bool:
        """Whether a link would sign somebody in; it stays as good as it is."""
        return is_secret_text(text=secret) and bool(await self.sessions.link_owner(digest_of(secret=secret), at=self.clock()))

    async def by_link(self, *, secret: str, address: str) -> str | None:
        """
        Use a link up and return the secret of a new session; None when it is not, or no longer, good.

        Raises:
            TooManyAttempts: from that address.
        """
        await self._count(owner=None, address=address)
        owner = await self.sessions.take_link(digest_of(secret=secret), at=self.clock()) if is_secret_text(text=secret) else None
        if owner is None:
            self.counters.add("sign_in.refused")
            return None
        return await self._begin(owner)

    async def renew(self, *, owner: str) -> str:
        """Return the secret of a new session for an owner who was signed in a moment ago."""
        return await self._begin(owner)

    async def by_proxy(self, *, owner: str) -> str | None:
        """Return the secret of a new session for whom a trusted proxy has signed in; None when there is no such owner."""
        return await self._begin(owner) if await self.has_owner(owner) else None

    async def count_link_request(self, *, named: str, address: str) -> None:
        """
        Count that a link was asked for by mail.

        Raises:
            TooManyAttempts: for that name, whether or not it is anybody's, or from that address.
        """
        await self._expect_few("link-address", address, limit=LINKS_PER_ADDRESS)
        await self._expect_few("link-owner", named.strip().casefold(), limit=LINKS_PER_OWNER)

    # --- being signed in ----------------------------------------------------------------------------------------------

    async def session_of(self, secret: str) -> Session | None:
        """Return the session of a cookie's secret, None when it is over; its use is noted."""
        if not is_secret_text(text=secret):
            return None
        found = await self.sessions.find(digest_of(secret=secret))
        now = self.clock()
        if found is None or found.is_over(at=now):
            return None
        if now - found.seen_at > TOUCH_AFTER:
            await self.sessions.touch(found.digest, at=now)
        return found

    async def is_alive(self, session: Session) -> bool:
        """Whether a session is still good; asking is no use of it."""
        found = await self.sessions.find(session.digest)
        return found is not None and not found.is_over(at=self.clock())

    async def sign_out(self, session: Session) -> None:
        """End one session."""
        await self.sessions.remove(session.digest)

    async def sessions_of(self, *, owner: str) -> list[Session]:
        """Return the sessions of an owner that are not over, the one that was used last first."""
        now = self.clock()
        return [each for each in await self.sessions.of(owner) if not each.is_over(at=now)]

    async def has_password(self, *, owner: str) -> bool:
        """Whether an owner can sign in with a password."""
        return await self.accounts.password_hash(owner) is not None

    async def is_password(self, *, owner: str, password: str, address: str) -> bool:
        """
        Whether *password* is the owner's.

        Raises:
            TooManyAttempts: by that owner or from that address.
        """
        await self._count(owner=owner, address=address)
        known = await self.accounts.password_hash(owner)
        if len(password) > PASSWORD_CHARS_MAX:
            return False
        async with self._hashing:
            return await asyncio.to_thread(_is_password, known, password)

    async def sign_out_everywhere(self, *, owner: str) -> None:
        """End all sessions of an owner."""
        await self.sessions.remove_all(owner=owner)

    async def _begin(self, owner: str) -> str:
        secret, now = secret_text(entropy=self.entropy(SECRET_BYTES)), self.clock()
        await self.sessions.add(Session(digest=digest_of(secret=secret), owner=owner, created_at=now, seen_at=now))
        self.counters.add("sign_in.done")
        return secret

    async def _expect(self, owner: str) -> None:
        if not await self.has_owner(owner):
            raise NotFound(f"there is no owner {owner!r}; add one with: hobnob owner add {owner} --name NAME")

    async def _count(self, *, owner: str | None, address: str) -> None:
        """Count an attempt. Whoever tries too often leaves no trace of the owners that they name."""
        await self._expect_few("address", address, limit=ATTEMPTS_PER_ADDRESS)
        if owner is not None:
            await self._expect_few("owner", owner, limit=ATTEMPTS_PER_OWNER)

    async def _expect_few(self, kind: str, value: str, *, limit: int) -> None:
        if await self.sessions.count_attempt(_key(kind, value), at=self.clock()) > limit:
            self.counters.add("sign_in.too_many")
            raise TooManyAttempts


def _key(kind: str, value: str) -> str:
    # Whatever was typed becomes a short key, and no address is stored.
    return f"{kind}:{digest_of(secret=value)[:32]}"


def _is_password(known: str | None, password: str) -> bool:
    try:
        return _HASHER.verify(known or _nobodys_hash(), password) and known is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys_hash() -> str:
    """Return a hash that no password has, to be checked for whoever has none: that takes as long as a wrong password."""
    return _HASHER.hash(secrets.token_urlsafe())
