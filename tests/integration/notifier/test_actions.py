"""What the owner does with items, over request and reply."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from services.notifier.domain import transitions
from services.notifier.store.inbox import InboxStore
from shared import subjects
from shared.errors import Conflict, NotFound, PermanentError
from shared.messages.cloudevents import read_event, to_fact
from shared.messages.facts import InteractionLogged
from shared.messages.reminders import ItemState
from shared.messages.rpc import Draft, EditItem, ItemAction, ItemReply, SnoozeItem
from shared.messages.values import Direction, Message, Occasion
from shared.streams import INTAKE
from tests.conftest import eventually
from tests.integration.notifier.conftest import World, running


async def facts_of(world: World) -> list[InteractionLogged]:
    """Return what the notifier told contacts about this owner's people."""
    subject = subjects.intake(world.owner, "interaction.logged")
    info = await world.js.stream_info(INTAKE, subjects_filter=subject)
    facts = []
    if sum((info.state.subjects or {}).values()):
        subscription = await world.js.pull_subscribe(subject, stream=INTAKE)
        for message in await subscription.fetch(sum((info.state.subjects or {}).values()), timeout=5):
            event = read_event(message.data)
            assert event.source == "hobnob/notifier"
            fact = to_fact(event, owner=world.owner, stored_at=datetime.now(UTC))
            assert isinstance(fact.data, InteractionLogged)
            facts.append(fact.data)
        await subscription.unsubscribe()
    return facts


async def test_sending_marks_the_item_and_reports_the_greeting_once(notified: World) -> None:
    """Sent twice is sent once: one state, one change published, one fact that resets the cadence, the words kept."""
    item = await notified.an_item()
    for _ in range(2):
        reply = await notified.ask("inbox.send", ItemAction(owner=notified.owner, item=item), ItemReply)
        assert reply.item.state is ItemState.SENT
    assert await notified.said(item) == [ItemState.SENT]
    (fact,) = await facts_of(notified)
    assert (fact.contact.id, fact.direction, fact.channel) == (notified.contact(), Direction.GAVE, "greeting")
    assert (await notified.item(item))["draft"] == reply.item.draft.model_dump()
    assert "pending" not in await notified.item(item)


