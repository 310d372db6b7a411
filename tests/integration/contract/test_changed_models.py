"""What the command says in a copy of the repository in which somebody changed a model."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from shared.contract.__main__ import ROOT


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of what the contract is made from, for a test to change."""
    shutil.copytree(ROOT / "shared", tmp_path / "shared", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "docs" / "contract", tmp_path / "docs" / "contract")
    shutil.copy(ROOT / "docs" / "events.md", tmp_path / "docs" / "events.md")
    return tmp_path


def change(copy: Path, module: str, old: str, new: str) -> None:
    """Change the source of a model."""
    file = copy / "shared" / "messages" / f"{module}.py"
    source = file.read_text()
    assert source.count(old) == 1, f"{old!r} is not once in {module}.py"
    file.write_text(source.replace(old, new))


def run(copy: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the command in the copy."""
    return subprocess.run(
        [sys.executable, "-m", "shared.contract", *arguments],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


JOB = '"""A person has a new job. Without `started_on`, its anniversary is approximate: the day the change was seen."""\n\n'


def test_another_type_of_a_field_names_the_example_that_breaks(copy: Path) -> None:
    """The check fails with a sentence that names the old example, the field and the reason, and nothing is overwritten."""
    change(copy, "facts", f"{JOB}    contact: ContactRef\n    company: Text", f"{JOB}    contact: ContactRef\n    company: int")
    before = (copy / "docs" / "contract" / "schemas" / "hobnob.job.changed.v1.json").read_bytes()
    checked, written = run(copy, "--check"), run(copy)
    assert checked.returncode == written.returncode == 1
    for result in (checked, written):
        assert "docs/contract/examples/hobnob.job.changed.v1.json no longer parses: data.company: " in result.stderr
        assert "hobnob.job.changed.v1 breaks old messages: data.company was string and must be integer now" in result.stderr
    assert (copy / "docs" / "contract" / "schemas" / "hobnob.job.changed.v1.json").read_bytes() == before


def test_a_bound_that_no_example_reaches_breaks_by_its_schema(copy: Path) -> None:
    """What the examples do not cover, the comparison with the published schema does."""
    change(
        copy, "facts", "radius_km: Annotated[float, Field(ge=0, le=25_000)]", "radius_km: Annotated[float, Field(ge=0, le=99)]"
    )
    result = run(copy)
    assert result.returncode == 1
    assert "no longer parses" not in result.stderr
    assert "hobnob.search.started.v1 breaks old messages: data.radius_km was narrowed: maximum is 99" in result.stderr
    assert run(copy, "--allow-breaking").returncode == 0
    assert run(copy, "--check").stderr == ""


def test_an_optional_field_is_out_of_date_until_make_contract(copy: Path) -> None:
    """The check asks for make contract, which says that the change is compatible; afterwards all is well."""
    change(copy, "facts", f"{JOB}    contact: ContactRef\n", f"{JOB}    contact: ContactRef\n    salary: Text | None = None\n")
    checked = run(copy, "--check")
    assert checked.returncode == 1
    assert "docs/contract/schemas/hobnob.job.changed.v1.json is out of date: run make contract" in checked.stderr
    assert "breaks" not in checked.stderr
    written = run(copy)
    assert (written.returncode, written.stderr) == (0, "")
    assert "hobnob.job.changed.v1 stays compatible: data.salary is a new optional field" in written.stdout
    assert run(copy, "--check").returncode == 0


def test_an_example_cannot_be_changed_after_it_was_published(copy: Path) -> None:
    """Making an old example fit a changed model is refused: the old messages are out there."""
    file = copy / "docs" / "contract" / "examples" / "hobnob.job.changed.v1.json"
    file.write_text(file.read_text().replace("Lighthouse Press", "Lantern Press"))
    result = run(copy, "--check")
    assert result.returncode == 1
    assert "hobnob.job.changed.v1.json was changed after it was published: restore it and add another one" in result.stderr
