"""Running a stack in this process, from the lock on the folder to the last child's end."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

from deploy.local.errors import AlreadyRunning, StackError
from deploy.local.layout import DataFolder
from deploy.local.lock import exclusive
from deploy.local.plan import make_plan
from deploy.local.processes import end_leftovers
from deploy.local.settings import StackSettings
from deploy.local.stack import Stack
from deploy.local.state import StackState, read_state
from deploy.local.upgrade import upgrade
from shared.logging import get_logger

log = get_logger(__name__)


def _in_log_only(_: str) -> None:
    """The log has it already."""


def supervise(
    root: Path,
    *,
    port: int | None,
    on_ready: Callable[[StackState], Awaitable[None]],
    on_crash: Callable[[str], None] = _in_log_only,
) -> None:
    """
    Run the stack of a folder until SIGTERM or Ctrl-C.

    Args:
        root: The data folder; made when it is missing.
        port: HTTP port, 0 for any free one, None for the usual one where it is free.
        on_ready: Called once everything answers.
        on_crash: Told when a process ended unasked, in a sentence.

    Raises:
        AlreadyRunning: a stack runs on this folder; the sentence says where.
        HobnobError: something did not start.
    """
    folder = DataFolder(root.resolve())
    try:
        folder.create()
    except OSError as exc:
        raise StackError(f"{folder.root} cannot be used as data folder: {exc.strerror}") from exc
    try:
        with exclusive(folder.lock):
            previous = read_state(folder.state) or StackState()
            if ended := end_leftovers(previous):
                log.warning("leftovers_ended", processes=ended)
            upgrade(folder)
            settings = StackSettings()
            plan = make_plan(folder, settings=settings, asked_port=port, remembered=previous.ports)
            asyncio.run(_run(Stack(folder, plan, settings=settings, on_crash=on_crash), on_ready))
    except AlreadyRunning as exc:
        raise AlreadyRunning(describe_running(folder)) from exc


def describe_running(folder: DataFolder) -> str:
    """Say that a stack runs on a folder, and where it listens."""
    state = read_state(folder.state)
    if state is None or state.supervisor is None:
        return f"a stack is just starting on {folder.root}"
    where = ", ".join(url for url in (state.http_url, state.nats_url) if url)
    return (
        f"a stack already runs on {folder.root} (pid {state.supervisor.pid}, {state.state}): {where}; "
        f"stop it with: hobnob down --data {folder.root}"
    )


async def _run(stack: Stack, on_ready: Callable[[StackState], Awaitable[None]]) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stack.ask_to_stop)
    await stack.run(on_ready=on_ready)
