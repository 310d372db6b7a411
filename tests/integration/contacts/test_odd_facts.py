"""Facts that are valid and strange: none is lost, none holds up another, none makes a message that is too large."""

import json
from typing import Any

import pytest

from shared import subjects
from shared.messages.facts import FactName
from shared.messages.rpc import ApplyFact, ContactPage, ContactReply, Err, GetHealth, HealthReply, ListContacts
from shared.messages.snapshots import ContactSnapshot
from shared.mongo import open_database
from shared.streams import DEAD
from tests.conftest import eventually
from tests.integration.contacts.conftest import World
from tests.integration.contacts.core import Core
from tests.integration.contacts.test_intake import snapshot

MAX_PAYLOAD_BYTES = 1024**2
"""NATS' default, with which the stack runs."""


def nested(depth: int) -> dict[str, Any]:
    """Return an object inside an object, so many times."""
    found: dict[str, Any] = {}
    for _ in range(depth):
        found = {"in": found}
    return found


ODD_EXTRAS: dict[str, dict[str, Any]] = {
    "an integer beyond 64 bits": {"crm_row": 2**80},
    "a field name that an operator has": {"$set": {"a.b": 1}},
    "a field name with NUL": {"a\0b": 1},
    "NUL in a value": {"remark": "a\0b"},
    "150 levels": nested(150),
    "a number that is none": {"score": float("nan")},
}


@pytest.mark.parametrize("extra", ODD_EXTRAS.values(), ids=ODD_EXTRAS.keys())
async def test_what_a_fact_says_besides_is_kept_whatever_it_is(core: Core, extra: dict[str, Any]) -> None:
    """Fields that nobody reads may hold anything that JSON can."""
    data = {"name": "Ann", "emails": ["ann@example.com"]} | extra
    await core.apply(core.fact("contact.upserted", data))
    (record,) = await core.database["facts"].find().to_list(None)
    assert json.dumps(json.loads(record["data"]), sort_keys=True) == json.dumps(data, sort_keys=True)


async def test_a_fact_that_names_nobody_is_refused_at_once_and_alone(world: World) -> None:
    """A link that is no profile identifies no one: the reason is in the dead letter, the batch goes on."""
    await world.emit("job.changed", {"contact": {"linkedin_url": "https://example.com/ann"}, "company": "Acme"})
    await world.emit("contact.upserted", {"name": "Bob", "emails": ["bob@example.com"]})
    await world.until_people(1)

    async def is_buried() -> bool:
        subject = subjects.dead("contacts", subjects.intake(world.owner, FactName.JOB_CHANGED))
        info = await world.client.jetstream().stream_info(DEAD, subjects_filter=subject)
        return bool(info.state.subjects)

    await eventually(is_buried, within_s=5)


async def test_a_fact_may_refer_to_whom_another_fact_of_its_batch_brings(core: Core) -> None:
    """Facts that come together, in any order, do what they do one after the other."""
    brings = core.fact("contact.upserted", {"name": "Ann", "emails": ["ann@example.com"]})
    (ann,) = await core.apply(brings)
    await core.database["contacts"].delete_many({})
    await core.database["facts"].delete_many({})
    about = core.fact("interaction.logged", {"contact": {"id": ann}, "note": "met"}, day=1)
    assert await core.apply(about, brings) == [ann, ann]


async def test_a_contact_of_very_many_words_is_still_published_and_listed(world: World) -> None:
    """However much facts say about one person, their snapshot fits a message, and so does a page of such people."""
    words = "\N{CJK UNIFIED IDEOGRAPH-4E00}" * 20_000
    for each in range(4):
        email = f"p{each}@example.com"
        upserted = {"name": f"P{each}", "emails": [email], "notes": words, "tags": [f"{n}{words[:400]}" for n in range(200)]}
        await world.emit("contact.upserted", upserted)
        for number in range(20):
            await world.emit("interaction.logged", {"contact": {"email": email}, "note": f"{number}{words[:19_000]}"})
    await world.emit("contact.upserted", {"name": "Zoe", "emails": ["zoe@example.com"]})

    async def has_all() -> bool:
        reply = await world.ask("health", GetHealth(), HealthReply)
        return sum(count for name, count in reply.counters.items() if name.startswith("facts.")) >= 85

    await eventually(has_all)
    found: list[ContactSnapshot] = []
    cursor = None
    while True:
        page = await world.ask("list", ListContacts(owner=world.owner, limit=200, cursor=cursor), ContactPage)
        found += page.contacts
        if (cursor := page.cursor) is None:
            break
    assert [person.name for person in found] == ["P0", "P1", "P2", "P3", "Zoe"]
    assert len(found[0].interactions) == 20
    for person in found:

        async def is_published(person: ContactSnapshot = person) -> bool:
            return await snapshot(world, person.id) == person

        await eventually(is_published)
        assert len(person.model_dump_json().encode()) < MAX_PAYLOAD_BYTES


