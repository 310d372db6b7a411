"""
Requests about credentials, answered by the notifier, which is the door: `hobnob.rpc.notifier.credential.<verb>`.

A credential lets another system, or an owner's own device, in. Its secret is shown once, in `CredentialIssued`, and is kept
nowhere: what is stored is a hash. So it is with the address of a calendar feed.
"""

from enum import StrEnum
from typing import Literal

from pydantic import Field, SecretStr, field_serializer

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


class IssueFeed(Message):
    """
    `feed.issue`: make the secret address of an owner's calendar feed, or with *replace* another one, and the old one ends.

    `not_found`: no such owner. `conflict`: there is one and *replace* is not set. Answer: `FeedIssued`.
    """

    owner: Id
    replace: bool = False


class FeedIssued(Message):
    """The address of a calendar feed, told once: whoever has it reads the feed. `url` is None where no public URL is set."""

    type: Literal["feed_issued"] = "feed_issued"
    path: str = Field(repr=False)
    url: str | None = Field(default=None, repr=False)


class SignInLink(Message):
    """`signin.link`: make a link with which an owner's browser signs in, once. `not_found`. Answer: `SignInLinkIssued`."""

    owner: Id


class SignInLinkIssued(Message):
    """A link that signs an owner in, until *expires_at* or until it is used. *url* only where the notifier knows its own."""

    type: Literal["sign_in_link"] = "sign_in_link"
    owner: Id
    path: str = Field(repr=False)
    url: str | None = Field(default=None, repr=False)
    expires_at: Instant


class SetPassword(Message):
    """`signin.password`: give an owner another password and sign them out everywhere. `not_found`. Answer: `Ok`."""

    owner: Id
    password: SecretStr = Field(min_length=10, max_length=200)

    @field_serializer("password")
    def _as_sent(self, password: SecretStr) -> str:
        return password.get_secret_value()
