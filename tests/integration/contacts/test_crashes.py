"""A process that is killed between any two writes loses nothing and doubles nobody."""

import pytest

from services.contacts.domain.results import Applied
from shared.messages.cloudevents import Fact
from tests.integration.contacts.core import Core, killed

ANN = "ann@example.com"
WORK = "ann@example.org"
OLD = "ann@example.net"
WRITES_OF_A_MERGE = 8
"""More than the merge below takes: the last of these processes lives."""


def three_who_are_one(core: Core) -> tuple[list[Fact], Fact]:
    """Return facts about three people, and one that shows them to be the same."""
    people = [
        core.fact("contact.upserted", {"name": "Ann", "emails": [email]}, day=day, id=email)
        for day, email in enumerate((ANN, WORK, OLD), start=1)
    ]
    return people, core.fact("contact.upserted", {"name": "Ann", "emails": [ANN, WORK, OLD]}, day=9, id="joins")


@pytest.mark.parametrize("writes", range(WRITES_OF_A_MERGE))
async def test_a_merge_that_is_cut_off_anywhere_is_finished_by_its_fact(core: Core, writes: int) -> None:
    """The fact comes again, and there is one person, on the stream too."""
    people, joins = three_who_are_one(core)
    await core.apply(*people)
    was_killed = await killed(lambda: core.process(dies_after_writes=writes)[0].apply([joins]))
    assert was_killed or writes == WRITES_OF_A_MERGE - 1
    await core.apply(joins)
    await core.keep_house()
    present = await core.present()
    assert list(present.values()) == [{ANN, WORK, OLD}]
    published = await core.published()
    assert {contact: set(snapshot.emails) for contact, snapshot in published.items()} == present


@pytest.mark.parametrize("writes", range(WRITES_OF_A_MERGE))
async def test_a_merge_that_is_cut_off_anywhere_is_finished_without_its_fact(core: Core, writes: int) -> None:
    """Who asked for it may never ask again: the service itself leaves all three, or one who knows everything."""
    people, joins = three_who_are_one(core)
    await core.apply(*people)
    await killed(lambda: core.process(dies_after_writes=writes)[0].apply([joins]))
    await core.keep_house()
    present = await core.present()
    assert sorted(map(sorted, present.values())) in ([[ANN], [OLD], [WORK]], [sorted([ANN, WORK, OLD])])
    published = await core.published()
    assert {contact: set(snapshot.emails) for contact, snapshot in published.items()} == present


@pytest.mark.parametrize("writes", range(WRITES_OF_A_MERGE))
@pytest.mark.parametrize("email", [ANN, WORK, OLD])
async def test_a_merge_that_is_cut_off_anywhere_stands_in_nobodys_way(core: Core, writes: int, email: str) -> None:
    """The next fact about any of the three is applied, to one person who has that address."""
    people, joins = three_who_are_one(core)
    ids = await core.apply(*people)
    await killed(lambda: core.process(dies_after_writes=writes)[0].apply([joins]))
    by_email = core.fact("interaction.logged", {"contact": {"email": email}, "note": "met"}, day=10)
    by_id = core.fact("interaction.logged", {"contact": {"id": ids[[ANN, WORK, OLD].index(email)]}, "note": "again"}, day=11)
    (met,) = await core.apply(by_email)
    assert await core.apply(by_id) == [met]
    await core.apply(*people)
    await core.keep_house()
    holders = [contact for contact, emails in (await core.present()).items() if email in emails]
    assert len(holders) == 1
    assert (await core.published())[holders[0]].interactions[0].note == "again"


@pytest.mark.parametrize("email", [ANN, WORK])
async def test_a_person_is_found_by_every_id_in_the_middle_of_a_merge(core: Core, email: str) -> None:
    """Between the moment when an id is given up and the moment when it is taken over, it names the same person."""
    people, joins = three_who_are_one(core)
    ids = dict(zip((ANN, WORK, OLD), await core.apply(*people), strict=True))
    for writes in range(WRITES_OF_A_MERGE):
        await killed(lambda writes=writes: core.process(dies_after_writes=writes)[0].apply([joins]))  # type: ignore[misc]
        found = await core.process()[1].find(owner=core.owner, id=ids[email])
        assert found is not None
        assert email in found.state.emails


async def test_a_fact_that_was_applied_and_not_logged_is_reported_as_what_it_did(core: Core) -> None:
    """Its process died before the log; the next one knows that the person was brought by it."""
    brings = core.fact("contact.upserted", {"name": "Ann", "emails": [ANN]})
    assert await killed(lambda: core.process(dies_after_writes=1)[0].apply([brings]))
    (result,) = await core.process()[0].apply([brings])
    assert isinstance(result, Applied)
    assert result.outcome == "created"
