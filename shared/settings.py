"""
The settings that every service has. Each comes from an environment variable with the prefix `HOBNOB_`; a secret may
instead come from a file: `HOBNOB_NATS_PASSWORD_FILE=/run/secrets/nats` is read as `HOBNOB_NATS_PASSWORD`. A variable or a file
that is empty is one that is not there: Compose hands on every variable that may be set.
"""

import os
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote

from pydantic import Field, SecretStr, field_validator, model_validator
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
        """Return the content of the file that the environment names for this field, if it names one that is not empty."""
        path = os.environ.get(f"{PREFIX}{field_name.upper()}_FILE")
        return (Path(path).read_text(encoding="utf-8").strip() or None if path else None), field_name, False

    def __call__(self) -> dict[str, Any]:
        """Return the values of every field whose file is named."""
        found = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in found.items() if value is not None}


class ServiceSettings(BaseSettings):
    """What any service needs to run."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="ignore")

    nats_url: str = "nats://127.0.0.1:4222"
    """Where the broker is; several, separated by commas, for a cluster. Never with credentials in it: URLs are logged."""

    nats_user: str | None = None
    """User name at the broker."""

    nats_password: SecretStr | None = None
    """Password at the broker."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Least severity that is logged. Personal data appears at `debug` only."""

    log_format: Literal["json", "text", "console"] = "json"
    """One JSON object a line, or text for people; `console` is another word for `text`."""

    metrics_host: str = "127.0.0.1"
    """Address on which health and metrics are shown, where `metrics_port` is set."""

    metrics_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """Port of `/health/live`, `/health/ready` and `/metrics`; None: there is none. Meant for the inside of a network."""

    tracing: Literal["off", "otlp"] = "off"
    """Whether traces are sent; where to, and which, is said by OpenTelemetry's own variables `OTEL_…` (docs/observability.md)."""

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


class TopologySettings(ServiceSettings):
    """What the step that makes the streams needs besides."""

    replicas: Literal[1, 3] = 1
    """Copies of each stream and consumer, and of the bucket: 3 in a cluster of three brokers or more."""

    @field_validator("replicas", mode="before")
    @classmethod
    def _reads_a_number(cls, value: object) -> object:
        return int(value) if isinstance(value, str) and value.isdecimal() else value


class StoreSettings(ServiceSettings):
    """What a service with a database needs besides."""

    mongo_url: SecretStr = SecretStr("mongodb://127.0.0.1:27017")
    """Where MongoDB is; a secret, because it may hold the password. With the user below it holds who signs in, and how."""

    mongo_user: str | None = None
    """User name at MongoDB, unless the URL has one."""

    mongo_password: SecretStr | None = None
    """Password at MongoDB, of that user."""

    mongo_database: str
    """Name of this service's own database."""

    @model_validator(mode="before")
    @classmethod
    def _signs_in(cls, values: dict[str, Any]) -> dict[str, Any]:
        user, password = values.get("mongo_user"), values.get("mongo_password")
        if (user is None) != (password is None):
            raise ValueError("MongoDB needs both HOBNOB_MONGO_USER and HOBNOB_MONGO_PASSWORD, or neither")
        if user is None or password is None:
            return values
        url = _plain(values.get("mongo_url", cls.model_fields["mongo_url"].default))
        scheme, _, rest = url.partition("://")
        if "@" in rest.split("/", 1)[0]:
            raise ValueError("HOBNOB_MONGO_URL has a user of its own: leave HOBNOB_MONGO_USER out, or take it out of the URL")
        # Both are quoted as the standard of these URLs wants it: a password may hold anything.
        return values | {"mongo_url": f"{scheme}://{quote(user, safe='')}:{quote(_plain(password), safe='')}@{rest}"}


def _plain(value: str | SecretStr) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else value
