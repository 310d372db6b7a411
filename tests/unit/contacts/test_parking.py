"""Which facts wait for the person they are about."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contacts.domain.changes import Outcome
from services.contacts.domain.identity import tokens_of
from services.contacts.domain.references import NAMES_NOBODY, Sorted, sort_out
from services.contacts.domain.results import Applied, Parked, Result, Unresolvable, combined
from shared.messages.cloudevents import Fact
from tests.unit.contacts.facts import fact, upserted
from tests.unit.contacts.test_merging import carried_out, facts_strategy, keyed

PARKING = frozenset({"crm"})
ANN: dict[str, Any] = {"contact": {"email": "ann@example.com"}}


def sorted_out(*facts: Fact, after: Sequence[Fact] = ()) -> Sorted:
    """Sort out facts that come after others."""
    return sort_out(facts=keyed(facts), stored=carried_out({}, after).values(), parking=PARKING)


def token_of(one: Fact) -> str:
    """Return the token of a fact with one part."""
    ((token, _),) = keyed([one])
    return token


@pytest.mark.parametrize(
    "waits",
    [
        fact("interaction.logged", ANN),
        fact("meeting.cancelled", ANN | {"meeting_id": "m1"}),
        fact("search.started", ANN),
        fact("contact.removed", ANN),
        fact("connection.accepted", ANN),
        upserted(name="Ann", emails=["ann@example.com"]),
    ],
    ids=lambda each: each.name,
)
def test_a_fact_about_somebody_unknown_waits_where_its_source_parks(waits: Fact) -> None:
    """Of whatever kind it is; from any other source it does not."""
    assert sorted_out(waits).parked == {token_of(waits)}
    elsewhere = waits.model_copy(update={"source": "book"})
    assert not sorted_out(elsewhere).has(token_of(elsewhere))


def test_a_fact_about_somebody_known_does_not_wait() -> None:
    """By any of their keys, and also when the owner removed them: then it is known what to do with it."""
    about = fact("interaction.logged", ANN, day=3)
    ann = upserted(name="Ann", emails=["ann@example.com"], source="book")
    gone = fact("contact.removed", ANN, day=1, source="book")
    assert sorted_out(about, after=[ann]) == Sorted(refused={})
    assert sorted_out(about, after=[ann, gone]) == Sorted(refused={})


def test_a_fact_does_not_wait_for_whom_its_own_batch_brings() -> None:
    """Directly, or through a fact that would have waited without."""
    brings = upserted(name="Ann", emails=["ann@example.com"], source="book")
    joins = upserted(name="Ann", emails=["ann@example.com", "ann@example.org"])
    about = fact("interaction.logged", {"contact": {"email": "ann@example.org"}})
    assert sorted_out(about, joins, brings) == Sorted(refused={})
    assert sorted_out(about, joins).parked == {token_of(about), token_of(joins)}


def test_a_fact_that_waits_brings_nobody() -> None:
    """What refers by our id to a person who is only waited for refers to nobody, whoever states it."""
    waits = upserted(name="Ann", emails=["ann@example.com"])
    refers = fact("interaction.logged", {"contact": {"id": tokens_of(waits)[0]}}, source="book")
    found = sorted_out(waits, refers)
    assert found.parked == {token_of(waits)}
    assert list(found.refused) == [token_of(refers)]


def test_a_fact_that_names_nobody_does_not_wait_for_them() -> None:
    """It is refused at once."""
    nobody = fact("job.changed", {"contact": {"linkedin_url": "https://example.com/ann"}, "company": "Acme"})
    assert sorted_out(nobody) == Sorted(refused={token_of(nobody): NAMES_NOBODY})


@given(data=st.data(), facts=facts_strategy(), parked=st.sets(st.integers(0, 7)))
def test_which_facts_wait_does_not_depend_on_their_order_in_a_batch(
    data: st.DataObject, facts: list[Fact], parked: set[int]
) -> None:
    """The same ones wait, and whoever does not wait has company: somebody known, or a fact that needs nobody."""
    given_facts = [each if n in parked else each.model_copy(update={"source": "book"}) for n, each in enumerate(facts)]
    found = sorted_out(*given_facts)
    assert sorted_out(*data.draw(st.permutations(given_facts))) == found
    waiting = {key for token, each in keyed(given_facts) if token in found.parked for key in tokens_of(each)}
    applied = {key for token, each in keyed(given_facts) if not found.has(token) for key in tokens_of(each)}
    assert not waiting & applied


def test_a_fact_is_what_its_parts_are() -> None:
    """One that cannot be applied counts most, with its place; a fact waits as long as all of it does."""
    done, waits, bad = Applied("a", Outcome.CREATED), Parked(), Unresolvable("contact: no")
    expected: list[tuple[list[tuple[str | None, Result]], Result]] = [
        ([(None, done)], done),
        ([(None, bad)], bad),
        ([("contact", waits), ("contacts.0", done)], done),
        ([("contact", waits), ("contacts.0", waits)], waits),
        ([("contact", done), ("contacts.0", bad)], Unresolvable("contacts.0: contact: no")),
    ]
    for parts, result in expected:
        assert combined(parts) == result
