"""A whole cluster as processes of this machine: three brokers, a replica set of three, two of each service, and how to kill."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import nats
from nats.aio.client import Client
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from deploy.local.binaries import find_mongod, find_nats_server
from deploy.local.children import ChildSpec
from deploy.local.credentials import StackCredentials, ensure_credentials
from deploy.local.layout import DataFolder, tail
from deploy.local.ports import HOST
from deploy.local.specs import NATS_CONFIG, SERVICES, nats_spec, service_spec
from shared.access import OPERATOR, inbox_prefix
from shared.errors import BrokerUnavailable
from shared.messages.rpc import GetHealth, HealthReply
from shared.requests import ask
from shared.topology import ensure_topology
from tests.servers import free_port

MEMBERS = 3
OF_EACH_SERVICE = 2
REPLICA_SET = "hobnob"
ROUTES_PASSWORD = "routes-of-a-test"
PATIENCE_S = 60.0
CACHE_GB = 0.25


class Cluster:
    """What runs, by name: `nats-1` to `nats-3`, `mongo-1` to `mongo-3`, `contacts-1`, `contacts-2` and so on."""

    client: Client

    def __init__(self, root: Path) -> None:
        self._root = root
        self._running: dict[str, tuple[subprocess.Popen[bytes], ChildSpec]] = {}
        self._specs: dict[str, ChildSpec] = {}
        self._nats_ports = [free_port() for _ in range(MEMBERS)]
        self._mongo_ports = [free_port() for _ in range(MEMBERS)]
        self.nats_urls = [f"nats://{HOST}:{port}" for port in self._nats_ports]
        hosts = ",".join(f"{HOST}:{port}" for port in self._mongo_ports)
        self.mongo_url = f"mongodb://{hosts}/?replicaSet={REPLICA_SET}"
        self.http_urls: list[str] = []
        folder = DataFolder(root / "shared")
        folder.create()
        self.credentials: StackCredentials = ensure_credentials(folder.credentials)

    async def open(self) -> None:
        """Start brokers and databases and make of them what they are to be."""
        for spec in self._database_specs():
            self.start(spec.name, spec)
        await asyncio.gather(self._found_replica_set(), self.open_brokers())

    async def open_brokers(self, *, replicas: int = MEMBERS) -> None:
        """Start the brokers, and have the streams made with so many copies."""
        for spec in self._broker_specs():
            self.start(spec.name, spec)
        await self._until_brokers_agree()
        await ensure_topology(self.client, replicas=replicas)

    async def start_services(self) -> None:
        """Start two of each service and return when each of them answers for itself."""
        for number in range(1, OF_EACH_SERVICE + 1):
            for service in SERVICES:
                self._start_service(service, number)
        await asyncio.gather(*(self._until_healthy(service) for service in SERVICES))

    async def close(self) -> None:
        """End everything at once: nothing of it is needed any more."""
        if hasattr(self, "client"):
            await self.client.close()
        ending = [process for process, _ in self._running.values()]
        self._running.clear()
        for process in ending:
            process.kill()
        for process in ending:
            process.wait()

    async def connect(self, user: str) -> Client:
        """Connect to any of the brokers, as one of their users."""
        return await nats.connect(
            self.nats_urls,
            user=user,
            password=self.credentials.password_of(user).get_secret_value(),
            inbox_prefix=inbox_prefix(user),
            max_reconnect_attempts=-1,
            reconnect_time_wait=0.2,
            error_cb=_hear_nothing,
        )

    def start(self, name: str, spec: ChildSpec | None = None) -> None:
        """Start a process, or start one again that was killed."""
        spec = self._specs.setdefault(name, spec) if spec else self._specs[name]
        spec.log.parent.mkdir(parents=True, exist_ok=True)
        with spec.log.open("ab") as output:
            process = subprocess.Popen(
                # Tethered: even a killed test leaves nothing behind.
                [sys.executable, "-P", "-m", "deploy.local.tether", str(os.getpid()), *spec.arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**_clean(), **spec.environment},
            )
        self._running[name] = process, spec

    def kill(self, name: str) -> None:
        """Send SIGKILL; whatever the process was doing, it has done its last."""
        process, _ = self._running.pop(name)
        process.kill()
        process.wait()

    def check(self) -> None:
        """Fail when a process has ended that nobody killed."""
        for name, (process, spec) in self._running.items():
            assert process.poll() is None, f"{name} ended with {process.returncode}: {tail(spec.log, lines=20)}"

    def dead(self) -> list[str]:
        """Return what was killed and has not been started again."""
        return [name for name in self._specs if name not in self._running]

    async def until_whole(self) -> None:
        """Return once every broker has every copy of a stream and every member of the replica set follows the primary."""
        await self.until_streams_are_whole()
        await self._until(lambda: asyncio.to_thread(self._members_follow), errors=(AssertionError, PyMongoError))

    async def until_streams_are_whole(self) -> None:
        """Return once every broker has every copy of a stream."""
        await self._until(self._streams_are_whole, errors=(AssertionError, TimeoutError, nats.errors.Error))

    async def stream_leader(self, stream: str) -> str:
        """Return the broker that leads *stream*."""
        cluster = (await self.client.jetstream().stream_info(stream)).cluster
        assert cluster is not None
        assert cluster.leader
        return cluster.leader

    def database_primary(self) -> str:
        """Return the member of the replica set that takes writes."""
        with MongoClient[dict[str, Any]](self.mongo_url, serverSelectionTimeoutMS=10_000) as client:
            client.admin.command("ping")
            primary = client.primary
        assert primary is not None
        return f"mongo-{self._mongo_ports.index(primary[1]) + 1}"

    # --- what is started ----------------------------------------------------------------------------------------------

    def _broker_specs(self) -> Sequence[ChildSpec]:
        configuration = self._root / "configuration"
        configuration.mkdir()
        for name in ("nats.conf", "cluster.conf"):
            shutil.copy2(NATS_CONFIG.with_name(name), configuration / name)
        whole = configuration / "whole.conf"
        whole.write_text('include "nats.conf"\ninclude "cluster.conf"\n')
        routes = [free_port() for _ in range(MEMBERS)]
        specs = []
        for number, port in enumerate(self._nats_ports, start=1):
            folder = DataFolder(self._root / f"nats-{number}")
            folder.create()
            spec = nats_spec(folder, port=port, credentials=self.credentials)
            environment = {
                **spec.environment,
                "HOBNOB_NATS_NAME": f"nats-{number}",
                "HOBNOB_NATS_CLUSTER_LISTEN": f"{HOST}:{routes[number - 1]}",
                "HOBNOB_NATS_ROUTES": json.dumps([f"nats://routes:{ROUTES_PASSWORD}@{HOST}:{route}" for route in routes]),
                "HOBNOB_NATS_ROUTES_PASSWORD": ROUTES_PASSWORD,
            }
            arguments = (str(find_nats_server()), "-c", str(whole))
            specs.append(
                ChildSpec(name=f"nats-{number}", arguments=arguments, log=spec.log, stop_timeout_s=10, environment=environment)
            )
        return specs

    def _database_specs(self) -> Sequence[ChildSpec]:
        specs = []
        for number, port in enumerate(self._mongo_ports, start=1):
            folder = DataFolder(self._root / f"mongo-{number}")
            folder.create()
            arguments = (
                *(str(find_mongod()), "--dbpath", str(folder.mongo), "--port", str(port), "--bind_ip", HOST),
                *("--replSet", REPLICA_SET, "--wiredTigerCacheSizeGB", str(CACHE_GB), "--nounixsocket", "--quiet"),
            )
            specs.append(ChildSpec(name=f"mongo-{number}", arguments=arguments, log=folder.log("mongo"), stop_timeout_s=20))
        return specs

    def _start_service(self, service: str, number: int) -> None:
        folder = DataFolder(self._root / f"{service}-{number}")
        folder.create()
        port = free_port()
        if service == "notifier":
            self.http_urls.append(f"http://{HOST}:{port}")
        spec = service_spec(
            folder,
            name=service,
            nats_url=",".join(self.nats_urls),
            mongo_url=self.mongo_url,
            http_port=port,
            credentials=self.credentials,
        )
        self.start(f"{service}-{number}", spec)

    async def _streams_are_whole(self) -> None:
        for stream in await self.client.jetstream().streams_info():
            assert stream.cluster is not None
            copies = stream.cluster.replicas or []
            assert len(copies) == MEMBERS - 1
            assert all(copy.current and not copy.offline for copy in copies), stream.config.name

    def _members_follow(self) -> None:
        with MongoClient[dict[str, Any]](self.mongo_url, serverSelectionTimeoutMS=10_000) as client:
            members = client.admin.command("replSetGetStatus")["members"]
        assert sorted(member["stateStr"] for member in members) == ["PRIMARY", *["SECONDARY"] * (MEMBERS - 1)]

    # --- waiting ------------------------------------------------------------------------------------------------------

    async def _found_replica_set(self) -> None:
        members = [{"_id": number, "host": f"{HOST}:{port}"} for number, port in enumerate(self._mongo_ports)]

        def found() -> None:
            url = f"mongodb://{HOST}:{self._mongo_ports[0]}/?directConnection=true"
            with MongoClient[dict[str, Any]](url, serverSelectionTimeoutMS=30_000) as client:
                client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": members})

        await self._until(lambda: asyncio.to_thread(found), errors=(PyMongoError,))
        await self._until(lambda: asyncio.to_thread(self.database_primary), errors=(PyMongoError, AssertionError))

    async def _until_brokers_agree(self) -> None:
        async def come_in() -> None:
            self.client = await self.connect(OPERATOR)

        async def has_leader() -> None:
            await self.client.jetstream().account_info()

        await self._until(come_in, errors=(OSError, nats.errors.Error))
        await self._until(has_leader, errors=(TimeoutError, nats.errors.Error))

    async def _until_healthy(self, service: str) -> None:
        """Return when both processes of *service* have answered: each counts from its own start."""

        async def answers() -> None:
            request = GetHealth()
            await ask(self.client, service=service, verb="health", request=request, reply=HealthReply, timeout_s=5)
            logs = [spec.log.read_text() for name, (_, spec) in self._running.items() if name.startswith(f"{service}-")]
            if not all("service_ready" in log for log in logs):
                raise BrokerUnavailable

        await self._until(answers, errors=(BrokerUnavailable,))

    async def _until(self, work: Callable[[], Awaitable[object]], *, errors: tuple[type[Exception], ...]) -> None:
        """Do *work* until it succeeds."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                self.check()
                try:
                    await work()
                except errors:
                    await asyncio.sleep(0.1)
                else:
                    return


async def _hear_nothing(_: Exception) -> None:
    """Servers that are killed are no news."""


def _clean() -> Mapping[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith("HOBNOB_")}


@asynccontextmanager
async def running_cluster(root: Path) -> AsyncIterator[Cluster]:
    """Run three brokers and a replica set, with streams and without services, until the block ends."""
    cluster = Cluster(root)
    try:
        await cluster.open()
        yield cluster
    finally:
        await cluster.close()


@asynccontextmanager
async def running_brokers(root: Path, *, replicas: int) -> AsyncIterator[Cluster]:
    """Run three brokers and nothing else, with so many copies of each stream, until the block ends."""
    cluster = Cluster(root)
    try:
        await cluster.open_brokers(replicas=replicas)
        yield cluster
    finally:
        await cluster.close()
