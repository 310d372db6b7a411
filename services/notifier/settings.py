"""The settings of the notifier."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, SecretStr, model_validator

from shared.settings import StoreSettings


class NotifierSettings(StoreSettings):
    """What the notifier needs to run."""

    mongo_database: str = "hobnob_notifier"
    """Name of the notifier's own database."""

    http_host: str = "127.0.0.1"
    """Address on which the HTTP door listens."""

    http_port: Annotated[int, Field(ge=0, le=65535)] = 8321
    """Port of the HTTP door; 0 picks a free one."""

    templates_dir: Path | None = None
    """Folder of templates that replace or join the built-in ones; see docs/templates.md."""

    doorkeeper_password: SecretStr | None = None
    """Password of the broker's user `doorkeeper`; None where the broker asks nobody who may come in."""

    nats_issuer_seed: SecretStr | None = None
    """Seed (SA…) of the account key whose public half the broker's configuration names as `issuer`."""

    @model_validator(mode="after")
    def _has_both_or_neither(self) -> Self:
        if (self.doorkeeper_password is None) != (self.nats_issuer_seed is None):
            raise ValueError("the doorkeeper needs both HOBNOB_DOORKEEPER_PASSWORD and HOBNOB_NATS_ISSUER_SEED, or neither")
        return self
