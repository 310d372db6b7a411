"""
`secrets.key`: the key with which the notifier of a local stack encrypts the URLs of channels.

Made at the first start, readable by the owner of the folder alone. A copy of the database without it shows no password; without
it channels have to be added anew. Keys can be changed: a new one in front, a comma, the old one (docs/telling.md).
"""

import base64
import os
import secrets
from pathlib import Path
from typing import Final

from deploy.local.errors import StackError

KEY_BYTES: Final = 32


def ensure_secrets_key(path: Path) -> None:
    """
    Make the key unless there is one.

    Raises:
        StackError: it cannot be written.
    """
    if path.exists():
        return
    fresh = path.with_suffix(".key.new")
    try:
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(new_secrets_key() + "\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as exc:
        raise StackError(f"{path} cannot be written: {exc.strerror}") from exc


def new_secrets_key() -> str:
    """Return a key."""
    return base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()
