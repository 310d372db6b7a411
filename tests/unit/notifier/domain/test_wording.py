"""Tests of how people are addressed and what is certain about an occasion."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.wording import (
    Tone,
    ordinal,
    tone_for,
    variant_of,
    without_owner_lines,
    words_for,
    years,
)
from shared.messages.rpc import Draft
from shared.messages.snapshots import Interaction, OwnerProfile
from shared.messages.values import Closeness
from tests.unit.notifier.make import NOW, a_snapshot, an_item

SAM = OwnerProfile(owner="sam", rev=1, name="Sam Sample")


@pytest.mark.parametrize(
    ("number", "text"),
    {
        1: "1st",
        2: "2nd",
        3: "3rd",
        4: "4th",
        11: "11th",
        12: "12th",
        13: "13th",
        21: "21st",
        22: "22nd",
        40: "40th",
        101: "101st",
        111: "111th",
    }.items(),
)
def test_ordinals(number: int, text: str) -> None:
    """Ordinals are right at the numbers that usually are not."""
    assert ordinal(number) == text


def test_one_year_is_singular() -> None:
    """One year, two years."""
    assert (years(1), years(2), years(21)) == ("1 year", "2 years", "21 years")


@pytest.mark.parametrize(
    ("person", "name"),
    [
        ({"given_name": "Anna", "name": "Anna Example"}, "Anna"),
        ({"name": "Anna Example"}, "Anna"),
        ({"name": "Example, Anna"}, "Anna"),
        ({"name": "Dr. Anna Example"}, "Anna"),
        ({"given_name": "Prof. Dr. Anna"}, "Anna"),
        ({"given_name": "ANNA"}, "Anna"),
        ({"given_name": "anna"}, "Anna"),
        ({"given_name": "jean-luc"}, "Jean-Luc"),
        ({"given_name": "Anna (she/her)"}, "Anna"),
        ({"given_name": "A.", "name": "A. Example"}, "there"),
        ({"given_name": "李"}, "李"),
        ({"given_name": "Anna\nBcc: x"}, "Anna Bcc: x"),
        ({"name": "anna.example@example.com"}, "there"),
        ({"name": "anna.example"}, "there"),
        ({"name": "user4711"}, "there"),
        ({"name": ""}, "there"),
        ({"given_name": "Anna", "nickname": "Annie", "closeness": Closeness.INTIMATE}, "Annie"),
        ({"given_name": "Anna", "nickname": "Annie", "closeness": Closeness.WELL}, "Anna"),
    ],
)
def test_whom_a_greeting_addresses(person: dict[str, Any], name: str) -> None:
    """A given name where there is one, a nickname among intimates, never an address or a handle."""
    snapshot = a_snapshot(**({"name": ""} | person))
    words = words_for(item=an_item(), snapshot=snapshot, profile=SAM, is_belated=False)
    assert words.name == name
    assert words.vocative == ("" if name == "there" else f", {name}")


@pytest.mark.parametrize(
    ("closeness", "name", "signature"),
    [
        (Closeness.INTIMATE, "Sam Sample", "Sam"),
        (Closeness.CONNECTED, "Sam Sample", "Sam Sample"),
        (Closeness.CONNECTED, "Me", ""),
        (Closeness.WELL, "sam@example.com", ""),
    ],
)
def test_how_the_owner_signs(closeness: Closeness, name: str, signature: str) -> None:
    """With the first name among friends, in full otherwise, and not at all where the name is none."""
    profile = OwnerProfile(owner="sam", rev=1, name=name)
    words = words_for(item=an_item(), snapshot=a_snapshot(closeness=closeness), profile=profile, is_belated=False)
    assert words.signature == signature


@pytest.mark.parametrize("milestone", [None, 0, -3])
def test_no_number_is_invented(milestone: int | None) -> None:
    """Neither an unknown age nor a zeroth anniversary is put into words."""
    words = words_for(item=an_item(milestone=milestone), snapshot=a_snapshot(), profile=SAM, is_belated=False)
    assert (words.ordinal, words.years) == ("", "")


def test_the_latest_note_is_remembered_in_one_short_line() -> None:
    """Of several conversations the latest with a note counts, cut at a word."""
    old = Interaction(at=NOW - timedelta(days=9), note="old story")
    new = Interaction(at=NOW, note="the new\ngarden " + "and more " * 40)
    words = words_for(
        item=an_item(),
        snapshot=a_snapshot(interactions=(new, old, Interaction(at=NOW + timedelta(days=1)))),
        profile=SAM,
        is_belated=False,
    )
    assert words.note.startswith("the new garden and more")
    assert words.note.endswith("…")
    assert len(words.note) <= 122


def test_how_warm_a_draft_is() -> None:
    """Two kinds of friends get a note, the others one line."""
    assert [tone_for(closeness) for closeness in Closeness] == [Tone.CLOSE, Tone.CLOSE, Tone.DEFAULT, Tone.DEFAULT]


@given(ids=st.lists(st.text(min_size=1, max_size=50), min_size=200, max_size=200, unique=True))
def test_variants_are_spread_and_stable(ids: list[str]) -> None:
    """The same item always gets the same variant, and no variant is left out."""
    chosen = [variant_of(item=item, count=2) for item in ids]
    assert chosen == [variant_of(item=item, count=2) for item in ids]
    assert 50 < sum(chosen) < 150


def test_what_is_meant_for_the_owner_does_not_go_out() -> None:
    """Lines that Hobnob wrote for the owner are dropped on sending; the owner's own brackets stay."""
    body = "(Check first: is it true?)\n\nHi Anna,\n\nwell done! [photo]\n\n[Add a personal line; last time: x]\n\nSam"
    sent = without_owner_lines(Draft(subject="s", body=body))
    assert sent == Draft(subject="s", body="Hi Anna,\n\nwell done! [photo]\n\nSam")
