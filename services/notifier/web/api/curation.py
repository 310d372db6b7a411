"""`/api/v1/people/{contact}`: merge two people, forget one, and ask where values come from."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from services.notifier.use_cases.curation import forget, merge, provenance
from services.notifier.web.api.bodies import Body
from services.notifier.web.api.routing import PROBLEMS, READING, ApiRoute, answer
from services.notifier.web.desk import Desk
from services.notifier.web.session import ApiCaller
from shared.messages.curation import Forgotten, MergeReply, Provenance
from shared.messages.values import Id


class Merging(Body):
    """Which other entry is the same person; with `preview` nothing is changed."""

    other: Id
    preview: bool = False


def curation_router(desk: Desk) -> APIRouter:
    """Return the routes."""
    router = APIRouter(tags=["people"], route_class=ApiRoute)

    @router.post("/people/{contact}/merge", response_model=MergeReply, responses=PROBLEMS, summary="Make one person of two")
    async def merge_two(request: Request, caller: ApiCaller, contact: Id, body: Merging) -> Response:
        """Both ids name the one from then on. It cannot be undone; doing it twice is doing it once."""
        found = await merge(desk.tools, owner=caller.owner, contact=contact, other=body.other, preview=body.preview)
        return answer(request, found)

    @router.delete("/people/{contact}", response_model=Forgotten, responses=PROBLEMS, summary="Forget a person")
    async def forget_person(request: Request, caller: ApiCaller, contact: Id) -> Response:
        """Erase all that is known of them, on the broker too. What is `unfinished` is erased as soon as that part answers."""
        return answer(request, await forget(desk.tools, owner=caller.owner, contact=contact))

    @router.get(
        "/people/{contact}/provenance", response_model=Provenance, responses=READING, summary="Read where values come from"
    )
    async def sources(request: Request, caller: ApiCaller, contact: Id) -> Response:
        return answer(request, await provenance(desk.tools, owner=caller.owner, contact=contact))

    return router
