"""Which ports a stack listens on: the usual ones, those it had before, or any that is free."""

import socket

from deploy.local.errors import PortTaken

HOST = "127.0.0.1"
NATS_PORT = 4222
MONGO_PORT = 27017
HTTP_PORT = 8321


def is_free(port: int) -> bool:
    """Whether nobody listens on a port of this machine's loopback address."""
    with socket.socket() as probe:
        # As the servers do: a port whose connections are only lingering counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def choose(*, remembered: int | None, usual: int | None) -> int:
    """Return the port of last time, else the usual one, else any: the first that is free."""
    for port in (remembered, usual):
        if port is not None and is_free(port):
            return port
    return free_port()


def demand(port: int) -> int:
    """
    Return the port that somebody asked for by number.

    Raises:
        PortTaken: another program listens on it.
    """
    if not is_free(port):
        raise PortTaken(f"port {port} is taken by another program; name another one, or 0 for any that is free")
    return port
