"""`/api/v1/people`, `/upcoming` and `/owner`: whom the owner knows, what is coming, and the owner's settings."""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from services.notifier.domain.people_list import PeopleFilter, Silence, Sort
from services.notifier.use_cases.acting import profile_of
from services.notifier.use_cases.listing import list_upcoming
from services.notifier.use_cases.people_bulk import BulkDone
from services.notifier.web.api.bodies import FeedMaking
from services.notifier.web.api.people_bodies import BATCH, PeopleChange, PeopleChanged
from services.notifier.web.api.routing import PROBLEMS, READING, ApiRoute, answer
from services.notifier.web.desk import Desk
from services.notifier.web.session import ApiCaller
from shared.errors import NotFound
from shared.messages.access import FeedIssued, IssueFeed
from shared.messages.rpc import (
    ContactPage,
    ContactReply,
    Cursor,
    GetContact,
    Limit,
    ListUpcoming,
    OwnerReply,
    OwnerSettings,
    SetOwner,
    UpcomingPage,
)
from shared.messages.snapshots import ContactSnapshot, OwnerProfile
from shared.messages.values import Closeness, Id

SEARCH: Final = "Beginnings of words of the name, address, job, place or tags; all of them have to be there."
SILENCE: Final = "Last in touch longer ago than that, or `never`: no contact is noted."


def people_router(desk: Desk) -> APIRouter:
    """Return the routes about people."""
    router = APIRouter(tags=["people"], route_class=ApiRoute)

    @router.get("/people", response_model=ContactPage, responses=READING, summary="List people")
    async def list_people(
        request: Request,
        caller: ApiCaller,
        search: Annotated[str, Query(max_length=200, description=SEARCH)] = "",
        closeness: Closeness | None = None,
        tag: Annotated[str, Query(max_length=200)] = "",
        company: Annotated[str, Query(max_length=200)] = "",
        silence: Annotated[Silence | None, Query(description=SILENCE)] = None,
        sort: Sort = Sort.NAME,
        cursor: Annotated[Cursor | None, Query()] = None,
        limit: Limit = 100,
    ) -> Response:
        filters = PeopleFilter(search=search, closeness=closeness, tag=tag, company=company, silence=silence)
        people, following = await desk.people.some(owner=caller.owner, filters=filters, sort=sort, cursor=cursor, limit=limit)
        return answer(request, ContactPage(contacts=people, cursor=following))

    @router.post("/people/bulk", response_model=PeopleChanged, responses=PROBLEMS, summary="Change many people")
    async def change_people(request: Request, caller: ApiCaller, body: PeopleChange) -> Response:
        """Each of them gets a fact of their own; what is so already is left alone."""
        if body.matching is None:
            done = await desk.people_bulk.change_these(owner=caller.owner, contacts=body.contacts or (), change=body.change)
        else:
            done = await desk.people_bulk.change_matching(
                owner=caller.owner, filters=body.matching.filters, expected=body.matching.expected, change=body.change
            )
        return answer(request, _told(done))

    @router.api_route("/people/bulk", methods=["GET", "PUT", "PATCH", "DELETE"], include_in_schema=False)
    async def not_a_person(_: ApiCaller) -> Response:
        """Say that this is nobody's id, which the routes of one person would take it for."""
        raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": "POST"})

    @router.post("/people/bulk/{batch}/undo", response_model=PeopleChanged, responses=PROBLEMS, summary="Take that back")
    async def undo_change(request: Request, caller: ApiCaller, batch: Annotated[str, Path(pattern=BATCH)]) -> Response:
        """Only what the change did is taken back: whatever was said of a person since stays."""
        return answer(request, _told(await desk.people_bulk.undo(owner=caller.owner, batch=batch)))

    @router.get("/people/{contact}", response_model=ContactSnapshot, responses=READING, summary="Read one person")
    async def get_person(request: Request, caller: ApiCaller, contact: Id) -> Response:
        reply = await desk.contacts("get", GetContact(owner=caller.owner, id=contact), ContactReply)
        return answer(request, reply.contact)

    @router.get("/upcoming", response_model=UpcomingPage, responses=READING, summary="List what is planned, the next first")
    async def upcoming(
        request: Request,
        caller: ApiCaller,
        days: Annotated[int, Query(ge=0, le=400)] = 30,
        cursor: Annotated[Cursor | None, Query()] = None,
        limit: Limit = 200,
    ) -> Response:
        asked = ListUpcoming(owner=caller.owner, days=days, cursor=cursor, limit=limit)
        return answer(request, await list_upcoming(desk.tools, request=asked))

    return router


def owner_router(desk: Desk) -> APIRouter:
    """Return the routes about the owner."""
    router = APIRouter(prefix="/owner", tags=["owner"], route_class=ApiRoute)

    @router.get("", response_model=OwnerProfile, responses=READING, summary="Read your settings")
    async def get_owner(request: Request, caller: ApiCaller) -> Response:
        profile = await profile_of(desk.tools, caller.owner)
        if profile is None:
            raise NotFound("nothing is known of this owner")
        return answer(request, profile)

    @router.patch("", response_model=OwnerProfile, responses=PROBLEMS, summary="Change settings")
    async def set_owner(request: Request, caller: ApiCaller, body: OwnerSettings) -> Response:
        """
        Change what is given. Tables, such as `cadence_days`, are changed key by key, `telling` part by part.

        Null takes `email` or `telling.digest_at` away, and leaves any other setting as it is.
        """
        reply = await desk.contacts("owner.set", SetOwner(owner=caller.owner, settings=body), OwnerReply)
        # Whoever asks next sees what they were just told, even before it comes over the stream.
        await desk.tools.people.save_profiles([reply.profile])
        return answer(request, reply.profile)

    @router.post("/feed", response_model=FeedIssued, responses=PROBLEMS, summary="Make the address of your calendar feed")
    async def make_feed(request: Request, caller: ApiCaller, body: FeedMaking | None = None) -> Response:
        """The address is told once: whoever has it reads the feed. With `replace` the present one ends at once."""
        asked = IssueFeed(owner=caller.owner, replace=bool(body and body.replace))
        return answer(request, await desk.feeds.issue(request=asked))

    return router


def _told(done: BulkDone) -> PeopleChanged:
    return PeopleChanged(batch=done.batch, chosen=done.chosen, changed=done.changed, is_seen=done.is_seen)
