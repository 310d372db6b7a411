"""`/upcoming` as a browser gets it."""

from collections.abc import AsyncIterator

import pytest

from shared.messages.values import Occasion
from tests.integration.notifier.conftest import World, days, today
from tests.integration.notifier.doors import ask_door
from tests.integration.notifier.test_feed import events, fetch, plan, planned
from tests.integration.notifier.visits import Page, Visit, sign_in, visiting


@pytest.fixture
async def visit(world: World) -> AsyncIterator[Visit]:
    """A notifier with an owner who is signed in."""
    async with visiting(world) as visit:
        yield visit


async def test_the_list_and_the_month_have_what_is_planned(visit: Visit) -> None:
    """The list begins today and says whose occasion it is; the month counts; the chosen day is listed by itself."""
    near, far = days(1), days(60)
    await plan(visit.world, "eva", planned(visit.world, "eva", 1), name="Eva Example")
    await plan(visit.world, "kim", planned(visit.world, "kim", 60), name="Kim Example")
    page = Page.read(await visit.page("/upcoming"))
    assert "Eva Example" in page.texts
    assert "Birthday, turns 36" in page.texts
    assert "Tomorrow" in page.texts
    assert "Kim Example" not in page.texts
    assert "Kim Example" in Page.read(await visit.page("/upcoming?span=90")).texts
    month = Page.read(await visit.page(f"/upcoming?month={near:%Y-%m}"))
    assert [text for text in month.texts if text.endswith(", 1 person")]
    assert any(f"day={near}" in each["href"] for each in month.all("a"))
    chosen = Page.read(await visit.page(f"/upcoming?day={far}"))
    assert "Kim Example" in chosen.texts
    assert any(each.get("id") == "day" for each in chosen.all("section"))


async def test_months_turn_both_ways_and_end(visit: Visit) -> None:
    """From any month one comes to the next and back; the first month that Hobnob knows has none before it."""
    page = Page.read(await visit.page("/upcoming?month=2027-01"))
    turns = {each["rel"]: each["href"] for each in page.all("a") if "rel" in each}
    assert turns == {"prev": "/upcoming?month=2026-12#month", "next": "/upcoming?month=2027-02#month"}
    first = Page.read(await visit.page("/upcoming?month=1800-01"))
    assert {each.get("rel") for each in first.all("a")} == {None, "next"}
    for wrong in ("month=2026-13", "month=x", "day=2026-02-30", "span=31", "cursor=x"):
        assert (await visit.page(f"/upcoming?{wrong}")).status == 422


async def test_weeks_begin_where_the_owner_lives(visit: Visit) -> None:
    """On Sunday in the United States, on Monday in Germany, and the days are named in the owner's language."""
    named = [each["abbr"] for each in Page.read(await visit.page("/upcoming")).all("th")]
    assert named[0] in ("Sunday", "Monday")
    world = World(visit.world.client, visit.world.js, visit.world.database, visit.world.settings)
    german = Visit(world, visit.port)
    await sign_in(german, language="de-DE")
    assert Page.read(await german.page("/upcoming")).all("th")[0]["abbr"] == "Montag"


async def test_a_long_list_goes_on_over_pages(visit: Visit) -> None:
    """No occasion is lost or shown twice."""
    world = visit.world
    lines = [planned(world, "eva", 1 + number, key=f"custom-{number:08x}", occasion=Occasion.CUSTOM) for number in range(29)]
    for number in range(5):
        who = f"p{number}"
        own = [line.model_copy(update={"id": line.id.replace(world.contact("eva"), world.contact(who))}) for line in lines]
        await plan(world, who, *own, name=f"Person {number}")
    first = await visit.page("/upcoming")
    following = [each["href"] for each in Page.read(first).all("a") if "cursor=" in each["href"]]
    rest = Page.read(await visit.page(following[0]))
    listed = [text for page in (Page.read(first), rest) for text in page.texts if text.startswith("Person ")]
    in_calendar = [each for page in (Page.read(first), rest) for each in names_in_calendar(page)]
    assert len(listed) - len(in_calendar) == 5 * 29


def names_in_calendar(page: Page) -> list[str]:
    """Return the classes of the names in the fields of the calendar."""
    return [each["class"] for each in page.all("span") if each.get("class") == "who"]


async def test_names_are_text(visit: Visit) -> None:
    """A name that looks like a page's own elements is shown as it is."""
    name = "<script>alert(1)</script>\"'><img src=x>"
    await plan(visit.world, "eva", planned(visit.world, "eva", 0), name=name)
    page = Page.read(await visit.page(f"/upcoming?day={today()}"))
    assert name in page.texts
    assert not page.all("img")
    assert all(each.get("src", "").startswith("/static/") for each in page.all("script"))


async def test_the_address_of_the_feed_is_made_with_a_form(visit: Visit) -> None:
    """It is shown once and works; another one ends it; without the page's token nothing is made."""
    assert (await visit.page("/upcoming/feed", {})).status == 403
    form = {"csrf": await visit.csrf()}
    made = [
        each["value"] for each in Page.read(await visit.page("/upcoming/feed", form)).all("input") if each.get("id") == "feed-url"
    ]
    path = made[0].removeprefix(f"http://127.0.0.1:{visit.port}")
    assert events(await fetch(visit, path)) == {}
    assert made[0] not in (await visit.page("/upcoming")).body.decode()
    answer = await visit.page("/upcoming/feed", form, Accept="application/json")
    assert (await fetch(visit, answer.json["path"])).status == 200
    assert (await fetch(visit, path)).status == 404


async def test_it_is_for_its_owner_alone(visit: Visit) -> None:
    """Whoever is not signed in is led to where they can; another owner sees nothing of it."""
    await plan(visit.world, "eva", planned(visit.world, "eva", 1), name="Eva Example")
    nobody = await ask_door(visit.port, "GET", "/upcoming?day=2026-01-02", headers={"Accept": "text/html"})
    assert (nobody.status, nobody.headers["location"]) == (303, "/sign-in?next=/upcoming%3Fday%3D2026-01-02")
    world = World(visit.world.client, visit.world.js, visit.world.database, visit.world.settings)
    other = Visit(world, visit.port)
    await sign_in(other)
    assert b"Eva Example" not in (await other.page(f"/upcoming?day={days(1)}")).body
