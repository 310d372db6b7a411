"""
The settings that every service has. Each comes from an environment variable with the prefix `HOBNOB_`; a secret may
instead come from a file: `HOBNOB_NATS_PASSWORD_FILE=/run/secrets/nats` is read as `HOBNOB_NATS_PASSWORD`.
"""

import os
from pathlib import Path
from typing import Any, Literal

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

PREFIX = "HOBNOB_"


class FileSecrets(PydanticBaseSettingsSource):
    """Reads `HOBNOB_<FIELD>_FILE`: the value of the field is that file's content without surrounding white space."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Return the content of the file that the environment names for this field, if it names one."""
        path = os.environ.get(f"{PREFIX}{field_name.upper()}_FILE")
        return (Path(path).read_text(encoding="utf-8").strip() if path else None), field_name, False

    def __call__(self) -> dict[str, Any]:
        """Return the values of every field whose file is named."""
        found = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in found.items() if value is not None}


class ServiceSettings(BaseSettings):
    """What any service needs to run."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    nats_url: str = "nats://127.0.0.1:4222"
    """Where the broker is; several, separated by commas, for a cluster. Never with credentials in it: URLs are logged."""

    nats_user: str | None = None
    """User name at the broker."""

    nats_password: SecretStr | None = None
    """Password at the broker."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Least severity that is logged. Personal data appears at `debug` only."""

    log_format: Literal["json", "text"] = "json"
    """One JSON object a line, or text for people."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take arguments first, then the environment, then files that the environment names."""
        return init_settings, env_settings, FileSecrets(settings_cls)


class StoreSettings(ServiceSettings):
    """What a service with a database needs besides."""

    mongo_url: SecretStr = SecretStr("mongodb://127.0.0.1:27017")
    """Where MongoDB is; a secret, because it may hold the password."""

    mongo_database: str
    """Name of this service's own database."""
