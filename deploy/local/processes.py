"""Processes known by number and start time, so that a number which the system gave to somebody else is never signalled."""

import time
from collections.abc import Sequence

import psutil

from deploy.local.state import Identity, StackState

SERVERS_LAST = ("mongo", "nats")
"""Ended after the services that use them, in this order."""
TERMINATE_TIMEOUT_S = 30.0
KILL_TIMEOUT_S = 5.0
POLL_S = 0.02
CLOCK_TOLERANCE_S = 2.0
"""Start times are computed from the boot time, which moves a little when the clock is set."""


def identify(pid: int) -> Identity | None:
    """Return the identity of a process that lives, None of one that does not."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return Identity(pid=pid, created=process.create_time())
    except psutil.NoSuchProcess:
        return None


def is_alive(identity: Identity) -> bool:
    """Whether that very process still runs."""
    present = identify(identity.pid)
    return present is not None and abs(present.created - identity.created) < CLOCK_TOLERANCE_S


def terminate(identity: Identity) -> None:
    """Ask that very process to end, if it still runs."""
    if is_alive(identity):
        _signal(identity, force=False)


def wait_until_gone(identities: Sequence[Identity], *, timeout_s: float) -> list[Identity]:
    """Wait for these processes to end and return those that still run when the time is up."""
    deadline = time.monotonic() + timeout_s
    # Polled, because a zombie that nobody collects (a container without an init) must count as gone.
    while (alive := [identity for identity in identities if is_alive(identity)]) and time.monotonic() < deadline:
        time.sleep(POLL_S)
    return alive


def end_leftovers(state: StackState) -> list[str]:
    """
    End whatever of a recorded stack still runs, the services first, and return the names of what was ended.

    Only for a stack whose supervisor is gone: a living one would start its children again.
    """
    alive = {p.name: p.identity for p in state.processes if p.identity is not None and is_alive(p.identity)}
    groups = [[name for name in alive if name not in SERVERS_LAST], *([name] for name in SERVERS_LAST if name in alive)]
    for group in groups:
        end([alive[name] for name in group])
    return list(alive)


def end(identities: Sequence[Identity], *, timeout_s: float = TERMINATE_TIMEOUT_S) -> None:
    """End processes: politely, and by force those that have not gone in time."""
    for identity in identities:
        terminate(identity)
    for identity in (stubborn := wait_until_gone(identities, timeout_s=timeout_s)):
        _signal(identity, force=True)
    wait_until_gone(stubborn, timeout_s=KILL_TIMEOUT_S)


def _signal(identity: Identity, *, force: bool) -> None:
    try:
        process = psutil.Process(identity.pid)
        if force:
            process.kill()
        else:
            process.terminate()
    except psutil.NoSuchProcess:
        return
