"""What the owner does with an item besides sending it. Doing it twice is doing it once."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from services.notifier.domain import moments, transitions
from services.notifier.domain.items import Item
from services.notifier.domain.moments import snooze_end, to_milliseconds
from services.notifier.relay import SOURCE
from services.notifier.use_cases.acting import act, draft_of, find_item, person_now, profile_of, reply_with
from services.notifier.use_cases.tools import Tools
from shared.errors import Conflict, InvalidMessage
from shared.messages.cloudevents import describe, new_event
from shared.messages.facts import ContactUpserted, FactName
from shared.messages.rpc import Draft, EditItem, FixDate, ItemAction, ItemReply, SnoozeItem
from shared.messages.snapshots import ContactSnapshot, custom_dates
from shared.messages.values import Occasion, PartialDate

SNOOZE_MAX = timedelta(days=366)


async def edit_item(tools: Tools, *, request: EditItem) -> ItemReply:
    """
    Replace the subject, the body or both of an item's draft.

    Raises:
        NotFound: the owner has no such item.
        Conflict: it can no longer be edited.
    """
    now = tools.clock()

    async def step(item: Item) -> Item:
        person = (await tools.people.snapshots(contacts=[item.contact], owner=item.owner)).get(item.contact)
        drafted = await draft_of(tools, item, person, profile=await profile_of(tools, item.owner), at=now)
        present = drafted.draft
        draft = Draft(
            subject=present.subject if request.subject is None else request.subject,
            body=present.body if request.body is None else request.body,
        )
        started = replace(item, variant=drafted.variant, owner_lines=drafted.owner_lines)
        edited = transitions.edit(started, draft=draft)
        return item if draft == present else edited

    return await act(tools, request, step)


async def snooze_item(tools: Tools, *, request: SnoozeItem) -> ItemReply:
    """
    Hide an item until a later instant, at most a year away; the date of its occasion stays.

    Raises:
        InvalidMessage: the instant has passed or is too far away.
        NotFound: the owner has no such item.
        Conflict: it can no longer be snoozed.
    """
    now = tools.clock()
    if isinstance(request.until, str):
        profile = await profile_of(tools, request.owner)
        zone = ZoneInfo(profile.timezone if profile else "UTC")
        hour = profile.deliver_at if profile else moments.MORNING
        until = snooze_end(request.until, now=now, zone=zone, deliver_at=hour)
    else:
        until = to_milliseconds(request.until)
    if until <= now:
        raise InvalidMessage("until: the end of a snooze must be in the future")
    if until > now + SNOOZE_MAX:
        raise InvalidMessage("until: the end of a snooze must be at most one year away")

    async def step(item: Item) -> Item:
        return transitions.snooze(item, until=until, at=now)

    return await act(tools, request, step)


async def dismiss_item(tools: Tools, *, request: ItemAction) -> ItemReply:
    """
    Put an item away without a greeting.

    Raises:
        NotFound: the owner has no such item.
        Conflict: it can no longer be dismissed.
    """
    now = tools.clock()

    async def step(item: Item) -> Item:
        return transitions.dismiss(item, at=now)

    return await act(tools, request, step)


async def silence_person(tools: Tools, *, request: ItemAction) -> ItemReply:
    """
    State that the person of an item is never to be greeted, and withdraw the item; their others follow.

    Raises:
        NotFound: the owner has no such item.
        BrokerUnavailable: the statement may not be stored; ask again.
    """
    item = await find_item(tools, request)
    person = await person_now(tools, item)
    if person is not None and not person.deleted and not person.do_not_greet:
        await _state(tools, item, person, what="do-not-greet", data={"do_not_greet": True})
    now = tools.clock()

    async def step(item: Item) -> Item:
        return transitions.withdraw(item, at=now)

    return await act(tools, request, step)


async def fix_date(tools: Tools, *, request: FixDate) -> ItemReply:
    """
    State the right date of what an item is about: a birthday, the start of a job, a date of the owner's own.

    The item follows when the person's snapshot comes: it stays, with what is known now, or is withdrawn, and its successor
    comes on the right day.

    Raises:
        NotFound: the owner has no such item.
        Conflict: it is about nothing that has a date.
        InvalidMessage: it is no date for that.
        BrokerUnavailable: the statement may not be stored; ask again.
    """
    item = await find_item(tools, request)
    person = await person_now(tools, item)
    if person is None or person.deleted:
        raise Conflict("there is nobody any more whose date could be corrected")
    data = _dated(item, person, on=request.on)
    if data:
        await _state(tools, item, person, what=f"fix-{item.key}-{request.on}", data=data)
        tools.counters.add("inbox.date_fixed")
    return await reply_with(tools, item)


def _dated(item: Item, person: ContactSnapshot, *, on: PartialDate) -> dict[str, Any]:
    """Return what a fact must say for the item's date to be *on*; nothing when it is."""
    match item.occasion:
        case Occasion.BIRTHDAY:
            return {"birthday": str(on)} if person.birthday != on else {}
        case Occasion.WORK_ANNIVERSARY | Occasion.NEW_JOB if person.job and (person.job.company or person.job.title):
            job = {"company": person.job.company, "title": person.job.title, "started_on": str(on)}
            return {name: value for name, value in job.items() if value} if person.job.started_on != on else {}
        case Occasion.CUSTOM if known := custom_dates(person).get(item.key):
            return {"dates": [{**known.model_dump(mode="json", exclude_none=True), "on": str(on)}]} if known.on != on else {}
        case _:
            raise Conflict("the item is about nothing that has a date to correct")


async def _state(tools: Tools, item: Item, person: ContactSnapshot, *, what: str, data: dict[str, Any]) -> None:
    """State a fact about a person, once: until they change, the same again is the same fact."""
    data = {"contact": {"id": person.id}, **data}
    try:
        ContactUpserted.model_validate(data)
    except ValidationError as exc:
        raise InvalidMessage(describe(exc)) from exc
    identity = f"{person.id}:{what}:{person.rev}"
    event = new_event(name=FactName.CONTACT_UPSERTED, source=SOURCE, id=identity, time=tools.clock(), data=data)
    await tools.emitter.emit([event], owner=item.owner)
