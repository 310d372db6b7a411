"""The owner has greetings sent, takes them back, or says that they were. Doing it twice is doing it once."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from services.notifier.domain import transitions
from services.notifier.domain.cursor import read_cursor, write_cursor
from services.notifier.domain.items import Item, today_of
from services.notifier.domain.moments import morning_of, next_morning, to_milliseconds
from services.notifier.domain.owner_lines import without_owner_lines
from services.notifier.domain.sending import NO_ROUTE, NoRoute, NotStandard, Route, why_not_standard
from services.notifier.domain.staleness import SENTENCE, Skip, Withdraw, judge_item
from services.notifier.drafts import Drafted
from services.notifier.people_stream import current_people
from services.notifier.use_cases.acting import act, draft_of, person_now, profile_of, reason_against
from services.notifier.use_cases.drafting import write_drafts
from services.notifier.use_cases.people import survivor_of
from services.notifier.use_cases.tools import Tools
from shared.errors import Conflict, InvalidMessage, TransientError
from shared.messages.reminders import ItemState, ReminderKind
from shared.messages.rpc import Draft, ItemAction, ItemReply, SendItem, SendStandard, SkippedItem, StandardSent
from shared.messages.snapshots import ContactSnapshot, OwnerProfile

ATTEMPTS = 5
SEND_WITHIN = timedelta(days=366)
UNDO_S = 10
"""Of an owner whose settings are not known."""


async def send_item(tools: Tools, *, request: SendItem) -> ItemReply:
    """
    Have an item's greeting mailed when the undo window has passed, or mark it as sent by hand where it cannot be mailed.

    The words are settled now; the person is looked at on the stream itself, and once more when the mail leaves.

    Raises:
        NotFound: the owner has no such item.
        Conflict: it cannot be sent any more, not at that time, or the person must not be greeted: it is withdrawn then.
        InvalidMessage: the time is not in the coming year.
    """
    now = tools.clock()
    action = transitions.Action.SEND_AGAIN if request.again else transitions.Action.SEND
    refused: Skip | None = None

    async def step(item: Item) -> Item:
        nonlocal refused
        refused = None
        following = transitions.next_state(state=item.state, action=action)
        is_waiting = item.state is ItemState.SCHEDULED
        if following is not ItemState.SCHEDULED or (is_waiting and request.at is None):
            return item
        person = await person_now(tools, item)
        if refused := await reason_against(tools, item, person):
            return transitions.withdraw(item, at=now)
        assert person is not None
        profile = await profile_of(tools, item.owner)
        send_at = _when(request.at, person=person, profile=profile, now=now, not_before=_day_of(item))
        drafted = await draft_of(tools, replace(item, said=None) if is_waiting else item, person, profile=profile, at=send_at)
        route = tools.post.route_to(person, profile=profile)
        if isinstance(route, Route):
            return _scheduled(item, drafted, send_at=send_at, now=now, again=request.again)
        if request.at is not None:
            raise Conflict(f"the greeting cannot be sent by itself at that time: {NO_ROUTE[route]}; snooze the item instead")
        return transitions.mark_sent(replace(item, variant=drafted.variant), draft=_said(drafted), at=now)

    reply = await act(tools, request, step)
    if refused:
        if reply.item.state is ItemState.WITHDRAWN:
            tools.counters.add(f"withdrawn.{refused.value}")
            raise Conflict(f"the item was withdrawn: {SENTENCE[refused]}")
        raise Conflict(f"the item cannot be sent: {SENTENCE[refused]}")
    if reply.item.send_at is not None and reply.item.send_at <= now:
        tools.bell.ring(until=reply.item.send_at)
    return reply


async def undo_item(tools: Tools, *, request: ItemAction) -> ItemReply:
    """
    Take back what is about to be sent.

    Raises:
        NotFound: the owner has no such item.
        Conflict: it is being sent, or was.
    """
    now = tools.clock()

    async def step(item: Item) -> Item:
        return transitions.undo(item, at=now)

    return await act(tools, request, step)


async def mark_item_sent(tools: Tools, *, request: ItemAction) -> ItemReply:
    """
    Mark an item as sent by the owner's hand, with the words that were used, and report the greeting as a fact.

    Nobody is asked whether the person may be greeted: it has happened.

    Raises:
        NotFound: the owner has no such item.
        Conflict: it is final, or is being sent.
    """
    now = tools.clock()

    async def step(item: Item) -> Item:
        person = (await tools.people.snapshots(contacts=[item.contact], owner=item.owner)).get(item.contact)
        drafted = await draft_of(tools, item, person, profile=await profile_of(tools, item.owner), at=now)
        return transitions.mark_sent(replace(item, variant=drafted.variant), draft=_said(drafted), at=now)

    return await act(tools, request, step)


async def send_standard(tools: Tools, *, request: SendStandard) -> StandardSent:
    """
    Have the standard greetings of one page of the inbox mailed, all at once.

    Raises:
        TransientError: items kept changing; what was done is done, so ask again.
    """
    now = tools.clock()
    profile = await profile_of(tools, request.owner)
    send_at = _when(None, person=None, profile=profile, now=now)
    page = await tools.inbox.page(
        owner=request.owner,
        states=[ItemState.UNREAD],
        after=read_cursor(request.cursor),
        limit=request.limit + 1,
    )
    items = [item for item in page[: request.limit] if request.on in (None, item.on)]
    last = page[request.limit - 1] if len(page) > request.limit else None
    scheduled, skipped = await _schedule_all(tools, items, profile=profile, send_at=send_at, now=now)
    tools.counters.add(f"inbox.{ItemState.SCHEDULED.value}", len(scheduled))
    if send_at <= now:
        tools.bell.ring(until=send_at)
    return StandardSent(
        scheduled=tuple(scheduled),
        skipped=tuple(SkippedItem(id=item, reason=reason) for item, reason in skipped.items()),
        send_at=send_at,
        cursor=write_cursor((last.surfaced_at, last.id)) if last else None,
    )


async def _schedule_all(
    tools: Tools, items: Sequence[Item], *, profile: OwnerProfile | None, send_at: datetime, now: datetime
) -> tuple[list[str], dict[str, str]]:
    """Schedule those of *items* that may go out without a look; return their ids, and why not by id of the others."""
    skipped: dict[str, str] = {}
    scheduled: list[str] = []
    for _ in range(ATTEMPTS):
        people = await _people_now(tools, items)
        fit = []
        for item in items:
            if reason := _reason_to_look(tools, item, people.get(item.id), profile=profile, now=now):
                skipped[item.id] = reason
            else:
                fit.append(item)
        written = await _written(tools, fit, people, profile=profile, at=send_at)
        skipped |= {item.id: NotStandard.NO_WORDS.value for item, drafted in written if not _said(drafted).body}
        changed = [_scheduled(item, drafted, send_at=send_at, now=now) for item, drafted in written if item.id not in skipped]
        are_saved = await tools.inbox.save(changed)
        stored = await tools.inbox.with_ids([item.id for item in changed])
        scheduled += [item.id for item in stored if item.state is ItemState.SCHEDULED]
        await tools.relay.publish_soon(scheduled)
        if are_saved:
            return scheduled, skipped
        items = [item for item in stored if item.state is ItemState.UNREAD]
    raise TransientError("items kept changing while they were sent; try again")


async def _people_now(tools: Tools, items: Sequence[Item]) -> dict[str, ContactSnapshot]:
    """Return, by item, the person as they are on the stream."""
    found = await current_people(tools.client, {(item.owner, item.contact) for item in items})
    return {item.id: await survivor_of(tools, snapshot) for item in items if (snapshot := found.get((item.owner, item.contact)))}


def _reason_to_look(
    tools: Tools, item: Item, person: ContactSnapshot | None, *, profile: OwnerProfile | None, now: datetime
) -> str | None:
    verdict = judge_item(item=item, snapshot=person)
    if isinstance(verdict, Withdraw) or person is None:
        return (verdict.reason if isinstance(verdict, Withdraw) else Skip.REMOVED).value
    grace = timedelta(days=profile.belated_grace_days if profile else 0)
    late_by = today_of(profile, now=now) - item.on
    reason: NotStandard | NoRoute | None = why_not_standard(item=item, person=person, grace=grace, late_by=late_by)
    if reason is None and isinstance(route := tools.post.route_to(person, profile=profile), NoRoute):
        reason = route
    return reason.value if reason else None


async def _written(
    tools: Tools, items: Sequence[Item], people: Mapping[str, ContactSnapshot], *, profile: OwnerProfile | None, at: datetime
) -> list[tuple[Item, Drafted]]:
    if not items:
        return []
    by_contact = {item.contact: people[item.id] for item in items}
    drafts = await write_drafts(tools, items=items, people=by_contact, profile=profile, today=today_of(profile, now=at))
    return list(zip(items, drafts, strict=True))


def _scheduled(item: Item, drafted: Drafted, *, send_at: datetime, now: datetime, again: bool = False) -> Item:
    return transitions.schedule(replace(item, variant=drafted.variant), said=_said(drafted), send_at=send_at, at=now, again=again)


def _said(drafted: Drafted) -> Draft:
    return without_owner_lines(drafted.draft, lines=drafted.owner_lines)


def _day_of(item: Item) -> date | None:
    """Return the day before which a greeting would be early: of an item that is shown ahead of it."""
    return item.on if item.kind is ReminderKind.AHEAD else None


def _when(
    at: datetime | str | None,
    *,
    person: ContactSnapshot | None,
    profile: OwnerProfile | None,
    now: datetime,
    not_before: date | None = None,
) -> datetime:
    """
    Return when the mail leaves: at the time that is asked for, or when the undo window has passed.

    Where no time is asked for, a greeting for a day that is still to come waits for that day's morning, where the person lives.
    """
    if isinstance(at, datetime):
        if not now < at <= now + SEND_WITHIN:
            raise InvalidMessage("at: the time must be in the future, at most one year away")
        return to_milliseconds(at)
    zone = ZoneInfo((person.timezone if person else None) or (profile.timezone if profile else "UTC"))
    if at is None:
        undone_until = to_milliseconds(now + timedelta(seconds=profile.undo_s if profile else UNDO_S))
        return max(undone_until, morning_of(day=not_before, zone=zone)) if not_before else undone_until
    return next_morning(now=now, zone=zone)
