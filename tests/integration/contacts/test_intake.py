"""Facts on the intake become contacts and snapshots."""

import asyncio
import json
import uuid

from nats.js.errors import NotFoundError

from shared import subjects
from shared.messages.cloudevents import dump_event, new_event
from shared.messages.curation import Forgotten
from shared.messages.facts import FactName
from shared.messages.rpc import ApplyFact, ContactPage, ContactReply, Err, ForgetContact, GetContact, ListContacts
from shared.messages.snapshots import ContactSnapshot
from tests.conftest import eventually
from tests.integration.contacts.conftest import World
from tests.unit.contacts.facts import START


async def snapshot(world: World, contact: str) -> ContactSnapshot:
    """Return the last snapshot of a contact on the stream."""
    message = await world.client.jetstream().get_last_msg("HOBNOB_PEOPLE", subjects.person(world.owner, contact))
    return ContactSnapshot.model_validate_json(message.data or b"")


async def test_a_fact_becomes_a_contact_and_a_snapshot(world: World) -> None:
    """A person stated on the intake is listed, and their snapshot is on the stream."""
    await world.emit("contact.upserted", {"name": "Ann Doe", "emails": ["ann@example.com"], "birthday": "--02-29"})
    (ann,) = await world.until_people(1)
    assert (ann.name, str(ann.birthday), ann.rev) == ("Ann Doe", "--02-29", 1)
    assert await snapshot(world, ann.id) == ann


async def test_the_same_fact_again_publishes_nothing(world: World) -> None:
    """A repeated fact changes neither the revision nor the stream."""
    for _ in range(3):
        await world.emit("contact.upserted", {"name": "Ann Doe", "emails": ["ann@example.com"]}, id="same")
    await world.emit("contact.upserted", {"name": "Bob", "emails": ["bob@example.com"]})
    people = await world.until_people(2)
    assert [person.rev for person in people] == [1, 1]


async def test_a_job_change_of_somebody_unknown_is_kept_until_they_are_introduced(world: World) -> None:
    """Whichever comes first, the person has the job."""
    await world.emit("job.changed", {"contact": {"email": "ann@example.com"}, "company": "Acme"})
    await world.until_people(1)
    await world.emit("contact.upserted", {"name": "Ann Doe", "emails": ["ANN@example.com"]})

    async def is_named() -> bool:
        return [p.name for p in await world.people()] == ["Ann Doe"]

    await eventually(is_named)
    (ann,) = await world.people()
    assert ann.job is not None
    assert (ann.job.company, ann.job.is_change) == ("Acme", True)


async def test_concurrent_writers_never_make_two_of_one_person(world: World) -> None:
    """200 requests and facts at once about 10 people, through both doors, leave 10 contacts."""

    async def state(number: int) -> None:
        data = {"name": f"Person {number % 10}", "emails": [f"p{number % 10}@example.com"], "notes": str(number)}
        if number % 2:
            await world.emit("contact.upserted", data)
            return
        event = new_event(name=FactName.CONTACT_UPSERTED, source="crm", id=uuid.uuid4().hex, data=data, time=START)
        request = ApplyFact(owner=world.owner, event=json.loads(dump_event(event)))
        await world.ask("apply", request, ContactReply)

    await asyncio.gather(*(state(number) for number in range(200)))
    await world.until_people(10)


async def test_two_that_become_one_leave_a_tombstone_and_an_alias(world: World) -> None:
    """The id that goes is answered for, and its snapshot says where the person lives on."""
    await world.emit("contact.upserted", {"name": "Ann", "emails": ["ann@example.com"]})
    await world.emit("contact.upserted", {"name": "Ann D", "linkedin_url": "https://www.linkedin.com/in/ann-d"})
    before = {person.id for person in await world.until_people(2)}
    await world.emit(
        "contact.upserted", {"name": "Ann D", "emails": ["ann@example.com"], "linkedin_url": "linkedin.com/in/ann-d"}
    )
    (ann,) = await world.until_people(1)
    (gone,) = before - {ann.id}
    assert gone in ann.aliases

    async def is_tombstone() -> bool:
        return (await snapshot(world, gone)).merged_into == ann.id

    await eventually(is_tombstone)
    assert (await world.ask("get", GetContact(owner=world.owner, id=gone), ContactReply)).contact.id == ann.id


