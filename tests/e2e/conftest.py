"""A real local stack, driven through the real command."""

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.aio.client import Client

from deploy.local.credentials import read_credentials
from shared.access import OPERATOR, inbox_prefix

HOBNOB = Path(sys.executable).with_name("hobnob")
COMMAND_TIMEOUT_S = 120
Outcome = subprocess.CompletedProcess[str]


def clean_environment() -> dict[str, str]:
    """Return this process's environment without what would point a command at somebody else's stack."""
    return {key: value for key, value in os.environ.items() if not key.startswith("HOBNOB_")}


@dataclass(frozen=True)
class Stack:
    """A stack in a folder of its own."""

    folder: Path

    def attempt(self, *arguments: str, stdin: str | None = None, environment: Mapping[str, str] | None = None) -> Outcome:
        """Run `hobnob --data FOLDER …`, whatever comes of it."""
        return subprocess.run(
            [str(HOBNOB), "--data", str(self.folder), *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=COMMAND_TIMEOUT_S,
            env={**clean_environment(), **(environment or {})},
            check=False,
        )

    def attempt_remotely(self, *arguments: str, environment: Mapping[str, str]) -> Outcome:
        """Run `hobnob …` with nothing but its environment to tell it where the stack is."""
        return subprocess.run(
            [str(HOBNOB), *arguments],
            capture_output=True,
            text=True,
            timeout=COMMAND_TIMEOUT_S,
            env={**clean_environment(), **environment},
            check=False,
        )

    def run(self, *arguments: str, stdin: str | None = None, code: int = 0) -> Outcome:
        """Run `hobnob --data FOLDER …` and check its exit code."""
        outcome = self.attempt(*arguments, stdin=stdin)
        assert outcome.returncode == code, f"{arguments}: {outcome.returncode}\n{outcome.stdout}\n{outcome.stderr}"
        return outcome

    def json(self, *arguments: str, stdin: str | None = None, code: int = 0) -> Any:
        """Run a command with `--json` and return its document."""
        return json.loads(self.run(*arguments, "--json", stdin=stdin, code=code).stdout)

    def add_owner(self, *, deliver_at: str = "00:00") -> str:
        """Add an owner of a test's own, in UTC, and return the id."""
        owner = f"o{uuid.uuid4().hex[:12]}"
        self.run("owner", "add", owner, "--name", "Robin Testwell", "--timezone", "UTC", "--deliver-at", deliver_at)
        return owner

    def inbox(self, owner: str, *arguments: str) -> list[dict[str, Any]]:
        """Return an owner's inbox."""
        items: list[dict[str, Any]] = self.json("inbox", "list", "--owner", owner, *arguments)
        return items

    def wait_for_inbox(self, owner: str, count: int, *, within_s: float = 20.0) -> list[dict[str, Any]]:
        """Return an owner's inbox once it has exactly *count* items."""
        items: list[dict[str, Any]] = []

        def has_count() -> bool:
            items[:] = self.inbox(owner)
            return len(items) == count

        wait_for(has_count, within_s=within_s)
        return items

    def add_emitter(self, owner: str, *arguments: str) -> dict[str, Any]:
        """Give another system a credential for *owner*, and return what it is told of the broker: see `signed_in`."""
        made: dict[str, Any] = self.json("emitter", "add", f"e{uuid.uuid4().hex[:12]}", "--owner", owner, *arguments)["nats"]
        return made

    def operator(self) -> dict[str, Any]:
        """Return what signs in as the `hobnob` command itself: see `signed_in`."""
        credentials = read_credentials(self.folder / "credentials.json")
        assert credentials is not None
        password = credentials.operator.get_secret_value()
        url = self.json("status")["nats_url"]
        return {"url": url, "user": OPERATOR, "password": password, "inbox_prefix": inbox_prefix(OPERATOR)}

    def processes(self) -> dict[str, dict[str, Any]]:
        """Return the processes of the stack by name."""
        return {process["name"]: process for process in self.json("status")["processes"]}


async def signed_in(credential: Mapping[str, Any], **options: Any) -> Client:
    """Connect to the broker with what `hobnob emitter add --json` tells, as any foreign client does."""
    url, user, password, prefix = (credential[key] for key in ("url", "user", "password", "inbox_prefix"))
    return await nats.connect(url, user=user, password=password, inbox_prefix=prefix, **options)


def wait_for(condition: Callable[[], Any], *, within_s: float = 20.0) -> Any:
    """Return what *condition* answers once that is true; fail when it is not in time."""
    deadline = time.monotonic() + within_s
    while not (answer := condition()):
        assert time.monotonic() < deadline, f"did not become true within {within_s} s"
        time.sleep(0.05)
    return answer


def running_stack(folder: Path) -> Iterator[Stack]:
    """Start a stack, hand it out, and stop it."""
    stack = Stack(folder)
    stack.run("up", "--detach", "--port", "0")
    try:
        yield stack
    finally:
        stack.run("down")


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One stack for all journeys; each brings an owner of its own."""
    yield from running_stack(tmp_path_factory.mktemp("stack"))


@pytest.fixture
def own_stack(tmp_path: Path) -> Iterator[Stack]:
    """A stack for one test, which may break it."""
    yield from running_stack(tmp_path / "own")
