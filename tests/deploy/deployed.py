"""A Compose stack on a real Docker engine, driven as its operator drives it."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.conftest import HOBNOB, clean_environment

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "deploy" / "compose.yaml"
BROKER_PORT = ROOT / "deploy" / "compose.broker.yaml"
SERVICES = ("nats", "mongo", "contacts", "scheduler", "notifier")
ONE_SHOTS = ("prepare", "streams")
PATIENCE_S = 200
"""For a whole stack to become healthy, on a machine that has other things to do."""


def docker(*arguments: str, code: int = 0, timeout_s: float = PATIENCE_S) -> str:
    """Run a `docker` command and return what it prints."""
    outcome = subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=timeout_s, check=False)
    assert outcome.returncode == code, f"docker {arguments}: {outcome.returncode}\n{outcome.stdout}\n{outcome.stderr}"
    return outcome.stdout


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """A stack of its own: its project, its image, its secrets and its ports."""

    project: str
    image: str
    folder: Path
    web_port: int
    broker_port: int
    tls_subnet: str

    @property
    def secrets(self) -> Path:
        """The folder that `make secrets` has filled."""
        return self.folder / "secrets"

    @property
    def environment(self) -> dict[str, str]:
        """What the operator sets."""
        return {
            **clean_environment(),
            "COMPOSE_PROJECT_NAME": self.project,
            "HOBNOB_IMAGE": self.image,
            "HOBNOB_SECRETS_DIR": str(self.secrets),
            "HOBNOB_PORT": str(self.web_port),
            "HOBNOB_NATS_PORT": str(self.broker_port),
            "HOBNOB_TLS_SUBNET": self.tls_subnet,
            "HOBNOB_HERE": str(self.folder),
            **{key: value for name in ("UID", "GID") if (value := self._owner().get(key := f"HOBNOB_{name}"))},
        }

    def _owner(self) -> Mapping[str, str]:
        written = self.folder / ".env"
        lines = written.read_text().splitlines() if written.exists() else []
        return dict(line.split("=", 1) for line in lines if "=" in line)

    def compose(self, *arguments: str, files: tuple[Path, ...] = (), stdin: str | None = None) -> str:
        """Run `docker compose …` and return what it prints."""
        named = [part for file in (COMPOSE, *files) for part in ("-f", str(file))]
        outcome = subprocess.run(
            ["docker", "compose", *named, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            env=self.environment,
            check=False,
        )
        assert outcome.returncode == 0, f"{arguments}: {outcome.returncode}\n{outcome.stdout}\n{outcome.stderr}\n{self._logs()}"
        return outcome.stdout

    def _logs(self) -> str:
        shown = subprocess.run(
            ["docker", "compose", "-p", self.project, "logs", "--no-color", "--tail", "15"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return shown.stdout

    def up(self, *files: Path) -> None:
        """Start what does not run, and return once everything is healthy."""
        self.compose("up", "--detach", "--wait", files=files)

    def container(self, service: str) -> str:
        """Return the name of a service's container."""
        return f"{self.project}-{service}-1"

    def inspect(self, service: str) -> dict[str, Any]:
        """Return what the engine tells of a service's container."""
        (found,) = json.loads(docker("inspect", self.container(service)))
        container: dict[str, Any] = found
        return container

    def is_healthy(self, service: str) -> bool:
        """Whether the engine takes a service for healthy."""
        health: str = self.inspect(service)["State"]["Health"]["Status"]
        return health == "healthy"

    def secret(self, name: str) -> str:
        """Return a secret."""
        return (self.secrets / name).read_text().strip()

    def attempt(self, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run `hobnob … --json` on this machine, outside the containers, whatever comes of it."""
        return subprocess.run(
            [str(HOBNOB), *arguments, "--json"],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            env={
                **clean_environment(),
                "HOBNOB_NATS_URL": f"nats://127.0.0.1:{self.broker_port}",
                "HOBNOB_NATS_USER": "operator",
                "HOBNOB_NATS_PASSWORD_FILE": str(self.secrets / "nats_operator"),
            },
            check=False,
        )

    def command(self, *arguments: str, stdin: str | None = None, codes: tuple[int, ...] = (0,)) -> Any:
        """Run such a command and return its document; *codes* are how it may end."""
        outcome = self.attempt(*arguments, stdin=stdin)
        assert outcome.returncode in codes, f"{arguments}: {outcome.returncode}\n{outcome.stdout}\n{outcome.stderr}"
        return json.loads(outcome.stdout)

    def has_items(self, owner: str, count: int) -> bool:
        """Whether an owner's inbox has so many items or more; not while the service that answers is away."""
        outcome = self.attempt("inbox", "list", "--owner", owner, "--state", "all")
        return outcome.returncode == 0 and len(json.loads(outcome.stdout)) >= count

    def inbox(self, owner: str) -> list[dict[str, Any]]:
        """Return an owner's whole inbox."""
        items: list[dict[str, Any]] = self.command("inbox", "list", "--owner", owner, "--state", "all")
        return items


def build_image(tag: str, *, context: Path) -> None:
    """Build the image from *context*, as `make image` does."""
    network = os.environ.get("HOBNOB_BUILD_NETWORK", "default")
    python = os.environ.get("PYTHON_IMAGE", "python:3.11-slim")
    dockerfile = context / "deploy" / "Dockerfile"
    options = ("--network", network, "--build-arg", f"PYTHON_IMAGE={python}", "--build-arg", "REVISION=of-this-test")
    docker("build", "--quiet", "--file", str(dockerfile), "--tag", tag, *options, str(context), timeout_s=600)


def make_secrets(folder: Path) -> subprocess.CompletedProcess[str]:
    """Do what `make secrets` does."""
    command = [sys.executable, "-m", "deploy.secret_files", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=ROOT, check=False)