async def test_poison_is_buried_with_the_reason_and_delays_nobody(world: World) -> None:
    """What is no fact goes to the dead letters; its neighbours are applied."""
    js = world.client.jetstream()
    subject = subjects.intake(world.owner, "contact.upserted")
    for payload in (b"\xff\xfe", b"{", b"[" * 100_000, b'{"specversion":"1.0"}'):
        await js.publish(subject, payload)
    await js.publish(subjects.intake("nobody-there", "contact.upserted"), b"{}")
    await world.emit("contact.upserted", {"name": "Zoe", "birthday": "0000-01-01"})
    await world.emit("job.changed", {"contact": {"id": "deadbeef"}, "company": "Acme"})
    await world.emit("contact.upserted", {"name": "Ann", "emails": ["ann@example.com"]})
    await world.until_people(1)

    async def all_buried() -> bool:
        try:
            info = await js.stream_info("HOBNOB_DEAD", subjects_filter=f"hobnob.dead.contacts.hobnob.intake.{world.owner}.>")
        except NotFoundError:
            return False
        return sum((info.state.subjects or {}).values()) == 6

    await eventually(all_buried)
    last = await js.get_last_msg("HOBNOB_DEAD", f"hobnob.dead.contacts.hobnob.intake.{world.owner}.job.changed")
    assert last.headers is not None
    assert "there is no contact" in last.headers["Hobnob-Reason"]


async def test_forgetting_erases_the_facts_and_leaves_a_tombstone(world: World) -> None:
    """After `forget` the person is not found, and nothing of what was said about them is left."""
    await world.emit("contact.upserted", {"name": "Ann Doe", "emails": ["ann@example.com"], "notes": "a secret"})
    (ann,) = await world.until_people(1)
    await world.ask("forget", ForgetContact(owner=world.owner, id=ann.id), Forgotten)
    await world.ask("get", GetContact(owner=world.owner, id=ann.id), Err)
    left = await snapshot(world, ann.id)
    assert left.deleted
    assert left.name == ""


async def test_lists_are_paged_by_name_and_searched(world: World) -> None:
    """Following the cursor gives everybody once, in order; the search looks at name, email and company."""
    for number in range(25):
        await world.emit("contact.upserted", {"name": f"P {number:02}", "emails": [f"p{number}@example.com"], "company": "Acme"})
    await world.until_people(25)
    names: list[str] = []
    cursor = None
    while True:
        page = await world.ask("list", ListContacts(owner=world.owner, limit=10, cursor=cursor), ContactPage)
        names += [person.name for person in page.contacts]
        if (cursor := page.cursor) is None:
            break
    assert names == [f"P {number:02}" for number in range(25)]
    assert [person.name for person in await world.people("P7@EXAMPLE")] == ["P 07"]
    assert len(await world.people("acme")) == 25


async def test_an_owner_sees_nothing_of_another(world: World) -> None:
    """Neither by listing, nor by id, nor by a reference in a fact."""
    await world.emit("contact.upserted", {"name": "Ann Doe", "emails": ["ann@example.com"]})
    (ann,) = await world.until_people(1)
    other = f"{world.owner}-b"
    await world.add_owner(other)
    assert (await world.ask("list", ListContacts(owner=other), ContactPage)).contacts == ()
    await world.ask("get", GetContact(owner=other, id=ann.id), Err)
    event = new_event(
        name=FactName.CONTACT_UPSERTED, source="x", id="1", data={"name": "Evil", "contact": {"id": ann.id}}, time=START
    )
    refused = await world.ask("apply", ApplyFact(owner=other, event=json.loads(dump_event(event))), Err)
    assert refused.code == "not_found"
    assert [person.name for person in await world.people()] == ["Ann Doe"]
