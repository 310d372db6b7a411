"""Exit codes and error lines of the command as a whole, without a stack."""

from pathlib import Path

import pytest

from cli.main import main
from cli.output import safe
from cli.shapes import contact_shape
from deploy.local.state import Phase, StackState, write_state
from shared.messages.snapshots import ContactSnapshot
from shared.messages.values import PartialDate


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Point the command at a folder without a stack."""
    for name in ("HOBNOB_NATS_URL", "HOBNOB_LOG_LEVEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOBNOB_DATA", str(tmp_path))


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["contacts", "lst"], 2),
        (["contacts", "list", "--limit", "none"], 2),
        (["inbox", "snooze", "x"], 2),
        (["inbox", "snooze", "x", "--for", "2h", "--until", "friday"], 2),
        (["contacts", "set", "x"], 2),
        (["contacts", "set", "x", "nonsense=1"], 2),
        (["owner", "set", "me"], 2),
        (["owner", "add", "a.b", "--name", "A"], 2),
        (["owner", "set", "me", "--deliver-at", "25:00"], 2),
        (["owner", "set", "me", "--cadence", "well=often"], 2),
        (["dead", "replay"], 2),
        (["dead", "replay", "7", "--all"], 2),
        (["dead", "replay", "7", "--owner", "me"], 2),
        (["dead", "replay", "7", "8", "--data", "@fixed.json"], 2),
        (["dead", "replay", "--all", "--data", "@fixed.json"], 2),
        (["dead", "replay", "7", "--data", "fixed.json"], 2),
        (["dead", "replay", "7", "--data", "@/does/not/exist"], 1),
        (["dead", "drop", "--yes"], 2),
        (["dead", "drop", "7", "--service", "contacts"], 2),
        (["dead", "show", "7", "--raw", "--json"], 2),
        (["dead", "list"], 1),
        (["emit", "contact.upserted", "--now", "--data", "{}"], 2),
        (["emit", "contact.upserted", "--data", "@/does/not/exist"], 1),
        (["contacts", "list"], 1),
        (["import", "some.csv"], 1),
    ],
)
def test_a_mistake_is_one_line(arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Usage mistakes exit with 2, all else with 1; each is exactly one line on stderr and nothing on stdout."""
    assert main(arguments) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("hobnob: ")
    assert printed.err.count("\n") == 1


def test_a_stopped_stack_is_no_target(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder whose stack was stopped says how to start it."""
    write_state(tmp_path / "stack.json", StackState(state=Phase.STOPPED, nats_url="nats://127.0.0.1:1"))
    assert main(["upcoming"]) == 1
    assert f"hobnob up --data {tmp_path}" in capsys.readouterr().err


def test_data_is_taken_before_and_after(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--data` names the folder before the command, inside a group and behind it."""
    for line in ("--data {} contacts list", "contacts --data {} list", "contacts list --data {}"):
        folder = tmp_path / "elsewhere"
        assert main([word.format(folder) for word in line.split()]) == 1
        assert f"no stack runs on {folder}" in capsys.readouterr().err


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    """Both exit with 0."""
    assert main(["--version"]) == 0
    assert main(["inbox", "--help"]) == 0
    assert "snooze" in capsys.readouterr().out


def test_terminal_text_has_no_control_characters() -> None:
    """An escape sequence in somebody's name does not reach the terminal, and brackets are no markup."""
    assert safe("Ada\x1b[31m \x9b1m[bold]\nB").plain == "Ada[31m 1m[bold]\nB"


def test_contact_shape_has_null_for_the_unknown() -> None:
    """The documented keys are all there, dates as written, unknown ones null."""
    shape = contact_shape(ContactSnapshot(owner="me", id="c1", rev=1, name="Ada", birthday=PartialDate.parse("--02-29")))
    assert shape == {
        "id": "c1",
        "name": "Ada",
        "closeness": "connected",
        "birthday": "--02-29",
        "dates": [],
        "emails": [],
        "company": None,
        "title": None,
        "connected_on": None,
        "last_contact_at": None,
        "muted": [],
        "deceased": False,
    }
