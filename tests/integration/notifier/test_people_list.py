"""`/people` and its twin in the API: who is shown in which order, and many people changed at once and changed back."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import quote, urlencode
from uuid import uuid4

import pytest

from services.contacts.app import build_app as build_contacts
from services.contacts.settings import ContactsSettings
from services.notifier.store.people_list import PeopleListStore
from services.notifier.use_cases import people_page
from shared.emitting import Emitter
from shared.messages.cloudevents import CloudEvent, new_event
from shared.messages.facts import FactName
from shared.messages.rpc import AddOwner, OwnerReply, OwnerSettings
from shared.messages.snapshots import ContactSnapshot
from shared.requests import ask
from tests.conftest import eventually
from tests.integration.notifier.conftest import World
from tests.integration.notifier.doors import Answer, ask_door
from tests.integration.notifier.test_person_page import serving
from tests.integration.notifier.visits import Page, Visit, sign_in, visiting

NOW = datetime.now(UTC)
EVIL = '"><script>alert(1)</script>'
PEOPLE: Sequence[Mapping[str, Any]] = (
    {"name": "Ada Example", "company": "Engines Ltd", "title": "CTO", "closeness": "well", "tags": ["choir"], "ago": 10},
    {"name": "Åsa Öst", "company": "engines  LTD", "closeness": "connected", "tags": ["Choir", "chess"], "ago": 200},
    {"name": "Bo Example", "emails": ["bo@example.org"], "closeness": "intimate", "ago": 400},
    {"name": "Cleo Young", "location": "Ghent"},
)


def fact(name: FactName, data: Mapping[str, Any], *, at: datetime) -> CloudEvent:
    """Return a fact that another system states."""
    return new_event(name=name, source="crm", id=uuid4().hex, data=dict(data), time=at)


async def state(world: World, *events: CloudEvent) -> None:
    """State facts for the owner."""
    await Emitter(world.client).emit(events, owner=world.owner)


async def people(world: World) -> dict[str, ContactSnapshot]:
    """Return the owner's people as the notifier knows them, by given name."""
    found = world.database["people"].find({"owner": world.owner})
    snapshots = [ContactSnapshot.model_validate_json(each["snapshot"]) async for each in found]
    return {each.name.split()[0]: each for each in snapshots if not each.deleted}


@pytest.fixture
async def visit(world: World) -> AsyncIterator[Visit]:
    """An owner with four people, in a notifier and the service that owns people."""
    url, name = world.settings.nats_url, f"contacts_{uuid4().hex[:12]}"
    await world.js.purge_stream("HOBNOB_INTAKE")  # What other tests left is not for this database.
    contacts = build_contacts(ContactsSettings(nats_url=url, mongo_url=world.settings.mongo_url, mongo_database=name))
    async with serving(contacts), visiting(world) as visit:

        async def is_added() -> bool:
            asked = AddOwner(owner=world.owner, settings=OwnerSettings(name="Sam Example"))
            try:
                await ask(world.client, service="contacts", verb="owner.add", request=asked, reply=OwnerReply, timeout_s=1)
            except Exception:  # noqa: BLE001  # whatever it is, it is not up
                return False
            return True

        await eventually(is_added)
        for person in PEOPLE:
            data = {key: value for key, value in person.items() if key != "ago"} | {"external_id": person["name"]}
            await state(world, fact(FactName.CONTACT_UPSERTED, data, at=NOW - timedelta(minutes=1)))
            if ago := person.get("ago"):
                about = {"contact": {"source": "crm", "id": person["name"]}, "channel": "call"}
                await state(world, fact(FactName.INTERACTION_LOGGED, about, at=NOW - timedelta(days=ago)))

        async def are_known() -> bool:
            found = await people(world)
            return len(found) == len(PEOPLE) and sum(each.last_contact_at is not None for each in found.values()) == 3

        await eventually(are_known)
        yield visit
        await world.database.client.drop_database(name)


