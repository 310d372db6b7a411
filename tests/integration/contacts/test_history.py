"""Whatever is accepted can be seen: what was applied, and how much waits."""

import uuid
from typing import Any

import pytest

from shared import subjects
from shared.emitting import Emitter
from shared.messages.cloudevents import CloudEvent, new_event
from shared.messages.facts import FactName
from shared.messages.rpc import (
    AcceptedFact,
    ApplyFact,
    ContactReply,
    CountParked,
    Err,
    FactPage,
    FactParked,
    ListFacts,
    OwnerReply,
    OwnerSettings,
    ParkedCount,
    SetOwner,
)
from shared.streams import DEAD
from tests.conftest import eventually
from tests.integration.contacts.conftest import World
from tests.integration.contacts.test_odd_facts import ODD_EXTRAS
from tests.unit.contacts.facts import START

ODD_SOURCE = "$urn:crm.example.com"
"""A source may hold what no field of a document may be named by."""


def event(name: FactName, data: dict[str, Any], *, source: str = "crm") -> CloudEvent:
    """Return a new event."""
    return new_event(name=name, source=source, id=uuid.uuid4().hex, data=data, time=START)


async def until_accepted(world: World, count: int, name: FactName | None = None) -> list[AcceptedFact]:
    """Wait until *count* facts were accepted and return them."""
    found: list[AcceptedFact] = []

    async def enough() -> bool:
        request = ListFacts(owner=world.owner, name=name, limit=200)
        found[:] = (await world.ask("facts.list", request, FactPage)).facts
        return len(found) == count

    await eventually(enough)
    return found


async def test_what_concerns_no_contact_is_kept_and_listed(world: World) -> None:
    """Opportunities and the owner's own search, with what was said; nobody else sees them."""
    data = {"title": "Head of Choirs", "deadline": "2026-12-31", "crm_row": 7}
    await world.emit("opportunity.posted", data, id="o1")
    await world.emit("search.started", {"contact": "me", "target": "CTO"}, id="s1")
    await world.emit("contact.upserted", {"name": "Ann", "emails": ["ann@example.com"]})
    assert {fact.name for fact in await until_accepted(world, 3)} == {"opportunity.posted", "search.started", "contact.upserted"}
    (posted,) = await until_accepted(world, 1, FactName.OPPORTUNITY_POSTED)
    assert posted == AcceptedFact(
        name=FactName.OPPORTUNITY_POSTED, source="crm", id="o1", contact=None, occurred_at=START, data=data
    )
    (mine,) = await until_accepted(world, 1, FactName.SEARCH_STARTED)
    assert mine.data == {"contact": "me", "target": "CTO"}
    other = f"{world.owner}x"
    await world.add_owner(other)
    assert (await world.ask("facts.list", ListFacts(owner=other), FactPage)).facts == ()


async def test_facts_are_paged_by_when_they_happened(world: World) -> None:
    """Newest first, each once, also those of one instant, of one name or of all."""
    for number in range(15):
        name = ("opportunity.posted", "opportunity.withdrawn", "search.ended")[number % 3]
        data = {"title": "T", "contact": "me", "occurred_at": f"2026-01-{1 + number // 2:02}T00:00:00.123456Z"}
        await world.emit(name, data, id=str(number))
    await until_accepted(world, 15)
    for wanted, count in ((None, 15), (FactName.SEARCH_ENDED, 5)):
        found: list[AcceptedFact] = []
        cursor = None
        while True:
            request = ListFacts(owner=world.owner, name=wanted, limit=2, cursor=cursor)
            page = await world.ask("facts.list", request, FactPage)
            found += page.facts
            if (cursor := page.cursor) is None:
                break
        assert len({fact.id for fact in found}) == len(found) == count
        assert [fact.occurred_at for fact in found] == sorted((fact.occurred_at for fact in found), reverse=True)


JSON_EXTRAS = {what: extra for what, extra in ODD_EXTRAS.items() if "score" not in extra}
"""NaN is no JSON: the intake refuses such an event."""


@pytest.mark.parametrize("extra", JSON_EXTRAS.values(), ids=JSON_EXTRAS.keys())
async def test_odd_data_is_listed_too(world: World, extra: dict[str, Any]) -> None:
    """What a fact says besides comes back as it was said."""
    await world.emit("opportunity.posted", {"title": "T"} | extra)
    (fact,) = await until_accepted(world, 1)
    assert fact.data == {"title": "T"} | extra


