"""Where a local stack keeps its things: one folder, everything below it."""

from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_data_path

LARGEST_LOG_BYTES = 20_000_000
"""A log that is larger when its process starts is moved aside, so that two of them are the most a process keeps."""


def default_data_folder() -> Path:
    """Return the folder of the stack that is used when nobody names one."""
    return user_data_path("hobnob")


@dataclass(frozen=True, slots=True)
class DataFolder:
    """The parts of a stack's folder."""

    root: Path

    @property
    def nats(self) -> Path:
        """The broker's store."""
        return self.root / "nats"

    @property
    def credentials(self) -> Path:
        """The passwords of the broker's users."""
        return self.root / "credentials.json"

    @property
    def secrets_key(self) -> Path:
        """The key with which the notifier encrypts what it keeps of others' passwords."""
        return self.root / "secrets.key"

    @property
    def mongo(self) -> Path:
        """The database's files."""
        return self.root / "mongo"

    @property
    def state(self) -> Path:
        """What runs, where, and under which process ids."""
        return self.root / "stack.json"

    @property
    def lock(self) -> Path:
        """Locked by the supervisor for as long as it lives."""
        return self.root / "stack.lock"

    def log(self, name: str) -> Path:
        """Return the log file of a process."""
        return self.root / "logs" / f"{name}.log"

    def create(self) -> None:
        """Make the folders that are missing, readable by the owner alone: they hold people's data."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in (self.nats, self.mongo, self.log("stack").parent):
            folder.mkdir(mode=0o700, exist_ok=True)


def rotate(log: Path) -> None:
    """Move a log that has grown too large aside, over the one moved before."""
    if log.exists() and log.stat().st_size > LARGEST_LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))


def tail(log: Path, *, lines: int = 5) -> str:
    """Return the last lines of a log, to explain why its process ended."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 8_192))
        text = file.read().decode(errors="replace")
    return "\n".join(text.splitlines()[-lines:])
