"""Fired timers become inbox items: once, promptly, and only while they are right."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.notifier.store.inbox import InboxStore
from services.notifier.store.people import PeopleStore
from shared import subjects
from shared.jetstream import Outgoing, publish_one
from shared.messages.reminders import ItemState, ReminderKind
from shared.messages.rpc import ItemAction, ItemReply, SnoozeItem
from shared.messages.snapshots import OwnerProfile
from shared.messages.values import Occasion
from shared.streams import DEAD, TIMERS
from tests.conftest import eventually
from tests.integration.notifier.conftest import World, days, running, today


async def test_a_firing_becomes_an_item_with_a_draft(notified: World) -> None:
    """A birthday that fires is in the inbox, with the owner's signature and the age."""
    await notified.publish(OwnerProfile(owner=notified.owner, rev=1, name="Sam Sample"), notified.snapshot(), notified.reminder())
    await notified.until_state(notified.reminder().id, ItemState.UNREAD)
    (item,) = await notified.inbox()
    assert item.id == f"{notified.contact()}:birthday:{today()}"
    assert (item.contact.id, item.contact.name) == (notified.contact(), "Anna Example")
    assert (item.state, item.belated, item.milestone) == (ItemState.UNREAD, False, 30)
    assert "30th" in item.draft.body
    assert item.draft.body.endswith("Sam Sample")


async def test_a_firing_that_outran_its_snapshot_is_checked_on_the_stream(world: World) -> None:
    """With an empty projection the snapshots come from the stream, and the projection learns them."""
    await world.publish(world.snapshot(), world.reminder())
    async with running(world.settings, world.client):
        await world.until_state(world.reminder().id, ItemState.UNREAD)
        (item,) = await world.inbox()
        assert item.contact.name == "Anna Example"


