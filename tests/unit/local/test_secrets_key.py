"""The key of a local stack."""

import stat
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from deploy.local.errors import StackError
from deploy.local.secrets_key import ensure_secrets_key


def test_a_key_is_made_once(tmp_path: Path) -> None:
    """It is a key that the vault can use, for its owner's eyes alone, and a later start leaves it as it is."""
    path = tmp_path / "secrets.key"
    ensure_secrets_key(path)
    key = path.read_text().strip()
    Fernet(key)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    ensure_secrets_key(path)
    assert path.read_text().strip() == key
    assert [each.name for each in tmp_path.iterdir()] == ["secrets.key"]


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """A key that cannot be kept is an error of the start."""
    with pytest.raises(StackError, match=r"secrets\.key"):
        ensure_secrets_key(tmp_path / "nowhere" / "secrets.key")
