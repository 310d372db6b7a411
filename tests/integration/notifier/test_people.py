"""Snapshots withdraw at once what they no longer bear out, and nothing else."""

from typing import Any

import pytest

from services.notifier.store.people import PeopleStore
from shared.messages.reminders import ItemState
from shared.messages.rpc import EditItem, ItemAction, ItemReply
from shared.messages.values import Occasion, PartialDate
from tests.conftest import eventually
from tests.integration.notifier.conftest import World, today


@pytest.mark.parametrize(
    "change",
    [
        {"muted": (Occasion.BIRTHDAY,)},
        {"deceased": True},
        {"departed": True},
        {"do_not_greet": True},
        {"deleted": True},
        {"birthday": PartialDate.parse("--12-24")},
    ],
)
async def test_an_open_item_is_withdrawn_at_once(notified: World, change: dict[str, Any]) -> None:
    """Whoever is silenced, removed or corrected leaves the inbox, and the change is published."""
    item = await notified.an_item()
    await notified.publish(notified.snapshot(rev=2, **change))
    await notified.until_state(item, ItemState.WITHDRAWN)
    assert await notified.inbox() == []
    (withdrawn,) = await notified.inbox(state="withdrawn")
    assert withdrawn.draft.body == ""
    assert await notified.said(item) == [ItemState.WITHDRAWN]


async def test_an_unrelated_edit_withdraws_nothing(notified: World) -> None:
    """A new note, a new company, another muted occasion leave the birthday where it is, with the new words."""
    item = await notified.an_item()
    edited = notified.snapshot(rev=2, notes="moved", muted=(Occasion.STAY_IN_TOUCH,), given_name="Anneke")
    await notified.publish(edited)
    await notified.until_known(edited)
    (shown,) = await notified.inbox()
    assert shown.id == item
    assert "Anneke" in shown.draft.body


async def test_a_corrected_year_corrects_the_age(notified: World) -> None:
    """The item stays, with the age that is now known."""
    item = await notified.an_item()
    born = notified.snapshot().birthday
    assert born is not None
    assert born.year is not None
    corrected = notified.snapshot(rev=2, birthday=PartialDate(year=born.year - 5, month=born.month, day=born.day))
    await notified.publish(corrected)

    async def is_amended() -> bool:
        return bool((await notified.item(item)).get("milestone") == today().year - (born.year or 0) + 5)

    await eventually(is_amended)
    (shown,) = await notified.inbox()
    assert shown.state is ItemState.UNREAD


async def test_an_older_snapshot_never_replaces_a_newer_one(world: World) -> None:
    """The projection keeps the highest revision, in whatever order they come."""
    people = PeopleStore(world.database)
    await people.save([world.snapshot(rev=5, name="New Name")])
    await people.save([world.snapshot(rev=3, name="Old Name"), world.snapshot("other", rev=1)])
    found = await people.snapshots(contacts=[world.contact(), world.contact("other")], owner=world.owner)
    assert {snapshot.name for snapshot in found.values()} == {"New Name", "Anna Example"}
    assert await people.snapshots(contacts=[world.contact()], owner="intruder") == {}


async def test_what_was_acted_upon_stays(notified: World) -> None:
    """A sent item is history; muting somebody later does not rewrite it."""
    item = await notified.an_item()
    await notified.ask("inbox.send", ItemAction(owner=notified.owner, item=item), ItemReply)
    muted = notified.snapshot(rev=2, muted=(Occasion.BIRTHDAY,))
    await notified.publish(muted)
    await notified.until_known(muted)
    assert (await notified.item(item))["state"] == "sent"


async def test_an_item_moves_with_its_person_when_contacts_are_merged(notified: World) -> None:
    """The greeting of a merged contact is not forgotten: it stays open, about the survivor."""
    item = await notified.an_item("old")
    survivor = notified.snapshot("new", rev=4, name="Anna Survivor", aliases=(notified.contact("old"),))
    await notified.publish(survivor, notified.snapshot("old", rev=2, deleted=True, merged_into=survivor.id))

    async def has_moved() -> bool:
        return bool((await notified.item(item))["contact"] == survivor.id)

    await eventually(has_moved)
    await notified.until_known(survivor)
    (shown,) = await notified.inbox()
    assert (shown.id, shown.contact.name) == (item, "Anna Survivor")


async def test_two_items_of_one_person_become_one(notified: World) -> None:
    """When both contacts had their item before the merge, the survivor's stays and the other is withdrawn."""
    old, new = await notified.an_item("old"), await notified.an_item("new")
    survivor = notified.snapshot("new", rev=4, aliases=(notified.contact("old"),))
    await notified.publish(survivor, notified.snapshot("old", rev=2, deleted=True, merged_into=survivor.id))
    await notified.until_state(old, ItemState.WITHDRAWN)
    assert [shown.id for shown in await notified.inbox()] == [new]


async def test_a_greeting_already_sent_withdraws_the_survivors_item(notified: World) -> None:
    """Somebody greeted under the former id is not greeted once more under the new one."""
    old, new = await notified.an_item("old"), await notified.an_item("new")
    await notified.ask("inbox.send", ItemAction(owner=notified.owner, item=old), ItemReply)
    await notified.publish(notified.snapshot("new", rev=4, aliases=(notified.contact("old"),)))
    await notified.until_state(new, ItemState.WITHDRAWN)


async def test_forgetting_somebody_erases_the_words_about_them(notified: World) -> None:
    """A removed person leaves no text behind; that there was a greeting stays known."""
    item = await notified.an_item()
    edit = EditItem(owner=notified.owner, item=item, body="Dear Anna, about your secret")
    await notified.ask("inbox.edit", edit, ItemReply)
    await notified.ask("inbox.send", ItemAction(owner=notified.owner, item=item), ItemReply)
    await notified.publish(notified.snapshot(rev=2, name="", birthday=None, emails=(), deleted=True))

    async def is_erased() -> bool:
        return "draft" not in await notified.item(item)

    await eventually(is_erased)
    assert (await notified.item(item))["state"] == "sent"
    person = await notified.database["people"].find_one({"_id": notified.contact()})
    assert "Anna" not in str(person)
