"""What the five processes of a stack are started with."""

import json
import sys

from deploy.local.binaries import find_mongod, find_nats_server
from deploy.local.children import ChildSpec
from deploy.local.layout import DataFolder
from deploy.local.ports import HOST

SERVICES = ("contacts", "scheduler", "notifier")

NATS_STOP_TIMEOUT_S = 15.0
MONGO_STOP_TIMEOUT_S = 30.0
SERVICE_STOP_TIMEOUT_S = 25.0
"""Longer than the services' own graceful timeout."""
MONGO_CACHE_GB = 0.25
"""The smallest that mongod takes; a network of people is small."""


def nats_spec(folder: DataFolder, *, port: int, sync_interval: str = "1s") -> ChildSpec:
    """
    Write the broker's configuration and return its process.

    *sync_interval* `1s` can lose, on a power cut, facts accepted in the last second; `always` loses none and takes bursts
    about seven times slower (design, promise 3).

    Raises:
        ServerMissing: there is no nats-server on this machine.
    """
    program = find_nats_server()
    folder.nats_config.write_text(
        f"listen: {json.dumps(f'{HOST}:{port}')}\n"
        "server_name: hobnob\n"
        f"jetstream {{ store_dir: {json.dumps(str(folder.nats))}, sync_interval: {sync_interval} }}\n"
        "max_payload: 1MB\n",
        encoding="utf-8",
    )
    return ChildSpec(
        name="nats",
        arguments=(str(program), "-c", str(folder.nats_config)),
        log=folder.log("nats"),
        stop_timeout_s=NATS_STOP_TIMEOUT_S,
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


def service_spec(folder: DataFolder, *, name: str, nats_url: str, mongo_url: str, http_port: int) -> ChildSpec:
    """Return a service's process; it finds its servers through its environment."""
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
        },
    )
