"""
The supervisor of a local stack: a broker and a database, then the three services, each kept running until told to stop.

The order is the point. Up: servers, streams, services, owner. Down: services, database, broker, so that everything a
service still has to say finds somebody who listens.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager

from nats.aio.client import Client

from deploy.local.children import Child, ChildSpec
from deploy.local.layout import DataFolder
from deploy.local.me import ensure_owner
from deploy.local.plan import Plan
from deploy.local.ports import HOST
from deploy.local.processes import identify
from deploy.local.readiness import connected, until_healthy, until_listening
from deploy.local.settings import StackSettings
from deploy.local.state import Phase, ProcessPhase, ProcessState, StackState, write_state
from shared.access import OPERATOR
from shared.errors import HobnobError
from shared.logging import get_logger
from shared.topology import ensure_topology

log = get_logger(__name__)

STOP_ORDER = ("mongo", "nats")
"""The servers, after the services."""


class Stack:
    """A stack that runs in this process's event loop."""

    def __init__(self, folder: DataFolder, plan: Plan, *, settings: StackSettings, on_crash: Callable[[str], None]) -> None:
        self._folder = folder
        self._plan = plan
        self._settings = settings
        self._on_crash = on_crash
        self._phase = Phase.STARTING
        self._error: str | None = None
        self._servers = {spec.name: self._child(spec) for spec in plan.servers}
        self._services = [self._child(spec) for spec in plan.services]
        self._stop_asked = asyncio.Event()
        self._starting: asyncio.Task[None] | None = None

    def _child(self, spec: ChildSpec) -> Child:
        return Child(spec, on_change=self._save, on_crash=self._on_crash)

    @property
    def state(self) -> StackState:
        """The stack as it is now."""
        servers = [
            self._servers[name].state if name in self._servers else ProcessState(name=name, state=ProcessPhase.EXTERNAL)
            for name in ("nats", "mongo")
        ]
        return StackState(
            supervisor=identify(os.getpid()),
            state=self._phase,
            error=self._error,
            nats_url=self._plan.nats_url,
            # Ours has no password; one from the environment may have, and is nobody's business here.
            mongo_url=self._plan.mongo_url if "mongo" in self._servers else None,
            http_url=self._plan.http_url,
            ports=self._plan.ports,
            processes=(*servers, *(child.state for child in self._services)),
        )

    def ask_to_stop(self) -> None:
        """Have `run` stop everything and return; for a signal handler."""
        self._stop_asked.set()
        if self._starting is not None:
            self._starting.cancel()

    async def run(self, *, on_ready: Callable[[StackState], Awaitable[None]]) -> None:
        """
        Start everything, call *on_ready*, and stay until asked to stop; stop everything in any case.

        Raises:
            HobnobError: something did not start; `stack.json` says it too.
        """
        self._enter(Phase.STARTING)
        self._starting = asyncio.create_task(self._start_and_announce(on_ready))
        try:
            # Not awaited: a cancelled start is how a stop during it looks, and no reason to raise.
            await asyncio.wait({self._starting})
            if not self._starting.cancelled():
                self._starting.result()
                await self._stop_asked.wait()
        except HobnobError as exc:
            self._error = str(exc)
            log.error("stack_failed", reason=self._error)
            raise
        finally:
            self._enter(Phase.STOPPING)
            await self._stop()
            self._enter(Phase.FAILED if self._error else Phase.STOPPED)

    async def _start_and_announce(self, on_ready: Callable[[StackState], Awaitable[None]]) -> None:
        await self._start()
        self._enter(Phase.RUNNING)
        await on_ready(self.state)

    async def _start(self) -> None:
        for child in self._servers.values():
            child.start()
        ports = {"nats": self._plan.ports.nats, "mongo": self._plan.ports.mongo}
        for name, child in self._servers.items():
            port = ports[name]
            assert port is not None
            await until_listening(child, host=HOST, port=port)
        async with self._connected() as client:
            await ensure_topology(client)
            for child in self._services:
                child.start()
            await until_healthy(client, self._services)
            created = await ensure_owner(client)
        log.info("stack_ready", nats=self._plan.nats_url, http=self._plan.http_url, owner_created=created)

    def _connected(self) -> AbstractAsyncContextManager[Client]:
        own = self._plan.credentials
        user, password = (OPERATOR, own.operator) if own else (self._settings.nats_user, self._settings.nats_password)
        return connected(self._plan.nats_url, user=user, password=password)

    async def _stop(self) -> None:
        await asyncio.gather(*(child.stop() for child in self._services))
        for name in STOP_ORDER:
            if name in self._servers:
                await self._servers[name].stop()

    def _enter(self, phase: Phase) -> None:
        self._phase = phase
        log.info("stack_state", state=phase.value)
        self._save()

    def _save(self) -> None:
        write_state(self._folder.state, self.state)
