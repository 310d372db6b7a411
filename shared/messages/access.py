"""
Requests about credentials, answered by the notifier, which is the door: `hobnob.rpc.notifier.credential.<verb>`.

A credential lets another system, or an owner's own device, in. Its secret is shown once, in `CredentialIssued`, and is kept
nowhere: what is stored is a hash.
"""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from shared.messages.rpc import Cursor, Limit
from shared.messages.values import Id, Instant, Message


class Scope(StrEnum):
    """What a credential is good for."""

    EMIT = "emit"
    """State facts of one owner, and nothing else."""
    OWNER = "owner"
    """State that owner's facts and hear what becomes of the inbox."""


class CredentialInfo(Message):
    """A credential as lists show it: *name* is unique for its owner; *created_at* is when its present secret was made."""

    owner: Id
    name: Id
    scope: Scope
    created_at: Instant


class IssueCredential(Message):
    """
    `credential.issue`: make a credential, or with *replace* give an existing one a new secret and scope.

    `not_found`: no such owner. `conflict`: the name is taken and *replace* is not set. Answer: `CredentialIssued`.
    """

    owner: Id
    name: Id
    scope: Scope = Scope.EMIT
    replace: bool = False


class CredentialIssued(Message):
    """A credential with its secret: password at the broker, bearer token over HTTP. It is told once."""

    type: Literal["credential_issued"] = "credential_issued"
    credential: CredentialInfo
    secret: str = Field(repr=False)


class ListCredentials(Message):
    """`credential.list`: credentials by owner and name, of one owner or of all. Answer: `CredentialPage`."""

    owner: Id | None = None
    cursor: Cursor | None = None
    limit: Limit = 100


class CredentialPage(Message):
    """One page of credentials."""

    type: Literal["credentials"] = "credentials"
    credentials: tuple[CredentialInfo, ...]
    cursor: Cursor | None = None


class RevokeCredential(Message):
    """`credential.revoke`: end a credential and cut off whoever uses it, at once; `not_found`. Answer: `Ok`."""

    owner: Id
    name: Id
