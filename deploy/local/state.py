"""`stack.json`: what the supervisor says about its stack, for the `hobnob` command and for the next start."""

from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from deploy.local.errors import StackError


class Phase(StrEnum):
    """How far a stack is."""

    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"
    CRASHED = "crashed"
    """The supervisor is gone without having stopped its stack. Never written, only concluded."""


class ProcessPhase(StrEnum):
    """How a process of the stack is."""

    STARTING = "starting"
    RUNNING = "running"
    RESTARTING = "restarting"
    """It ended unasked and comes back after a pause."""
    STOPPED = "stopped"
    EXTERNAL = "external"
    """Not ours: a URL in the environment names a server that runs already."""


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Identity(_Value):
    """A process, told apart from a later one with the same number by when it started (seconds since the epoch)."""

    pid: int
    created: float


class ProcessState(_Value):
    """One process of the stack."""

    name: str
    identity: Identity | None = None
    state: ProcessPhase
    restarts: int = 0


class Ports(_Value):
    """The ports in use, taken again at the next start where they are free."""

    nats: int | None = None
    mongo: int | None = None
    http: int | None = None


class StackState(_Value):
    """The stack as a whole."""

    supervisor: Identity | None = None
    state: Phase = Phase.STOPPED
    error: str | None = None
    nats_url: str | None = None
    mongo_url: str | None = None
    http_url: str | None = None
    ports: Ports = Ports()
    processes: tuple[ProcessState, ...] = ()

    @property
    def has_own_broker(self) -> bool:
        """Whether the broker is the stack's own, with the stack's passwords, and not one of the environment."""
        return self.ports.nats is not None


def read_state(path: Path) -> StackState | None:
    """
    Return what was last written, or None when no stack ever ran there.

    Raises:
        StackError: the file is not readable as such a state.
    """
    try:
        return StackState.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (ValidationError, OSError) as exc:
        raise StackError(f"{path} cannot be read ({type(exc).__name__}); if no stack runs there, delete that file") from exc


def write_state(path: Path, state: StackState) -> None:
    """Replace the file in one step: a reader sees the old state or the new one."""
    fresh = path.with_suffix(".json.new")
    fresh.write_text(state.model_dump_json(indent=2) + "\n", encoding="utf-8")
    fresh.replace(path)
