"""Facts are merged by when they happened: any order, any repetition, any batches give the same contacts."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.contacts.documents import dump_state, load_state
from services.contacts.domain.changes import Stored, content_of, decide
from services.contacts.domain.identity import token
from services.contacts.domain.parts import parts_of
from services.contacts.domain.snapshot import snapshot_of
from services.contacts.domain.state import EMPTY, MAX_MEETING_ELEMENTS, MAX_SOURCES, State, join
from services.contacts.domain.statements import fact_token, state_of
from shared.messages.cloudevents import Fact
from tests.unit.contacts.facts import fact, upserted


def interaction_id(number: int, day: int) -> str:
    """Return how a snapshot names an interaction that a fact of `facts_strategy` tells of."""
    return fact_token(owner="me", source="crm", id=f"interaction.logged-{number}-{day}")


EMAILS = ["ann@example.com", "bob@example.com", "cy@example.com"]
SLUGS = ["ann", "bob", "cy"]
REFERENCES: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.builds(lambda e: {"email": e}, st.sampled_from(EMAILS)),
    st.builds(lambda s: {"linkedin_url": f"https://www.linkedin.com/in/{s}"}, st.sampled_from(SLUGS)),
    st.builds(lambda i: {"source": "crm", "id": i}, st.sampled_from(["1", "2"])),
)
PERSONS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"name": st.sampled_from(["Ann", "Bob", "Cy"])},
    optional={
        "emails": st.lists(st.sampled_from(EMAILS), max_size=2, unique=True),
        "linkedin_url": st.builds(lambda s: f"https://linkedin.com/in/{s}", st.sampled_from(SLUGS)),
        "external_id": st.sampled_from(["1", "2"]),
        "birthday": st.sampled_from(["1980-02-29", "--03-04", "1990-05"]),
        "company": st.sampled_from(["Acme", "ACME", "Globex"]),
        "title": st.sampled_from(["CTO", "Engineer"]),
        "phones": st.lists(st.sampled_from(["+1 555 0100", "+1 555 0101"]), max_size=2, unique=True),
        "tags": st.lists(st.sampled_from(["a", "b"]), max_size=2, unique=True),
        "muted": st.sampled_from([[], ["birthday"]]),
        "dates": st.sampled_from([[], [{"label": "Anniversary", "on": "2010-06-07"}]]),
        "closeness": st.sampled_from(["well", "moderate"]),
        "deceased": st.booleans(),
        "do_not_greet": st.booleans(),
        "cleared": st.lists(st.sampled_from(["birthday", "linkedin_url"]), max_size=2, unique=True),
        "removed_emails": st.lists(st.sampled_from(EMAILS), max_size=1),
        "removed_phones": st.sampled_from([[], ["+1 555 0100"]]),
        "removed_dates": st.sampled_from([[], ["anniversary"]]),
        "removed_interactions": st.lists(st.builds(interaction_id, st.integers(0, 3), st.integers(0, 5)), max_size=4),
    },
)


MEETINGS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"contacts": st.lists(REFERENCES, min_size=1, max_size=3), "meeting_id": st.sampled_from(["m1", "m2", "planned:m1"])},
    optional={"contact": REFERENCES, "starts_at": st.sampled_from(["2026-05-01T10:00:00Z", "2026-05-02T10:00:00+02:00"])},
)
SEARCHES: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"contact": REFERENCES},
    optional={
        "target": st.sampled_from(["CTO", "Engineer"]),
        "keywords": st.lists(st.sampled_from(["nats", "python"]), max_size=2),
        "radius_km": st.sampled_from([5, 20.5]),
        "until": st.sampled_from(["2026-12", "2027-01-31"]),
    },
)
KINDS = [
    *["contact.upserted"] * 5,
    *["job.changed", "interaction.logged", "contact.removed", "connection.accepted"],
    *["meeting.scheduled", "meeting.scheduled", "meeting.cancelled"],
    *["search.started", "search.changed", "search.ended"],
]


@st.composite
def facts_strategy(draw: st.DrawFn) -> list[Fact]:
    """Some facts about a few people who may turn out to be one."""
    made: list[Fact] = []
    for number in range(draw(st.integers(1, 8))):
        kind = draw(st.sampled_from(KINDS))
        match kind.split("."):
            case ["contact", "upserted"] | ["connection", _]:
                data = draw(PERSONS)
            case ["meeting", what]:
                data = draw(MEETINGS)
                if what == "scheduled":
                    data = {"starts_at": "2026-05-03T10:00:00Z", "place": draw(st.sampled_from(["Café", "Office"]))} | data
            case ["search", _]:
                data = draw(SEARCHES)
            case _:
                data = {"contact": draw(REFERENCES)}
        if kind == "job.changed":
            data |= {"company": draw(st.sampled_from(["Acme", "Globex"]))}
        if kind == "interaction.logged":
            data |= {"direction": draw(st.sampled_from(["gave", "received"]))}
        made.append(fact(kind, data, day=draw(st.integers(0, 5)), id=str(number)))
    return made


def keyed(facts: Sequence[Fact]) -> list[tuple[str, Fact]]:
    """Pair each part of each fact with its token."""
    return [(part.token, part.fact) for each in facts for part in parts_of(each)]


def carried_out(world: dict[str, Stored], batch: Sequence[Fact], *, is_one: frozenset[str] = frozenset()) -> dict[str, Stored]:
    """Do in memory what the store does with a batch, or with the owner's word that some ids are one person's."""
    after = dict(world)
    for change in decide(facts=keyed(batch), stored=list(world.values()), is_one=is_one):
        for absorbed in change.absorbed:
            after[absorbed.id] = Stored(
                id=absorbed.id, owner=absorbed.owner, version=0, rev=absorbed.rev + 1, digest="", state=EMPTY,
                indexed=frozenset(), merged_into=change.id,
            )  # fmt: skip
        after[change.id] = Stored(
            id=change.id, owner=change.owner, version=0, rev=change.rev, digest=change.digest, state=change.state,
            indexed=change.state.keys, created_by=change.created_by,
        )  # fmt: skip
    return after


def contents(world: dict[str, Stored]) -> set[bytes]:
    """Every present contact's snapshot, its revision left out."""
    return {content_of(c.state, owner=c.owner, id=c.id)[0] for c in world.values() if c.merged_into is None}


