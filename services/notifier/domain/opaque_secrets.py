"""Secrets that we make: random text for a cookie, a link, an address or a credential, of which a hash is all that is stored."""

import hashlib
import re
from base64 import urlsafe_b64encode
from typing import Final

SECRET_BYTES: Final = 32
"""256 random bits: nobody guesses them, so a fast hash is enough to keep them (ADR 0007)."""

_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


def secret_text(*, entropy: bytes) -> str:
    """Write `SECRET_BYTES` random bytes as text that fits into an address."""
    assert len(entropy) == SECRET_BYTES
    return urlsafe_b64encode(entropy).rstrip(b"=").decode()


def is_secret_text(*, text: str) -> bool:
    """Whether *text* has the form of such a secret."""
    return _SECRET.fullmatch(text) is not None


def digest_of(*, secret: str) -> str:
    """Return the SHA-256 of a secret in hex: all that is ever stored of it."""
    return hashlib.sha256(secret.encode()).hexdigest()