async def test_data_that_grows_too_large_for_a_reply_is_left_out(world: World) -> None:
    """The fact itself is listed, and so are those behind it."""
    payload = b'{"specversion":"1.0","id":"1","source":"crm","type":"hobnob.opportunity.posted.v1","data":{"title":"T","n":[%b]}}'
    subject = subjects.intake(world.owner, FactName.OPPORTUNITY_POSTED)
    await world.client.jetstream().publish(subject, payload % b",".join([b"1e15"] * 90_000))
    await world.emit("opportunity.posted", {"title": "U"}, id="2")
    facts = {fact.id: fact.data for fact in await until_accepted(world, 2)}
    assert facts == {"1": None, "2": {"title": "U"}}


@pytest.mark.parametrize("cursor", ["NQ==", "WyJhIiwiYiJd", "!!"])
async def test_a_cursor_that_is_none_of_ours_is_refused(world: World, cursor: str) -> None:
    """With a sentence, not with an internal error."""
    assert (await world.ask("facts.list", ListFacts(owner=world.owner, cursor=cursor), Err)).code == "invalid"


async def test_what_waits_is_counted_by_source_until_it_is_applied(world: World) -> None:
    """An owner's setting decides, at once, whatever the source is called."""
    settings = OwnerSettings(unknown_contacts={ODD_SOURCE: "park", "hr": "park"})
    profile = (await world.ask("owner.set", SetOwner(owner=world.owner, settings=settings), OwnerReply)).profile
    assert profile.unknown_contacts == {ODD_SOURCE: "park", "hr": "park"}
    plan = {
        "contacts": [{"email": "ann@example.com"}, {"email": "bob@example.com"}],
        "meeting_id": "m1",
        "starts_at": "2026-05-01T10:00:00Z",
    }
    ann = event(FactName.INTERACTION_LOGGED, {"contact": {"email": "ann@example.com"}}, source=ODD_SOURCE)
    request = ApplyFact(owner=world.owner, event=ann.model_dump(mode="json", exclude_none=True))
    assert await world.ask("apply", request, FactParked) == FactParked()
    meeting = event(FactName.MEETING_SCHEDULED, plan, source="hr")
    request = ApplyFact(owner=world.owner, event=meeting.model_dump(mode="json", exclude_none=True))
    assert (await world.ask("apply", request, Err)).code == "invalid"  # with several people it is for the intake
    await Emitter(world.client).emit([meeting], owner=world.owner)

    async def counted() -> dict[str, int]:
        return (await world.ask("parked.count", CountParked(owner=world.owner), ParkedCount)).sources

    async def has_counted(expected: dict[str, int]) -> bool:
        return await counted() == expected

    await eventually(lambda: has_counted({ODD_SOURCE: 1, "hr": 2}))
    assert await world.people() == ()
    brings = event(FactName.CONTACT_UPSERTED, {"name": "Ann", "emails": ["ann@example.com"]}, source="book")
    request = ApplyFact(owner=world.owner, event=brings.model_dump(mode="json", exclude_none=True))
    person = (await world.ask("apply", request, ContactReply)).contact
    assert ([each.meeting_id for each in person.meetings], len(person.interactions)) == (["m1"], 1)
    assert await counted() == {"hr": 1}
    settings = OwnerSettings(unknown_contacts={"hr": "create"})
    profile = (await world.ask("owner.set", SetOwner(owner=world.owner, settings=settings), OwnerReply)).profile
    assert profile.unknown_contacts == {ODD_SOURCE: "park", "hr": "create"}
    await eventually(lambda: has_counted({}))
    assert len(await world.people()) == 2


async def test_an_upload_of_another_name_than_its_own_is_refused(world: World) -> None:
    """Else whoever learns the name of another owner's upload could have it imported for themselves."""
    data = {"import_id": "i1", "object_name": "somebody-else/i1", "filename": "f", "size_bytes": 1}
    await world.emit("import.uploaded", data)
    subject = subjects.dead("contacts", subjects.intake(world.owner, FactName.IMPORT_UPLOADED))

    async def is_buried() -> bool:
        info = await world.client.jetstream().stream_info(DEAD, subjects_filter=subject)
        return bool(info.state.subjects)

    await eventually(is_buried)
    letter = await world.client.jetstream().get_last_msg(DEAD, subject)
    assert "object_name" in (letter.headers or {})["Hobnob-Reason"]
