"""
`python -m bench.containers`: what the Compose stack takes: the size of each image, how long until each container is healthy, and
its memory when nothing happens. It builds the image, starts a stack of its own, and leaves nothing of it.
"""

import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from deploy.local.ports import free_port
from deploy.secret_files import make_secrets

ROOT: Final = Path(__file__).parents[1]
COMPOSE: Final = ROOT / "deploy" / "compose.yaml"
SERVICES: Final = ("nats", "mongo", "contacts", "scheduler", "notifier")
REST_S: Final = 20.0
"""How long nothing happens before memory is read."""
TIMEOUT_S: Final = 600.0
MEBIBYTE: Final = 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one container takes."""

    name: str
    image_mb: float
    healthy_after_s: float
    memory: str


def docker(*arguments: str, environment: Mapping[str, str] | None = None) -> str:
    """Run a `docker` command and return what it prints."""
    outcome = subprocess.run(
        ["docker", *arguments], capture_output=True, text=True, timeout=TIMEOUT_S, env=environment, check=False
    )
    if outcome.returncode:
        sys.exit(f"bench: docker {arguments[0]}: {outcome.stderr.strip()[-2000:]}")
    return outcome.stdout


def build() -> str:
    """Build the image as `make image` does, and return its tag."""
    tag = f"hobnob-bench:{secrets.token_hex(4)}"
    network = os.environ.get("HOBNOB_BUILD_NETWORK", "default")
    python = os.environ.get("PYTHON_IMAGE", "python:3.11-slim")
    options = ("--file", str(ROOT / "deploy" / "Dockerfile"), "--network", network, "--build-arg", f"PYTHON_IMAGE={python}")
    docker("build", "--quiet", "--tag", tag, *options, str(ROOT))
    return tag


@contextmanager
def running_stack(image: str) -> Iterator[tuple[str, float]]:
    """Run a stack until the block ends; yields its project and how long one command took to have all of it healthy."""
    project = f"hobnob-bench-{secrets.token_hex(4)}"
    with tempfile.TemporaryDirectory(prefix="hobnob-bench-") as folder:
        Path(folder).chmod(0o755)  # whoever runs the containers reads the secrets in it
        make_secrets(Path(folder) / "secrets")
        environment = {
            **os.environ,
            "COMPOSE_PROJECT_NAME": project,
            "HOBNOB_IMAGE": image,
            "HOBNOB_SECRETS_DIR": f"{folder}/secrets",
            "HOBNOB_PORT": str(free_port()),
            "HOBNOB_TLS_SUBNET": f"10.{64 + secrets.randbelow(64)}.{secrets.randbelow(256)}.0/28",
        }
        if os.geteuid():
            environment |= {"HOBNOB_UID": str(os.geteuid()), "HOBNOB_GID": str(os.getegid())}
        command = ("compose", "--file", str(COMPOSE))
        try:
            begun_s = time.perf_counter()
            docker(*command, "up", "--detach", "--wait", environment=environment)
            yield project, time.perf_counter() - begun_s
        finally:
            docker(*command, "down", "--volumes", "--timeout", "2", environment=environment)


def measure(project: str) -> list[Measured]:
    """Return what each container of a stack takes that has just become healthy."""
    # At once: the engine keeps the last five looks at the health of each.
    found = {name: json.loads(docker("inspect", f"{project}-{name}-1"))[0] for name in SERVICES}
    time.sleep(REST_S)
    return [
        Measured(
            name=name,
            image_mb=int(docker("image", "inspect", "--format", "{{.Size}}", about["Image"])) / MEBIBYTE,
            healthy_after_s=_healthy_after_s(about["State"]),
            memory=docker("stats", "--no-stream", "--format", "{{.MemUsage}}", about["Id"]).partition("/")[0].strip(),
        )
        for name, about in found.items()
    ]


def _healthy_after_s(state: Mapping[str, Any]) -> float:
    """Return the seconds from the container's start to the first check that found it healthy; the engine keeps five of them."""
    first = next(look["End"] for look in state["Health"]["Log"] if look["ExitCode"] == 0)
    return (_instant(first) - _instant(state["StartedAt"])).total_seconds()


def _instant(text: str) -> datetime:
    """Read an instant with nanoseconds, as the engine writes it."""
    seconds, _, rest = text.partition(".")
    zone = rest.lstrip("0123456789")
    return datetime.fromisoformat(f"{seconds}.{rest[:6]}{'+00:00' if zone == 'Z' else zone}")


def show(console: Console, measured: Sequence[Measured], *, all_healthy_s: float) -> None:
    """Print the table."""
    table = Table(title="Containers", caption=f"One command had all of them healthy after {all_healthy_s:.1f} s.")
    for heading in ("container", "image", "healthy after", "memory at rest"):
        table.add_column(heading, justify="left" if heading == "container" else "right")
    for each in measured:
        table.add_row(each.name, f"{each.image_mb:.0f} MiB", f"{each.healthy_after_s:.1f} s", each.memory)
    console.print(table)


def main() -> int:
    """Measure and print; where no engine answers, say so."""
    console = Console()
    if subprocess.run(["docker", "version"], capture_output=True, check=False).returncode:
        console.print("Containers were not measured: no Docker engine answers.")
        return 0
    image = build()
    try:
        with running_stack(image) as (project, all_healthy_s):
            measured = measure(project)
    finally:
        docker("image", "rm", "--force", image)
    show(console, measured, all_healthy_s=all_healthy_s)
    return 0


if __name__ == "__main__":
    sys.exit(main())