@settings(max_examples=400, deadline=None)
@given(data=st.data(), facts=facts_strategy())
def test_any_order_repetition_and_batching_gives_byte_identical_snapshots(data: st.DataObject, facts: list[Fact]) -> None:
    """The same facts, shuffled, repeated and cut into batches anywhere, give the same bytes."""
    expected = contents(carried_out({}, facts))
    repeated = data.draw(st.permutations(facts + data.draw(st.lists(st.sampled_from(facts), max_size=4))))
    world: dict[str, Stored] = {}
    position = 0
    while position < len(repeated):
        size = data.draw(st.integers(1, len(repeated)))
        world = carried_out(world, repeated[position : position + size])
        position += size
    assert contents(world) == expected


@settings(max_examples=300, deadline=None)
@given(data=st.data(), facts=facts_strategy())
def test_when_the_owner_merges_two_does_not_matter(data: st.DataObject, facts: list[Fact]) -> None:
    """Told between any two facts, told twice, or told after all of them: the people are the same, byte by byte."""
    half = data.draw(st.integers(1, len(facts)))
    world = carried_out({}, facts[:half])
    present = sorted(name for name, contact in world.items() if contact.merged_into is None)
    is_one = frozenset({data.draw(st.sampled_from(present)), data.draw(st.sampled_from(present))})
    early = carried_out(carried_out(world, [], is_one=is_one), facts[half:])
    late = carried_out(carried_out(world, facts[half:]), [], is_one=is_one)
    assert contents(early) == contents(late)
    assert contents(carried_out(early, [], is_one=is_one)) == contents(early)
    holders = [contact for contact in early.values() if contact.merged_into is None and is_one & contact.indexed]
    assert len(holders) == 1


@settings(max_examples=300, deadline=None)
@given(facts=facts_strategy())
def test_a_key_belongs_to_one_contact_whatever_happens(facts: list[Fact]) -> None:
    """No two present contacts ever share an identity key."""
    world: dict[str, Stored] = {}
    for each in facts:
        world = carried_out(world, [each])
        present = [c for c in world.values() if c.merged_into is None]
        assert len({key for c in present for key in c.indexed}) == sum(len(c.indexed) for c in present)


@settings(max_examples=200, deadline=None)
@given(left=facts_strategy(), right=facts_strategy(), third=facts_strategy())
def test_join_is_a_semilattice(left: list[Fact], right: list[Fact], third: list[Fact]) -> None:
    """Joining is commutative, associative and idempotent."""
    a, b, c = (_joined(facts) for facts in (left, right, third))
    assert join(a, b) == join(b, a)
    assert join(join(a, b), c) == join(a, join(b, c))
    assert join(a, a) == a


@settings(max_examples=200, deadline=None)
@given(facts=facts_strategy())
def test_a_state_survives_the_database(facts: list[Fact]) -> None:
    """What is written is what is read back."""
    state = _joined(facts)
    assert load_state(dump_state(state)) == state


def _joined(facts: Sequence[Fact]) -> State:
    state = EMPTY
    for _, each in keyed(facts):
        state = join(state, state_of(each))
    return state


