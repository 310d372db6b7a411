"""Who may come in: credentials are issued, listed and revoked; whoever knocks is judged; who lost the right is cut off."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Protocol

from services.notifier.domain.access import (
    Connection,
    Credential,
    Permissions,
    connection_name,
    fingerprint,
    outdated,
    permissions_of,
    secret_from,
)
from services.notifier.domain.opaque_secrets import SECRET_BYTES, digest_of
from services.notifier.store.credentials import CredentialStore
from shared.clock import Clock
from shared.counters import Counters
from shared.errors import Conflict, NotFound, TransientError
from shared.logging import get_logger
from shared.messages.access import (
    CredentialInfo,
    CredentialIssued,
    CredentialPage,
    IssueCredential,
    ListCredentials,
    RevokeCredential,
)
from shared.messages.rpc import Ok

log = get_logger(__name__)

Entropy = Callable[[int], bytes]
"""Returns that many bytes nobody can guess."""


class Connections(Protocol):
    """Who is connected to the broker."""

    def connections(self) -> AsyncIterator[Collection[Connection]]:
        """Yield the live connections, some at a time."""

    async def kick(self, connection: Connection) -> None:
        """Cut one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What somebody who came in is called and may do."""

    name: str
    permissions: Permissions


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """The rights of everybody who is not a part of Hobnob. *connections* is None at a broker without a doorkeeper."""

    store: CredentialStore
    has_owner: Callable[[str], Awaitable[bool]]
    connections: Connections | None
    counters: Counters
    clock: Clock
    entropy: Entropy = secrets.token_bytes

    async def issue(self, *, request: IssueCredential) -> CredentialIssued:
        """
        Make a credential, or give an existing one another secret; whoever came in with the old one is cut off.

        Raises:
            NotFound: there is no such owner, or nothing to be replaced.
            Conflict: the name is taken, or the one to be replaced is of another scope.
        """
        if not await self.has_owner(request.owner):
            raise NotFound(f"there is no owner {request.owner!r}; add one with: hobnob owner add {request.owner} --name NAME")
        secret = secret_from(entropy=self.entropy(SECRET_BYTES))
        credential = Credential(owner=request.owner, name=request.name, scope=request.scope, created_at=self.clock())
        if not request.replace:
            if not await self.store.insert(credential, secret=secret):
                raise Conflict(f"{request.owner} has a credential {request.name!r} already; replace its secret with --rotate")
        elif await self.store.replace(credential, secret=secret):
            await self._cut_off_now()
        elif await self.store.exists(owner=request.owner, name=request.name):
            raise Conflict(f"{request.name!r} of {request.owner} is a credential of another scope; choose another name")
        else:
            raise _no_such(request.owner, request.name)
        log.info("credential_issued", scope=request.scope.value, replaced=request.replace)
        return CredentialIssued(credential=_info(credential), secret=secret)

    async def list(self, *, request: ListCredentials) -> CredentialPage:
        """Return one page of credentials."""
        found = await self.store.page(owner=request.owner, after=request.cursor, limit=request.limit + 1)
        page = found[: request.limit]
        cursor = page[-1].user if len(found) > request.limit else None
        return CredentialPage(credentials=tuple(_info(credential) for credential in page), cursor=cursor)

    async def revoke(self, *, request: RevokeCredential) -> Ok:
        """
        End a credential and cut off whoever came in with it.

        Raises:
            NotFound: there is none of that name.
        """
        if not await self.store.remove(owner=request.owner, name=request.name):
            raise _no_such(request.owner, request.name)
        log.info("credential_revoked")
        await self._cut_off_now()
        return Ok()

    async def admit(self, *, user: str, secret: str) -> Admission | None:
        """
        Judge somebody who knocks: None keeps them out.

        Raises:
            StoreUnavailable: nobody can tell now.
        """
        credential = await self.store.by_secret(secret)
        if credential is None or credential.user != user:
            self.counters.add("access.refused")
            return None
        self.counters.add("access.admitted")
        mark = fingerprint(digest=digest_of(secret=secret))
        return Admission(name=connection_name(user=user, fingerprint=mark), permissions=permissions_of(credential=credential))

    async def sweep(self) -> None:
        """
        Cut every connection whose secret is no longer good: of those who came in while it was revoked, too.

        The connections are read before the credentials: a secret that is new in between is found good.

        Raises:
            TransientError: the servers or the database do not answer; the next turn does it.
        """
        if self.connections is None:
            return
        async for some in self.connections.connections():
            valid = await self.store.fingerprints({each.user for each in some if each.fingerprint})
            for connection in outdated(connections=some, valid=valid):
                await self.connections.kick(connection)
                self.counters.add("access.cut")
                log.info("connection_cut", server=connection.server, connection=connection.id)

    async def _cut_off_now(self) -> None:
        """The credential is gone already; where the servers do not answer, the periodic sweep does the rest."""
        try:
            await self.sweep()
        except TransientError as exc:
            log.warning("cutting_deferred", reason=str(exc))


def _info(credential: Credential) -> CredentialInfo:
    return CredentialInfo(owner=credential.owner, name=credential.name, scope=credential.scope, created_at=credential.created_at)


def _no_such(owner: str, name: str) -> NotFound:
    return NotFound(f"{owner} has no credential {name!r}; see: hobnob emitter list --owner {owner}")