async def test_a_firing_newer_than_the_projection_is_checked_on_the_stream(
    notified: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A timer armed from a snapshot that has yet to arrive here is right, though the older one here says otherwise."""

    async def deaf(*_: object, **__: object) -> None:
        return None

    monkeypatch.setattr("services.notifier.consumer.take_people", deaf)
    await PeopleStore(notified.database).save([notified.snapshot(rev=1, birthday=None)])
    await notified.publish(notified.snapshot(rev=2), notified.reminder(rev=2))
    await notified.until_state(notified.reminder().id, ItemState.UNREAD)


async def test_the_same_firing_many_times_is_one_item(notified: World) -> None:
    """Two thousand firings of a thousand reminders, in one burst, make a thousand items."""
    names = [f"c{number}" for number in range(1000)]
    await asyncio.gather(*(notified.publish(notified.snapshot(name)) for name in names))
    await notified.publish_burst([notified.reminder(name) for name in names] * 2)

    async def all_there() -> bool:
        counted = await notified.counters()
        return counted.get("inbox.created", 0) >= 1000 and counted.get("inbox.repeated", 0) >= 1000

    await eventually(all_there)
    assert await notified.database["inbox"].count_documents({"owner": notified.owner}) == 1000


STALE: list[tuple[str, dict[str, Any]]] = [
    ("muted", {"muted": (Occasion.BIRTHDAY,)}),
    ("deceased", {"deceased": True}),
    ("departed", {"departed": True}),
    ("opted_out", {"do_not_greet": True}),
    ("removed", {"deleted": True}),
    ("superseded", {"birthday": None}),
    ("superseded", {"deleted": True, "merged_into": "someone"}),
]


@pytest.mark.parametrize(("reason", "change"), STALE)
@pytest.mark.parametrize("is_known", [True, False])
async def test_a_stale_firing_is_skipped_with_a_counted_reason(
    notified: World, reason: str, change: dict[str, Any], is_known: bool
) -> None:
    """A timer armed from an older snapshot makes no item, whether or not the newer one has arrived here."""
    snapshot = notified.snapshot(rev=2, **change)
    await notified.publish(snapshot)
    if is_known:
        await notified.until_known(snapshot)
    await notified.publish(notified.reminder(rev=1))
    await notified.until_counted(f"skipped.{reason}")
    assert await notified.inbox(state="all") == []


async def test_a_firing_of_the_muted_is_skipped_even_with_their_own_revision(notified: World) -> None:
    """The short cut by revision does not apply to people with restrictions."""
    await notified.publish(muted := notified.snapshot(muted=(Occasion.BIRTHDAY,)))
    await notified.until_known(muted)
    await notified.publish(notified.reminder(rev=1))
    await notified.until_counted("skipped.muted")
    assert await notified.inbox(state="all") == []


async def test_a_firing_of_nobody_is_skipped(notified: World) -> None:
    """A reminder about somebody of whom no snapshot exists makes no item."""
    await notified.publish(notified.reminder("ghost"))
    await notified.until_counted("skipped.removed")
    assert await notified.inbox(state="all") == []


async def test_another_owners_contact_lends_nothing(notified: World) -> None:
    """A firing whose contact belongs to somebody else is a firing of nobody."""
    await notified.publish(snapshot := notified.snapshot())
    await notified.until_known(snapshot)
    await notified.publish(notified.reminder(owner="intruder"))
    await notified.until_counted("skipped.removed")
    assert await notified.database["inbox"].count_documents({}) == 0


async def test_an_older_revision_with_the_same_basis_is_right(notified: World) -> None:
    """An unrelated edit between arming and firing costs nobody a greeting."""
    await notified.publish(snapshot := notified.snapshot(rev=7, notes="moved house"))
    await notified.until_known(snapshot)
    await notified.publish(notified.reminder(rev=1))
    await notified.until_state(notified.reminder().id, ItemState.UNREAD)


async def test_a_person_greeted_under_a_former_id_is_not_greeted_again(notified: World) -> None:
    """At most one item per person, occasion and date, over merged contacts too."""
    await notified.an_item("old")
    survivor = notified.snapshot("new", aliases=(notified.contact("old"),))
    await notified.publish(survivor)
    await notified.until_known(survivor)
    await notified.publish(notified.reminder("new"))
    await notified.until_counted("skipped.already_greeted")
    assert len(await notified.inbox(state="all")) == 1


@pytest.mark.parametrize(("ago", "zone", "is_belated"), [(0, "UTC", False), (3, "UTC", True)])
async def test_a_firing_after_its_day_is_marked_belated(notified: World, ago: int, zone: str, is_belated: bool) -> None:
    """What fell due while things were down arrives belated, and its draft says so."""
    await notified.publish(OwnerProfile(owner=notified.owner, rev=1, name="Sam", timezone=zone))
    await notified.an_item(on=days(-ago))
    (item,) = await notified.inbox()
    assert item.belated is is_belated
    assert ("belated" in f"{item.draft.subject} {item.draft.body}".lower()) is is_belated


async def test_an_item_shown_ahead_comes_to_the_top_on_its_day(notified: World) -> None:
    """The firing of the day itself raises the item of the firing ahead instead of adding one."""
    ahead = await notified.an_item("ahead", kind=ReminderKind.AHEAD)
    other = await notified.an_item("other")
    assert [item.id for item in await notified.inbox()] == [other, ahead]
    await notified.publish(notified.reminder("ahead"))
    await notified.until_counted("inbox.fired_again")
    assert [item.id for item in await notified.inbox()] == [ahead, other]


async def test_a_firing_never_resurrects_what_was_sent(notified: World) -> None:
    """A reminder that fires again after the greeting was sent changes nothing."""
    item = await notified.an_item(kind=ReminderKind.AHEAD)
    await notified.ask("inbox.send", ItemAction(owner=notified.owner, item=item), ItemReply)
    await notified.publish(notified.reminder())
    await notified.until_counted("inbox.repeated")
    assert await notified.inbox() == []
    assert (await notified.item(item))["state"] == "sent"


async def test_somebody_unmuted_in_time_is_greeted_after_all(notified: World) -> None:
    """A withdrawn item opens again when its reminder fires anew and is right."""
    item = await notified.an_item(kind=ReminderKind.AHEAD)
    await notified.publish(notified.snapshot(rev=2, muted=(Occasion.BIRTHDAY,)))
    await notified.until_state(item, ItemState.WITHDRAWN)
    await notified.publish(notified.snapshot(rev=3), notified.reminder(rev=3))
    await notified.until_state(item, ItemState.UNREAD)


async def test_a_mute_between_the_look_and_the_insert_is_noticed(notified: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A snapshot that lands while a batch is being inserted withdraws what the batch inserted."""
    await notified.publish(snapshot := notified.snapshot())
    await notified.until_known(snapshot)
    insert, muted = InboxStore.insert, notified.snapshot(rev=2, muted=(Occasion.BIRTHDAY,))

    async def insert_late(self: InboxStore, documents: Any) -> set[str]:
        # The people's consumer of another replica: it writes, looks for items, finds none yet.
        await PeopleStore(notified.database).save([muted])
        return await insert(self, documents)

    monkeypatch.setattr(InboxStore, "insert", insert_late)
    await notified.publish(notified.reminder())
    await notified.until_state(notified.reminder().id, ItemState.WITHDRAWN)


async def test_what_a_killed_delivery_inserted_is_withdrawn_by_the_next(notified: World) -> None:
    """An item that was inserted for somebody muted meanwhile goes when the same firing is delivered again."""
    item = await notified.an_item()
    await PeopleStore(notified.database).save([notified.snapshot(rev=2, muted=(Occasion.BIRTHDAY,))])
    assert (await notified.item(item))["state"] == "unread"
    await notified.publish(notified.reminder())
    await notified.until_state(item, ItemState.WITHDRAWN)


async def test_poison_is_buried_and_blocks_nobody(notified: World) -> None:
    """Messages that cannot be read, or that lie about whose they are, go to the dead letters; the others go on."""
    forged = notified.reminder(owner="someoneelse").model_dump_json().encode()
    subject = subjects.due(notified.owner, notified.contact(), "birthday")
    for payload in (b"\xff\x00 not json", b'{"id": 7}', forged):
        await publish_one(notified.js, Outgoing(subject, payload), stream=TIMERS)
    await notified.an_item()

    async def buried() -> bool:
        info = await notified.js.stream_info(DEAD, subjects_filter=subjects.dead("notifier", subject))
        return sum((info.state.subjects or {}).values()) == 3

    await eventually(buried)
    assert len(await notified.inbox()) == 1


async def test_the_end_of_a_snooze_brings_the_item_back(notified: World) -> None:
    """A snoozed item leaves the list and is unread again, on top, when its timer fires; a stale timer does nothing."""
    item, other = await notified.an_item("anna"), await notified.an_item("other")
    until = datetime.now(UTC) + timedelta(hours=1)
    await notified.ask("inbox.snooze", SnoozeItem(owner=notified.owner, item=item, until=until), ItemReply)
    assert [shown.id for shown in await notified.inbox()] == [other]
    early = notified.reminder("anna", kind=ReminderKind.SNOOZE, due_at=until - timedelta(minutes=30))
    await notified.publish(early)
    await notified.until_counted("skipped.not_snoozed")
    assert [shown.id for shown in await notified.inbox()] == [other]
    await notified.publish(notified.reminder("anna", kind=ReminderKind.SNOOZE, due_at=until))
    await notified.until_state(item, ItemState.UNREAD)
    assert [shown.id for shown in await notified.inbox()] == [item, other]
    assert await notified.said(item) == [ItemState.SNOOZED, ItemState.UNREAD]


async def test_a_snooze_timer_never_resurrects_what_was_dismissed(notified: World) -> None:
    """A timer that could not be cancelled in time is passed over."""
    item = await notified.an_item()
    await notified.ask("inbox.dismiss", ItemAction(owner=notified.owner, item=item), ItemReply)
    await notified.publish(notified.reminder(kind=ReminderKind.SNOOZE))
    await notified.until_counted("skipped.not_snoozed")
    assert (await notified.item(item))["state"] == "dismissed"