async def shown(visit: Visit, query: str = "") -> list[str]:
    """Return the given names on the page."""
    page = Page.read(await visit.page(f"/people{query}"))
    ids = [each["data-item"] for each in page.all("li") if "data-item" in each]
    names = {each.id: name for name, each in (await people(visit.world)).items()}
    return [names[each] for each in ids]


async def change(visit: Visit, *contacts: str, view: str = "", **fields: str) -> Answer:
    """Send the form for several people."""
    form = [("csrf", await visit.csrf("/people")), ("view", view), *fields.items(), *(("contact", each) for each in contacts)]
    headers = {"Cookie": visit.cookie, "Accept": "text/html", "Content-Type": "application/x-www-form-urlencoded"}
    return await ask_door(visit.port, "POST", "/people/bulk", body=urlencode(form).encode(), headers=headers)


async def undo(visit: Visit, batch: str) -> Answer:
    """Send the form that takes a change back."""
    return await visit.page(f"/people/bulk/{batch}/undo", {"csrf": await visit.csrf("/people")})


def batch_of(answer: Answer) -> str:
    """Return the id of a change that was made and is seen."""
    assert answer.status == 303, answer.body.decode()[:2000]
    location = answer.headers["location"]
    assert "later=" not in location
    return location.partition("batch=")[2].partition("&")[0]


async def test_people_are_searched_narrowed_and_sorted(visit: Visit) -> None:
    """Each filter and each order by itself and together; accents and capitals make no difference; nonsense narrows nothing."""
    expected = {
        "": ["Ada", "Åsa", "Bo", "Cleo"],
        "?q=exam": ["Ada", "Bo"],
        "?q=asa": ["Åsa"],
        "?q=example+bo": ["Bo"],
        "?q=xample": [],
        "?q=ghent": ["Cleo"],
        "?q=bo%40example.org": ["Bo"],
        "?q=%F0%9F%8E%89": [],
        "?closeness=well": ["Ada"],
        "?tag=CHOIR": ["Ada", "Åsa"],
        "?company=Engines+Ltd": ["Ada", "Åsa"],
        "?silence=1m": ["Åsa", "Bo"],
        "?silence=12m": ["Bo"],
        "?silence=never": ["Cleo"],
        "?sort=silence": ["Bo", "Åsa", "Ada", "Cleo"],
        "?sort=closeness": ["Bo", "Ada", "Åsa", "Cleo"],
        "?tag=choir&silence=6m&sort=silence": ["Åsa"],
        "?closeness=best&silence=2y&sort=odd&cursor=x&tag=%00": ["Ada", "Åsa", "Bo", "Cleo"],
    }
    assert {query: await shown(visit, query) for query in expected} == expected


@pytest.mark.parametrize("sort", ["name", "silence", "closeness"])
async def test_pages_follow_one_another(visit: Visit, sort: str) -> None:
    """Page by page everybody comes once, in the order of one long page, whatever the order; also of one closeness."""
    whole = [each["id"] for each in (await visit.api("GET", f"/people?sort={sort}")).json["contacts"]]
    assert len(whole) == len(PEOPLE)
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await visit.api("GET", f"/people?sort={sort}&limit=1{cursor and '&cursor=' + quote(cursor)}")).json
        found += [each["id"] for each in page["contacts"]]
        cursor = page["cursor"]
    assert found == whole
    assert (await visit.api("GET", f"/people?sort={sort}&cursor=x")).status == 422
    near = (await visit.api("GET", "/people?closeness=connected&limit=1")).json
    rest = (await visit.api("GET", f"/people?closeness=connected&limit=1&cursor={quote(near['cursor'])}")).json
    assert [each["name"] for each in near["contacts"] + rest["contacts"]] == ["Åsa Öst", "Cleo Young"]
    assert rest["cursor"] is None


