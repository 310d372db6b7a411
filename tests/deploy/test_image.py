"""The image: small, without tools and secrets, and made of what the lock says."""

import json
import os
import re
import subprocess

import pytest
from packaging.requirements import Requirement

from tests.deploy.conftest import CANARY
from tests.deploy.deployed import ROOT, docker

pytestmark = pytest.mark.timeout(600)
MOST_ADDED_BYTES = 260_000_000
"""What the image may have on top of its base; 185 MB when this was written."""
LIST_INSTALLED = "import importlib.metadata as m; print(*sorted(f'{d.name.lower()}=={d.version}' for d in m.distributions()))"


def locked() -> set[str]:
    """Return the `name==version` of each line of the lock that applies to this platform."""
    lines = re.findall(r"^(\S+==.*?)(?: \\)?$", (ROOT / "deploy" / "requirements.lock").read_text(), re.MULTILINE)
    wanted = [requirement for line in lines if (requirement := Requirement(line)).marker is None or requirement.marker.evaluate()]
    return {f"{requirement.name}{requirement.specifier}".lower().replace("_", "-") for requirement in wanted}


def test_it_holds_what_the_lock_says(image: str) -> None:
    """Every package has the version of deploy/requirements.lock, none is missing, and none came besides but Hobnob itself."""
    printed = docker("run", "--rm", image, "python", "-P", "-c", LIST_INSTALLED).replace("_", "-").split()
    installed = {spec for spec in printed if not spec.startswith("hobnob==")}
    assert len(printed) == len(installed) + 1
    assert installed == locked()


def test_it_has_no_tools_and_no_secrets(image: str) -> None:
    """Nothing that installs or compiles is among what it adds, and nothing of the operator's files came along."""
    tools = "for tool in gcc cc make git uv curl; do command -v $tool; done"
    script = f"{tools}; grep -rls {CANARY} /opt /usr/share/hobnob /volumes /tmp"
    found = subprocess.run(["docker", "run", "--rm", image, "sh", "-c", script], capture_output=True, text=True, check=False)
    assert found.stdout == ""
    find = "import importlib.util as u; print([u.find_spec(name) for name in ('pip', 'uv', 'hatchling')])"
    assert docker("run", "--rm", image, "python", "-P", "-c", find).strip() == "[None, None, None]"
    assert CANARY not in docker("history", "--no-trunc", image)


def test_it_is_small_and_labelled(image: str) -> None:
    """It says what it is, runs as nobody in particular, knows how it is, and adds little to its base."""
    (about,) = json.loads(docker("inspect", image))
    config = about["Config"]
    assert config["User"] == "10001:10001"
    assert config["Labels"]["org.opencontainers.image.title"] == "Hobnob"
    assert config["Labels"]["org.opencontainers.image.licenses"] == "AGPL-3.0-or-later"
    assert config["Labels"]["org.opencontainers.image.revision"] == "of-this-test"
    assert "health" in " ".join(config["Healthcheck"]["Test"])
    base = int(docker("inspect", "--format", "{{.Size}}", os.environ.get("PYTHON_IMAGE", "python:3.11-slim")))
    assert about["Size"] - base < MOST_ADDED_BYTES
