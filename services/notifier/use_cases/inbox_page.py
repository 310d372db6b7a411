"""What the inbox page shows: a page of cards grouped by closeness, what comes next, and which greetings are standard."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from services.notifier.domain.cursor import read_cursor, write_cursor
from services.notifier.domain.items import WAITING, Item, today_of
from services.notifier.domain.owner_lines import without_owner_lines
from services.notifier.domain.sending import Route, why_not_standard
from services.notifier.domain.staleness import silence
from services.notifier.use_cases.listing import Looked, list_upcoming, look_at
from services.notifier.use_cases.people import ids_of, known_as
from services.notifier.use_cases.tools import Tools
from shared.messages.reminders import ItemState, ReminderKind
from shared.messages.rpc import ContactPage, Draft, InboxItem, ListContacts, ListUpcoming, UpcomingItem
from shared.messages.snapshots import ContactSnapshot, OwnerProfile
from shared.messages.values import Closeness, Occasion
from shared.requests import ask

PAGE_ITEMS: Final = 15
"""A card is some 5 kB with all that can be done: the whole page stays below 100 kB, and is made in half the time of thirty."""
FOUND_MAX: Final = 200
"""People whose items a search by words shows."""
STANDARD_MAX: Final = 1_000
"""Standard greetings that are shown before they are sent together."""
NEXT_SHOWN: Final = 3
NEXT_DAYS: Final = 366
ASK_TIMEOUT_S: Final = 5.0

FIXABLE: Final = frozenset({Occasion.BIRTHDAY, Occasion.WORK_ANNIVERSARY, Occasion.NEW_JOB, Occasion.CUSTOM})
"""Occasions whose date an owner can correct."""


class Show(StrEnum):
    """The filters of the page."""

    OPEN = "open"
    SCHEDULED = "scheduled"
    SNOOZED = "snoozed"
    SENT = "sent"
    DISMISSED = "dismissed"
    ALL = "all"


STATES: Final[dict[Show, tuple[ItemState, ...]]] = {
    Show.OPEN: WAITING,
    Show.SCHEDULED: (ItemState.SCHEDULED, ItemState.SENDING),
    Show.SNOOZED: (ItemState.SNOOZED,),
    Show.SENT: (ItemState.SENT,),
    Show.DISMISSED: (ItemState.DISMISSED,),
    Show.ALL: tuple(ItemState),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a draft; one `for_owner` is not sent."""

    text: str
    for_owner: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """
    An item as the page shows it.

    `days_ahead`: how long before its day an item is that was shown ahead and comes to the top again on the day; 0 of any other.
    `is_standard`: it may go out with the others, without a look.
    """

    shown: InboxItem
    item: Item
    lines: tuple[Line, ...]
    closeness: Closeness
    company: str | None
    last_contact_at: datetime | None
    days_ahead: int
    is_fixable: bool
    is_standard: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxView:
    """One page of cards by closeness, closest first; `cursor` of the next one; what is coming, where nothing is here."""

    groups: tuple[tuple[Closeness, tuple[Card, ...]], ...]
    cursor: str | None
    coming: tuple[UpcomingItem, ...]

    @property
    def cards(self) -> tuple[Card, ...]:
        """All cards in their order."""
        return tuple(card for _, cards in self.groups for card in cards)


async def view_inbox(
    tools: Tools, *, profile: OwnerProfile, show: Show, words: str | None, contact: str | None, cursor: str | None
) -> InboxView:
    """
    Return one page of an owner's inbox.

    Raises:
        InvalidMessage: the cursor is none of ours.
        BrokerUnavailable: contacts does not answer, who knows which people *words* find.
    """
    found: Collection[str] | None = None
    if contact:
        found = await ids_of(tools, owner=profile.owner, contact=contact)
    elif words:
        found = await _found(tools, owner=profile.owner, words=words)
    items = await tools.inbox.page(
        owner=profile.owner,
        states=STATES[show],
        contacts=found,
        after=read_cursor(cursor),
        limit=PAGE_ITEMS + 1,
    )
    page = items[:PAGE_ITEMS]
    cards = await cards_of(tools, profile=profile, items=page)
    return InboxView(
        groups=_grouped(cards),
        cursor=write_cursor((page[-1].surfaced_at, page[-1].id)) if len(items) > PAGE_ITEMS else None,
        coming=() if cards else await _coming(tools, owner=profile.owner),
    )


