"""What the supervisor writes down."""

from pathlib import Path

import pytest

from deploy.local.errors import AlreadyRunning, StackError
from deploy.local.layout import LARGEST_LOG_BYTES, DataFolder, rotate, tail
from deploy.local.lock import exclusive, is_held
from deploy.local.state import Identity, Phase, Ports, ProcessPhase, ProcessState, StackState, read_state, write_state


def test_a_state_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Writing and reading is lossless, and leaves one file."""
    state = StackState(
        supervisor=Identity(pid=7, created=12.5),
        state=Phase.RUNNING,
        nats_url="nats://127.0.0.1:4222",
        ports=Ports(nats=4222),
        processes=(ProcessState(name="nats", identity=Identity(pid=8, created=13.0), state=ProcessPhase.RUNNING, restarts=2),),
    )
    write_state(tmp_path / "stack.json", state)
    assert read_state(tmp_path / "stack.json") == state
    assert [path.name for path in tmp_path.iterdir()] == ["stack.json"]


def test_no_state_and_a_broken_one(tmp_path: Path) -> None:
    """A folder without a state has none; one that cannot be read says what to do."""
    assert read_state(tmp_path / "stack.json") is None
    (tmp_path / "stack.json").write_text("{")
    with pytest.raises(StackError, match="delete that file"):
        read_state(tmp_path / "stack.json")


def test_a_folder_has_one_supervisor(tmp_path: Path) -> None:
    """The lock is held once, is seen from outside, and ends with its block."""
    lock = tmp_path / "stack.lock"
    assert not is_held(lock)
    with exclusive(lock):
        assert is_held(lock)
        with pytest.raises(AlreadyRunning), exclusive(lock):
            pass
    assert not is_held(lock)


def test_the_folder_is_private(tmp_path: Path) -> None:
    """People's data is readable by its owner alone; making the folders twice is fine."""
    folder = DataFolder(tmp_path / "data")
    folder.create()
    folder.create()
    assert {path.stat().st_mode & 0o777 for path in (folder.root, folder.nats, folder.mongo)} == {0o700}


def test_logs_do_not_grow_for_ever(tmp_path: Path) -> None:
    """A log that is too large moves aside when its process starts; a small one stays."""
    log = tmp_path / "nats.log"
    log.write_text("one\ntwo\nthree\n")
    rotate(log)
    assert tail(log, lines=2) == "two\nthree"
    with log.open("ab") as file:
        file.truncate(LARGEST_LOG_BYTES + 1)
    rotate(log)
    assert not log.exists()
    assert tail(log) == ""
