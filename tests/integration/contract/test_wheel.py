"""An installed Hobnob has the contract with it."""

import subprocess
import sys
import zipfile
from pathlib import Path

from shared.contract.__main__ import ROOT
from shared.contract.published import asyncapi_bytes


def test_a_wheel_carries_the_documents(tmp_path: Path) -> None:
    """An installed Hobnob serves the same contract, and the templates of its page."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as built:
        names = set(built.namelist())
        assert built.read("shared/contract/committed/asyncapi.json") == asyncapi_bytes()
    assert "shared/contract/committed/schemas/inbox.v1.json" in names
    assert {"shared/contract/templates/asyncapi.html.j2", "shared/contract/templates/asyncapi.css"} <= names