async def cards_of(tools: Tools, *, profile: OwnerProfile, items: Sequence[Item]) -> list[Card]:
    """Return *items* of the owner of *profile* as cards."""
    now = tools.clock()
    return [_card(tools, looked, profile=profile, now=now) for looked in await look_at(tools, owner=profile.owner, items=items)]


async def standard_cards(tools: Tools, *, profile: OwnerProfile) -> list[Card]:
    """Return what "send all standard greetings" would send now, as far as this service knows the people."""
    found: list[Card] = []
    after = None
    while len(found) < STANDARD_MAX:
        items = await tools.inbox.page(owner=profile.owner, states=[ItemState.UNREAD], after=after, limit=FOUND_MAX)
        found += [card for card in await cards_of(tools, profile=profile, items=items) if card.is_standard]
        if len(items) < FOUND_MAX:
            break
        after = (items[-1].surfaced_at, items[-1].id)
    return found


def _card(tools: Tools, looked: Looked, *, profile: OwnerProfile, now: datetime) -> Card:
    person, item = looked.person, looked.item
    is_ahead = item.kind is ReminderKind.AHEAD
    return Card(
        shown=looked.shown,
        item=item,
        lines=_lines(looked.drafted.draft, owner_lines=looked.drafted.owner_lines),
        closeness=person.closeness if person else Closeness.CONNECTED,
        company=person.job.company if person and person.job else None,
        last_contact_at=person.last_contact_at if person else None,
        days_ahead=max((item.on - today_of(profile, now=now)).days, 0) if is_ahead else 0,
        is_fixable=item.occasion in FIXABLE and item.state in WAITING,
        is_standard=person is not None and _is_standard(tools, looked, person, profile=profile, now=now),
    )


def _is_standard(tools: Tools, looked: Looked, person: ContactSnapshot, *, profile: OwnerProfile, now: datetime) -> bool:
    item = looked.item
    if item.state is not ItemState.UNREAD or silence(snapshot=person, occasion=item.occasion):
        return False
    grace = timedelta(days=profile.belated_grace_days)
    late_by = today_of(profile, now=now) - item.on
    if why_not_standard(item=item, person=person, grace=grace, late_by=late_by) is not None:
        return False
    has_words = bool(without_owner_lines(looked.drafted.draft, lines=looked.drafted.owner_lines).body)
    return has_words and isinstance(tools.post.route_to(person, profile=profile), Route)


def _lines(draft: Draft, *, owner_lines: Iterable[str]) -> tuple[Line, ...]:
    """Return the lines of a draft, those marked that stay with the owner."""
    own = frozenset(owner_lines)
    return tuple(
        Line(text=text, for_owner=bool(text.strip()) and not without_owner_lines(Draft(subject="", body=text), lines=own).body)
        for text in draft.body.strip().split("\n")
    )


def _grouped(cards: Sequence[Card]) -> tuple[tuple[Closeness, tuple[Card, ...]], ...]:
    groups = ((closeness, tuple(card for card in cards if card.closeness is closeness)) for closeness in Closeness)
    return tuple((closeness, members) for closeness, members in groups if members)


async def _found(tools: Tools, *, owner: str, words: str) -> list[str]:
    request = ListContacts(owner=owner, search=words, limit=FOUND_MAX)
    page = await ask(tools.client, service="contacts", verb="list", request=request, reply=ContactPage, timeout_s=ASK_TIMEOUT_S)
    return [known for person in page.contacts for known in known_as(person)]


async def _coming(tools: Tools, *, owner: str) -> tuple[UpcomingItem, ...]:
    request = ListUpcoming(owner=owner, days=NEXT_DAYS, limit=NEXT_SHOWN)
    return (await list_upcoming(tools, request=request)).items
