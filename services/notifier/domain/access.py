"""Who may come in, and what each may say: credentials, their secrets and their permissions at the broker."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.notifier.domain.opaque_secrets import is_secret_text, secret_text
from shared import subjects
from shared.access import credential_user, inbox_prefix
from shared.messages.access import Scope

PREFIX: Final = "hob_"
"""Makes a leaked secret recognizable, by people and by scanners of repositories."""

_FINGERPRINT_CHARS: Final = 16
_MARK: Final = "#"
"""No user name has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """The right of one system to speak for one owner. *created_at* is when its present secret was made."""

    owner: str
    name: str
    scope: Scope
    created_at: datetime

    @property
    def user(self) -> str:
        """Its user name at the broker."""
        return credential_user(owner=self.owner, name=self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Permissions:
    """The subjects a user of the broker may publish to and subscribe to; nothing else."""

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A live connection to the broker: number *id* at *server*, whom the server calls *name*."""

    server: str
    id: int
    name: str

    @property
    def user(self) -> str:
        """The user who opened it."""
        return self.name.partition(_MARK)[0]

    @property
    def fingerprint(self) -> str | None:
        """Of the secret that opened it; None where a user of the server's own configuration did."""
        return self.name.partition(_MARK)[2] or None


def secret_from(*, entropy: bytes) -> str:
    """Write `SECRET_BYTES` random bytes as a secret."""
    return PREFIX + secret_text(entropy=entropy)


def is_secret(*, text: str) -> bool:
    """Whether *text* has the form of a secret."""
    return text.startswith(PREFIX) and is_secret_text(text=text.removeprefix(PREFIX))


def fingerprint(*, digest: str) -> str:
    """Return what tells one secret of a credential from the next; of no use to whoever wants to come in."""
    return digest[:_FINGERPRINT_CHARS]


def connection_name(*, user: str, fingerprint: str) -> str:
    """Return what the server is to call a connection, so that a secret that was replaced is told from the present one."""
    return f"{user}{_MARK}{fingerprint}"


def permissions_of(*, credential: Credential) -> Permissions:
    """Return what a credential may do at the broker: state facts of its owner, hear the answers, and by scope the inbox."""
    subscribe = [f"{inbox_prefix(credential.user)}.>"]
    if credential.scope is Scope.OWNER:
        subscribe.append(subjects.inbox_of(credential.owner))
    return Permissions(publish=(subjects.intake_of(credential.owner),), subscribe=tuple(subscribe))


def outdated(*, connections: Iterable[Connection], valid: Mapping[str, str]) -> list[Connection]:
    """
    Return the connections to cut: those opened with a secret that is no longer good.

    Args:
        connections: Of any users; those of the server's own configuration are left alone.
        valid: The fingerprint of the present secret, by user, of every credential there is.
    """
    return [each for each in connections if each.fingerprint is not None and valid.get(each.user) != each.fingerprint]
