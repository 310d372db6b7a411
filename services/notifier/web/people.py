"""`/people`: everybody the owner knows, searched, narrowed and sorted, and changed many at a time."""

from http import HTTPStatus
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from services.notifier.domain.people_bulk import BulkChange, checked
from services.notifier.domain.people_list import PeopleFilter, Silence, Sort, shown_name
from services.notifier.use_cases.people_bulk import BulkDone
from services.notifier.use_cases.people_page import BULK_MAX, PeoplePage
from services.notifier.web import people_words, wording
from services.notifier.web.desk import Desk
from services.notifier.web.pages import redirect, render
from services.notifier.web.people_forms import EVERY, address, change_of, filters_of, number_of, sort_of, view_of
from services.notifier.web.person_words import REMINDABLE
from services.notifier.web.session import Form, SignedIn, Viewer
from shared.errors import Conflict, InvalidMessage
from shared.messages.values import Closeness

PATH: Final = "/people"
PEOPLE_SHOWN: Final = 50


def people_list_router(desk: Desk) -> APIRouter:
    """Return the routes."""
    router = APIRouter(include_in_schema=False)

    @router.get(PATH)
    async def show(request: Request, viewer: Viewer) -> Response:
        return await _show(request, desk, viewer, dict(request.query_params))

    @router.post(PATH + "/bulk")
    async def change(request: Request, viewer: Viewer, form: Form) -> Response:
        view = view_of(form)
        filters, sort, pairs = filters_of(view), sort_of(view), request.state.fields
        contacts = [value for name, value in pairs if name == "contact"]
        try:
            wanted = checked(change_of(form, pairs))
            if form.get("scope") != "all":
                done = await desk.people_bulk.change_these(owner=viewer.owner, contacts=contacts, change=wanted)
            elif form.get("sure") == "yes":
                expected = number_of(form.get("expected", ""))
                done = await desk.people_bulk.change_matching(
                    owner=viewer.owner, filters=filters, expected=expected, change=wanted
                )
            else:
                return await _ask(request, desk, viewer, filters, sort, wanted)
        except (InvalidMessage, Conflict) as exc:
            return await _show(request, desk, viewer, view, error=exc)
        return _back(filters, sort, done, did="changed")

    @router.post(PATH + "/bulk/{batch}/undo")
    async def undo(viewer: Viewer, form: Form, batch: str) -> Response:
        view = view_of(form)
        done = await desk.people_bulk.undo(owner=viewer.owner, batch=batch)
        return _back(filters_of(view), sort_of(view), done, did="undone")

    return router


def _back(filters: PeopleFilter, sort: Sort, done: BulkDone, *, did: str) -> Response:
    batch = done.batch if done.changed or did == "undone" else None
    return redirect(
        address(filters, sort, did=did if done.changed else "nothing", batch=batch, later=None if done.is_seen else "yes")
    )


async def _ask(request: Request, desk: Desk, viewer: SignedIn, filters: PeopleFilter, sort: Sort, wanted: BulkChange) -> Response:
    """Ask whether all who match are meant: how many they are, and what would be done to them."""
    matching = await desk.people.count(owner=viewer.owner, filters=filters)
    if not matching or matching > BULK_MAX:
        told = (
            f"at most {BULK_MAX:,} people are changed at once; narrow the list first" if matching else "nobody matches any more"
        )
        return await _show(request, desk, viewer, view_of({"view": _query(filters, sort)}), error=Conflict(told))
    return await render(
        request,
        "people_sure.html",
        matching=matching,
        many=people_words.people_count(matching),
        what=people_words.change_words(wanted),
        change=wanted,
        filters=filters,
        who=people_words.filter_words(filters),
        view=_query(filters, sort),
        back=address(filters, sort),
    )


async def _show(
    request: Request, desk: Desk, viewer: SignedIn, query: dict[str, str], *, error: InvalidMessage | Conflict | None = None
) -> Response:
    filters, sort, cursor = filters_of(query), sort_of(query), query.get("cursor")
    page = await _page(desk, viewer, filters, sort, cursor)
    batch = query.get("batch")
    done = await desk.people_bulk.look_up(owner=viewer.owner, batch=batch) if batch else None
    return await render(
        request,
        "people.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK,
        page=page,
        filters=filters,
        sort=sort,
        count=people_words.people_count(page.matching),
        following=address(filters, sort, cursor=page.cursor) if page.cursor else None,
        first=address(filters, sort) if cursor else None,
        done=done,
        did=query.get("did"),
        later=query.get("later") == "yes",
        error=str(error) if error else "",
        at=lambda **more: address(filters, sort, **more),
        view=_query(filters, sort),
        shown_name=shown_name,
        words=people_words,
        wording=wording,
        Closeness=Closeness,
        Silence=Silence,
        Sort=Sort,
        occasions=REMINDABLE,
        every=EVERY,
        can_take_all=page.matching > len(page.people) and page.matching <= BULK_MAX,
    )


async def _page(desk: Desk, viewer: SignedIn, filters: PeopleFilter, sort: Sort, cursor: str | None) -> PeoplePage:
    try:
        return await desk.people.page(owner=viewer.owner, filters=filters, sort=sort, cursor=cursor, limit=PEOPLE_SHOWN)
    except InvalidMessage:
        # The end of a page of another list: the beginning of this one is better than a complaint.
        return await desk.people.page(owner=viewer.owner, filters=filters, sort=sort, limit=PEOPLE_SHOWN)


def _query(filters: PeopleFilter, sort: Sort) -> str:
    return address(filters, sort).partition("?")[2]
