"""`python -m deploy.local --data DIR`: the supervisor in the background, as `hobnob up --detach` starts it."""

import argparse
import sys
from pathlib import Path

from deploy.local.state import StackState
from deploy.local.supervise import supervise
from shared.errors import HobnobError
from shared.logging import configure_logging


async def _nothing(_: StackState) -> None:
    """Whoever waits for the stack reads `stack.json`."""


def main() -> int:
    """Run until told to stop; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m deploy.local", description="run a local stack")
    parser.add_argument("--data", type=Path, required=True, help="data folder")
    parser.add_argument("--port", type=int, default=None, help="HTTP port; 0 for any")
    arguments = parser.parse_args()
    configure_logging(service="stack", level="info", style="json")
    try:
        supervise(arguments.data, port=arguments.port, on_ready=_nothing)
    except HobnobError as exc:
        sys.stderr.write(f"hobnob: {exc}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
