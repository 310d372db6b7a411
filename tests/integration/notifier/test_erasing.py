"""What the notifier keeps of somebody is erased when contacts asks for it, and of nobody else."""

import pytest

from shared.errors import Conflict, TransientError
from shared.messages.curation import EraseContact, Erased
from shared.messages.reminders import ItemState
from shared.messages.rpc import EditItem, ItemAction, ItemReply
from shared.messages.snapshots import ContactSnapshot
from shared.streams import INBOX
from tests.integration.notifier.conftest import World


def tombstone(world: World, who: str = "anna") -> ContactSnapshot:
    """Return the last snapshot of somebody who was removed."""
    return ContactSnapshot(owner=world.owner, id=world.contact(who), rev=9, deleted=True)


async def erase(world: World, *who: str) -> dict[str, int]:
    """Ask for it as contacts does."""
    request = EraseContact(owner=world.owner, contacts=tuple(world.contact(each) for each in who))
    erased: Erased = await world.ask("erase", request, Erased)
    return erased.erased


async def test_items_and_what_was_said_of_them_are_erased(notified: World) -> None:
    """Under every id, acted upon or not; somebody else's stay. A second time there is nothing left."""
    world = notified
    annas, other, bobs = await world.an_item("anna"), await world.an_item("other"), await world.an_item("bob")
    await world.ask("inbox.edit", EditItem(owner=world.owner, item=annas, subject="Hi", body="Dear Anna"), ItemReply)
    for item in (other, bobs):
        await world.ask("inbox.dismiss", ItemAction(owner=world.owner, item=item), ItemReply)
    marks = [{"_id": world.contact(who), "owner": world.owner, "state": "reopened"} for who in ("anna", "bob")]
    await world.database["sorting"].insert_many(marks)
    await world.publish(tombstone(world), tombstone(world, "other"))
    erased = await erase(world, "anna", "other")
    assert erased["notifier.sorting"] == 1
    assert erased["notifier.inbox"] == 2
    assert erased[INBOX] >= 1
    left = [document["_id"] async for document in world.database["inbox"].find({"owner": world.owner})]
    assert left == [bobs]
    assert await world.said(bobs) == [ItemState.DISMISSED]
    assert await world.said(annas) == await world.said(other) == []
    assert await erase(world, "anna", "other") == {}


async def test_who_is_still_there_is_not_erased(notified: World) -> None:
    """What contacts says on the stream counts, whoever asks; so does whose they are."""
    item = await notified.an_item()
    with pytest.raises(Conflict):
        await erase(notified, "anna")
    other = EraseContact(owner=f"{notified.owner}x", contacts=(notified.contact("anna"),))
    assert (await notified.ask("erase", other, Erased)).erased == {}
    assert (await notified.item(item))["state"] == ItemState.UNREAD.value


async def test_an_item_that_is_being_sent_waits(notified: World) -> None:
    """Nobody knows yet whether the mail left: contacts asks again later."""
    item = await notified.an_item()
    await notified.publish(tombstone(notified))
    await notified.until_state(item, ItemState.WITHDRAWN)
    await notified.database["inbox"].update_one({"_id": item}, {"$set": {"state": ItemState.SENDING.value}})
    with pytest.raises(TransientError):
        await erase(notified, "anna")
    await notified.database["inbox"].update_one({"_id": item}, {"$set": {"state": ItemState.SENT.value}})
    assert (await erase(notified, "anna"))["notifier.inbox"] == 1
