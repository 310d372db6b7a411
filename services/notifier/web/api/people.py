"""`/api/v1/people`, `/upcoming` and `/owner`: whom the owner knows, what is coming, and the owner's settings."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from services.notifier.use_cases.acting import profile_of
from services.notifier.use_cases.listing import list_upcoming
from services.notifier.web.api.bodies import FeedMaking
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
    ListContacts,
    ListUpcoming,
    OwnerReply,
    OwnerSettings,
    SetOwner,
    UpcomingPage,
)
from shared.messages.snapshots import ContactSnapshot, OwnerProfile
from shared.messages.values import Closeness, Id, Text


def people_router(desk: Desk) -> APIRouter:
    """Return the routes about people."""
    router = APIRouter(tags=["people"], route_class=ApiRoute)

    @router.get("/people", response_model=ContactPage, responses=READING, summary="List people by name")
    async def list_people(
        request: Request,
        caller: ApiCaller,
        search: Annotated[str | None, Query(max_length=200, description="Part of a name, address, company or tag.")] = None,
        closeness: Closeness | None = None,
        tag: Text | None = None,
        company: Text | None = None,
        cursor: Annotated[Cursor | None, Query()] = None,
        limit: Limit = 100,
    ) -> Response:
        asked = ListContacts(
            owner=caller.owner, search=search, closeness=closeness, tag=tag, company=company, cursor=cursor, limit=limit
        )
        return answer(request, await desk.contacts("list", asked, ContactPage))

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
        """Change what is given. Tables, such as `cadence_days`, are changed key by key, `telling` part by part."""
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
