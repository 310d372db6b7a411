"""What the environment tells the command: which stack to talk to, and as whom."""

from pathlib import Path

from shared.settings import ServiceSettings


class CliSettings(ServiceSettings):
    """The settings of the `hobnob` command."""

    data: Path | None = None
    """Folder of a local stack; the option `--data` goes before it."""

    nats_url: str = ""
    """Broker of a remote stack; used when no folder is named."""

    http_url: str | None = None
    """HTTP door of that stack, for what is told to other systems."""
