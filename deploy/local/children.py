"""One child process: started, watched, started again when it ends unasked, and stopped."""

import asyncio
import os
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.errors import StartFailed
from deploy.local.layout import rotate, tail
from deploy.local.processes import identify
from deploy.local.state import Identity, ProcessPhase, ProcessState
from shared.logging import get_logger

log = get_logger(__name__)

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 30.0
STEADY_AFTER_S = 60.0
"""A process that ran this long is well again: its next pause is the first one."""
STARTS_BEFORE_GIVING_UP = 4
"""While the stack starts, a process that ended this often will not come up by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildSpec:
    """What to run, and how long it may take to stop."""

    name: str
    arguments: tuple[str, ...]
    log: Path
    stop_timeout_s: float
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Added to the supervisor's own. It has passwords: not shown."""


def pause_s(crashes: int) -> float:
    """Return how long to wait after crash number *crashes* in a row, from 1."""
    return min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(crashes - 1, 16))


class Child:
    """A process that is kept running until it is told to stop."""

    def __init__(self, spec: ChildSpec, *, on_change: Callable[[], None], on_crash: Callable[[str], None]) -> None:
        self.spec = spec
        self.restarts = 0
        self._on_change = on_change
        self._on_crash = on_crash
        self._phase = ProcessPhase.STOPPED
        self._identity: Identity | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = asyncio.Event()
        self._watch: asyncio.Task[None] | None = None

    @property
    def state(self) -> ProcessState:
        """How the process is now."""
        return ProcessState(name=self.spec.name, identity=self._identity, state=self._phase, restarts=self.restarts)

    def start(self) -> None:
        """Start it and keep it running from now on."""
        self._watch = asyncio.create_task(self._keep_running(), name=self.spec.name)

    def raise_if_hopeless(self) -> None:
        """
        Raise when waiting longer is of no use.

        Raises:
            StartFailed: it ended again and again, with the end of its log.
        """
        if self._watch is not None and self._watch.done() and (error := self._watch.exception()):
            raise StartFailed(f"{self.spec.name} could not be started: {error}") from error
        if self.restarts >= STARTS_BEFORE_GIVING_UP:
            raise StartFailed(f"{self.spec.name} ended {self.restarts} times; {self.spec.log} ends with:\n{tail(self.spec.log)}")

    async def stop(self) -> None:
        """End it: SIGTERM, then SIGKILL when its time is up."""
        self._stopping.set()
        process = self._process
        if process is not None and process.returncode is None:
            with suppress(ProcessLookupError):
                process.terminate()
            try:
                async with asyncio.timeout(self.spec.stop_timeout_s):
                    await process.wait()
            except TimeoutError:
                log.warning("process_killed", process=self.spec.name, after_s=self.spec.stop_timeout_s)
                with suppress(ProcessLookupError):
                    process.kill()
        if self._watch is not None:
            await asyncio.gather(self._watch, return_exceptions=True)
        self._become(ProcessPhase.STOPPED, None)

    async def _keep_running(self) -> None:
        crashes = 0
        while not self._stopping.is_set():
            started = time.monotonic()
            self._process = await self._spawn()
            self._become(ProcessPhase.RUNNING, identify(self._process.pid))
            if self._stopping.is_set():
                # Told to stop while it was being started: stop() did not see it.
                self._process.terminate()
            code = await self._process.wait()
            if self._stopping.is_set():
                return
            crashes = 1 if time.monotonic() - started > STEADY_AFTER_S else crashes + 1
            self.restarts += 1
            wait_s = pause_s(crashes)
            log.error("process_ended", process=self.spec.name, code=code, restarts=self.restarts, restart_in_s=wait_s)
            self._on_crash(f"{self.spec.name} ended with code {code}; starting it again in {wait_s:g} s (see {self.spec.log})")
            self._become(ProcessPhase.RESTARTING, None)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), wait_s)

    async def _spawn(self) -> asyncio.subprocess.Process:
        rotate(self.spec.log)
        with self.spec.log.open("ab") as output:
            return await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "deploy.local.tether", str(os.getpid()), *self.spec.arguments),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **self.spec.environment},
                # Ctrl-C in the terminal is for the supervisor alone: it ends the others in their order.
                start_new_session=True,
            )

    def _become(self, phase: ProcessPhase, identity: Identity | None) -> None:
        self._phase, self._identity = phase, identity
        log.info("process_state", process=self.spec.name, state=phase.value, pid=identity.pid if identity else None)
        self._on_change()
