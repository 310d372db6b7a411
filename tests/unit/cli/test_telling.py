"""The options that say when an owner is told what."""

from datetime import time
from typing import Any

import pytest
import typer

from cli.telling import read_days, read_rule, read_telling
from shared.messages.telling import WEEK, TellingSettings, Weekday


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("all", WEEK),
        ("never", ()),
        ("mon-fri", WEEK[:5]),
        ("sun,Mon", (Weekday.MONDAY, Weekday.SUNDAY)),
        ("fri-mon", (Weekday.MONDAY, Weekday.FRIDAY, Weekday.SATURDAY, Weekday.SUNDAY)),
        ("wednesday", (Weekday.WEDNESDAY,)),
    ],
)
def test_days(text: str, days: tuple[Weekday, ...]) -> None:
    """Days and spans of days are read in any order, over the end of a week too."""
    assert read_days(text) == days


@pytest.mark.parametrize("text", ["mo", "someday", "mon-", "-", "mon,,tue"])
def test_no_days(text: str) -> None:
    """What is no day is told, with how to write one."""
    with pytest.raises(typer.BadParameter, match="no weekday"):
        read_days(text)


@pytest.mark.parametrize(
    ("text", "occasions", "closeness", "now"),
    [
        ("birthday@intimate,well", ("birthday",), ("intimate", "well"), False),
        ("new_job,new_connection!now", ("new_job", "new_connection"), (), True),
        ("any@intimate", (), ("intimate",), False),
        ("any", (), (), False),
    ],
)
def test_rules(text: str, occasions: tuple[str, ...], closeness: tuple[str, ...], now: bool) -> None:
    """A rule names occasions and closeness, or any of them."""
    assert read_rule(text) == {"occasions": occasions, "closeness": closeness, "deliver_now": now}


@pytest.mark.parametrize("text", ["birthdays", "birthday@close", "", "@"])
def test_no_rules(text: str) -> None:
    """A word that is no occasion or closeness is told with those that are."""
    with pytest.raises(typer.BadParameter, match="one of any"):
        read_rule(text)


def test_all_options() -> None:
    """Only what is given is changed; an empty rule clears all, an empty hour is none; never is no quiet time."""
    nothing: dict[str, Any] = dict.fromkeys(("digest_at", "digest_days", "quiet", "heartbeat_on", "at_once"))
    assert read_telling(**nothing) == {}
    given = read_telling(digest_at="07:30", digest_days="never", quiet="22:00-07:00", heartbeat_on="Never", at_once=[""])
    settings = TellingSettings.model_validate(given)
    assert (settings.digest_at, settings.digest_days, settings.at_once) == (time(7, 30), (), ())
    assert (settings.quiet_from, settings.quiet_until, settings.heartbeat_on) == (time(22), time(7), "never")
    assert read_telling(**(nothing | {"digest_at": ""})) == {"digest_at": None}
    never = read_telling(**(nothing | {"quiet": "never"}))
    assert never["quiet_from"] == never["quiet_until"]
    with pytest.raises(typer.BadParameter, match="no span"):
        read_telling(**(nothing | {"quiet": "22:00"}))
