"""The secrets of a Compose stack: made once, for their owner alone, and never made again over what is there."""

import os
import re
import stat
from pathlib import Path

import pytest

from deploy import secret_files
from deploy.secret_files import PASSWORDS, SecretsBroken, main, make_secrets, write_owner

DEPLOY = Path(__file__).parents[3] / "deploy"
COMPOSE = (DEPLOY / "compose.yaml", DEPLOY / "compose.cluster.yaml")


def contents(folder: Path) -> dict[str, str]:
    """Return what each file holds."""
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_each_secret_that_compose_names_is_made(tmp_path: Path) -> None:
    """The files are those of compose.yaml and of the cluster on top of it, no more and no less."""
    named = {name for file in COMPOSE for name in re.findall(r"HOBNOB_SECRETS_DIR:-\./secrets\}/(\w+)", file.read_text())}
    made = make_secrets(tmp_path / "secrets")
    assert set(made) == named == set(contents(tmp_path / "secrets"))


def test_they_are_for_their_owner_alone(tmp_path: Path) -> None:
    """The folder and each file in it can be read by nobody else, whatever the umask is."""
    before = os.umask(0)
    try:
        make_secrets(tmp_path / "secrets")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "secrets").iterdir()} == {0o600}


def test_no_two_are_alike_and_none_is_short(tmp_path: Path) -> None:
    """Every password is random, and begins with a letter as the broker's configuration wants it."""
    make_secrets(tmp_path)
    passwords = [contents(tmp_path)[name].strip() for name in PASSWORDS]
    assert len(set(passwords)) == len(PASSWORDS)
    assert all(re.fullmatch(r"[a-z][A-Za-z0-9_-]{40,}", password) for password in passwords)


def test_what_is_there_stays(tmp_path: Path) -> None:
    """A second time makes nothing; a secret that was deleted is made anew, and the others are as they were."""
    make_secrets(tmp_path)
    before = contents(tmp_path)
    assert make_secrets(tmp_path) == ()
    assert contents(tmp_path) == before
    (tmp_path / "nats_contacts").unlink()
    assert make_secrets(tmp_path) == ("nats_contacts",)
    after = contents(tmp_path)
    assert after.pop("nats_contacts") != before.pop("nats_contacts")
    assert after == before


def test_a_public_key_belongs_to_its_seed(tmp_path: Path) -> None:
    """A public key that is gone comes back from the seed; one whose seed is gone is left to the operator."""
    make_secrets(tmp_path)
    public = (tmp_path / "nats_issuer").read_text()
    (tmp_path / "nats_issuer").unlink()
    make_secrets(tmp_path)
    assert (tmp_path / "nats_issuer").read_text() == public
    (tmp_path / "nats_issuer_seed").unlink()
    with pytest.raises(SecretsBroken, match="nats_issuer_seed"):
        make_secrets(tmp_path)
    assert not (tmp_path / "nats_issuer_seed").exists()


def test_containers_run_as_whoever_made_them(tmp_path: Path) -> None:
    """The user is written for Compose once, beside what the operator has set there; root's containers run as somebody else."""
    environment = tmp_path / ".env"
    assert not write_owner(environment, uid=0, gid=0)
    assert not environment.exists()
    environment.write_text("HOBNOB_PORT=9000\n")
    assert write_owner(environment, uid=1234, gid=2345)
    assert not write_owner(environment, uid=99, gid=99)
    assert "HOBNOB_PORT=9000\n" in environment.read_text()
    assert "HOBNOB_UID=1234\nHOBNOB_GID=2345\n" in environment.read_text()
    assert "99" not in environment.read_text()


def test_the_command_shows_no_secret(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It names the files that it made, says so when there was nothing to make, and fails in one line where it cannot."""
    folder = tmp_path / "secrets"
    assert main([str(folder)]) == 0
    said = capsys.readouterr().out
    assert "nats_contacts" in said
    assert not any(secret.strip() in said for name, secret in contents(folder).items() if secret and name != secret_files.ISSUER)
    assert main([str(folder)]) == 0
    assert "nothing was changed" in capsys.readouterr().out
    (folder / "nats_issuer_seed").unlink()
    assert main([str(folder)]) == 1
    assert capsys.readouterr().err.count("\n") == 1
