"""Tests of how people are addressed and what is certain about an occasion."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.wording import Tone, is_round, tone_for, variant_of, words_for
from shared.messages.snapshots import Interaction, Job, OwnerProfile
from shared.messages.values import Closeness, Occasion
from tests.unit.notifier.make import NOW, a_snapshot, an_item

SAM = OwnerProfile(owner="sam", rev=1, name="Sam Sample")


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
        ({"given_name": "A.", "name": "A. Example"}, ""),
        ({"given_name": "李"}, "李"),
        ({"given_name": "Anna\nBcc: x"}, "Anna Bcc: x"),
        ({"name": "anna.example@example.com"}, ""),
        ({"name": "anna.example"}, ""),
        ({"name": "user4711"}, ""),
        ({"name": ""}, ""),
        ({"name": "\u200b"}, ""),
        ({"name": "{{ 7*7 }}"}, ""),
        ({"given_name": "x" * 200}, ""),
        ({"given_name": "Anna", "nickname": "Annie", "closeness": Closeness.INTIMATE}, "Annie"),
        ({"given_name": "Anna", "nickname": "Annie", "closeness": Closeness.WELL}, "Anna"),
    ],
)
def test_whom_a_greeting_addresses(person: dict[str, Any], name: str) -> None:
    """A given name where there is one, a nickname among intimates, never an address or a handle."""
    snapshot = a_snapshot(**({"name": ""} | person))
    words = words_for(item=an_item(), snapshot=snapshot, profile=SAM, is_belated=False)
    assert words.name == name
    assert words.vocative == (f", {name}" if name else "")


@pytest.mark.parametrize(
    ("person", "name"),
    [
        ({"name": "Dr. Anna Example"}, "Dr. Anna Example"),
        ({"name": "Example, Anna"}, "Anna Example"),
        ({"given_name": "Anna", "family_name": "Example"}, "Anna Example"),
        ({"name": "anna@example.com", "given_name": "Anna"}, "Anna"),
        ({"name": "user4711"}, ""),
    ],
)
def test_the_name_in_a_formal_salutation(person: dict[str, Any], name: str) -> None:
    """The whole name in its usual order, a title kept; where that is none, the first name."""
    words = words_for(item=an_item(), snapshot=a_snapshot(**({"name": ""} | person)), profile=SAM, is_belated=False)
    assert words.full_name == name


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


@pytest.mark.parametrize(
    ("occasion", "round_ones"),
    [
        (Occasion.BIRTHDAY, [10, 18, 20, 30, 40, 50, 60, 70, 80, 90, 100]),
        (Occasion.WORK_ANNIVERSARY, [10, 20, 25, 30, 40, 50, 60, 70, 80, 90, 100]),
        (Occasion.CUSTOM, []),
    ],
)
def test_which_milestones_are_round(occasion: Occasion, round_ones: list[int]) -> None:
    """Every tenth, coming of age, and 25 years at work."""
    assert [number for number in range(-10, 101) if is_round(number, occasion=occasion)] == round_ones


def test_what_is_said_of_common_ground_fits_the_occasion() -> None:
    """Nothing beside a custom date; and nobody knows the new company from the inside on the first day."""
    job = Job(company="ACME", seen_at=NOW, source="test", is_change=True)
    sam = SAM.model_copy(update={"employers": ("Acme",), "interests": ("chess",)})
    person = a_snapshot(job=job, interests=("Chess",))
    said = {
        occasion: words_for(item=an_item(occasion=occasion), snapshot=person, profile=sam, is_belated=False).common_ground
        for occasion in (Occasion.STAY_IN_TOUCH, Occasion.NEW_JOB, Occasion.CUSTOM)
    }
    assert "Acme" in said[Occasion.STAY_IN_TOUCH]
    assert "chess" in said[Occasion.NEW_JOB]
    assert said[Occasion.CUSTOM] == ""
