"""Several processes that take the same facts at the same time make the same contacts as one that takes them in turn."""

import asyncio
import random

import pytest

from services.contacts.domain.changes import content_of
from services.contacts.domain.references import sort_out
from services.contacts.owner_store import OwnerStore
from services.contacts.parked_store import ParkedStore
from shared.errors import TransientError
from shared.messages.cloudevents import Fact
from shared.messages.snapshots import OwnerProfile
from tests.integration.contacts.core import Core
from tests.unit.contacts.test_merging import carried_out, contents, keyed

PROCESSES = 4
FACTS = 60
PEOPLE = 12


def some_facts(core: Core, chance: random.Random) -> list[Fact]:
    """Return facts about a dozen addresses, some of which turn out to be one person's, and some of whom are removed."""
    made: list[Fact] = []
    for number in range(FACTS):
        emails = [f"p{chance.randrange(PEOPLE)}@example.com" for _ in range(chance.choice((1, 1, 1, 1, 2)))]
        day = chance.randrange(30)
        if chance.random() < 0.1:
            made.append(core.fact("contact.removed", {"contact": {"email": emails[0]}}, day=day, id=str(number)))
        else:
            data = {"name": f"N{number}", "emails": emails, "location": f"L{number}"}
            made.append(core.fact("contact.upserted", data, day=day, id=str(number)))
    return made


async def take_all(core: Core, facts: list[Fact], chance: random.Random) -> None:
    """Apply all facts in an order and in batches of one's own, each again for as long as it is deferred."""
    apply = core.process()[0].apply
    waiting = chance.sample(facts, len(facts))
    while waiting:
        size = chance.randint(1, 20)
        try:
            await apply(waiting[:size])
        except TransientError:
            continue
        waiting = waiting[size:]


async def settled(core: Core, facts: list[Fact], *, seed: int) -> set[bytes]:
    """Have several processes take the facts at the same time, and return what is stored, which must be what is published."""
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        for number in range(PROCESSES):
            group.create_task(take_all(core, facts, random.Random(seed * 100 + number)))
    await core.keep_house()
    documents = await core.database["contacts"].find({"merged_into": {"$exists": False}}, {"_id": 1}).to_list(None)
    store = core.process()[1]
    found = [await store.find(owner=core.owner, id=document["_id"]) for document in documents]
    published = await core.published()
    revisions = {item.id: item.rev for item in found if item and not item.state.is_removed}
    assert {contact: snapshot.rev for contact, snapshot in published.items()} == revisions
    return {content_of(item.state, owner=core.owner, id=item.id)[0] for item in found if item}


@pytest.mark.parametrize("seed", range(6))
async def test_processes_that_race_agree(core: Core, seed: int) -> None:
    """Whatever they come to at the same time: same people, byte for byte, in the database and on the stream."""
    facts = some_facts(core, random.Random(seed))
    assert await settled(core, facts, seed=seed) == contents(carried_out({}, facts))


@pytest.mark.parametrize("seed", range(6))
async def test_processes_that_race_agree_on_what_waits(core: Core, seed: int) -> None:
    """Of facts half of which are about whomever they find: those wait that are about nobody, and no others."""
    chance = random.Random(seed)
    await OwnerStore(core.database).add(
        OwnerProfile(owner=core.owner, rev=1, name="Sam Sample", unknown_contacts={"crm": "park"})
    )
    # Few bring anybody, so that some people never appear.
    facts = [each.model_copy(update={"source": "book"}) if chance.random() < 0.1 else each for each in some_facts(core, chance)]
    waiting = sort_out(facts=keyed(facts), stored=(), parking={"crm"}).parked
    applied = [each for token, each in keyed(facts) if token not in waiting]
    assert await settled(core, facts, seed=seed) == contents(carried_out({}, applied))
    assert set(await ParkedStore(core.database).page(after="", limit=FACTS)) == waiting
