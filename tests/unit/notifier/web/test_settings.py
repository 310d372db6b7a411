"""The parts of the settings that are pure: the table of what goes at once, what forms say, what is to be pasted."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.web.settings.at_once import ASKED, is_shown_whole, rows_of, rules_of, ticked_of
from services.notifier.web.settings.credentials import Made
from services.notifier.web.settings.forms import clock, lines_of, read_settings, whole
from services.notifier.web.settings.snippets import snippets_of
from shared.messages.telling import DEFAULT_AT_ONCE, AtOnce
from shared.messages.values import Closeness, Occasion

BOXES = [f"{occasion}.{column}" for occasion, column in product(Occasion, (*Closeness, ASKED))]
RULES = st.builds(
    AtOnce,
    occasions=st.lists(st.sampled_from(Occasion), unique=True, max_size=4).map(tuple),
    closeness=st.lists(st.sampled_from(Closeness), unique=True).map(tuple),
    deliver_now=st.booleans(),
)


@given(st.sets(st.sampled_from(BOXES)))
def test_what_is_ticked_is_what_the_rules_say(boxes: set[str]) -> None:
    """Every table can be saved and is shown again as it was, in no more rules than a profile takes."""
    rules = rules_of(boxes)
    assert ticked_of(rules) == boxes
    assert is_shown_whole(rules)
    assert len(rules) <= 16


@given(st.lists(RULES, max_size=5))
def test_every_rule_has_its_rows(rules: list[AtOnce]) -> None:
    """An occasion that a rule names is shown, and so are the usual ones."""
    rows = set(rows_of(rules))
    assert {occasion for rule in rules for occasion in rule.occasions} <= rows
    assert Occasion.BIRTHDAY in rows


def test_the_usual_rules_stay_what_they_are() -> None:
    """Saving the table untouched says the same as the rules that everybody begins with."""
    assert rules_of(ticked_of(DEFAULT_AT_ONCE)) == DEFAULT_AT_ONCE
    assert not is_shown_whole([AtOnce(closeness=(Closeness.WELL,), deliver_now=True)])


@pytest.mark.parametrize(("text", "number"), [("7", 7), (" 0 ", 0), ("-1", "-1"), ("", "nothing"), ("1e3", "1e3"), ("²", "²")])
def test_numbers_are_digits(text: str, number: int | str) -> None:
    """What is no whole number stays what it is, for the settings to refuse."""
    assert whole(text) == number


@pytest.mark.parametrize(
    ("text", "time"), [("09:00", "09:00"), (" 23:59:00 ", "23:59:00"), ("9", "nothing"), ("24:00", "nothing")]
)
def test_a_bare_number_is_no_time(text: str, time: str) -> None:
    """Nobody means nine seconds after midnight."""
    assert clock(text) == time


def test_mistakes_are_told_by_field() -> None:
    """Of a table by its row; of a part of `telling` by its own name."""
    read = read_settings({"cadence_days": {"well": -1}, "telling": {"digest_at": "soon"}, "timezone": "Nowhere"})
    assert read.settings is None
    assert set(read.errors) == {"cadence_days.well", "digest_at", "timezone"}
    assert lines_of(" a\n\n b \r\n") == ["a", "b"]


def test_what_to_paste_holds_the_secret_and_the_place() -> None:
    """Each of the three has the secret and names where it goes."""
    made = Made(
        name="crm",
        secret="hob_s",  # made up
        user="me.crm",
        inbox_prefix="_INBOX.me.crm",
        http_url="https://hobnob.example.org",
        nats_url="nats://nats.example.org:4222",
    )
    curl, command, python = (text for _, text in snippets_of(made))
    assert "https://hobnob.example.org/events" in curl
    assert "hobnob.intake.me.contact.upserted" in command
    assert "_INBOX.me.crm" in python
    assert all("hob_s" in text for text in (curl, command, python))
    compile(python, "snippet", "exec")
