"""The calendar feed, as a calendar program sees it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from icalendar import Calendar

from shared.errors import Conflict, NotFound
from shared.messages.access import FeedIssued, IssueFeed
from shared.messages.reminders import Agenda, ItemState, Planned, reminder_id
from shared.messages.values import Occasion
from tests.conftest import eventually
from tests.integration.notifier.conftest import World, days, today
from tests.integration.notifier.doors import Answer, ask_door
from tests.integration.notifier.visits import Visit, visiting

PUBLIC = "https://hobnob.example.org/"


@pytest.fixture
async def visit(world: World) -> AsyncIterator[Visit]:
    """A notifier that knows its public address."""
    async with visiting(world, public_url=PUBLIC) as visit:
        yield visit


def planned(world: World, who: str, in_days: int, **changes: Any) -> Planned:
    """Return a birthday that is coming."""
    on = days(in_days)
    values: dict[str, Any] = {
        "id": reminder_id(contact=world.contact(who), key="birthday", on=on),
        "occasion": Occasion.BIRTHDAY,
        "key": "birthday",
        "on": on,
        "due_at": f"{on}T09:00:00Z",
        "milestone": 36,
    }
    return Planned(**(values | changes))


async def plan(world: World, who: str, *lines: Planned, **person: Any) -> None:
    """Publish a person and their agenda, and wait until both are known."""
    snapshot = world.snapshot(who, **person)
    await world.publish(snapshot, Agenda(owner=world.owner, contact=snapshot.id, rev=snapshot.rev, planned=lines))
    await world.until_known(snapshot)

    async def is_planned() -> object:
        wanted = {"_id": snapshot.id, "rev": snapshot.rev, "planned": {"$size": len(lines)}}
        return await world.database["agenda"].find_one(wanted)

    await eventually(is_planned)


async def a_feed(world: World, *, replace: bool = False) -> str:
    """Return the path of a new feed."""
    issued: FeedIssued = await world.ask("feed.issue", IssueFeed(owner=world.owner, replace=replace), FeedIssued)
    assert issued.url == f"{PUBLIC.rstrip('/')}{issued.path}"
    return issued.path


async def fetch(visit: Visit, path: str, method: str = "GET", /, **headers: str) -> Answer:
    """Ask for a feed without any right but its address."""
    return await ask_door(visit.port, method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})


def events(answer: Answer) -> dict[str, Any]:
    """Return the events of a feed by their summary, read by a calendar library."""
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    return {str(event["summary"]): event for event in Calendar.from_ical(answer.body).walk("VEVENT")}


async def test_the_feed_has_what_is_planned_and_what_came(visit: Visit) -> None:
    """Each is an all-day event with its alarm and address; names arrive as they are, whatever is in them."""
    world = visit.world
    odd = "Éva, “Bo”; \\ Example 🎂"
    await plan(world, "eva", planned(world, "eva", 40), name=odd)
    item = await world.an_item("anna")
    found = events(await fetch(visit, await a_feed(world)))
    assert set(found) == {f"{odd}: 36th birthday", "Anna Example: 30th birthday"}
    coming, came = found[f"{odd}: 36th birthday"], found["Anna Example: 30th birthday"]
    assert (coming["dtstart"].dt, coming["dtend"].dt) == (days(40), days(41))
    assert coming["dtstart"].params["VALUE"] == "DATE"
    (alarm,) = coming.walk("VALARM")
    assert alarm["trigger"].dt == timedelta(hours=9)
    assert coming["url"] == f"https://hobnob.example.org/upcoming?day={days(40)}"
    assert came["dtstart"].dt == today()
    assert came["url"] == f"https://hobnob.example.org/inbox#{item.replace(':', '%3A')}"
    assert coming["last-modified"].dt == coming["dtstamp"].dt


async def test_an_occasion_keeps_its_uid_when_it_comes(visit: Visit) -> None:
    """What was planned and what came of it is one event to a calendar program, before and after."""
    world = visit.world
    await plan(world, "anna", planned(world, "anna", 0))
    path = await a_feed(world)
    before = events(await fetch(visit, path))["Anna Example: 36th birthday"]["uid"]
    await world.an_item("anna", milestone=36)
    found = events(await fetch(visit, path))
    assert [event["uid"] for event in found.values()] == [before]


async def test_nobody_who_is_silenced_or_anothers_is_in_it(visit: Visit) -> None:
    """Neither the muted, nor the dead, nor the withdrawn, nor people of another owner."""
    world = visit.world
    await plan(world, "muted", planned(world, "muted", 3), name="Muted", muted=(Occasion.BIRTHDAY,))
    await plan(world, "gone", planned(world, "gone", 3), name="Gone", deceased=True)
    item = await world.an_item("anna")
    await plan(world, "anna", rev=2, do_not_greet=True)
    await world.until_state(item, ItemState.WITHDRAWN)
    other = World(client=world.client, js=world.js, database=world.database, settings=world.settings)
    await plan(other, "theirs", planned(other, "theirs", 3), name="Theirs")
    assert events(await fetch(visit, await a_feed(world))) == {}


async def test_what_has_not_changed_is_not_sent_again(visit: Visit) -> None:
    """The tag of a feed gets 304 until something in it changes; HEAD has it as well."""
    world = visit.world
    await plan(world, "eva", planned(world, "eva", 40))
    path = await a_feed(world)
    tag = (await fetch(visit, path)).headers["etag"]
    assert (await fetch(visit, path, "HEAD")).headers["etag"] == tag
    again = await fetch(visit, path, If_None_Match=f'"other", W/{tag}')
    assert (again.status, again.body) == (304, b"")
    await plan(world, "eva", planned(world, "eva", 40), rev=2, name="Eva Renamed")
    changed = await fetch(visit, path, If_None_Match=tag)
    assert list(events(changed)) == ["Eva Renamed: 36th birthday"]


async def test_an_address_that_is_replaced_is_dead_at_once(visit: Visit) -> None:
    """It is answered like one that never was, and like a page that does not exist."""
    world = visit.world
    old = await a_feed(world)
    assert (await fetch(visit, old)).status == 200
    new = await a_feed(world, replace=True)
    assert (await fetch(visit, new)).status == 200
    dead = await fetch(visit, old)
    never = await fetch(visit, f"/feed/{'A' * 43}.ics")
    nowhere = await fetch(visit, "/nowhere")
    assert dead.status == 404
    assert (dead.status, dead.body) == (never.status, never.body) == (nowhere.status, nowhere.body)
    assert old.encode() not in dead.body


async def test_the_secret_is_kept_nowhere(visit: Visit) -> None:
    """The database has a hash; a second address is made only when it is asked for, and for owners only."""
    world = visit.world
    path = await a_feed(world)
    document = await world.database["feeds"].find_one({"_id": world.owner})
    assert path.removeprefix("/feed/").removesuffix(".ics") not in str(document)
    with pytest.raises(Conflict):
        await a_feed(world)
    with pytest.raises(NotFound):
        await world.ask("feed.issue", IssueFeed(owner="nobody"), FeedIssued)
