"""
Real servers for the tests: the programs from the wheels as child processes where they are installed, as they start faster, else
containers where a Docker engine answers. HOBNOB_TEST_SERVERS (`containers` or `wheels`) insists on one of the two, and CI runs a
part of the tests both ways. `running_servers` alone decides.
"""

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pymongo import MongoClient
from testcontainers.community.mongodb import MongoDbContainer
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from deploy.local.binaries import ServerMissing, find_mongod, find_nats_server

START_TIMEOUT_S = 30.0
CONTAINER_TIMEOUT_S = 60
NATS_PORT = 4222


@dataclass(frozen=True)
class Servers:
    """Where the two servers listen."""

    nats_url: str
    mongo_url: str


def free_port() -> int:
    """Return a TCP port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for_port(port: int, process: "subprocess.Popen[bytes]", *, log: Path) -> None:
    """Return when something listens on *port*; fail with the server's log when it ended or took too long."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode}: {log.read_text(errors='replace')[-2000:]}")
        with socket.socket() as probe:
            probe.settimeout(0.5)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"{process.args!r} does not listen on {port}: {log.read_text(errors='replace')[-2000:]}")


@contextmanager
def child(
    arguments: list[str], *, port: int, log: Path, environment: Mapping[str, str] | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a server until the block ends, with *environment* added to this process's own."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            arguments,
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **(environment or {})},
        )
    try:
        wait_for_port(port, process, log=log)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def nats_server(folder: Path, *, port: int | None = None) -> Iterator[str]:
    """Run a nats-server with JetStream; yields its URL."""
    port = port or free_port()
    config = folder / "nats.conf"
    config.write_text(
        f'listen: "127.0.0.1:{port}"\nserver_name: test\njetstream {{ store_dir: "{folder / "nats"}" }}\nmax_payload: 1MB\n'
    )
    with child([str(find_nats_server()), "-c", str(config)], port=port, log=folder / "nats.log"):
        yield f"nats://127.0.0.1:{port}"


@contextmanager
def mongod(folder: Path, *, port: int | None = None) -> Iterator[str]:
    """Run a mongod; yields its URL."""
    port = port or free_port()
    (folder / "mongo").mkdir(exist_ok=True)
    arguments = [str(find_mongod()), "--dbpath", str(folder / "mongo"), "--port", str(port), "--bind_ip", "127.0.0.1"]
    arguments += ["--wiredTigerCacheSizeGB", "0.5", "--nounixsocket", "--quiet"]
    with child(arguments, port=port, log=folder / "mongo.log"):
        yield f"mongodb://127.0.0.1:{port}"


@contextmanager
def running_servers(folder: Path) -> Iterator[Servers]:
    """Run both servers, in containers or from the wheels; see the module."""
    wanted = os.environ.get("HOBNOB_TEST_SERVERS") or ("containers" if not _has_programs() and _engine_answers() else "wheels")
    with ExitStack() as stack:
        if wanted == "containers":
            yield _containers(stack)
        else:
            yield Servers(stack.enter_context(nats_server(folder)), stack.enter_context(mongod(folder)))


def _has_programs() -> bool:
    """Whether both servers can be started without containers."""
    try:
        find_nats_server()
        find_mongod()
    except ServerMissing:
        return False
    return True


def _engine_answers() -> bool:
    """Whether something listens where Docker's engine would."""
    where = urlsplit(os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock")
    family, address = (
        (socket.AF_UNIX, where.path) if where.scheme == "unix" else (socket.AF_INET, (where.hostname, where.port or 2375))
    )
    with socket.socket(family) as probe:
        probe.settimeout(2)
        return probe.connect_ex(address) == 0


def _containers(stack: ExitStack) -> Servers:
    # testcontainers' own NATS class warns at import (4.15); warnings are errors here.
    nats = DockerContainer(os.environ.get("HOBNOB_TEST_NATS_IMAGE", "nats:2.15-alpine"))
    nats.with_command("-js").with_exposed_ports(NATS_PORT).waiting_for(LogMessageWaitStrategy("Server is ready"))
    mongo = MongoDbContainer(os.environ.get("HOBNOB_TEST_MONGO_IMAGE", "mongo:8.0"))
    stack.enter_context(nats)
    stack.enter_context(mongo)
    nats_url = f"nats://{nats.get_container_host_ip()}:{nats.get_exposed_port(NATS_PORT)}"
    mongo_url = mongo.get_connection_url()
    # A new database is first made by a server that stops again, whose log line testcontainers takes for the one it waits for.
    with MongoClient[Any](mongo_url, serverSelectionTimeoutMS=CONTAINER_TIMEOUT_S * 1_000) as client:
        client.admin.command("ping")
    return Servers(nats_url, mongo_url)
