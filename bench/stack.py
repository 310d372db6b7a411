"""
A fresh stack for one round: the servers as `hobnob up` starts them, and those services that the round needs. The broker has
one user more, who may do anything: the raw clients publish what only services may.

Nothing is started again when it ends: a crash in a round must end the run, not improve a number.
"""

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import nats
import psutil
from nats.aio.client import Client

from deploy.local.children import ChildSpec
from deploy.local.credentials import StackCredentials, ensure_credentials
from deploy.local.layout import DataFolder, tail
from deploy.local.ports import HOST, free_port
from deploy.local.specs import NATS_CONFIG, mongo_spec, nats_spec, service_spec
from shared.access import OPERATOR, inbox_prefix
from shared.errors import BrokerUnavailable
from shared.jetstream import PipelinedJetStream, jetstream
from shared.messages.rpc import GetHealth, HealthReply
from shared.requests import ask
from shared.topology import ensure_topology

START_TIMEOUT_S = 60.0
POLL_S = 0.02
SERVERS = ("nats", "mongo")
USER = "bench"
PASSWORD = "bench-only"
"""Of a broker that listens to this machine only, for as long as a round takes."""
PROCESSES = (*SERVERS, "contacts", "scheduler", "notifier")
ROOT = Path(__file__).parents[1]
"""The bench is run from a checkout; its own programs are found there."""


class RoundFailed(Exception):
    """A round cannot be counted, and why."""


class Stack:
    """Two servers, and services on demand."""

    def __init__(self, root: Path) -> None:
        self.folder = DataFolder(root)
        self.folder.create()
        nats_port, mongo_port, self.http_port = free_port(), free_port(), free_port()
        self.nats_url = f"nats://{HOST}:{nats_port}"
        self.mongo_url = f"mongodb://{HOST}:{mongo_port}"
        self.credentials = ensure_credentials(self.folder.credentials)
        self._server_specs = {
            nats_port: _broker_spec(self.folder, port=nats_port, credentials=self.credentials),
            mongo_port: mongo_spec(self.folder, port=mongo_port),
        }
        self._running: dict[str, tuple[asyncio.subprocess.Process, ChildSpec]] = {}
        self.client: Client
        self.js: PipelinedJetStream

    async def open(self) -> None:
        """Start the servers and create the streams."""
        for spec in self._server_specs.values():
            await self._spawn(spec)
        for port, spec in self._server_specs.items():
            await self._until_listening(spec, port)
        self.client = await connect(self.nats_url)
        self.js = jetstream(self.client)
        await ensure_topology(self.client)

    async def close(self) -> None:
        """End everything: services first."""
        if hasattr(self, "client"):
            await self.client.close()
        await asyncio.gather(*(self.stop(name) for name in list(self._running) if name not in SERVERS))
        await asyncio.gather(*(self.stop(name) for name in list(self._running)))

    async def start_service(self, *names: str) -> None:
        """Start services and return when all of them answer."""
        for name in names:
            await self._spawn(
                service_spec(
                    self.folder,
                    name=name,
                    nats_url=self.nats_url,
                    mongo_url=self.mongo_url,
                    http_port=self.http_port,
                    credentials=self.credentials,
                )
            )
        await asyncio.gather(*(self._until_healthy(name) for name in names))

    async def start_program(self, name: str, *arguments: str, ready: Callable[[], bool]) -> None:
        """Start a Python program of the bench and return once *ready* says that it has begun."""
        spec = ChildSpec(
            name=name,
            arguments=(sys.executable, "-m", *arguments),
            log=self.folder.log(name),
            stop_timeout_s=10.0,
        )
        await self._spawn(spec)
        async with asyncio.timeout(START_TIMEOUT_S):
            while not ready():
                self._check(name)
                await asyncio.sleep(POLL_S)

    async def stop(self, name: str) -> None:
        """End one process."""
        process, spec = self._running.pop(name)
        if process.returncode is None:
            process.terminate()
        try:
            async with asyncio.timeout(spec.stop_timeout_s):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

    def process(self, name: str) -> psutil.Process:
        """Return a running process, to be measured."""
        self._check(name)
        return psutil.Process(self._running[name][0].pid)

    @property
    def running(self) -> tuple[str, ...]:
        """The names of what runs, the servers first."""
        return tuple(name for name in PROCESSES if name in self._running)

    def check(self) -> None:
        """Raise when a process has ended unasked."""
        for name in self._running:
            self._check(name)

    async def counters(self, service: str) -> Mapping[str, int]:
        """Return what a service has counted since it started."""
        reply = await ask(self.client, service=service, verb="health", request=GetHealth(), reply=HealthReply, timeout_s=10)
        return reply.counters

    def _check(self, name: str) -> None:
        process, spec = self._running[name]
        if process.returncode is not None:
            raise RoundFailed(f"{name} ended with {process.returncode}: {tail(spec.log)}")

    async def _spawn(self, spec: ChildSpec) -> None:
        with spec.log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                # Tethered: even a killed bench leaves nothing behind.
                *(sys.executable, "-P", "-m", "deploy.local.tether", str(os.getpid()), *spec.arguments),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **spec.environment},
                cwd=ROOT,
                start_new_session=True,
            )
        self._running[spec.name] = process, spec

    async def _until_listening(self, spec: ChildSpec, port: int) -> None:
        async with asyncio.timeout(START_TIMEOUT_S):
            while True:
                self._check(spec.name)
                try:
                    _, writer = await asyncio.open_connection(HOST, port)
                except OSError:
                    await asyncio.sleep(POLL_S)
                else:
                    writer.close()
                    return

    async def _until_healthy(self, name: str) -> None:
        async with asyncio.timeout(START_TIMEOUT_S):
            while True:
                self._check(name)
                try:
                    await self.counters(name)
                except BrokerUnavailable:
                    await asyncio.sleep(POLL_S)
                else:
                    return


def _broker_spec(folder: DataFolder, *, port: int, credentials: StackCredentials) -> ChildSpec:
    """Return the broker's process, with the shipped configuration and the bench's user beside those that it names."""
    spec = nats_spec(folder, port=port, credentials=credentials)
    config = folder.root / "nats.conf"
    text = NATS_CONFIG.read_text(encoding="utf-8")
    for place, addition in (("users: [", f"{{ user: {USER}, password: {PASSWORD} }}"), ("auth_users: [", f"{USER},")):
        text = text.replace(f" {place}", f" {place} {addition}", 1)
    config.write_text(text, encoding="utf-8")
    return replace(spec, arguments=tuple(str(config) if each == str(NATS_CONFIG) else each for each in spec.arguments))


async def connect(nats_url: str) -> Client:
    """Connect as the bench's user; services answer it where they answer the operator."""
    return await nats.connect(
        nats_url,
        user=USER,
        password=PASSWORD,
        name="hobnob-bench",
        inbox_prefix=inbox_prefix(OPERATOR),
        allow_reconnect=False,
    )


@asynccontextmanager
async def fresh_stack() -> AsyncIterator[Stack]:
    """Yield a stack with empty servers and no service; nothing of it is left afterwards."""
    root = Path(tempfile.mkdtemp(prefix="hobnob-bench-"))
    stack = Stack(root)
    try:
        await stack.open()
        yield stack
    finally:
        await stack.close()
        await asyncio.to_thread(shutil.rmtree, root)
