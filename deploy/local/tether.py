"""
`python -m deploy.local.tether PARENT PROGRAM ARGUMENT...`: become PROGRAM, and end when the process PARENT does.

Linux tells a child of its parent's death, `kill -9` included; elsewhere the next start of the stack ends what is left over.
The wish survives the `exec`, so the program keeps this process's number.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
"""Source: prctl(2)."""


def main(arguments: list[str]) -> None:
    """Replace this process; never returns."""
    parent, program = int(arguments[0]), arguments[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:
            sys.exit("the supervisor ended before its child began")
    os.execv(program[0], program)  # noqa: S606  # no shell is wanted; the supervisor chose the program


if __name__ == "__main__":
    main(sys.argv[1:])
