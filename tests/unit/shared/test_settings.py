"""Settings come from the environment, or from files that it names; what is empty is not set."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError
from pymongo.uri_parser import parse_uri

from shared.settings import ServiceSettings, StoreSettings, TopologySettings


class Settings(StoreSettings):
    """Those of a service with a database."""

    mongo_database: str = "test"


def test_a_secret_can_be_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The content of the file counts, without the end of its line; the variable itself goes before the file."""
    secret = tmp_path / "nats"
    secret.write_text("from-the-file\n")
    monkeypatch.setenv("HOBNOB_NATS_PASSWORD_FILE", str(secret))
    assert ServiceSettings().nats_password == SecretStr("from-the-file")
    monkeypatch.setenv("HOBNOB_NATS_PASSWORD", "from-the-variable")
    assert ServiceSettings().nats_password == SecretStr("from-the-variable")


def test_what_is_empty_is_not_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty variable and an empty file leave the default, so that a Compose file can hand on what nobody has set."""
    (tmp_path / "empty").write_text("\n")
    monkeypatch.setenv("HOBNOB_NATS_PASSWORD_FILE", str(tmp_path / "empty"))
    monkeypatch.setenv("HOBNOB_LOG_LEVEL", "")
    settings = ServiceSettings()
    assert settings.nats_password is None
    assert settings.log_level == "info"


def test_copies_of_a_stream_are_one_or_three(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two would stop with the first broker that dies, so nobody gets two by mistake; none said is one."""
    assert TopologySettings().replicas == 1
    monkeypatch.setenv("HOBNOB_REPLICAS", "3")
    assert TopologySettings().replicas == 3
    for refused in ("2", "three", "0"):
        monkeypatch.setenv("HOBNOB_REPLICAS", refused)
        with pytest.raises(ValidationError):
            TopologySettings()


def test_a_file_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service does not start without the secret that it was told to read."""
    monkeypatch.setenv("HOBNOB_NATS_PASSWORD_FILE", "/nowhere/nats")
    with pytest.raises(FileNotFoundError):
        ServiceSettings()


@given(user=st.text(min_size=1).filter(str.isprintable), password=st.text(min_size=1).filter(str.isprintable))
def test_whoever_signs_in_at_the_database_is_put_into_its_url(user: str, password: str) -> None:
    """Whatever characters they consist of, and with several servers, the driver reads the same user and password again."""
    settings = Settings(
        mongo_url=SecretStr("mongodb://one.example.org:27017,two.example.org:27018/?replicaSet=rs0"),
        mongo_user=user,
        mongo_password=SecretStr(password),
    )
    read = parse_uri(settings.mongo_url.get_secret_value())
    assert (read["username"], read["password"]) == (user, password)
    assert read["nodelist"] == [("one.example.org", 27017), ("two.example.org", 27018)]


@pytest.mark.parametrize(
    "values",
    [
        {"mongo_user": "contacts"},
        {"mongo_password": SecretStr("p")},
        {"mongo_url": SecretStr("mongodb://other:p@db.example.org"), "mongo_user": "contacts", "mongo_password": SecretStr("p")},
    ],
    ids=["no password", "no user", "two users"],
)
def test_half_a_sign_in_is_refused(values: dict[str, str | SecretStr]) -> None:
    """A user without a password, a password without a user, and a second user are mistakes that are named at the start."""
    with pytest.raises(ValidationError, match="HOBNOB_MONGO_USER"):
        Settings.model_validate(values)
