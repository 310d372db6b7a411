"""What the environment says about a local stack: which servers run already elsewhere."""

from pydantic import SecretStr

from shared.settings import ServiceSettings


class StackSettings(ServiceSettings):
    """The settings of the supervisor; a server whose URL is given is used and not started."""

    nats_url: str = ""
    """A NATS server that runs already; empty starts one."""

    mongo_url: SecretStr | None = None
    """A MongoDB server that runs already; None starts one."""
