"""What is said of a search for a job, in any order, becomes the search as it is."""

from functools import reduce
from itertools import permutations
from typing import Any

import pytest

from services.contacts.domain.identity import own_id_of, tokens_of
from services.contacts.domain.snapshot import snapshot_of
from services.contacts.domain.state import EMPTY, join
from services.contacts.domain.statements import is_about_contact, state_of
from shared.messages.cloudevents import Fact
from shared.messages.snapshots import JobSearch
from tests.unit.contacts.facts import START, fact, upserted

ANN: dict[str, Any] = {"contact": {"email": "ann@example.com"}}


def said(what: str, *, day: int, **data: Any) -> Fact:
    """Return a fact about Ann's search."""
    return fact(f"search.{what}", ANN | data, day=day)


def search(*facts: Fact) -> JobSearch | None:
    """Return the search that facts make, which must be the same in every order in which they may arrive."""
    found = {
        snapshot_of(reduce(join, map(state_of, order), EMPTY), owner="me", id="a", rev=1).search for order in permutations(facts)
    }
    (one,) = found
    return one


def test_a_search_is_shown_with_what_was_said_last_of_each_field() -> None:
    """A change says only what changed; an empty list says that there are none any more."""
    started = said("started", day=0, target="CTO", keywords=["nats"], location="Graz", radius_km=20, until="2026-12")
    found = search(started, said("changed", day=1, location="Vienna", keywords=[]), said("changed", day=2, until="2027-01-31"))
    assert found is not None
    assert (found.status, found.since, found.ended_at) == ("active", START, None)
    assert (found.target, found.keywords, found.location, found.radius_km, str(found.until)) == (
        "CTO", (), "Vienna", 20.0, "2027-01-31",
    )  # fmt: skip
    assert found.changed_at is not None
    assert (found.changed_at - START).days == 2


def test_a_search_that_ended_keeps_what_it_was_for() -> None:
    """Those who helped are told what they need not look for any more."""
    found = search(said("started", day=0, target="CTO"), said("ended", day=3))
    assert found is not None
    assert (found.status, found.target) == ("ended", "CTO")
    assert found.ended_at is not None
    assert (found.ended_at - START).days == 3


def test_a_search_that_started_again_is_a_new_one() -> None:
    """Active, and without anything of the one before."""
    old = said("started", day=0, target="CTO", location="Graz")
    found = search(old, said("changed", day=1, keywords=["nats"]), said("ended", day=2), said("started", day=3, target="Chef"))
    assert found is not None
    assert (found.status, found.target, found.location, found.keywords) == ("active", "Chef", None, ())
    assert (found.changed_at, found.ended_at) == (None, None)


def test_a_change_after_the_end_does_not_begin_a_search_anew() -> None:
    """A straggler: only a start starts."""
    found = search(said("started", day=0), said("ended", day=1), said("changed", day=2, target="Chef"))
    assert found is not None
    assert found.status == "ended"


@pytest.mark.parametrize(("what", "status"), [("changed", "active"), ("ended", "ended")])
def test_a_search_of_which_nobody_told_the_start_is_one(what: str, status: str) -> None:
    """Since when is not known."""
    found = search(said(what, day=1, target="CTO"))
    assert found is not None
    assert (found.status, found.since, found.target) == (status, None, "CTO")


def test_a_person_of_whom_no_search_is_known_has_none() -> None:
    """Null in the snapshot."""
    assert search(upserted(name="Ann")) is None


def test_the_owners_own_search_is_about_no_contact() -> None:
    """It changes nobody and names nobody."""
    mine = fact("search.started", {"contact": "me", "target": "CTO"})
    theirs = said("started", day=0)
    assert (is_about_contact(mine), is_about_contact(theirs)) == (False, True)
    assert tokens_of(mine) == ()
    assert own_id_of(mine) is None
