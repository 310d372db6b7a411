"""Which stack a command talks to: a folder that was named, a broker in the environment, or the folder of this user."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from cli.errors import NoStack
from cli.settings import CliSettings
from deploy.local.layout import DataFolder, default_data_folder
from deploy.local.state import Phase, read_state


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A broker and how to sign in there."""

    nats_url: str
    user: str | None
    password: SecretStr | None


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
        url: str | None = settings.nats_url
    else:
        root = data_folder(data, settings).resolve()
        state = read_state(DataFolder(root).state)
        url = state.nats_url if state and state.state in (Phase.STARTING, Phase.RUNNING) else None
        if url is None:
            raise NoStack(f"no stack runs on {root}; start one with: hobnob up --data {root}")
    assert url is not None
    return Target(nats_url=url, user=settings.nats_user, password=settings.nats_password)
