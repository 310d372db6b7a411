"""What the owner looks at: the inbox with its drafts, and what is coming."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from services.notifier.domain.cursor import read_cursor, write_cursor
from services.notifier.domain.items import WAITING, Item, reads_belated, today_of
from services.notifier.domain.links import links_for
from services.notifier.domain.owner_lines import without_owner_lines
from services.notifier.domain.sending import Route
from services.notifier.domain.staleness import silence
from services.notifier.domain.widening import widening
from services.notifier.drafts import Drafted
from services.notifier.use_cases.drafting import write_drafts
from services.notifier.use_cases.people import ids_of, living_people, profiles_of
from services.notifier.use_cases.tools import Tools
from shared.messages.reminders import ItemState, Planned, Via
from shared.messages.rpc import (
    ContactName,
    InboxItem,
    InboxPage,
    ItemLink,
    ListInbox,
    ListUpcoming,
    UpcomingItem,
    UpcomingPage,
)
from shared.messages.snapshots import ContactSnapshot, OwnerProfile

_DONE = frozenset({ItemState.SENT, ItemState.DISMISSED, ItemState.WITHDRAWN})
PAGE_BYTES = 400_000
"""Above this a page ends early: a reply has to fit into one NATS message (1 MiB by default), and an edited draft may be long."""


async def list_inbox(tools: Tools, *, request: ListInbox) -> InboxPage:
    """
    Return one page of the owner's inbox, the latest first.

    "Latest" is when an item last came to the top: at its creation, on its day after it was shown ahead, after a snooze.
    """
    states = {"open": WAITING, "all": tuple(ItemState)}.get(request.state) or (ItemState(request.state),)
    items = await tools.inbox.page(
        owner=request.owner,
        states=states,
        contacts=await ids_of(tools, owner=request.owner, contact=request.contact) if request.contact else None,
        beginning=request.item,
        after=read_cursor(request.cursor),
        limit=request.limit + 1,
    )
    shown = await show_items(tools, owner=request.owner, items=items[: request.limit])
    fitting = _fitting(shown)
    last = items[len(fitting) - 1] if len(fitting) < len(items) else None
    return InboxPage(
        items=tuple(fitting),
        unread=await tools.inbox.count_unread(owner=request.owner),
        cursor=write_cursor((last.surfaced_at, last.id)) if last else None,
    )


async def show_items(tools: Tools, *, owner: str, items: Sequence[Item]) -> list[InboxItem]:
    """Return *items* of one owner as lists show them, each with its draft from the person as they now are."""
    return [looked.shown for looked in await look_at(tools, owner=owner, items=items)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """An item as lists show it, and what that was made from; `person` is None of whom nothing is known yet."""

    item: Item
    shown: InboxItem
    drafted: Drafted
    person: ContactSnapshot | None


async def look_at(tools: Tools, *, owner: str, items: Sequence[Item]) -> list[Looked]:
    """Return *items* of one owner with all that there is to be seen of them."""
    if not items:
        return []
    profile = (await profiles_of(tools, owners={owner})).get(owner)
    today = today_of(profile, now=tools.clock())
    people = await living_people(tools, owner=owner, contacts={item.contact for item in items})
    drafts = await write_drafts(tools, items=items, people=people, profile=profile, today=today)
    return [
        Looked(
            item=item,
            shown=InboxItem(
                id=item.id,
                contact=name_of(item.contact, people.get(item.contact)),
                occasion=item.occasion,
                on=item.on,
                state=item.state,
                belated=reads_belated(item, today=today),
                milestone=item.milestone,
                draft=drafted.draft,
                created_at=item.created_at,
                common_ground=drafted.common_ground,
                send_at=item.send_at,
                via=item.via or _via(tools, item, people.get(item.contact), profile),
                reason=item.reason,
                links=_links(item, drafted, people.get(item.contact)),
            ),
            drafted=drafted,
            person=people.get(item.contact),
        )
        for item, drafted in zip(items, drafts, strict=True)
    ]


def _via(tools: Tools, item: Item, person: ContactSnapshot | None, profile: OwnerProfile | None) -> Via | None:
    """Return how an item would be sent; None of one that cannot be any more, or of somebody unknown."""
    if person is None or item.state in _DONE:
        return None
    return Via.EMAIL if isinstance(tools.post.route_to(person, profile=profile), Route) else Via.HAND


def _links(item: Item, drafted: Drafted, person: ContactSnapshot | None) -> tuple[ItemLink, ...]:
    """Return the ways to send a greeting by hand, those of one that was sent so included; none to whom nobody greets."""
    is_of_use = item.state not in _DONE or item.via is Via.HAND
    if person is None or not is_of_use or silence(snapshot=person, occasion=item.occasion):
        return ()
    return links_for(person=person, draft=without_owner_lines(drafted.draft, lines=drafted.owner_lines))


async def list_upcoming(tools: Tools, *, request: ListUpcoming) -> UpcomingPage:
    """Return one page of what is planned for the owner's contacts, the next first; nobody who is not to be greeted."""
    lines = await _next_lines(tools, request=request)
    page = lines[: request.limit]
    people = await tools.people.snapshots(contacts={contact for contact, _ in page}, owner=request.owner)
    items = [
        UpcomingItem(
            id=line.id,
            contact=name_of(contact, people.get(contact)),
            occasion=line.occasion,
            on=line.on,
            due_at=line.due_at,
            milestone=line.milestone,
        )
        for contact, line in page
        if not (person := people.get(contact)) or silence(snapshot=person, occasion=line.occasion) is None
    ]
    cursor = write_cursor((page[-1][1].due_at, page[-1][1].id)) if len(lines) > request.limit else None
    return UpcomingPage(items=tuple(items), cursor=cursor)


async def _next_lines(tools: Tools, *, request: ListUpcoming) -> list[tuple[str, Planned]]:
    """Return one line more than a page has, looking no further ahead than is needed."""
    now, after = tools.clock(), read_cursor(request.cursor)
    last = now + timedelta(days=request.days)
    first = min(max(now, after[0]), last) if after else now
    lines: list[tuple[str, Planned]] = []
    for until in widening(first=first, last=last):
        lines = await tools.agenda.page(owner=request.owner, since=first, until=until, after=after, limit=request.limit + 1)
        if len(lines) > request.limit:
            break
    return lines


def name_of(contact: str, person: ContactSnapshot | None) -> ContactName:
    """Return how lists show a contact: by name, else by address, else by id."""
    if person is None:
        return ContactName(id=contact, name=contact)
    return ContactName(id=person.id, name=person.name or next(iter(person.emails), person.id))


def _fitting(items: Sequence[InboxItem]) -> list[InboxItem]:
    """Return as many of *items* as one reply can carry, at least one."""
    fitting: list[InboxItem] = []
    size = 0
    for item in items:
        size += len(item.model_dump_json().encode())
        if fitting and size > PAGE_BYTES:
            break
        fitting.append(item)
    return fitting
