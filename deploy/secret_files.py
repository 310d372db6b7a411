"""
`python -m deploy.secret_files FOLDER`: the secrets of a Compose stack, one file each. `make secrets` calls it.

What is there stays as it is: a new password for a database that has the old one would lock everybody out. So running it again
adds what a new version needs; to change a secret, delete its file first (docs/operations.md).

Compose shows a secret to a container as the very file that is on the host, with its owner. The files are for their owner alone,
so containers run as that owner: as the user who made them or, where root did, as user 10001.
"""

import base64
import os
import secrets
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from deploy.local.credentials import new_issuer_seed, new_password, public_key_of
from deploy.local.secrets_key import new_secrets_key
from shared.errors import HobnobError, PermanentError

ROOT: Final = 0
UNPRIVILEGED: Final = 10001
"""The user of the image (deploy/Dockerfile), for secrets that root has made."""
PASSWORDS: Final = (
    *(f"nats_{user}" for user in ("contacts", "scheduler", "notifier", "operator", "doorkeeper", "routes")),
    *(f"mongo_{user}" for user in ("root", "contacts", "notifier")),
    "grafana_admin",
)
ISSUER: Final = "nats_issuer"
ISSUER_SEED: Final = "nats_issuer_seed"
SECRETS_KEY: Final = "secrets_key"
MONGO_KEYFILE: Final = "mongo_keyfile"
"""With which the members of a replica set know each other."""
_KEYFILE_BYTES: Final = 512
"""Of at most 768, as the server takes 1,024 characters of base64."""
SMTP_URL: Final = "smtp_url"
"""Empty until the operator writes the mail server's URL into it."""


class SecretsBroken(PermanentError):
    """The folder of secrets holds half of what belongs together."""


def make_secrets(folder: Path) -> tuple[str, ...]:
    """
    Write each secret that *folder* does not have yet, and return their names.

    Raises:
        SecretsBroken: there is a public key of the issuer without its seed.
        OSError: a file cannot be written.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made: list[str] = []
    for name, value in _contents(folder).items():
        path = folder / name
        if not path.exists():
            _write(path, value())
            made.append(name)
    return tuple(made)


def _contents(folder: Path) -> Mapping[str, Callable[[], str]]:
    seed = folder / ISSUER_SEED
    if (folder / ISSUER).exists() and not seed.exists():
        raise SecretsBroken(f"{folder / ISSUER} is there without {ISSUER_SEED}: bring that back, or delete this for a new pair")
    return {
        **dict.fromkeys(PASSWORDS, new_password),
        ISSUER_SEED: new_issuer_seed,
        # After its seed.
        ISSUER: lambda: public_key_of(seed.read_text(encoding="ascii").strip()),
        SECRETS_KEY: new_secrets_key,
        MONGO_KEYFILE: lambda: base64.b64encode(secrets.token_bytes(_KEYFILE_BYTES)).decode("ascii"),
        SMTP_URL: str,
    }


def _write(path: Path, content: str) -> None:
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(f"{content}\n" if content else "")
        file.flush()
        os.fsync(file.fileno())
    if os.geteuid() == ROOT:
        os.chown(fresh, UNPRIVILEGED, UNPRIVILEGED)
    fresh.replace(path)


def write_owner(environment: Path, *, uid: int, gid: int) -> bool:
    """
    Have Compose run the containers as *uid*, unless *environment* names a user already; whether it was written.

    Root's secrets were given to the image's own user, which is what Compose takes when the file says nothing.
    """
    present = environment.read_text(encoding="utf-8") if environment.exists() else ""
    if uid == ROOT or "HOBNOB_UID=" in present:
        return False
    with environment.open("a", encoding="utf-8") as file:
        file.write(f"# Who owns the secrets and so runs the containers.\nHOBNOB_UID={uid}\nHOBNOB_GID={gid}\n")
    return True


def main(arguments: list[str]) -> int:
    """Make the secrets and say what was done; return the exit code."""
    if len(arguments) != 1:
        print("usage: python -m deploy.secret_files FOLDER", file=sys.stderr)
        return 2
    folder = Path(arguments[0])
    try:
        made = make_secrets(folder)
        write_owner(folder.parent / ".env", uid=os.geteuid(), gid=os.getegid())
    except (HobnobError, OSError) as exc:
        print(f"secrets: {exc}", file=sys.stderr)
        return 1
    if made:
        print(f"Made in {folder}: {', '.join(made)}. Keep a copy in a safe place.")
    else:
        print(f"{folder} has every secret; nothing was changed. To change one, see docs/operations.md.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
