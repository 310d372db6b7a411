"""What the environment says about a local stack: which servers run already elsewhere."""

from pathlib import Path

from pydantic import SecretStr

from shared.settings import ServiceSettings


class StackSettings(ServiceSettings):
    """The settings of the supervisor; a server whose URL is given is used and not started."""

    nats_url: str = ""
    """A NATS server that runs already; empty starts one."""

    mongo_url: SecretStr | None = None
    """A MongoDB server that runs already; None starts one."""

    secrets_key: SecretStr | None = None
    """The notifier's key, where the operator keeps it; the services find it in the environment, as they find HOBNOB_SMTP_URL."""

    secrets_key_file: Path | None = None
    """The same in a file. With neither, the folder has a key of its own."""
