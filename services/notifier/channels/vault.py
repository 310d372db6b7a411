"""
Channel URLs at rest. They hold passwords and tokens, so what is stored is either encrypted or a reference to a secret of the
operator, which is looked up when it is used and never stored.

    fernet:gAAAA…              encrypted with HOBNOB_SECRETS_KEY
    env:HOBNOB_CHANNEL_PHONE   an environment variable of the notifier
    file:/run/secrets/phone    a file below /run/secrets

References reach only what is meant for them: an owner could otherwise have the notifier read its own settings, or any file.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import SecretStr

from services.notifier.channels.schemes import HIDDEN, shown_host
from shared.errors import PermanentError

SECRETS: Final = Path("/run/secrets")
"""Where Docker and Kubernetes put secrets."""

_ENCRYPTED: Final = "fernet:"
_VARIABLE: Final = re.compile(r"env:(HOBNOB_CHANNEL_[A-Z0-9_]{1,64})")
_FILE: Final = re.compile(r"file:(/[A-Za-z0-9._/-]{1,200})")
_NEW_KEY: Final = "python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'"


class SecretsKeyError(PermanentError):
    """HOBNOB_SECRETS_KEY is missing or wrong."""


class InvalidReference(PermanentError):
    """A reference to a secret cannot be used."""


class Vault:
    """Seals channel URLs for the database and opens them for use."""

    def __init__(self, keys: SecretStr | None, *, environment: Mapping[str, str], folder: Path = SECRETS) -> None:
        """
        Read the keys.

        Args:
            keys: HOBNOB_SECRETS_KEY: 32 bytes in urlsafe base64, or several of them with commas between. The first seals, all
                open: a new key is put in front, and the old one goes when everything has been resealed. None: only references.
            environment: Where `env:` looks.
            folder: Below which `file:` looks.

        Raises:
            SecretsKeyError: a key is malformed.
        """
        self._environment = environment
        self._folder = folder
        self._fernet = _fernet(keys) if keys else None

    def seal(self, url: str) -> str:
        """
        Return what to store for a URL that the owner gave, or for a reference, which stays as it is once it can be resolved.

        Raises:
            SecretsKeyError: there is no key.
            InvalidReference: it points nowhere.
        """
        if is_reference(url):
            self._resolve(url)
            return url
        return _ENCRYPTED + self._key().encrypt(url.encode()).decode()

    def open(self, stored: str) -> str:
        """
        Return the URL behind what is stored.

        Raises:
            SecretsKeyError: there is no key, or none of the keys fits.
            InvalidReference: it points nowhere, or what is stored is not ours.
        """
        if is_reference(stored):
            return self._resolve(stored)
        if not stored.startswith(_ENCRYPTED):
            raise InvalidReference("a stored channel is neither encrypted nor a reference")
        try:
            return self._key().decrypt(stored.removeprefix(_ENCRYPTED)).decode()
        except (InvalidToken, ValueError):
            raise SecretsKeyError(
                "no key in HOBNOB_SECRETS_KEY opens this channel: put the key it was stored with behind the new one, with a comma"
            ) from None

    def reseal(self, stored: str) -> str:
        """Return *stored* encrypted with the first key, so that an older one can go; references stay as they are."""
        return stored if is_reference(stored) else self.seal(self.open(stored))

    def _key(self) -> MultiFernet:
        if self._fernet is None:
            raise SecretsKeyError(f"HOBNOB_SECRETS_KEY is not set, so channels cannot be stored; make one with: {_NEW_KEY}")
        return self._fernet

    def _resolve(self, reference: str) -> str:
        if named := _VARIABLE.fullmatch(reference):
            value = self._environment.get(named[1], "").strip()
            if not value:
                raise InvalidReference(f"the environment of the notifier has no {named[1]}")
            return value
        if named := _FILE.fullmatch(reference):
            return self._read(Path(named[1]))
        raise InvalidReference(f"a reference is env:HOBNOB_CHANNEL_NAME or file:{self._folder}/name")

    def _read(self, path: Path) -> str:
        folder = self._folder.resolve()
        if not path.resolve().is_relative_to(folder):
            raise InvalidReference(f"a secret file must be below {self._folder}")
        try:
            value = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise InvalidReference(f"the secret file {path} cannot be read") from None
        if not value:
            raise InvalidReference(f"the secret file {path} is empty")
        return value


def is_reference(text: str) -> bool:
    """Whether *text* names a secret instead of being one. `file://` is a URL, and as such not allowed."""
    return text.startswith("env:") or (text.startswith("file:") and not text.startswith("file://"))


def redact(text: str) -> str:
    """Return what may be shown of a channel: scheme and host, of a token never anything; a reference is no secret."""
    if is_reference(text):
        return text
    scheme, separator, _ = text.partition("://")
    if not separator or not scheme.isalnum():
        return HIDDEN
    return f"{scheme}://{shown_host(text) or HIDDEN}"


def _fernet(keys: SecretStr) -> MultiFernet:
    try:
        return MultiFernet([Fernet(key.strip()) for key in keys.get_secret_value().split(",")])
    except ValueError:
        raise SecretsKeyError(f"HOBNOB_SECRETS_KEY is no key (32 bytes in urlsafe base64); make one with: {_NEW_KEY}") from None
