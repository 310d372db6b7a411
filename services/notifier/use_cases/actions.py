"""What the owner does with an item: send, edit, snooze, dismiss. Doing it twice is doing it once."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

from services.notifier.domain import transitions
from services.notifier.domain.items import Item, today_of
from services.notifier.domain.owner_lines import without_owner_lines
from services.notifier.domain.staleness import SENTENCE, Skip, Withdraw, is_doubled, judge_item, same_occasion_ids
from services.notifier.drafts import Drafted
from services.notifier.people_stream import current_people
from services.notifier.use_cases.drafting import write_drafts
from services.notifier.use_cases.listing import show_items
from services.notifier.use_cases.people import profiles_of, survivor_of
from services.notifier.use_cases.tools import Tools
from shared.errors import Conflict, InvalidMessage, NotFound, TransientError
from shared.messages.reminders import ItemState
from shared.messages.rpc import Draft, EditItem, ItemAction, ItemReply, SnoozeItem
from shared.messages.snapshots import ContactSnapshot

ATTEMPTS = 5
SNOOZE_MAX = timedelta(days=366)

Step = Callable[[Item], Awaitable[Item]]
"""Reads an item and returns it as it is to be; the same object when nothing is to be done."""


async def send_item(tools: Tools, *, request: ItemAction) -> ItemReply:
    """
    Mark an item as sent, with the words that were used, and report the greeting as a fact.

    The person is looked at once more, on the stream itself: whoever was muted a moment ago gets no greeting.

    Raises:
        NotFound: the owner has no such item.
        Conflict: it cannot be sent any more, or the person must not be greeted; the item is withdrawn then.
    """
    now = tools.clock()
    refused: Skip | None = None

    async def step(item: Item) -> Item:
        nonlocal refused
        refused = None
        if transitions.next_state(state=item.state, action=transitions.Action.SEND) is item.state:
            return item
        person = await _person_now(tools, item)
        if refused := await _reason_against(tools, item, person):
            return transitions.withdraw(item, at=now)
        drafted = await _draft_of(tools, item, person, now=now)
        said = without_owner_lines(drafted.draft, lines=drafted.owner_lines)
        return transitions.send(replace(item, variant=drafted.variant, owner_lines=()), draft=said, at=now)

    reply = await _act(tools, request, step)
    if refused:
        tools.counters.add(f"withdrawn.{refused.value}")
        raise Conflict(f"the item was withdrawn: {SENTENCE[refused]}")
    return reply


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
        drafted = await _draft_of(tools, item, person, now=now)
        present = drafted.draft
        draft = Draft(
            subject=present.subject if request.subject is None else request.subject,
            body=present.body if request.body is None else request.body,
        )
        started = replace(item, variant=drafted.variant, owner_lines=drafted.owner_lines)
        edited = transitions.edit(started, draft=draft)
        return item if draft == present else edited

    return await _act(tools, request, step)


async def snooze_item(tools: Tools, *, request: SnoozeItem) -> ItemReply:
    """
    Hide an item until a later instant, at most a year away; the date of its occasion stays.

    Raises:
        InvalidMessage: the instant has passed or is too far away.
        NotFound: the owner has no such item.
        Conflict: it can no longer be snoozed.
    """
    now = tools.clock()
    if request.until <= now:
        raise InvalidMessage("until: the end of a snooze must be in the future")
    if request.until > now + SNOOZE_MAX:
        raise InvalidMessage("until: the end of a snooze must be at most one year away")
    # MongoDB keeps milliseconds: rounded here, the same request twice is recognised as the same.
    until = request.until.replace(microsecond=request.until.microsecond // 1000 * 1000)

    async def step(item: Item) -> Item:
        return transitions.snooze(item, until=until, at=now)

    return await _act(tools, request, step)


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

    return await _act(tools, request, step)


async def _act(tools: Tools, request: ItemAction, step: Step) -> ItemReply:
    """Read, decide, save; again from the start when somebody else changed the item meanwhile. Then publish."""
    for _ in range(ATTEMPTS):
        item = await tools.inbox.find(owner=request.owner, item=request.item)
        if item is None:
            raise NotFound(f"there is no item {request.item!r} in this inbox")
        changed = await step(item)
        if changed is item or await tools.inbox.save([changed]):
            break
    else:
        raise TransientError("the item kept changing; try again")
    if changed.pending:
        await tools.relay.publish_soon([changed.id])
    if changed.state is not item.state:
        tools.counters.add(f"inbox.{changed.state.value}")
    return ItemReply(item=(await show_items(tools, owner=request.owner, items=[changed]))[0])


async def _person_now(tools: Tools, item: Item) -> ContactSnapshot | None:
    key = (item.owner, item.contact)
    snapshot = (await current_people(tools.client, [key])).get(key)
    return await survivor_of(tools, snapshot) if snapshot else None


async def _reason_against(tools: Tools, item: Item, person: ContactSnapshot | None) -> Skip | None:
    verdict = judge_item(item=item, snapshot=person)
    if isinstance(verdict, Withdraw):
        return verdict.reason
    assert person is not None
    ids = same_occasion_ids(contact=person.id, aliases=person.aliases, key=item.key, on=item.on)
    others = {other: state for other, state in (await tools.inbox.standing(ids)).items() if state is ItemState.SENT}
    return Skip.ALREADY_GREETED if is_doubled(item=item, person=person, others=others) else None


async def _draft_of(tools: Tools, item: Item, person: ContactSnapshot | None, *, now: datetime) -> Drafted:
    profile = (await profiles_of(tools, owners={item.owner})).get(item.owner)
    people = {item.contact: person} if person else {}
    return (await write_drafts(tools, items=[item], people=people, profile=profile, today=today_of(profile, now=now)))[0]
