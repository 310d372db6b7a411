"""`/api/v1/inbox`, `/send-all`: read the inbox and act upon it. Every action may be sent twice."""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from services.notifier.use_cases.acting import find_item, reply_with
from services.notifier.use_cases.actions import dismiss_item, edit_item, fix_date, silence_person, snooze_item
from services.notifier.use_cases.listing import list_inbox
from services.notifier.use_cases.sending import mark_item_sent, send_item, send_standard, undo_item
from services.notifier.web.api.bodies import DateFixing, Editing, Sending, SendingAll, Snoozing
from services.notifier.web.api.routing import PROBLEMS, READING, ApiRoute, answer
from services.notifier.web.desk import Desk
from services.notifier.web.session import ApiCaller
from shared.messages.reminders import ItemState
from shared.messages.rpc import (
    Cursor,
    EditItem,
    FixDate,
    InboxItem,
    InboxPage,
    ItemAction,
    Limit,
    ListInbox,
    SendItem,
    SendStandard,
    SnoozeItem,
    StandardSent,
)
from shared.messages.values import Id

ItemId = Annotated[str, Path(max_length=200, description="The id of the item, which is the reminder's.")]
SEND_ALL: Final = "/send-all"
"""Not below `/inbox`, where it would be the id of an item."""
State = ItemState | Literal["open", "all"]


def inbox_router(desk: Desk) -> APIRouter:
    """Return the routes."""
    router = APIRouter(tags=["inbox"], route_class=ApiRoute)
    _add_reading(router, desk)
    _add_sending(router, desk)
    _add_others(router, desk)
    return router


def _add_reading(router: APIRouter, desk: Desk) -> None:
    @router.get("/inbox", response_model=InboxPage, responses=READING, summary="List items, the latest first")
    async def list_items(
        request: Request,
        caller: ApiCaller,
        state: State = "open",
        contact: Id | None = None,
        cursor: Annotated[Cursor | None, Query()] = None,
        limit: Limit = 50,
    ) -> Response:
        asked = ListInbox(owner=caller.owner, state=state, contact=contact, cursor=cursor, limit=limit)
        return answer(request, await list_inbox(desk.tools, request=asked))

    @router.get("/inbox/{item}", response_model=InboxItem, responses=READING, summary="Read one item")
    async def get_item(request: Request, caller: ApiCaller, item: ItemId) -> Response:
        found = await find_item(desk.tools, ItemAction(owner=caller.owner, item=item))
        return answer(request, (await reply_with(desk.tools, found)).item)


def _add_sending(router: APIRouter, desk: Desk) -> None:
    @router.post(SEND_ALL, response_model=StandardSent, responses=PROBLEMS, summary="Send the standard greetings")
    async def send_all(request: Request, caller: ApiCaller, body: SendingAll | None = None) -> Response:
        asked = SendStandard(owner=caller.owner, **dict(body or SendingAll()))
        return answer(request, await send_standard(desk.tools, request=asked))

    @router.post("/inbox/{item}/send", response_model=InboxItem, responses=PROBLEMS, summary="Send the greeting")
    async def send(request: Request, caller: ApiCaller, item: ItemId, body: Sending | None = None) -> Response:
        asked = SendItem(owner=caller.owner, item=item, **dict(body or Sending()))
        return answer(request, (await send_item(desk.tools, request=asked)).item)

    @router.post("/inbox/{item}/undo", response_model=InboxItem, responses=PROBLEMS, summary="Take back what is about to be sent")
    async def undo(request: Request, caller: ApiCaller, item: ItemId) -> Response:
        return answer(request, (await undo_item(desk.tools, request=ItemAction(owner=caller.owner, item=item))).item)

    @router.post("/inbox/{item}/mark-sent", response_model=InboxItem, responses=PROBLEMS, summary="Say that you sent it yourself")
    async def mark_sent(request: Request, caller: ApiCaller, item: ItemId) -> Response:
        return answer(request, (await mark_item_sent(desk.tools, request=ItemAction(owner=caller.owner, item=item))).item)


def _add_others(router: APIRouter, desk: Desk) -> None:
    @router.post("/inbox/{item}/edit", response_model=InboxItem, responses=PROBLEMS, summary="Replace the draft")
    async def edit(request: Request, caller: ApiCaller, item: ItemId, body: Editing) -> Response:
        asked = EditItem(owner=caller.owner, item=item, **dict(body))
        return answer(request, (await edit_item(desk.tools, request=asked)).item)

    @router.post("/inbox/{item}/snooze", response_model=InboxItem, responses=PROBLEMS, summary="Hide it until later")
    async def snooze(request: Request, caller: ApiCaller, item: ItemId, body: Snoozing) -> Response:
        asked = SnoozeItem(owner=caller.owner, item=item, until=body.until)
        return answer(request, (await snooze_item(desk.tools, request=asked)).item)

    @router.post("/inbox/{item}/dismiss", response_model=InboxItem, responses=PROBLEMS, summary="Put it away without a greeting")
    async def dismiss(request: Request, caller: ApiCaller, item: ItemId) -> Response:
        return answer(request, (await dismiss_item(desk.tools, request=ItemAction(owner=caller.owner, item=item))).item)

    @router.post("/inbox/{item}/not-this-person", response_model=InboxItem, responses=PROBLEMS, summary="Never greet this person")
    async def not_this_person(request: Request, caller: ApiCaller, item: ItemId) -> Response:
        return answer(request, (await silence_person(desk.tools, request=ItemAction(owner=caller.owner, item=item))).item)

    @router.post("/inbox/{item}/fix-date", response_model=InboxItem, responses=PROBLEMS, summary="Correct the date it is about")
    async def correct_date(request: Request, caller: ApiCaller, item: ItemId, body: DateFixing) -> Response:
        asked = FixDate(owner=caller.owner, item=item, on=body.on)
        return answer(request, (await fix_date(desk.tools, request=asked)).item)
