"""
`python -m services.<name> health [--ready]`: asks the service that runs beside it, and says how it is in one line.

An orchestrator runs this every few seconds, so it imports nothing but the HTTP client (0.1 s in all), and reads the port from
the environment by itself. It needs no broker: the service answers when that is away, too.
"""

import http.client
import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Final

TIMEOUT_S: Final = 5.0
METRICS_PORT: Final = "HOBNOB_METRICS_PORT"


def is_asked(arguments: Sequence[str]) -> bool:
    """Whether the command line asks for this command rather than for the service."""
    return arguments[:1] == ["health"]


def tell_health(service: str, arguments: Sequence[str], *, fallback: tuple[str, str] | None = None) -> int:
    """
    Print how *service* is and return the exit code: 0 when it is well, 1 when it is not or cannot be asked.

    Args:
        service: Its name, which is printed.
        arguments: `health`, and `--ready` to ask whether it can work; otherwise it is asked whether it lives.
        fallback: Another variable that may name its port, and the port when none does.
    """
    options = list(arguments[1:])
    if options not in ([], ["--ready"]):
        print(f"usage: python -m services.{service} health [--ready]", file=sys.stderr)
        return 2
    port = _port(os.environ, fallback)
    if port is None:
        print(f"{service}: there is nowhere to ask: set {METRICS_PORT} for it", file=sys.stderr)
        return 1
    is_well, said = _ask(port, "/health/ready" if options else "/health/live")
    print(f"{service}: {said}", file=sys.stdout if is_well else sys.stderr)
    return 0 if is_well else 1


def _port(environment: Mapping[str, str], fallback: tuple[str, str] | None) -> int | None:
    named = environment.get(METRICS_PORT) or (environment.get(fallback[0]) or fallback[1] if fallback else "")
    return int(named) if named.isdigit() else None


def _ask(port: int, path: str) -> tuple[bool, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", path)
        reply = connection.getresponse()
        answer = json.loads(reply.read())
    except (OSError, http.client.HTTPException, ValueError) as exc:
        return False, f"does not answer on port {port}: {exc or type(exc).__name__}"
    finally:
        connection.close()
    failing = "; ".join(f"{name}: {said}" for name, said in answer.get("failing", {}).items())
    return reply.status == 200, f"not ready: {failing}" if failing else str(answer.get("status"))
