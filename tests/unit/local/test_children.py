"""Child processes: kept running, given up, stopped, and never orphaned."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from deploy.local import children
from deploy.local.children import Child, ChildSpec, pause_s
from deploy.local.errors import StartFailed
from deploy.local.processes import end_leftovers, identify, is_alive
from deploy.local.state import Identity, ProcessPhase, ProcessState, StackState
from tests.conftest import eventually

SLEEPER = "import signal, time; signal.signal(signal.SIGTERM, lambda *_: exit(0)); print('up', flush=True); time.sleep(600)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"

PARENT = """
import os, subprocess, sys, time
tether = [sys.executable, "-m", "deploy.local.tether", str(os.getpid()), sys.executable, "-c", sys.argv[2]]
child = subprocess.Popen(tether)
open(sys.argv[1], "w").write(str(child.pid))
time.sleep(600)
"""


class Watched:
    """A child, with what it reported."""

    def __init__(self, folder: Path, code: str, *, stop_timeout_s: float = 10.0) -> None:
        self.changes = 0
        self.crashes: list[str] = []
        self.log = folder / "child.log"
        arguments = (sys.executable, "-c", code)
        spec = ChildSpec(name="child", arguments=arguments, log=self.log, stop_timeout_s=stop_timeout_s)
        self.child = Child(spec, on_change=self._count, on_crash=self.crashes.append)

    def _count(self) -> None:
        self.changes += 1

    async def is_up(self) -> bool:
        """Whether the child's program runs: it has replaced the tether."""
        return self.log.exists() and "up" in self.log.read_text()

    @property
    def identity(self) -> Identity:
        """The process, which must be there."""
        assert self.child.state.identity is not None
        return self.child.state.identity


def test_pauses_grow_and_stay_bounded() -> None:
    """A child that keeps crashing is started less and less often, and never less than twice a minute."""
    pauses = [pause_s(crashes) for crashes in range(1, 60)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (0.2, 30.0)


async def test_a_crashed_child_comes_back(tmp_path: Path) -> None:
    """After a crash there is another process, a counted restart and a report; stopping ends it for good."""
    watched = Watched(tmp_path, SLEEPER)
    watched.child.start()
    await eventually(watched.is_up)
    first = watched.identity
    os.kill(first.pid, signal.SIGKILL)

    async def is_back() -> bool:
        state = watched.child.state
        return state.state is ProcessPhase.RUNNING and state.identity != first

    await eventually(is_back)
    assert watched.child.state.restarts == 1
    assert len(watched.crashes) == 1
    second = watched.identity
    await watched.child.stop()
    assert not is_alive(second)
    assert watched.child.state == ProcessState(name="child", state=ProcessPhase.STOPPED, restarts=1)
    assert len(watched.crashes) == 1


async def test_a_deaf_child_is_killed(tmp_path: Path) -> None:
    """A child that ignores the polite signal is ended by force when its time is up."""
    watched = Watched(tmp_path, DEAF, stop_timeout_s=0.3)
    watched.child.start()
    await eventually(watched.is_up)
    identity = watched.identity
    await watched.child.stop()
    assert not is_alive(identity)


async def test_a_child_that_cannot_run_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the stack starts, a child that ends again and again is hopeless, and the end of its log says why."""
    monkeypatch.setattr(children, "FIRST_PAUSE_S", 0.01)
    watched = Watched(tmp_path, "raise SystemExit('the disk is full')")
    watched.child.start()

    async def is_hopeless() -> bool:
        try:
            watched.child.raise_if_hopeless()
        except StartFailed as exc:
            return "the disk is full" in str(exc)
        return False

    await eventually(is_hopeless)
    await watched.child.stop()


async def test_a_child_that_waits_for_its_restart_can_be_stopped(tmp_path: Path) -> None:
    """Stopping during the pause before a restart starts nothing any more."""
    watched = Watched(tmp_path, "pass")
    watched.child.start()

    async def is_paused() -> bool:
        return watched.child.state.state is ProcessPhase.RESTARTING

    await eventually(is_paused)
    async with asyncio.timeout(5):
        await watched.child.stop()
    assert watched.child.state.state is ProcessPhase.STOPPED


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
async def test_a_child_ends_with_its_supervisor(tmp_path: Path) -> None:
    """When the supervisor is killed, the system ends its children."""
    pid_file = tmp_path / "pid"
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PARENT, str(pid_file), SLEEPER), stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    await parent.stdout.readline()  # the child's "up": it is tethered
    child = identify(int(pid_file.read_text()))
    assert child is not None
    parent.kill()
    await parent.wait()

    async def is_gone() -> bool:
        return not is_alive(child)

    await eventually(is_gone)


def test_leftovers_are_ended_and_strangers_are_not(tmp_path: Path) -> None:
    """What a dead supervisor left is ended; a process that merely has a recorded number is left alone."""
    mine, stranger = (subprocess.Popen([sys.executable, "-c", SLEEPER], stdout=subprocess.DEVNULL) for _ in range(2))
    try:
        recorded = identify(mine.pid)
        reused = Identity(pid=stranger.pid, created=psutil.Process(stranger.pid).create_time() - 1_000)
        state = StackState(
            processes=(
                ProcessState(name="contacts", identity=recorded, state=ProcessPhase.RUNNING),
                ProcessState(name="nats", identity=reused, state=ProcessPhase.RUNNING),
            )
        )
        assert end_leftovers(state) == ["contacts"]
        assert mine.wait(5) is not None
        assert stranger.poll() is None
    finally:
        for process in (mine, stranger):
            process.kill()
            process.wait()
