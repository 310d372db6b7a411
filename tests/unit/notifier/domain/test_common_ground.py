"""Tests of what two people share: computed from what both stated, never guessed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.common_ground import (
    SHOWN_MAX,
    Kind,
    Shared,
    common_ground,
    folded,
    told_to_contact,
    told_to_owner,
)
from shared.messages.snapshots import Job, OwnerProfile
from tests.unit.notifier.make import NOW, a_snapshot


def shared(owner: dict[str, Any], contact: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what the two share, by kind and value."""
    profile = OwnerProfile(owner="sam", rev=1, name="Sam Sample", **owner)
    return [(each.kind.value, each.value) for each in common_ground(owner=profile, contact=a_snapshot(**contact))]


def jobs(*companies: str) -> tuple[Job, ...]:
    """Return jobs at *companies*, the present one first."""
    return tuple(Job(company=company, seen_at=NOW, source="test") for company in companies)


def test_each_kind_is_compared_with_its_own() -> None:
    """Causes, schools, employers, interests and places, the weightiest first, at most a few."""
    owner = {
        "interests": ("Chess",),
        "causes": ("Clean water",),
        "employers": ("Acme",),
        "schools": ("Example University",),
        "places": ("Lisbon",),
    }
    contact = {
        "interests": ("chess",),
        "causes": ("CLEAN WATER",),
        "jobs": jobs("Other", "Acme"),
        "schools": ("Example  University",),
        "location": "Lisbon",
    }
    assert shared(owner, contact) == [("cause", "Clean water"), ("school", "Example University"), ("employer", "Acme")]
    assert shared({"interests": ("Chess",), "places": ("Lisbon",)}, contact) == [("interest", "Chess"), ("place", "Lisbon")]
    assert shared({"interests": ("Clean water", "Acme", "Lisbon")}, contact) == []


@pytest.mark.parametrize(
    ("mine", "theirs", "is_same"),
    [
        ("Zürich", "zurich", True),
        ("Acme, Inc.", "ACME Inc", True),
        ("Straße", "STRASSE", True),
        ("C++", "C#", False),
        ("C++", "C", False),
        ("Berlin", "Berlin, Germany", False),
        ("Paris", "Paris, Texas", False),
        ("art", "martial arts", False),
        ("か", "が", False),
        ("...", "!!!", False),
        ("\u200b", "\u200b", False),
    ],
)
def test_what_counts_as_the_same(mine: str, theirs: str, is_same: bool) -> None:
    """Case, Latin accents, punctuation and spaces do not matter; everything else does."""
    assert bool(shared({"places": (mine,)}, {"location": theirs})) == is_same


def test_the_present_job_counts_too() -> None:
    """Whether the present job is also among all jobs or not."""
    assert shared({"employers": ("Acme",)}, {"job": jobs("Acme")[0]}) == [("employer", "Acme")]


@given(
    mine=st.lists(st.text(min_size=1, max_size=20), max_size=10),
    theirs=st.lists(st.text(min_size=1, max_size=20), max_size=10),
)
def test_nothing_is_shared_that_not_both_stated(mine: list[str], theirs: list[str]) -> None:
    """Every shared thing is one of the owner's that a contact's equals, and no more than a few are shown."""
    mine, theirs = ([text for text in texts if text.strip()] for texts in (mine, theirs))
    found = shared({"interests": tuple(mine)}, {"interests": tuple(theirs)})
    assert len(found) <= SHOWN_MAX
    assert {folded(value) for _, value in found} <= {folded(text) for text in mine} & {folded(text) for text in theirs}
    assert all(value.strip("\u200b ") for _, value in found)
    assert bool(shared({"interests": tuple(theirs)}, {"interests": tuple(mine)})) == bool(found)


@pytest.mark.parametrize("language", ["en", "de", "fr", "es"])
@pytest.mark.parametrize("kind", Kind)
def test_it_is_told_in_one_sentence(language: str, kind: Kind) -> None:
    """For the contact in the letter's language and tone, for the owner in theirs; braces in a name are text."""
    value = "{0} {x} Example"
    for is_close in (True, False):
        sentence = told_to_contact([Shared(kind, value), Shared(kind, "Other")], tag=language, is_close=is_close)
        assert value in sentence
        assert "Other" not in sentence
        assert sentence.endswith((".", value))
    assert value in told_to_owner([Shared(kind, value)], tag=language)[0]


def test_no_words_where_there_are_none() -> None:
    """Nothing shared, or a language without a sentence for it, is silence in the letter; the owner reads English then."""
    assert told_to_contact([], tag="en", is_close=True) == ""
    assert told_to_contact([Shared(Kind.PLACE, "Oslo")], tag="no", is_close=True) == ""
    assert told_to_owner([Shared(Kind.PLACE, "Oslo")], tag="no") == ("You both have a tie to Oslo",)