async def test_tags_are_added_and_taken_back(visit: Visit) -> None:
    """Who has the tag already is left alone; undo takes it from those who got it, and keeps what was tagged meanwhile."""
    world, known = visit.world, await people(visit.world)
    answer = await change(visit, known["Ada"].id, known["Cleo"].id, do="add_tag", set_tag=" Choir ")
    batch = batch_of(answer)
    page = " ".join(Page.read(await visit.page(answer.headers["location"])).texts)
    assert "1 person changed" in page
    assert [(await people(world))[who].tags for who in ("Ada", "Cleo")] == [("choir",), ("Choir",)]
    about = {"contact": {"id": known["Cleo"].id}, "tags": ["Choir", "runner"]}
    await state(world, fact(FactName.CONTACT_UPSERTED, about, at=datetime.now(UTC)))

    async def is_runner() -> bool:
        return "runner" in (await people(world))["Cleo"].tags

    await eventually(is_runner)
    assert (await undo(visit, batch)).status == 303
    assert [(await people(world))[who].tags for who in ("Ada", "Cleo")] == [("choir",), ("runner",)]
    assert "did=nothing" in (await undo(visit, batch)).headers["location"], "twice is once"


async def test_all_who_match_are_changed_after_a_look(visit: Visit) -> None:
    """How many they are is asked first; another number than was shown changes nobody; then all are changed."""
    sure = await change(visit, view="tag=choir", scope="all", do="remove_tag", set_tag="choir")
    assert "for 2 people?" in unescape(sure.body.decode())
    assert (await shown(visit, "?tag=choir")) == ["Ada", "Åsa"]
    wrong = await change(visit, view="tag=choir", scope="all", sure="yes", expected="3", do="remove_tag", set_tag="choir")
    assert wrong.status == 422
    assert "2 people match now" in wrong.body.decode()
    done = await change(visit, view="tag=choir", scope="all", sure="yes", expected="2", do="remove_tag", set_tag="choir")
    batch = batch_of(done)
    assert await shown(visit, "?tag=choir") == []
    assert (await undo(visit, batch)).status == 303
    assert set((await people(visit.world))["Åsa"].tags) == {"Choir", "chess"}


async def test_closeness_and_mutes_are_set_and_taken_back(visit: Visit) -> None:
    """Both ways, through the API as well, where the same change again changes nobody."""
    known = await people(visit.world)
    ids = [each.id for each in known.values()]
    moved = (await visit.api("POST", "/people/bulk", {"contacts": ids, "closeness": "moderate"})).json
    assert (moved["chosen"], moved["changed"], moved["is_seen"]) == (4, 4, True)
    assert {each.closeness.value for each in (await people(visit.world)).values()} == {"moderate"}
    assert (await visit.api("POST", "/people/bulk", {"contacts": ids, "closeness": "moderate"})).json["changed"] == 0
    back = (await visit.api("POST", f"/people/bulk/{moved['batch']}/undo")).json
    assert back["changed"] == 4
    assert {who: each.closeness for who, each in (await people(visit.world)).items()} == {
        who: each.closeness for who, each in known.items()
    }
    matching = {"closeness": "intimate", "expected": 1}
    muted = (await visit.api("POST", "/people/bulk", {"matching": matching, "mute": ["birthday", "new_job"]})).json
    assert muted["changed"] == 1
    assert [each.value for each in (await people(visit.world))["Bo"].muted] == ["birthday", "new_job"]
    assert "Muted: birthday, new job" in " ".join(Page.read(await visit.page("/people")).texts)
    assert (await visit.api("POST", "/people/bulk", {"contacts": ids, "unmute": ["birthday"]})).json["changed"] == 1
    assert [each.value for each in (await people(visit.world))["Bo"].muted] == ["new_job"]