async def test_an_emitter_that_gives_a_new_id_each_time_is_stopped(core: Core) -> None:
    """One person cannot collect identity keys without end; what adds none is still applied."""
    for start in range(0, 2_000, 250):
        facts = [
            core.fact("contact.upserted", {"name": "Ann", "emails": ["ann@example.com"], "external_id": str(n)}, id=str(n))
            for n in range(start, start + 250)
        ]
        results = await core.process()[0].apply(facts)
    assert "identity keys" in getattr(results[-1], "reason", "")
    (ann,) = await core.apply(core.fact("interaction.logged", {"contact": {"email": "ann@example.com"}}, day=1))
    stored = await core.process()[1].find(owner=core.owner, id=ann)
    assert stored is not None
    assert len(stored.state.keys) < 1_500


async def test_two_facts_of_one_identity_in_one_batch_are_one_fact(core: Core) -> None:
    """The first counts, as it would had they come one after the other."""
    first = core.fact("contact.upserted", {"name": "Ann", "emails": ["ann@example.com"]}, id="same")
    second = core.fact("contact.upserted", {"name": "Eve", "emails": ["eve@example.com"]}, id="same")
    await core.apply(first, second)
    assert list((await core.present()).values()) == [{"ann@example.com"}]


async def test_a_request_that_states_no_contacts_fact_leaves_nothing_behind(world: World) -> None:
    """What is answered with an error was not done."""
    data = {"import_id": "i1", "object_name": "o1", "filename": "f", "size_bytes": 1}
    event = {"specversion": "1.0", "id": "1", "source": "test", "type": "hobnob.import.uploaded.v1", "data": data}
    refusal = await world.ask("apply", ApplyFact(owner=world.owner, event=event), Err)
    assert refusal.code == "invalid"
    assert await world.ask("health", GetHealth(), HealthReply) == await world.ask("health", GetHealth(), HealthReply)
    async with open_database(world.settings.mongo_url.get_secret_value(), name=world.owner) as database:
        assert await database["facts"].count_documents({}) == 0


@pytest.mark.parametrize("cursor", ["NQ==", "eyJhIjoxfQ==", "!!", "WyJcdWQ4MDAiLCJhIl0="])
async def test_a_cursor_that_is_none_of_ours_is_refused(world: World, cursor: str) -> None:
    """With a sentence, not with an internal error."""
    assert (await world.ask("list", ListContacts(owner=world.owner, cursor=cursor), Err)).code == "invalid"


async def test_a_search_may_hold_any_character(world: World) -> None:
    """Also those that a regular expression may not."""
    page = await world.ask("list", ListContacts(owner=world.owner, search="a\0b(["), ContactPage)
    assert page.contacts == ()


async def test_a_name_that_grows_when_it_is_folded_can_be_paged_by(world: World) -> None:
    """Some letters stand for a whole phrase: a page that ends with such a name has a cursor like any other."""
    for n in range(2):
        await world.emit("contact.upserted", {"name": "\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * 490 + f" {n}"})
    await world.until_people(2)
    page = await world.ask("list", ListContacts(owner=world.owner, limit=1), ContactPage)
    rest = await world.ask("list", ListContacts(owner=world.owner, limit=1, cursor=page.cursor), ContactPage)
    assert {person.name[-1] for person in page.contacts + rest.contacts} == {"0", "1"}


async def test_another_owners_ids_lead_nowhere(world: World) -> None:
    """A fact that refers to a contact by the id it has with another owner is refused, through either door."""
    other = f"{world.owner}x"
    await world.add_owner(other)
    event = {"specversion": "1.0", "id": "1", "source": "test", "type": "hobnob.contact.upserted.v1"}
    theirs = event | {"data": {"name": "Ann", "emails": ["ann@example.com"], "notes": "theirs"}}
    ann = (await world.ask("apply", ApplyFact(owner=other, event=theirs), ContactReply)).contact
    mine = event | {"id": "2", "data": {"name": "Eve", "emails": ["eve@example.com"], "contact": {"id": ann.id}}}
    assert (await world.ask("apply", ApplyFact(owner=world.owner, event=mine), Err)).code == "not_found"
    assert await world.people() == ()
