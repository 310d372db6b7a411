"""`/network` and its twin in the API, of people whose snapshots came over the broker."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.notifier.store.network import NetworkStore
from shared.messages.reminders import ItemState, ReminderKind
from shared.messages.snapshots import ContactSnapshot
from shared.messages.values import Closeness, Occasion
from tests.integration.notifier.conftest import World
from tests.integration.notifier.visits import Page, Visit, sign_in, visiting


@pytest.fixture
async def visit(world: World) -> AsyncIterator[Visit]:
    """A notifier with an owner who is signed in."""
    async with visiting(world) as visit:
        yield visit


def last_contact(days_ago: int) -> datetime:
    """Return an instant so many days ago."""
    return datetime.now(UTC) - timedelta(days=days_ago, hours=1)


def somebody(world: World, who: str, **changes: Any) -> ContactSnapshot:
    """Return somebody whom the owner knows well."""
    values: dict[str, Any] = {"name": f"{who.capitalize()} Example", "closeness": Closeness.WELL} | changes
    return world.snapshot(who, **values)


async def meet(world: World, *people: ContactSnapshot) -> None:
    """Have the notifier know *people*."""
    await world.publish(*people)
    await world.until_known(*people)


async def test_it_counts_draws_and_names_the_people(visit: Visit) -> None:
    """Who heard from the owner, who drifts and who is picked, each with the reason; the dead are left in peace."""
    world = visit.world
    await meet(
        world,
        somebody(world, "fresh", last_contact_at=last_contact(3)),
        somebody(world, "late", last_contact_at=last_contact(200)),
        somebody(world, "later", last_contact_at=last_contact(100), cadence_days=20),
        somebody(world, "muted", last_contact_at=last_contact(500), muted=(Occasion.STAY_IN_TOUCH,)),
        somebody(world, "gone", last_contact_at=last_contact(500), deceased=True),
        somebody(world, "new", closeness=Closeness.CONNECTED),
    )
    found = (await visit.api("GET", "/network")).json
    (well,) = (level for level in found["levels"] if level["closeness"] == "well")
    assert (well["people"], well["in_touch"], well["drifting"]) == (4, 1, 2)
    assert {band: count for band, count in well["last_contact"].items() if count} == {
        "week": 1,
        "half_year": 1,
        "year": 1,
        "longer": 1,
    }
    assert [each["contact"]["name"] for each in found["drifting"]] == ["Later Example", "Late Example"]
    assert [(each["days"], each["rhythm_days"]) for each in found["drifting"]] == [(100, 20), (200, 90)]
    assert [each["contact"]["name"] for each in found["picks"]] == ["Later Example", "Late Example", "New Example"]
    assert found["picks"][0]["reasons"][0]["text"] == "you were last in touch 3 months ago and mean to be every 20 days"
    page = Page.read(await visit.page("/network"))
    assert "Of 4 people you know well, 1 heard from you within 90 days." in page.texts
    dots = [each for each in page.all("circle") if each.get("r") == "4.2"]
    assert sorted(each["class"] for each in dots) == ["drifting", "drifting", "in_touch", "loose", "unknown"]
    assert not any("Gone" in text for text in page.texts)
    assert any(each["href"].endswith(world.contact("late")) for each in page.all("a"))


async def test_what_was_greeted_is_counted_and_not_picked_again(visit: Visit) -> None:
    """A greeting that was sent is one of this month; whom the inbox has just spoken of is no pick."""
    world = visit.world
    await meet(world, somebody(world, "eva", last_contact_at=last_contact(300)))
    assert len((await visit.api("GET", "/network")).json["picks"]) == 1
    reminder = world.reminder("eva", kind=ReminderKind.DAY)
    await world.publish(somebody(world, "eva", rev=2, last_contact_at=last_contact(300), emails=()), reminder)
    await world.until_state(reminder.id, ItemState.UNREAD)
    marked = await visit.api("POST", f"/inbox/{reminder.id}/mark-sent")
    assert marked.status == 200, marked.body
    found = (await visit.api("GET", "/network")).json
    assert found["months"][-1]["greetings"] == 1
    assert sum(month["greetings"] for month in found["months"]) == 1
    assert len(found["months"]) == 12
    assert found["picks"] == []


async def test_names_are_text_and_other_owners_are_nobody(visit: Visit) -> None:
    """A name that looks like a page's own elements is shown as it is, to its owner alone; of nobody the page says so."""
    name = "<script>alert(1)</script>\"'><img src=x>"
    await meet(visit.world, somebody(visit.world, "eva", name=name, last_contact_at=last_contact(300)))
    page = Page.read(await visit.page("/network"))
    assert name in page.texts
    assert not page.all("img")
    world = World(visit.world.client, visit.world.js, visit.world.database, visit.world.settings)
    other = Visit(world, visit.port)
    await sign_in(other)
    assert "Nobody here yet" in Page.read(await other.page("/network")).texts
    assert (await other.api("GET", "/network")).json["people"] == 0


async def test_people_who_were_stored_before_are_counted_too(world: World) -> None:
    """At the start the part that the page reads is computed for people who were stored without it."""
    snapshot = somebody(world, "eva", last_contact_at=last_contact(3))
    await world.database["people"].insert_one(
        {"_id": snapshot.id, "owner": world.owner, "rev": 1, "snapshot": snapshot.model_dump_json()}
    )
    store = NetworkStore(world.database)
    await store.ensure_indexes()
    counts = await store.count_cells(owner=world.owner, now=datetime.now(UTC))
    assert [cell for cell, count in counts.items() if count] == [(Closeness.WELL, "week")]