async def test_what_cannot_be_is_refused(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody chosen, no value, a number that is not so, too many, nothing to undo, no token: each is said, and nobody changes."""
    known = await people(visit.world)
    ada = known["Ada"].id
    assert (await change(visit, do="add_tag", set_tag="x")).status == 422
    assert (await change(visit, ada, do="add_tag", set_tag=" ")).status == 422
    assert (await change(visit, ada, do="best")).status == 422
    assert (await change(visit, ada, do="closeness", set_closeness="best")).status == 422
    assert (await change(visit, ada, do="add_tag", set_tag="x", csrf="no")).status == 403
    assert (await undo(visit, "0" * 32)).status == 404
    for body, status in (
        ({"contacts": [ada]}, 422),
        ({"contacts": [ada], "add_tag": "x", "closeness": "well"}, 422),
        ({"contacts": [ada], "matching": {"expected": 4}, "add_tag": "x"}, 422),
        ({"matching": {"expected": 3}, "add_tag": "x"}, 409),
    ):
        assert (await visit.api("POST", "/people/bulk", body)).status == status, body
    monkeypatch.setattr("services.notifier.use_cases.people_bulk.BULK_MAX", 3)
    assert (await visit.api("POST", "/people/bulk", {"matching": {"expected": 4}, "add_tag": "x"})).status == 409
    assert await people(visit.world) == known
    assert people_page.BULK_MAX >= 1_000


async def test_another_owners_people_cannot_be_changed(visit: Visit) -> None:
    """Neither by their ids nor by undoing what their owner did; none of them is shown."""
    world, known = visit.world, await people(visit.world)
    batch = batch_of(await change(visit, known["Ada"].id, do="add_tag", set_tag="mine"))
    stranger = Visit(World(world.client, world.js, world.database, world.settings, owner=f"x{uuid4().hex[:12]}"), visit.port)
    await sign_in(stranger)
    assert "Nobody yet" in (await stranger.page("/people")).body.decode()
    token = await stranger.csrf("/people")
    form = {"csrf": token, "contact": known["Bo"].id, "do": "add_tag", "set_tag": "theirs"}
    assert "did=nothing" in (await stranger.page("/people/bulk", form)).headers["location"]
    assert (await stranger.page(f"/people/bulk/{batch}/undo", {"csrf": token})).status == 404
    assert b"mine" not in (await stranger.page(f"/people?did=changed&batch={batch}")).body
    after = await people(world)
    assert (after["Ada"].tags, after["Bo"].tags) == (("choir", "mine"), ())


async def test_what_was_imported_is_shown_as_text(visit: Visit) -> None:
    """Markup in names, jobs, tags and searches stays text, in lists, links and sentences."""
    world = visit.world
    data = {"name": f"Eve {EVIL}", "company": EVIL, "title": EVIL, "tags": [EVIL]}
    await state(world, fact(FactName.CONTACT_UPSERTED, data, at=NOW))

    async def is_known() -> bool:
        return "Eve" in await people(world)

    await eventually(is_known)
    sent = await change(visit, (await people(world))["Eve"].id, do="add_tag", set_tag=f"{EVIL}2")
    asked = await change(visit, view=urlencode({"q": "eve", "tag": EVIL}), scope="all", do="add_tag", set_tag=EVIL)
    for answer in (
        await visit.page("/people"),
        await visit.page(f"/people?q={quote(EVIL)}&tag={quote(EVIL)}&company={quote(EVIL)}"),
        await visit.page(sent.headers["location"]),
        asked,
    ):
        assert b"<script>alert" not in answer.body
        assert b"&lt;script&gt;" in answer.body


async def test_people_from_before_this_list_are_found(visit: Visit) -> None:
    """Documents that an earlier version wrote get what they lack when the service makes its indexes, as it does on starting."""
    await visit.world.database["people"].update_many({}, {"$unset": {"listed": ""}})
    assert await shown(visit) == []
    await PeopleListStore(visit.world.database).ensure_indexes()
    assert len(await shown(visit)) == len(PEOPLE)
