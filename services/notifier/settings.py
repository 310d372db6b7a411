"""The settings of the notifier."""

from typing import Annotated

from pydantic import Field

from shared.settings import StoreSettings


class NotifierSettings(StoreSettings):
    """What the notifier needs to run."""

    mongo_database: str = "hobnob_notifier"
    """Name of the notifier's own database."""

    http_host: str = "127.0.0.1"
    """Address on which the HTTP door listens."""

    http_port: Annotated[int, Field(ge=0, le=65535)] = 8321
    """Port of the HTTP door; 0 picks a free one."""
