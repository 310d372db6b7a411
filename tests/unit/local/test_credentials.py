"""The passwords of a local stack: made once, kept by the owner alone, shown nowhere."""

import re
import stat
from pathlib import Path

import pytest

from deploy.local.credentials import ensure_credentials, read_credentials
from deploy.local.errors import StackError


def test_they_are_made_once(tmp_path: Path) -> None:
    """A second start finds what the first one made; only the owner of the file can read it."""
    path = tmp_path / "credentials.json"
    assert read_credentials(path) is None
    made = ensure_credentials(path)
    assert ensure_credentials(path) == made == read_credentials(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_was_being_written_is_no_obstacle(tmp_path: Path) -> None:
    """What a crash left half written is written anew, whoever could read it."""
    left = tmp_path / "credentials.json.new"
    left.write_text("{")
    left.chmod(0o644)
    ensure_credentials(tmp_path / "credentials.json")
    assert stat.S_IMODE((tmp_path / "credentials.json").stat().st_mode) == 0o600


def test_the_broker_reads_them_as_text(tmp_path: Path) -> None:
    """Each begins with a letter and has nothing that nats-server's configuration takes for something else; no two are alike."""
    made = ensure_credentials(tmp_path / "credentials.json")
    passwords = [made.password_of(user).get_secret_value() for user in ("contacts", "scheduler", "notifier", "operator")]
    passwords.append(made.doorkeeper.get_secret_value())
    assert all(re.fullmatch(r"[a-z][A-Za-z0-9_-]{40,}", password) for password in passwords)
    assert len(set(passwords)) == 5
    assert made.issuer.startswith("A")
    assert made.issuer_seed.get_secret_value().startswith("SA")


def test_they_are_not_shown(tmp_path: Path) -> None:
    """Neither by their representation nor by the error about a damaged file."""
    path = tmp_path / "credentials.json"
    made = ensure_credentials(path)
    secret = made.operator.get_secret_value()
    assert secret not in repr(made)
    path.write_text(path.read_text().replace('"issuer":', '"other":'))
    with pytest.raises(StackError, match="delete it") as caught:
        read_credentials(path)
    assert secret not in str(caught.value)
    assert caught.value.__cause__ is None
