"""`/import/sort`: who is asked about, what is stated, and what is taken back."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from services.notifier.store.sorting import SortingStore
from shared import subjects
from shared.messages.snapshots import ContactSnapshot, Interaction, OwnerProfile
from shared.messages.values import Closeness, PartialDate
from shared.streams import INTAKE
from tests.conftest import eventually
from tests.integration.notifier.conftest import World
from tests.integration.notifier.visits import Page, Visit, visiting

SCRIPT = '<script>alert("x")</script>'


@pytest.fixture
async def visit(world: World) -> AsyncIterator[Visit]:
    """An owner with a notifier."""
    async with visiting(world) as visit:
        yield visit


async def know(visit: Visit, *people: ContactSnapshot) -> None:
    """Publish snapshots and wait until the notifier has them."""
    await visit.world.publish(*people)
    await visit.world.until_known(*people)


def unknown(world: World, who: str, **changes: Any) -> ContactSnapshot:
    """Return somebody of whom nothing is known but the name."""
    return world.snapshot(who, **{"name": f"{who.capitalize()} Example", "birthday": None, "closeness": "connected", **changes})


async def asked(visit: Visit) -> list[str]:
    """Return the names on the cards, the front one first."""
    page = Page.read(await visit.page("/import/sort"))
    return [each["data-name"].split()[0] for each in page.all("article")]


async def stated(world: World) -> list[tuple[str, str]]:
    """Return what the owner has stated, in order: whom of, and how close."""
    info = await world.js.stream_info(INTAKE, subjects_filter=subjects.intake(world.owner, "contact.upserted"))
    found = []
    for sequence in range(info.state.first_seq, info.state.last_seq + 1):
        message = await world.js.get_msg(INTAKE, sequence)
        if message.subject == subjects.intake(world.owner, "contact.upserted"):
            event = json.loads(message.data or b"")
            assert event["source"] == "hobnob/web"
            found.append((event["data"]["contact"]["id"], event["data"]["closeness"]))
    return found


async def say(visit: Visit, who: str, to: str) -> int:
    """Send the form of somebody's card and return the status."""
    form = {"csrf": await visit.csrf(), "to": to}
    return (await visit.page(f"/import/sort/{visit.world.contact(who)}", form)).status


async def test_those_who_are_probably_close_come_first_and_the_sorted_never(visit: Visit) -> None:
    """Signs of closeness decide the order; whoever has a stated closeness, or is not to be greeted, is not asked about."""
    world = visit.world
    talk = Interaction(at=datetime.now(UTC))
    await know(
        visit,
        unknown(world, "cold"),
        unknown(world, "warm", birthday=PartialDate(month=3, day=1)),
        unknown(world, "hot", interactions=(talk,) * 5, last_contact_at=talk.at),
        unknown(world, "stated", closeness_stated=True),
        unknown(world, "near", closeness=Closeness.INTIMATE),
        unknown(world, "gone", deceased=True),
    )
    assert await asked(visit) == ["Hot", "Warm", "Cold"]


async def test_shared_employer_is_found_among_many(world: World) -> None:
    """Somebody of whom nothing else is known comes first by the owner's own employer, out of more than are compared at once."""
    async with visiting(world) as visit:
        many = [unknown(world, f"p{n}", phones=("1",)) for n in range(200)]
        await know(visit, *many)
        place = unknown(world, "colleague", schools=("Miskatonic",), notes="x")
        await know(visit, place)
        await world.publish(OwnerProfile(owner=world.owner, rev=2, name="Sam Example", schools=("miskatonic",)))

        async def is_first() -> bool:
            return (await asked(visit))[0] == "Colleague"

        await eventually(is_first)
        assert b"You both went to miskatonic" in (await visit.page("/import/sort")).body


async def test_placing_skipping_and_taking_back(visit: Visit) -> None:
    """What is said is stated once and takes effect on the next page; undo states what was before and asks again."""
    world = visit.world
    await know(visit, *(unknown(world, who, phones=("1",)) for who in ("ada", "bela", "cleo")))
    assert await asked(visit) == ["Ada", "Bela", "Cleo"]
    assert await say(visit, "ada", "well") == 303
    assert await say(visit, "bela", "skip") == 303
    assert await asked(visit) == ["Cleo"]
    page = (await visit.page("/import/sort")).body.decode()
    assert "Bela Example" in page, "the last one can be taken back"
    assert await say(visit, "bela", "undo") == 303
    assert await say(visit, "ada", "undo") == 303
    assert await say(visit, "ada", "undo") == 303, "twice is once"
    assert await asked(visit) == ["Ada", "Bela", "Cleo"]
    ada = world.contact("ada")
    assert await stated(world) == [(ada, "well"), (ada, "connected")]
    await know(visit, unknown(world, "ada", rev=5, closeness_stated=True, phones=("1",)))
    assert (await asked(visit))[0] == "Ada", "still asked about, although a closeness is stated now"
    await say(visit, "ada", "intimate")
    await say(visit, "bela", "connected")
    assert await asked(visit) == ["Cleo"]
    assert await stated(world) == [(ada, "well"), (ada, "connected"), (ada, "intimate"), (world.contact("bela"), "connected")]
    assert "2</span> of <span" in (await visit.page("/import/sort")).body.decode()


