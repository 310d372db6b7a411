"""Signing in: how long cookies and links are good for, and how often somebody may try."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

LINK_LIFETIME: Final = timedelta(minutes=15)
SESSION_LIFETIME: Final = timedelta(days=30)
SESSION_IDLE: Final = timedelta(days=7)
"""A session that nobody used for so long has ended."""
ATTEMPTS_WINDOW: Final = timedelta(minutes=15)
ATTEMPTS_PER_OWNER: Final = 20
ATTEMPTS_PER_ADDRESS: Final = 40
LINKS_PER_OWNER: Final = 3
"""Links that are mailed to one owner within the window: a stranger who asks for more does not fill their mailbox."""
LINKS_PER_ADDRESS: Final = 10
PASSWORD_CHARS_MIN: Final = 10
PASSWORD_CHARS_MAX: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Somebody who is signed in. `digest` is of the secret in their cookie; `seen_at` is roughly when they last came."""

    digest: str
    owner: str
    created_at: datetime
    seen_at: datetime

    def is_over(self, *, at: datetime) -> bool:
        """Whether it has ended, by age or because nobody used it."""
        return at >= self.created_at + SESSION_LIFETIME or at >= self.seen_at + SESSION_IDLE


def csrf_token(*, secret: str) -> str:
    """Return what the forms of a session carry. Only who knows the cookie can make it, and it does not tell the cookie."""
    return hmac.new(secret.encode(), b"hobnob csrf", hashlib.sha256).hexdigest()


def is_csrf_token(*, text: str, secret: str) -> bool:
    """Whether *text* is the session's token, in constant time."""
    return hmac.compare_digest(text.encode(), csrf_token(secret=secret).encode())