async def test_sending_looks_at_the_person_once_more(notified: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody muted a moment ago gets no greeting, even where the projection has not heard of it."""
    item = await notified.an_item()

    async def deaf(*_: object, **__: object) -> None:
        return None

    monkeypatch.setattr("services.notifier.consumer.take_people", deaf)
    await notified.publish(notified.snapshot(rev=2, deceased=True))
    with pytest.raises(Conflict, match="the item was withdrawn: they have died"):
        await notified.ask("inbox.send", ItemAction(owner=notified.owner, item=item), ItemReply)
    assert (await notified.item(item))["state"] == "withdrawn"
    assert await facts_of(notified) == []
    with pytest.raises(Conflict, match="cannot be sent: it was withdrawn"):
        await notified.ask("inbox.send", ItemAction(owner=notified.owner, item=item), ItemReply)


async def test_the_owners_words_are_kept_and_sent(notified: World) -> None:
    """An edit replaces what it names, keeps the rest, and is what is sent."""
    item = await notified.an_item()
    (before,) = await notified.inbox()
    edited = await notified.ask("inbox.edit", EditItem(owner=notified.owner, item=item, body="My own words"), ItemReply)
    assert edited.item.draft == Draft(subject=before.draft.subject, body="My own words")
    assert edited.item.state is ItemState.UNREAD
    sent = await notified.ask("inbox.send", ItemAction(owner=notified.owner, item=item), ItemReply)
    assert sent.item.draft.body == "My own words"
    assert await notified.said(item) == [ItemState.SENT]


async def test_dismissing_is_final(notified: World) -> None:
    """A dismissed item leaves the inbox; sending or snoozing it afterwards is a conflict in words."""
    item = await notified.an_item()
    action = ItemAction(owner=notified.owner, item=item)
    for _ in range(2):
        await notified.ask("inbox.dismiss", action, ItemReply)
    assert await notified.inbox() == []
    with pytest.raises(Conflict, match="the item cannot be sent: it was dismissed"):
        await notified.ask("inbox.send", action, ItemReply)
    assert await notified.said(item) == [ItemState.DISMISSED]


async def test_snoozing_states_when_the_item_comes_back(notified: World) -> None:
    """A snooze is published with its end, once for the same end, anew for another."""
    item = await notified.an_item()
    until = datetime.now(UTC) + timedelta(days=1)
    for end in (until, until, until + timedelta(days=1)):
        await notified.ask("inbox.snooze", SnoozeItem(owner=notified.owner, item=item, until=end), ItemReply)
    changes = await notified.published(stream="HOBNOB_INBOX", subject=f"{subjects.INBOX}.{notified.owner}.*", item=item)
    assert [state for state, _ in changes] == [ItemState.SNOOZED] * 2
    ends = [datetime.fromisoformat(body["snoozed_until"]) for _, body in changes]
    assert ends[1] - ends[0] == timedelta(days=1)


@pytest.mark.parametrize(("delta", "word"), [(timedelta(seconds=-1), "future"), (timedelta(days=400), "one year")])
async def test_a_snooze_ends_in_the_coming_year(notified: World, delta: timedelta, word: str) -> None:
    """An end in the past or too far away is refused in words."""
    item = await notified.an_item()
    request = SnoozeItem(owner=notified.owner, item=item, until=datetime.now(UTC) + delta)
    with pytest.raises(PermanentError, match=word):
        await notified.ask("inbox.snooze", request, ItemReply)


@pytest.mark.parametrize("verb", ["send", "edit", "snooze", "dismiss"])
async def test_nobody_reaches_another_owners_items(notified: World, verb: str) -> None:
    """An item of somebody else is an item that does not exist, and stays as it is."""
    item = await notified.an_item()
    later = datetime.now(UTC) + timedelta(hours=1)
    request: Message = ItemAction(owner="intruder", item=item)
    if verb == "edit":
        request = EditItem(owner="intruder", item=item, body="x")
    if verb == "snooze":
        request = SnoozeItem(owner="intruder", item=item, until=later)
    with pytest.raises(NotFound, match="there is no item"):
        await notified.ask(f"inbox.{verb}", request, ItemReply)
    assert (await notified.item(item))["state"] == "unread"


async def test_an_invalid_request_is_answered_in_words(notified: World) -> None:
    """A request that does not follow its schema is answered with what is wrong, not with silence."""
    reply = await notified.client.request(subjects.rpc("notifier", "inbox.send"), b'{"owner": "no such.owner"}', timeout=5)
    answer = json.loads(reply.data)
    assert (answer["type"], answer["code"]) == ("error", "invalid")
    assert "owner" in answer["detail"]


async def test_a_crash_between_the_write_and_the_publishing_loses_nothing(world: World) -> None:
    """What was written and never published is published by the relay of the next process, once."""
    inbox = InboxStore(world.database)
    async with running(world.settings, world.client):
        item = await world.an_item()
    found = await inbox.find(owner=world.owner, item=item)
    assert found is not None
    sent = transitions.mark_sent(found, draft=Draft(subject="s", body="b"), at=datetime.now(UTC))
    assert await inbox.save([sent])
    assert await world.said(item) == []
    async with running(world.settings, world.client):

        async def is_published() -> bool:
            return "pending" not in await world.item(item)

        await eventually(is_published)
    assert await world.said(item) == [ItemState.SENT]
    assert len(await facts_of(world)) == 1


async def test_two_at_once_are_one(world: World) -> None:
    """Of two writers who read the same item one changes it, and the other learns so."""
    inbox = InboxStore(world.database)
    async with running(world.settings, world.client):
        item = await world.an_item()
    found = await inbox.find(owner=world.owner, item=item)
    assert found is not None
    now = datetime.now(UTC)
    assert await inbox.save([transitions.dismiss(found, at=now)])
    assert not await inbox.save([transitions.snooze(found, until=now + timedelta(days=1), at=now)])
    assert (await world.item(item))["state"] == "dismissed"


async def test_an_overslept_snooze_is_healed(world: World) -> None:
    """An item whose timer never came is woken by the clock."""
    inbox = InboxStore(world.database)
    async with running(world.settings, world.client):
        item = await world.an_item()
    found = await inbox.find(owner=world.owner, item=item)
    assert found is not None
    now = datetime.now(UTC)
    assert await inbox.save([transitions.snooze(found, until=now - timedelta(minutes=5), at=now - timedelta(hours=1))])
    async with running(world.settings, world.client):
        await world.until_state(item, ItemState.UNREAD)
        assert [shown.id for shown in await world.inbox()] == [item]


async def test_a_muted_occasion_cannot_be_sent_around(notified: World) -> None:
    """Muting only this occasion stops this greeting."""
    item = await notified.an_item()
    await notified.publish(notified.snapshot(rev=2, muted=(Occasion.BIRTHDAY,)))
    with pytest.raises(Conflict, match="withdrawn"):
        await notified.ask("inbox.send", ItemAction(owner=notified.owner, item=item), ItemReply)
