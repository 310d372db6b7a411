"""Who a fact is about."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.contacts.domain.identity import tokens_of
from services.contacts.domain.references import sort_out
from services.contacts.domain.statements import fact_token
from shared.messages.cloudevents import Fact
from tests.unit.contacts.facts import fact, upserted


def named(*facts: Fact) -> list[tuple[str, Fact]]:
    """Return facts with their tokens."""
    return [(fact_token(owner=each.owner, source=each.source, id=each.id), each) for each in facts]


@example(left=("crm", "eu:1"), right=("crm:eu", "1"))
@given(
    left=st.tuples(st.text("a:", min_size=1, max_size=5), st.text("a:", min_size=1, max_size=5)),
    right=st.tuples(st.text("a:", min_size=1, max_size=5), st.text("a:", min_size=1, max_size=5)),
)
def test_two_emitters_ids_are_one_only_where_emitter_and_id_are(left: tuple[str, str], right: tuple[str, str]) -> None:
    """Wherever the colons are: `crm` with `eu:1` is not `crm:eu` with `1`."""
    tokens = [tokens_of(upserted(name="Ann", source=source, external_id=number)) for source, number in (left, right)]
    assert (tokens[0] == tokens[1]) == (left == right)


def test_an_emitters_reference_leads_to_whom_it_introduced() -> None:
    """`external_id` in a person and `{source, id}` in a reference are one key."""
    (key,) = tokens_of(upserted(name="Ann", source="crm:eu", external_id="1"))
    reference = fact("job.changed", {"contact": {"source": "crm:eu", "id": "1"}, "company": "Acme"}, source="elsewhere")
    assert tokens_of(reference) == (key,)


@pytest.mark.parametrize("name", ["\x1f", "\x1c\x1d"])
def test_a_name_of_which_nothing_is_left_to_compare_is_no_key(name: str) -> None:
    """Else all who are called so would be one person."""
    assert tokens_of(upserted(name=name)) == ()


@pytest.mark.parametrize(
    "data",
    [
        {"contact": {"linkedin_url": "https://example.com/ann"}, "company": "Acme"},
        {"contact": {"linkedin_url": "https://linkedin.com/company/acme"}, "company": "Acme"},
        {"contact": {"linkedin_url": "https://linkedin.com/in/%20"}, "company": "Acme"},
    ],
)
def test_a_reference_to_nobody_is_refused(data: dict[str, object]) -> None:
    """With the field in the reason, and without regard to the other facts."""
    good = fact("job.changed", {"contact": {"email": "ann@example.com"}, "company": "Acme"}, id="good")
    bad = fact("job.changed", data, id="bad")
    refused = sort_out(facts=named(good, bad), stored=()).refused
    assert list(refused) == [named(bad)[0][0]]
    assert refused[named(bad)[0][0]].startswith("contact: ")


def test_what_refers_to_the_person_of_a_refused_fact_is_refused_too() -> None:
    """Two facts cannot vouch for each other's unknown id."""
    nobody = "0" * 20
    one = upserted(id="1", name="Ann", contact={"id": nobody})
    two = upserted(id="2", name="Ann", emails=["ann@example.com"], contact={"id": nobody})
    three = fact("interaction.logged", {"contact": {"id": tokens_of(two)[0]}}, id="3")
    assert set(sort_out(facts=named(one, two, three), stored=()).refused) == {token for token, _ in named(one, two, three)}
