"""What the five processes of a stack are started with."""

import json
import sys
from pathlib import Path

from deploy.local.binaries import find_mongod, find_nats_server
from deploy.local.children import ChildSpec
from deploy.local.credentials import StackCredentials
from deploy.local.layout import DataFolder
from deploy.local.ports import HOST
from shared.access import OPERATOR

NATS_CONFIG = Path(__file__).parents[1] / "nats" / "nats.conf"
"""The same for every way to run Hobnob; what differs comes from the environment."""
SERVICES = ("contacts", "scheduler", "notifier")
DOORKEEPERS_SERVICE = "notifier"
"""The service that answers who may come in."""
KEEPER_OF_SECRETS = "notifier"
"""The service that keeps the passwords of channels."""

NATS_STOP_TIMEOUT_S = 15.0
MONGO_STOP_TIMEOUT_S = 30.0
SERVICE_STOP_TIMEOUT_S = 25.0
"""Longer than the services' own graceful timeout."""
MONGO_CACHE_GB = 0.25
"""The smallest that mongod takes; a network of people is small."""


def nats_spec(folder: DataFolder, *, port: int, credentials: StackCredentials, sync_interval: str = "1s") -> ChildSpec:
    """
    Return the broker's process.

    *sync_interval* `1s` can lose, on a power cut, facts accepted in the last second; `always` loses none and takes bursts
    about seven times slower (design, promise 3).

    Raises:
        ServerMissing: there is no nats-server on this machine.
    """
    return ChildSpec(
        name="nats",
        arguments=(str(find_nats_server()), "-c", str(NATS_CONFIG)),
        log=folder.log("nats"),
        stop_timeout_s=NATS_STOP_TIMEOUT_S,
        environment={
            "HOBNOB_NATS_NAME": "hobnob",
            "HOBNOB_NATS_LISTEN": f"{HOST}:{port}",
            # The server reads these as it reads its configuration: a path is quoted.
            "HOBNOB_NATS_STORE_DIR": json.dumps(str(folder.nats), ensure_ascii=False),
            "HOBNOB_NATS_SYNC_INTERVAL": sync_interval,
            "HOBNOB_NATS_ISSUER": credentials.issuer,
            "HOBNOB_DOORKEEPER_PASSWORD": credentials.doorkeeper.get_secret_value(),
            **{
                f"HOBNOB_NATS_{user.upper()}_PASSWORD": credentials.password_of(user).get_secret_value()
                for user in (*SERVICES, OPERATOR)
            },
        },
    )


def mongo_spec(folder: DataFolder, *, port: int) -> ChildSpec:
    """
    Return the database's process.

    Raises:
        ServerMissing: there is no mongod on this machine.
    """
    arguments = (
        *(str(find_mongod()), "--dbpath", str(folder.mongo), "--port", str(port), "--bind_ip", HOST),
        *("--wiredTigerCacheSizeGB", str(MONGO_CACHE_GB), "--nounixsocket", "--quiet"),
    )
    return ChildSpec(name="mongo", arguments=arguments, log=folder.log("mongo"), stop_timeout_s=MONGO_STOP_TIMEOUT_S)


def service_spec(
    folder: DataFolder,
    *,
    name: str,
    nats_url: str,
    mongo_url: str,
    http_port: int,
    credentials: StackCredentials | None,
    has_own_key: bool = False,
) -> ChildSpec:
    """
    Return a service's process; it finds its servers, and signs in there, through its environment.

    Args:
        folder: The stack's.
        name: Of the service, which is its user at the broker.
        nats_url: The broker.
        mongo_url: The database.
        http_port: Of the HTTP door.
        credentials: None at a broker of the environment, whose user and password the service finds there too.
        has_own_key: Whether the folder holds the key for secrets, and not the environment.
    """
    return ChildSpec(
        name=name,
        # -P: a folder called "services" in the current directory must not be taken for ours.
        arguments=(sys.executable, "-P", "-m", f"services.{name}"),
        log=folder.log(name),
        stop_timeout_s=SERVICE_STOP_TIMEOUT_S,
        environment={
            "HOBNOB_NATS_URL": nats_url,
            "HOBNOB_MONGO_URL": mongo_url,
            "HOBNOB_HTTP_HOST": HOST,
            "HOBNOB_HTTP_PORT": str(http_port),
            "PYTHONUNBUFFERED": "1",
            **(_signing_in(name, credentials) if credentials else {}),
            **({"HOBNOB_SECRETS_KEY_FILE": str(folder.secrets_key)} if has_own_key and name == KEEPER_OF_SECRETS else {}),
        },
    )


def _signing_in(name: str, credentials: StackCredentials) -> dict[str, str]:
    own = {"HOBNOB_NATS_USER": name, "HOBNOB_NATS_PASSWORD": credentials.password_of(name).get_secret_value()}
    if name != DOORKEEPERS_SERVICE:
        return own
    return own | {
        "HOBNOB_DOORKEEPER_PASSWORD": credentials.doorkeeper.get_secret_value(),
        "HOBNOB_NATS_ISSUER_SEED": credentials.issuer_seed.get_secret_value(),
    }
