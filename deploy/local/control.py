"""What the `hobnob` command does to a stack from outside: start it in the background, look at it, end it."""

import subprocess
import sys
import time
from pathlib import Path

from deploy.local.errors import AlreadyRunning, StackError, StartFailed
from deploy.local.layout import DataFolder, rotate, tail
from deploy.local.lock import is_held
from deploy.local.processes import end, end_leftovers, is_alive
from deploy.local.state import Phase, ProcessPhase, StackState, read_state, write_state
from deploy.local.supervise import describe_running

START_TIMEOUT_S = 90.0
STOP_TIMEOUT_S = 90.0
"""Longer than all children together may take."""
POLL_S = 0.03


def start_detached(root: Path, *, port: int | None) -> StackState:
    """
    Start a stack in the background and return once everything answers.

    Raises:
        AlreadyRunning: one runs on this folder.
        StartFailed: it did not come up, and why.
    """
    folder = DataFolder(root.resolve())
    if is_held(folder.lock):
        raise AlreadyRunning(describe_running(folder))
    try:
        folder.create()
    except OSError as exc:
        raise StackError(f"{folder.root} cannot be used as data folder: {exc.strerror}") from exc
    log = folder.log("stack")
    rotate(log)
    arguments = [sys.executable, "-P", "-m", "deploy.local", "--data", str(folder.root)]
    if port is not None:
        arguments += ["--port", str(port)]
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603  # our own module, no shell
            arguments, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        state = read_state(folder.state)
        mine = state is not None and state.supervisor is not None and state.supervisor.pid == process.pid
        if state is not None and mine and state.state is Phase.RUNNING:
            return state
        if process.poll() is not None:
            reason = state.error if state is not None and mine and state.error else tail(log, lines=1)
            raise StartFailed(reason.removeprefix("hobnob: ") or f"the supervisor ended with code {process.returncode}")
        time.sleep(POLL_S)
    process.terminate()
    raise StartFailed(f"the stack did not start within {START_TIMEOUT_S:g} s; see {log}")


def look(root: Path) -> StackState:
    """Return the state of a folder's stack; one whose supervisor is gone without a word is shown as crashed."""
    state = read_state(DataFolder(root.resolve()).state) or StackState()
    if state.supervisor is None or is_alive(state.supervisor):
        return state
    finished = state.state in (Phase.STOPPED, Phase.FAILED)
    return _settled(state, phase=state.state if finished else Phase.CRASHED)


def _settled(state: StackState, *, phase: Phase) -> StackState:
    """Return the state of a stack without its supervisor."""
    processes = tuple(
        process
        if process.identity is not None and is_alive(process.identity)
        else process.model_copy(update={"identity": None, "state": ProcessPhase.STOPPED})
        for process in state.processes
    )
    return state.model_copy(update={"state": phase, "supervisor": None, "processes": processes})


def stop(root: Path) -> bool:
    """
    End a folder's stack and wait until all of it is gone; whether there was anything to end.

    A supervisor that does not end in time is killed, and what it leaves behind is ended one by one.
    """
    folder = DataFolder(root.resolve())
    state = read_state(folder.state)
    if state is None:
        return False
    supervisor = state.supervisor if state.supervisor is not None and is_alive(state.supervisor) else None
    if supervisor is not None:
        end([supervisor], timeout_s=STOP_TIMEOUT_S)
        state = read_state(folder.state) or state
    leftovers = end_leftovers(state)
    if state.state not in (Phase.STOPPED, Phase.FAILED):
        write_state(folder.state, _settled(state, phase=Phase.STOPPED))
    return supervisor is not None or bool(leftovers)