def test_an_older_statement_that_arrives_late_does_not_win() -> None:
    """The title stated last in time stays, whatever came in last."""
    world = carried_out({}, [upserted(day=5, id="new", name="Ann", emails=["ann@example.com"], location="Paris")])
    world = carried_out(world, [upserted(day=1, id="old", name="Ann", emails=["ann@example.com"], location="Rome")])
    (content,) = contents(world)
    assert b'"location":"Paris"' in content


def test_a_fact_with_two_peoples_keys_makes_them_one_and_keeps_both_ids() -> None:
    """Two contacts that turn out to be one person become one; the id that goes stays an alias."""
    world = carried_out({}, [upserted(id="a", name="Ann", emails=["ann@example.com"])])
    world = carried_out(world, [upserted(day=1, id="b", name="Ann M", linkedin_url="https://linkedin.com/in/ann")])
    assert len(contents(world)) == 2
    before = set(world)
    world = carried_out(
        world, [upserted(day=2, id="c", name="Ann M", emails=["Ann@Example.com"], linkedin_url="linkedin.com/in/ANN/")]
    )
    (kept,) = [c for c in world.values() if c.merged_into is None]
    assert kept.indexed >= before
    assert [c.merged_into for c in world.values() if c.merged_into] == [kept.id]


def test_what_was_known_before_a_removal_does_not_come_back_with_the_person() -> None:
    """Somebody added again after a removal starts afresh."""
    world = carried_out({}, [upserted(id="a", name="Ann", emails=["ann@example.com"], notes="private")])
    world = carried_out(world, [fact("contact.removed", {"contact": {"email": "ann@example.com"}}, day=1)])
    (content,) = contents(world)
    assert b'"deleted":true' in content
    assert b"Ann" not in content
    world = carried_out(world, [upserted(day=2, id="b", name="Ann", emails=["ann@example.com"])])
    (content,) = contents(world)
    assert b'"deleted":false' in content
    assert b"private" not in content


def test_an_interaction_does_not_bring_a_removed_person_back() -> None:
    """Only an upsert or a new connection does."""
    world = carried_out({}, [upserted(id="a", name="Ann", emails=["ann@example.com"])])
    world = carried_out(world, [fact("contact.removed", {"contact": {"email": "ann@example.com"}}, day=1)])
    world = carried_out(world, [fact("interaction.logged", {"contact": {"email": "ann@example.com"}}, day=2)])
    (content,) = contents(world)
    assert b'"deleted":true' in content


@pytest.mark.parametrize("owner", ["me", "you"])
def test_owners_never_share_a_contact(owner: str) -> None:
    """The same email under another owner is another person with another id."""
    mine = carried_out({}, [upserted(name="Ann", emails=["ann@example.com"], owner="me")])
    other = carried_out({}, [upserted(name="Ann", emails=["ann@example.com"], owner=owner)])
    assert (set(mine) == set(other)) == (owner == "me")


def test_an_emitter_that_names_itself_anew_each_time_does_not_grow_a_contact_without_end() -> None:
    """The sources of a contact are bounded, and any order gives the same ones."""
    facts = [upserted(id=str(n), source=f"urn:{n}", name="Ann", emails=["ann@example.com"]) for n in range(MAX_SOURCES + 50)]
    state = _joined(facts)
    assert len(state.sources) == MAX_SOURCES
    assert _joined(facts[::-1]) == state


def test_more_meetings_than_are_kept_leave_the_newest_in_any_order() -> None:
    """And a plan that is kept is never without its later cancellation."""
    about: dict[str, Any] = {"contact": {"email": "ann@example.com"}, "starts_at": "2026-05-01T10:00:00Z"}
    facts = [fact("meeting.scheduled", about | {"meeting_id": str(n)}, day=n) for n in range(MAX_MEETING_ELEMENTS + 10)]
    facts += [fact("meeting.cancelled", about | {"meeting_id": str(n)}, day=n + 1) for n in range(40, MAX_MEETING_ELEMENTS)]
    state = _joined(facts)
    assert len(state.meetings) == MAX_MEETING_ELEMENTS
    assert _joined(facts[::-1]) == state
    planned = {key.removeprefix("planned:") for key in state.meetings if key.startswith("planned:")}
    assert all(f"cancelled:{n}" in state.meetings for n in planned if 40 <= int(n) < MAX_MEETING_ELEMENTS)


def test_a_change_that_nobody_sees_keeps_the_revision() -> None:
    """Not even a tombstone with a higher one, met on the way, raises it: nothing would publish the new one."""
    world = carried_out({}, [upserted(id="a", name="Ann", emails=["ann@example.com"])])
    (kept,) = world.values()
    gone = Stored(
        id=token(owner="me", key="email:old@example.com"), owner="me", version=3, rev=9, digest="", state=EMPTY,
        indexed=frozenset(), merged_into=kept.id,
    )  # fmt: skip
    again = upserted(day=1, id="b", name="Ann", emails=["ann@example.com"], linkedin_url=None)
    known = join(kept.state, State(keys=frozenset({gone.id})))
    content, digest = content_of(known, owner="me", id=kept.id)
    present = replace(kept, state=known, indexed=known.keys, digest=digest)
    (change,) = decide(facts=keyed([again]), stored=[present, gone])
    assert change.is_needed
    assert (change.is_visible, change.rev, change.content) == (False, present.rev, content)


