"""The settings of the notifier."""

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, SecretStr, model_validator

from shared.settings import StoreSettings
from shared.uploads import MAX_UPLOAD_BYTES


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

    public_url: Annotated[str, Field(pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$")] | None = None
    """Where the owner's browser finds the HTTP door, such as https://hobnob.example.org; None: messages name commands instead."""

    trusted_proxies: str = ""
    """Addresses and networks, separated by commas, of reverse proxies that are believed what they say of a browser."""

    proxy_user_header: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")] | None = None
    """Header in which these proxies name the owner they have signed in, such as Remote-User; they must remove a browser's own."""

    smtp_url: SecretStr | None = None
    """Mail server, as in smtp://user:password@host:587?starttls=require; None: no mail is sent."""

    smtp_ca_file: Path | None = None
    """Certificates to trust at the mail server, instead of the system's."""

    send_lease_s: Annotated[float, Field(gt=0)] = 120.0
    """How long whoever sends a greeting may take to hear the mail server's answer; afterwards the greeting is unconfirmed."""

    send_retry_s: Annotated[float, Field(gt=0)] = 60.0
    """First pause before a mail that was put off is tried again; the later ones grow from it to twelve hours."""

    secrets_key: SecretStr | None = None
    """
    Keys that the URLs of channels are encrypted with (channels/vault.py) and opt-out links signed, the newest first; None: only
    references can be stored, and no link is put into a greeting.
    """

    digest_settle_s: Annotated[float, Field(ge=0)] = 20.0
    """How long a digest waits, in seconds, for what the timers of the same instant bring."""

    upload_max_bytes: Annotated[int, Field(ge=1, le=MAX_UPLOAD_BYTES)] = MAX_UPLOAD_BYTES
    """Most that is taken at once on the page Import; it lies in the folder of temporary files until the broker has it."""

    @model_validator(mode="after")
    def _has_both_or_neither(self) -> Self:
        if (self.doorkeeper_password is None) != (self.nats_issuer_seed is None):
            raise ValueError("the doorkeeper needs both HOBNOB_DOORKEEPER_PASSWORD and HOBNOB_NATS_ISSUER_SEED, or neither")
        return self

    @model_validator(mode="after")
    def _trusts_somebody(self) -> Self:
        networks = [text for text in self.trusted_proxies.split(",") if text.strip()]
        for text in networks:
            ip_network(text.strip())
        if self.proxy_user_header and not networks:
            raise ValueError("HOBNOB_PROXY_USER_HEADER needs HOBNOB_TRUSTED_PROXIES: anybody else could send that header")
        return self