async def test_who_was_taken_back_and_placed_or_removed_elsewhere_is_not_to_be_sorted(visit: Visit) -> None:
    """The import page counts those whom the page for sorting asks about; a year later too."""
    world = visit.world
    await know(visit, unknown(world, "ada"), unknown(world, "bela"))
    for who in ("ada", "bela"):
        await say(visit, who, "well")
        await say(visit, who, "undo")
    assert "2 people wait to be sorted" in Page.read(await visit.page("/import")).texts
    await know(visit, world.snapshot("bela", rev=5, deleted=True, name="Bela"))
    await know(visit, unknown(world, "ada", rev=5, closeness="intimate", closeness_stated=True))
    await world.database["sorting"].update_many({"owner": world.owner}, {"$set": {"at": datetime(2026, 1, 1, tzinfo=UTC)}})
    assert await asked(visit) == []
    assert b"to be sorted" not in (await visit.page("/import")).body


async def test_the_skipped_come_again_when_asked_for(visit: Visit) -> None:
    """When only they are left the page says so, and a button brings them back."""
    world = visit.world
    await know(visit, unknown(world, "ada"))
    await say(visit, "ada", "skip")
    page = (await visit.page("/import/sort")).body.decode()
    assert "All others are sorted" in page
    assert (await visit.page("/import/sort", {"csrf": await visit.csrf()})).status == 303
    assert await asked(visit) == ["Ada"]
    for to in ("well", "undo", "skip"):
        await say(visit, "ada", to)
    await know(visit, unknown(world, "ada", rev=5, closeness_stated=True))
    assert await asked(visit) == []
    assert (await visit.page("/import/sort", {"csrf": await visit.csrf()})).status == 303
    assert await asked(visit) == ["Ada"], "what was taken back before it was skipped is still to be said"
    await say(visit, "ada", "skip")
    await say(visit, "ada", "undo")
    assert await asked(visit) == ["Ada"]


async def test_scripts_get_no_page_and_nothing_without_the_token(visit: Visit) -> None:
    """A script is answered 204; without the session's token nothing is stated; another word is refused with what there is."""
    world = visit.world
    await know(visit, unknown(world, "ada"))
    path = f"/import/sort/{world.contact('ada')}"
    assert (await visit.page(path, {"to": "well", "csrf": "x"})).status == 403
    assert await asked(visit) == ["Ada"]
    token = await visit.csrf()
    refused = await visit.page(path, {"to": "best", "csrf": token})
    assert refused.status == 422
    assert b"intimate, well, moderate, connected" in refused.body
    assert (await visit.page(path, {"to": "well", "csrf": token}, Accept="application/json")).status == 204
    assert await asked(visit) == []
    assert (await visit.page("/import/sort/nobody", {"to": "well", "csrf": token})).status == 404


async def test_what_was_imported_is_shown_as_text(visit: Visit) -> None:
    """Names, jobs, places, notes and tags with markup in them stay text."""
    world = visit.world
    fields = {"name": SCRIPT, "location": SCRIPT, "notes": SCRIPT, "tags": (SCRIPT,), "emails": (f"{SCRIPT}@example.com",)}
    await know(visit, unknown(world, "eve", **fields))
    answer = await visit.page("/import/sort")
    assert SCRIPT.encode() not in answer.body
    assert answer.body.count(b"&lt;script&gt;") >= 5


async def test_people_from_before_this_page_are_found(visit: Visit) -> None:
    """Documents that an earlier version wrote get what they lack when the service makes its indexes, as it does on starting."""
    world = visit.world
    await know(visit, unknown(world, "ada"))
    await world.database["people"].update_many({}, {"$unset": {"sorting": ""}})
    assert await asked(visit) == []
    await SortingStore(world.database).ensure_indexes()
    assert await asked(visit) == ["Ada"]