def test_a_merge_that_stopped_before_its_last_write_is_finished() -> None:
    """A contact that learnt everything and tells nothing yet is written and published, though no key or fact is new."""
    fact_again = upserted(id="a", name="Ann", emails=["ann@example.com"])
    world = carried_out({}, [fact_again])
    (whole,) = world.values()
    torn = replace(whole, digest="")
    for facts in (keyed([fact_again]), []):
        (change,) = decide(facts=facts, stored=[torn])
        assert (change.is_needed, change.is_visible, change.rev) == (True, True, torn.rev + 1)


def test_whoever_is_known_by_a_reference_alone_has_the_address_it_names() -> None:
    """Somebody of whom a fact knows an email only can be seen and written to; what is stated about them counts for more."""
    told = fact("job.changed", {"contact": {"email": "Ann@example.com"}, "company": "Acme"}, day=5)
    alone = snapshot_of(state_of(told), owner="me", id="x", rev=1)
    assert (alone.name, alone.emails) == ("Ann@example.com", ("Ann@example.com",))
    stated = upserted(day=0, name="Ann", emails=["ann@example.org", "ann@example.com"])
    both = snapshot_of(join(state_of(told), state_of(stated)), owner="me", id="x", rev=1)
    assert (both.name, both.emails) == ("Ann", ("ann@example.org", "ann@example.com"))


def test_a_removal_that_names_an_address_brings_none() -> None:
    """Whoever was removed by their address is not kept by it."""
    gone = state_of(fact("contact.removed", {"contact": {"email": "ann@example.com"}}))
    assert not gone.emails


def test_what_is_taken_away_is_gone_until_it_is_stated_again() -> None:
    """A cleared field, an address, a number and a date leave the snapshot; the address still names the person."""
    known = upserted(
        day=0,
        name="Ann",
        emails=["ann@example.com", "ann@example.org"],
        phones=["+1 555 0100"],
        birthday="1980-02-29",
        location="Rome",
        dates=[{"label": "Anniversary", "on": "2010-06-07"}],
    )
    taken = upserted(
        day=1,
        contact={"email": "ann@example.com"},
        cleared=["birthday", "location"],
        removed_emails=["Ann@Example.org"],
        removed_phones=["+1 555 0100"],
        removed_dates=["anniversary"],
    )
    state = join(state_of(known), state_of(taken))
    seen = snapshot_of(state, owner="me", id="x", rev=1)
    assert (seen.birthday, seen.location, seen.emails, seen.phones, seen.dates) == (None, None, ("ann@example.com",), (), ())
    assert token(owner="me", key="email:ann@example.org") in state.keys
    again = state_of(upserted(day=2, contact={"email": "ann@example.org"}, birthday="1980-02-28", emails=["ann@example.org"]))
    seen = snapshot_of(join(state, again), owner="me", id="x", rev=1)
    assert (str(seen.birthday), seen.emails) == ("1980-02-28", ("ann@example.org", "ann@example.com"))


def test_what_one_fact_both_states_and_takes_away_it_states() -> None:
    """An emitter that cannot make up its mind loses nothing."""
    both = upserted(
        name="Ann", emails=["ann@example.com"], removed_emails=["ann@example.com"], location="Rome", cleared=["location"]
    )
    seen = snapshot_of(state_of(both), owner="me", id="x", rev=1)
    assert (seen.emails, seen.location) == (("ann@example.com",), "Rome")


@pytest.mark.parametrize("is_early", [True, False])
def test_an_interaction_that_did_not_happen_is_taken_back_in_any_order(is_early: bool) -> None:
    """The last contact is the one before it, also where that it did not happen is heard of first; it survives storing."""
    ref = {"contact": {"email": "ann@example.com"}}
    told = [
        upserted(name="Ann", emails=["ann@example.com"]),
        fact("interaction.logged", ref, id="0", day=1),
        fact("interaction.logged", ref, id="0", day=2),
        fact("contact.upserted", ref | {"removed_interactions": [interaction_id(0, 2), "$no.such"]}, day=3),
    ]
    (ann,) = carried_out({}, told[::-1] if is_early else told).values()
    snapshot = snapshot_of(load_state(dump_state(ann.state)), owner="me", id=ann.id, rev=1)
    assert [each.id for each in snapshot.interactions] == [interaction_id(0, 1)]
    assert snapshot.last_contact_at == told[1].occurred_at
