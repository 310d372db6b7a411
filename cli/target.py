"""Which stack a command talks to: a folder that was named, a broker in the environment, or the folder of this user."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from cli.errors import NoStack
from cli.settings import CliSettings
from deploy.local.credentials import read_credentials
from deploy.local.layout import DataFolder, default_data_folder
from deploy.local.state import Phase, StackState, read_state
from shared.access import OPERATOR


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A broker and how to sign in there."""

    nats_url: str
    user: str | None
    password: SecretStr | None
    http_url: str | None
    """Its HTTP door, where that is known."""


def data_folder(data: Path | None, settings: CliSettings) -> Path:
    """Return the folder of the local stack: named by option, by `HOBNOB_DATA`, or this user's own."""
    return data or settings.data or default_data_folder()


def is_remote(data: Path | None, settings: CliSettings) -> bool:
    """Whether the environment names a broker and nobody names a folder."""
    return bool(settings.nats_url) and data is None and settings.data is None


def resolve(data: Path | None, settings: CliSettings) -> Target:
    """
    Find the broker.

    Raises:
        NoStack: the folder has no stack that runs.
    """
    if is_remote(data, settings):
        return Target(
            nats_url=settings.nats_url, user=settings.nats_user, password=settings.nats_password, http_url=settings.http_url
        )
    root = data_folder(data, settings).resolve()
    state = read_state(DataFolder(root).state)
    if state is None or state.nats_url is None or state.state not in (Phase.STARTING, Phase.RUNNING):
        raise NoStack(f"no stack runs on {root}; start one with: hobnob up --data {root}")
    return local_target(root, state, settings)


def local_target(root: Path, state: StackState, settings: CliSettings) -> Target:
    """
    Return the broker of a local stack that runs, as its operator.

    A broker that the stack found in the environment is entered as the environment says.
    """
    assert state.nats_url is not None
    own = read_credentials(DataFolder(root.resolve()).credentials) if state.has_own_broker else None
    user, password = (OPERATOR, own.operator) if own else (settings.nats_user, settings.nats_password)
    return Target(nats_url=state.nats_url, user=user, password=password, http_url=state.http_url)
