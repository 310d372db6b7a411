"""`/inbox`: today's items with their drafts, and every action on them as a plain form."""

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final, Literal, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import APIRouter, Query
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from services.notifier.use_cases.actions import dismiss_item, edit_item, fix_date, silence_person, snooze_item
from services.notifier.use_cases.inbox_page import Card, Show, cards_of, standard_cards, view_inbox
from services.notifier.use_cases.sending import mark_item_sent, send_item, send_standard, undo_item
from services.notifier.use_cases.tools import Tools
from services.notifier.web import wording
from services.notifier.web.pages import redirect, render
from services.notifier.web.session import HOME, Form, OwnForm, SignedIn, Viewer, same_site_path
from services.notifier.web.site import OurSite, Site
from shared.errors import InvalidMessage
from shared.messages.cloudevents import describe
from shared.messages.reminders import ItemState
from shared.messages.rpc import EditItem, FixDate, ItemAction, ItemReply, SendItem, SendStandard, SnoozeItem

Action = Literal["send", "send-again", "morning", "undo", "edit", "snooze", "dismiss", "mark-sent", "not-this-person", "fix-date"]
ModelT = TypeVar("ModelT", bound=ItemAction)
Fields = Mapping[str, str]
WORDS_MAX: Final = 200
ITEM_MAX: Final = 200
COUNT_MAX: Final = 1_000_000
PERSON_PAGE: Final = re.compile("/people/[A-Za-z0-9_-]{1,64}")
"""The pages about a person have the same cards."""

router: Final = APIRouter(include_in_schema=False)


@router.get(HOME)
async def show_inbox(
    request: Request,
    site: OurSite,
    viewer: Viewer,
    show: Show = Show.OPEN,
    words: Annotated[str | None, Query(alias="q", max_length=WORDS_MAX)] = None,
    contact: Annotated[str | None, Query(pattern="^[A-Za-z0-9_-]{1,64}$")] = None,
    cursor: Annotated[str | None, Query(max_length=8_000)] = None,
    did: Annotated[str | None, Query(max_length=40)] = None,
    item: Annotated[str | None, Query(max_length=ITEM_MAX)] = None,
    count: Annotated[int, Query(ge=0, le=COUNT_MAX)] = 0,
) -> Response:
    """Show one page of the inbox, and what the last form did."""
    words = (words or "").strip() or None
    view = await view_inbox(site.tools, profile=viewer.profile, show=show, words=words, contact=contact, cursor=cursor)
    place = {"show": show.value if show is not Show.OPEN else None, "q": words, "contact": contact}
    here = {name: value for name, value in place.items() if value}
    return await render(
        request,
        "inbox.html",
        view=view,
        show=show,
        tabs=[(each.value, each.value.capitalize(), _url({**here, "show": each.value})) for each in Show],
        words=words,
        contact=contact,
        back=_url({**here, "cursor": cursor} if cursor else here),
        following=_url({**here, "cursor": view.cursor}) if view.cursor else None,
        first=_url(here) if cursor else None,
        done=await _done(site, viewer, did=did, item=item),
        did=did,
        count=count,
        standard=sum(card.is_standard for card in view.cards) if show is Show.OPEN and not (words or contact or cursor) else 0,
        tomorrow=viewer.now.astimezone(viewer.zone).date() + timedelta(days=1),
        wording=wording,
        ItemState=ItemState,
    )


@router.get(HOME + "/standard")
async def ask_standard(request: Request, site: OurSite, viewer: Viewer) -> Response:
    """Show who would get a standard greeting, before they do."""
    cards = await standard_cards(site.tools, profile=viewer.profile)
    return await render(request, "inbox_standard.html", cards=cards, wording=wording)


@router.post(HOME + "/standard", dependencies=[OwnForm])
async def send_all_standard(site: OurSite, viewer: Viewer) -> Response:
    """Have all standard greetings sent."""
    count = 0
    asked: SendStandard | None = SendStandard(owner=viewer.owner)
    while asked is not None:
        sent = await send_standard(site.tools, request=asked)
        count += len(sent.scheduled)
        # What is scheduled is no longer on a page of what is unread: the cursor names a place, not a number of items.
        asked = asked.model_copy(update={"cursor": sent.cursor}) if sent.cursor else None
    return redirect(_url({"did": "standard", "count": str(count)}))


@router.post(HOME + "/{item}/{action}")
async def act_upon(site: OurSite, viewer: Viewer, form: Form, item: str, action: Action) -> Response:
    """Do to an item what a button says, and go back to where the button was."""
    await ACTIONS[action](site.tools, viewer, item, form)
    did: str = action
    if action == "edit" and form.get("then") == "send":
        await _send(site.tools, viewer, item, form)
        did = "send"
    return redirect(_back(form, did=did, item=item))


