"""Putting off by a word, "not this person", "wrong date": what the owner says of a person through an item."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared import subjects
from shared.errors import Conflict, PermanentError
from shared.messages.cloudevents import CloudEvent, read_event, to_fact
from shared.messages.facts import ContactUpserted, CustomDate
from shared.messages.reminders import ItemState
from shared.messages.rpc import FixDate, ItemAction, ItemReply, SnoozeItem
from shared.messages.snapshots import Job, OwnerProfile, basis, custom_dates
from shared.messages.values import Occasion, PartialDate
from shared.streams import INTAKE
from tests.integration.notifier.conftest import World


async def stated(world: World) -> list[tuple[CloudEvent, ContactUpserted]]:
    """Return what was stated about this owner's people, each with its data."""
    subject = subjects.intake(world.owner, "contact.upserted")
    info = await world.js.stream_info(INTAKE, subjects_filter=subject)
    count = sum((info.state.subjects or {}).values())
    if not count:
        return []
    subscription = await world.js.pull_subscribe(subject, stream=INTAKE)
    messages = await subscription.fetch(count, timeout=5)
    await subscription.unsubscribe()
    found = []
    for message in messages:
        event = read_event(message.data)
        data = to_fact(event, owner=world.owner, stored_at=datetime.now(UTC)).data
        assert isinstance(data, ContactUpserted)
        found.append((event, data))
    return found


async def fix(world: World, item: str, on: str) -> ItemReply:
    """Correct a date."""
    request = FixDate(owner=world.owner, item=item, on=PartialDate.parse(on))
    reply: ItemReply = await world.ask("inbox.fix_date", request, ItemReply)
    return reply


async def an_item_of(world: World, occasion: Occasion, *, key: str, snapshot: dict[str, Any], label: str | None = None) -> str:
    """Let another occasion than a birthday fire."""
    person = world.snapshot(birthday=None, **snapshot)
    told = basis(person, occasion=occasion, label=label, key=key)
    reminder = world.reminder(occasion=occasion, key=key, basis=told, label=label, milestone=None)
    await world.publish(person, reminder)
    await world.until_state(reminder.id, ItemState.UNREAD)
    return reminder.id


async def test_a_snooze_by_word_is_in_the_owners_zone(notified: World) -> None:
    """Next week means Monday at the hour at which reminders come; the same word twice is one snooze."""
    profile = {"owner": notified.owner, "rev": 1, "name": "Robin", "timezone": "Asia/Kolkata", "deliver_at": "07:15"}
    await notified.publish(OwnerProfile.model_validate(profile))
    item = await notified.an_item()
    for _ in range(2):
        await notified.ask("inbox.snooze", SnoozeItem(owner=notified.owner, item=item, until="next-week"), ItemReply)
    (change,) = await notified.published(stream="HOBNOB_INBOX", subject=f"{subjects.INBOX}.{notified.owner}.*", item=item)
    until = datetime.fromisoformat(change[1]["snoozed_until"])
    assert datetime.now(UTC) < until < datetime.now(UTC) + timedelta(days=8)
    assert f"{until + timedelta(hours=5, minutes=30):%A %H:%M}" == "Monday 07:15"


async def test_never_this_person_again(notified: World) -> None:
    """One fact is stated, however often, and the item is withdrawn at once."""
    item = await notified.an_item()
    for _ in range(2):
        reply = await notified.ask("inbox.not_this_person", ItemAction(owner=notified.owner, item=item), ItemReply)
        assert reply.item.state is ItemState.WITHDRAWN
    facts = await stated(notified)
    assert len({(event.source, event.id) for event, _ in facts}) == 1
    data = facts[0][1]
    assert data.contact is not None
    assert (data.contact.id, data.do_not_greet) == (notified.contact(), True)
    await notified.publish(notified.snapshot(rev=2, do_not_greet=True))
    await notified.ask("inbox.not_this_person", ItemAction(owner=notified.owner, item=item), ItemReply)
    assert len(await stated(notified)) == len(facts), "it is said already"


async def test_a_wrong_birthday_is_stated_right(notified: World) -> None:
    """The correction is a fact, once however often it is said; the item goes when the person's snapshot says so too."""
    item = await notified.an_item()
    right = PartialDate(year=1990, month=1, day=15) if notified.snapshot().birthday.month != 1 else PartialDate(month=7, day=1)  # type: ignore[union-attr]
    for _ in range(2):
        assert (await fix(notified, item, str(right))).item.state is ItemState.UNREAD
    facts = await stated(notified)
    assert len({event.id for event, _ in facts}) == 1
    assert facts[0][1].birthday == right
    await notified.publish(notified.snapshot(rev=2, birthday=right))
    await notified.until_state(item, ItemState.WITHDRAWN)
    await fix(notified, item, str(right))
    assert len(await stated(notified)) == len(facts), "it is right already"


async def test_the_start_of_a_job_is_stated_right(notified: World) -> None:
    """The same job with another start; nothing else of it changes."""
    job = Job(company="Example Works", title="Baker", seen_at=datetime(2026, 1, 5, tzinfo=UTC), is_change=True, source="crm")
    item = await an_item_of(notified, Occasion.NEW_JOB, key="new_job", snapshot={"job": job})
    await fix(notified, item, "2026-02")
    ((_, data),) = await stated(notified)
    assert (data.company, data.title, str(data.started_on)) == ("Example Works", "Baker", "2026-02")


async def test_a_date_of_the_owners_own_is_stated_right(notified: World) -> None:
    """Its label and its rule stay."""
    dates = (CustomDate(label="Opening night", on=PartialDate.parse("2020-05-04"), recurrence="FREQ=YEARLY"),)
    (key,) = custom_dates(notified.snapshot(dates=dates))
    item = await an_item_of(notified, Occasion.CUSTOM, key=key, snapshot={"dates": dates}, label="Opening night")
    await fix(notified, item, "2020-05-06")
    ((_, data),) = await stated(notified)
    assert [(each.label, str(each.on), each.recurrence) for each in data.dates] == [
        ("Opening night", "2020-05-06", "FREQ=YEARLY")
    ]


class _Unchecked(ItemAction):
    """A request that nobody has checked."""

    on: str


async def test_what_has_no_date_cannot_be_corrected(notified: World) -> None:
    """A check-in is about no date, and "yesterday" is none; both are said in words, and nothing is stated."""
    item = await an_item_of(notified, Occasion.STAY_IN_TOUCH, key="stay_in_touch", snapshot={})
    with pytest.raises(Conflict, match="nothing that has a date"):
        await fix(notified, item, "2026-01-01")
    with pytest.raises(PermanentError, match="on:"):
        await notified.ask("inbox.fix_date", _Unchecked(owner=notified.owner, item=item, on="yesterday"), ItemReply)
    assert await stated(notified) == []
