"""The owner of a fresh stack."""

import pwd
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from deploy.local.me import NAMELESS, name_of_user, zone_of_machine


@pytest.mark.parametrize(
    ("gecos", "name"),
    [("Ada Lovelace,Room 1,,", "Ada Lovelace"), ("ada", NAMELESS), ("", NAMELESS), (",,,", NAMELESS)],
)
def test_name(gecos: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The full name is taken from the system; a login name is no name to sign a greeting with."""
    monkeypatch.setattr(pwd, "getpwuid", lambda _: SimpleNamespace(pw_name="ada", pw_gecos=gecos))
    assert name_of_user() == name


def test_zone_is_one_that_exists() -> None:
    """The machine's zone is an IANA zone."""
    assert ZoneInfo(zone_of_machine()).key