def _ask(viewer: SignedIn, item: str) -> dict[str, Any]:
    return {"owner": viewer.owner, "item": item}


async def _send(tools: Tools, viewer: SignedIn, item: str, _: Fields) -> ItemReply:
    return await send_item(tools, request=_valid(SendItem, _ask(viewer, item)))


async def _send_again(tools: Tools, viewer: SignedIn, item: str, _: Fields) -> ItemReply:
    return await send_item(tools, request=_valid(SendItem, {**_ask(viewer, item), "again": True}))


async def _send_in_the_morning(tools: Tools, viewer: SignedIn, item: str, _: Fields) -> ItemReply:
    return await send_item(tools, request=_valid(SendItem, {**_ask(viewer, item), "at": "morning"}))


async def _undo(tools: Tools, viewer: SignedIn, item: str, _: Fields) -> ItemReply:
    return await undo_item(tools, request=_valid(ItemAction, _ask(viewer, item)))


async def _edit(tools: Tools, viewer: SignedIn, item: str, form: Fields) -> ItemReply:
    # Browsers send line breaks as CRLF.
    body = form.get("body", "").replace("\r\n", "\n")
    return await edit_item(tools, request=_valid(EditItem, {**_ask(viewer, item), "subject": form.get("subject"), "body": body}))


async def _snooze(tools: Tools, viewer: SignedIn, item: str, form: Fields) -> ItemReply:
    until: str | datetime = form.get("until", "")
    if until == "date":
        until = _morning_of(form.get("date", ""), viewer)
    return await snooze_item(tools, request=_valid(SnoozeItem, {**_ask(viewer, item), "until": until}))


async def _dismiss(tools: Tools, viewer: SignedIn, item: str, _: Fields) -> ItemReply:
    return await dismiss_item(tools, request=_valid(ItemAction, _ask(viewer, item)))


async def _mark_sent(tools: Tools, viewer: SignedIn, item: str, _: Fields) -> ItemReply:
    return await mark_item_sent(tools, request=_valid(ItemAction, _ask(viewer, item)))


async def _not_this_person(tools: Tools, viewer: SignedIn, item: str, _: Fields) -> ItemReply:
    return await silence_person(tools, request=_valid(ItemAction, _ask(viewer, item)))


async def _fix_date(tools: Tools, viewer: SignedIn, item: str, form: Fields) -> ItemReply:
    return await fix_date(tools, request=_valid(FixDate, {**_ask(viewer, item), "on": form.get("on", "").strip()}))


ACTIONS: Final[dict[Action, Callable[[Tools, SignedIn, str, Fields], Awaitable[ItemReply]]]] = {
    "send": _send,
    "send-again": _send_again,
    "morning": _send_in_the_morning,
    "undo": _undo,
    "edit": _edit,
    "snooze": _snooze,
    "dismiss": _dismiss,
    "mark-sent": _mark_sent,
    "not-this-person": _not_this_person,
    "fix-date": _fix_date,
}
"""What each button does."""


async def _done(site: Site, viewer: SignedIn, *, did: str | None, item: str | None) -> Card | None:
    """Return the item that the last form was about, so that the page can say what came of it."""
    if did is None or item is None or (found := await site.tools.inbox.find(owner=viewer.owner, item=item)) is None:
        return None
    return (await cards_of(site.tools, profile=viewer.profile, items=[found]))[0]


def _morning_of(text: str, viewer: SignedIn) -> datetime:
    try:
        day = date.fromisoformat(text)
    except ValueError as exc:
        raise InvalidMessage("choose a date, such as 2026-12-01") from exc
    return datetime.combine(day, viewer.profile.deliver_at, tzinfo=viewer.zone)


def _valid(model: type[ModelT], values: dict[str, Any]) -> ModelT:
    try:
        return model.model_validate(values)
    except ValidationError as exc:
        raise InvalidMessage(describe(exc)) from exc


def _back(form: Fields, *, did: str, item: str) -> str:
    """Return the page that a form was on, of the inbox or about a person, told what was done."""
    wanted = urlsplit(same_site_path(form.get("back")))
    if PERSON_PAGE.fullmatch(wanted.path):
        return f"{wanted.path}?{urlencode({'did': did, 'item': item})}"
    place = dict(parse_qsl(wanted.query)) if wanted.path == HOME else {}
    return _url({**place, "did": did, "item": item})


def _url(place: Mapping[str, str | None]) -> str:
    query = urlencode({name: value for name, value in place.items() if value})
    return f"{HOME}?{query}" if query else HOME
