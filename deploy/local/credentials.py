"""
`credentials.json`: the passwords with which the parts of a local stack, and the `hobnob` command, sign in at its broker.

Made at the first start, readable by the owner of the folder alone, and handed on by environment only: the arguments of a
process are for everybody on the machine to see.
"""

import os
import secrets
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, PlainSerializer, SecretStr, ValidationError

from deploy.local.errors import StackError

_MADE_OF: Final = 32
"""Random bytes in a password."""
_BEGINNING: Final = "p"
"""Passwords begin with a letter: nats-server reads `12k` as a number (see deploy/nats/nats.conf)."""

Kept = Annotated[SecretStr, PlainSerializer(lambda secret: secret.get_secret_value(), return_type=str, when_used="json")]
"""Hidden wherever it is shown, and written out in this file."""


class StackCredentials(BaseModel):
    """The users of deploy/nats/nats.conf, and the key that signs for whoever else comes in."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    contacts: Kept
    scheduler: Kept
    notifier: Kept
    operator: Kept
    doorkeeper: Kept
    issuer: str
    """Public key of the seed."""
    issuer_seed: Kept

    def password_of(self, user: str) -> SecretStr:
        """Return the password of a user of the account HOBNOB."""
        known = {
            "contacts": self.contacts,
            "scheduler": self.scheduler,
            "notifier": self.notifier,
            "operator": self.operator,
        }
        return known[user]


def read_credentials(path: Path) -> StackCredentials | None:
    """
    Return what the file holds; None when there is none, as in a folder from before there were any.

    Raises:
        StackError: the file cannot be read.
    """
    try:
        return StackCredentials.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError:
        # Without the cause: it repeats its input.
        raise StackError(f"{path} is damaged; with the stack stopped, delete it: the next start makes new passwords") from None
    except OSError as exc:
        raise StackError(f"{path} cannot be read: {exc.strerror}") from exc


def ensure_credentials(path: Path) -> StackCredentials:
    """
    Return what the file holds, made now when there is none.

    Raises:
        StackError: the file is there and cannot be read.
    """
    found = read_credentials(path)
    if found is not None:
        return found
    made = _make()
    fresh = path.with_suffix(".json.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(made.model_dump_json(indent=2) + "\n")
    fresh.replace(path)
    return made


def _make() -> StackCredentials:
    seed = new_issuer_seed()
    passwords = {user: SecretStr(new_password()) for user in ("contacts", "scheduler", "notifier", "operator", "doorkeeper")}
    return StackCredentials(issuer=public_key_of(seed), issuer_seed=SecretStr(seed), **passwords)


def new_password() -> str:
    """Return a password that nats-server's configuration takes as it is."""
    return _BEGINNING + secrets.token_urlsafe(_MADE_OF)


def new_issuer_seed() -> str:
    """Return the seed (SA…) of a key that signs for whoever else comes in."""
    # Only who makes credentials needs it, and it takes 50 ms to import: commands read the file without.
    import nkeys

    seed: bytes = nkeys.encode_seed(secrets.token_bytes(32), nkeys.PREFIX_BYTE_ACCOUNT)
    return seed.decode()


def public_key_of(seed: str) -> str:
    """Return the public half (A…) of a seed."""
    import nkeys

    public: bytes = nkeys.from_seed(bytearray(seed.encode())).public_key
    return public.decode()
