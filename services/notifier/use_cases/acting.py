"""How an item is acted upon: read, decide, save, publish; and the last look at the person before anything leaves."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from services.notifier.domain.items import Item, today_of
from services.notifier.domain.staleness import Skip, Withdraw, is_doubled, judge_item, same_occasion_ids
from services.notifier.drafts import Drafted
from services.notifier.people_stream import present_people
from services.notifier.use_cases.drafting import write_drafts
from services.notifier.use_cases.listing import show_items
from services.notifier.use_cases.people import profiles_of, survivor_of
from services.notifier.use_cases.tools import Tools
from shared.errors import NotFound, TransientError
from shared.messages.reminders import ItemState
from shared.messages.rpc import ItemAction, ItemReply
from shared.messages.snapshots import ContactSnapshot, OwnerProfile

ATTEMPTS = 5
GREETED = frozenset({ItemState.SENT, ItemState.SENDING, ItemState.UNCONFIRMED})
"""The states in which an item is a greeting that left, or may have."""

Step = Callable[[Item], Awaitable[Item]]
"""Reads an item and returns it as it is to be; the same object when nothing is to be done."""


async def act(tools: Tools, request: ItemAction, step: Step) -> ItemReply:
    """
    Read, decide, save; again from the start when somebody else changed the item meanwhile. Then publish.

    Raises:
        NotFound: the owner has no such item.
        TransientError: it kept changing.
    """
    for _ in range(ATTEMPTS):
        item = await find_item(tools, request)
        changed = await step(item)
        if changed is item or await tools.inbox.save([changed]):
            break
    else:
        raise TransientError("the item kept changing; try again")
    if changed.pending:
        await tools.relay.publish_soon([changed.id])
    if changed.state is not item.state:
        tools.counters.add(f"inbox.{changed.state.value}")
    return await reply_with(tools, changed)


async def find_item(tools: Tools, request: ItemAction) -> Item:
    """Return the item of a request; raise `NotFound` when the owner has none of that id."""
    item = await tools.inbox.find(owner=request.owner, item=request.item)
    if item is None:
        raise NotFound(f"there is no item {request.item!r} in this inbox")
    return item


async def reply_with(tools: Tools, item: Item) -> ItemReply:
    """Return an item as the owner sees it."""
    return ItemReply(item=(await show_items(tools, owner=item.owner, items=[item]))[0])


async def person_now(tools: Tools, item: Item) -> ContactSnapshot | None:
    """Return whom *item* is about as they are on the stream itself; None when there is nobody."""
    key = (item.owner, item.contact)
    snapshot = (await present_people(tools.client, [key])).get(key)
    return await survivor_of(tools, snapshot) if snapshot else None


async def reason_against(tools: Tools, item: Item, person: ContactSnapshot | None) -> Skip | None:
    """Return why *person* is not to be greeted for *item*, or None."""
    if reason := untrue(item, person):
        return reason
    assert person is not None
    greeted = {other: state for other, state in (await others_of(tools, item, person)).items() if state in GREETED}
    return Skip.ALREADY_GREETED if is_doubled(item=item, person=person, others=greeted) else None


def untrue(item: Item, person: ContactSnapshot | None) -> Skip | None:
    """Return why *item* no longer says what is true of *person*, or None."""
    verdict = judge_item(item=item, snapshot=person)
    return verdict.reason if isinstance(verdict, Withdraw) else None


async def others_of(tools: Tools, item: Item, person: ContactSnapshot) -> dict[str, ItemState]:
    """Return the states of other items that stand for the same greeting, under other ids of *person*; not what was dismissed."""
    ids = same_occasion_ids(contact=person.id, aliases=person.aliases, key=item.key, on=item.on)
    others = [other for other in ids if other != item.id]
    standing = await tools.inbox.standing(others)
    return {other: state for other, state in standing.items() if state is not ItemState.DISMISSED}


async def draft_of(
    tools: Tools, item: Item, person: ContactSnapshot | None, *, profile: OwnerProfile | None, at: datetime
) -> Drafted:
    """Return the draft of *item* as it reads on the owner's date at *at*."""
    people = {item.contact: person} if person else {}
    return (await write_drafts(tools, items=[item], people=people, profile=profile, today=today_of(profile, now=at)))[0]


async def profile_of(tools: Tools, owner: str) -> OwnerProfile | None:
    """Return the settings of *owner*, None where none are known."""
    return (await profiles_of(tools, owners={owner})).get(owner)
