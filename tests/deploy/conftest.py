"""One image and one stack for all tests of the deployment. They need a Docker engine; where CI promises one, they never skip."""

import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.deploy.deployed import ROOT, Deployed, build_image, docker, make_secrets
from tests.servers import free_port

CANARY = "canary-of-the-image-test"
"""A secret that is in the folder that the image is built from, and must not get into the image."""


@pytest.fixture(scope="session")
def engine() -> None:
    """A Docker engine that answers."""
    if shutil.which("docker") is None or subprocess.run(["docker", "version"], capture_output=True, check=False).returncode:
        pytest.skip("no Docker engine answers; .ci/engine can start one")


@pytest.fixture(scope="session")
def image(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The image, built from a copy of what is in the repository, with secrets of an operator lying in it."""
    context = tmp_path_factory.mktemp("context")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in listed.stdout.split("\0"):
        if name and (ROOT / name).is_file():
            (context / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, context / name)
    (context / "deploy" / "secrets").mkdir()
    (context / "deploy" / "secrets" / "nats_operator").write_text(CANARY)
    (context / "deploy" / ".env").write_text(CANARY)
    tag = f"hobnob-test:{secrets.token_hex(6)}"
    build_image(tag, context=context)
    try:
        yield tag
    finally:
        docker("image", "rm", "--force", tag)


@contextmanager
def a_stack(image: str, folder: Path) -> Iterator[Deployed]:
    """A stack of its own that has its secrets and has not been started; nothing is left of it afterwards."""
    # Whoever runs the containers reads what is imported from here.
    for parent in (folder, *folder.parents[:2]):
        parent.chmod(0o755)
    made = make_secrets(folder / "secrets")
    assert made.returncode == 0, made.stderr
    name = secrets.token_hex(4)
    stack = Deployed(
        project=f"hobnob-test-{name}",
        image=image,
        folder=folder,
        web_port=free_port(),
        broker_port=free_port(),
        tls_subnet=f"10.{64 + int(name[:2], 16) % 64}.{int(name[2:4], 16)}.0/28",
    )
    try:
        yield stack
    finally:
        stack.compose("--profile", "*", "kill")
        stack.compose("--profile", "*", "down", "--volumes", "--timeout", "1")


@pytest.fixture(scope="module")
def deployed(image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """A stack that came up from nothing: secrets, then one command."""
    with a_stack(image, tmp_path_factory.mktemp("deployed")) as stack:
        stack.up()
        yield stack
