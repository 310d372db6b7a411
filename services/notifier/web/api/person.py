"""`/api/v1/people/{contact}`: change one person, note that one was in touch, and read what is planned and why."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from services.notifier.domain.cursor import read_cursor, write_cursor
from services.notifier.domain.person_plans import Outlook, Plan
from services.notifier.use_cases.acting import profile_of
from services.notifier.use_cases.person_edits import Stated, edit_person, log_interaction, take_back_interaction, tell_new_job
from services.notifier.use_cases.person_lookup import find_person
from services.notifier.use_cases.person_page import outlook_for
from services.notifier.web.api.person_bodies import (
    InteractionNote,
    InteractionPage,
    NewJob,
    NotPlannedBecause,
    PersonOutlook,
    PersonPatch,
    PlannedBecause,
)
from services.notifier.web.api.routing import PROBLEMS, READING, ApiRoute, Responses, answer
from services.notifier.web.desk import Desk
from services.notifier.web.session import ApiCaller
from shared.errors import NotFound
from shared.messages.rpc import Cursor, Limit
from shared.messages.snapshots import ContactSnapshot, Interaction
from shared.messages.values import Id

PERSON: Final = "/people/{contact}"
STATING: Final[Responses] = {
    202: {"description": "It is kept and will be seen later; this is the person as before", "model": ContactSnapshot},
    **PROBLEMS,
}
"""The answers of a route that states something about a person, besides 200."""


def person_router(desk: Desk) -> APIRouter:
    """Return the routes."""
    router = APIRouter(tags=["people"], route_class=ApiRoute)
    _add_reading(router, desk)
    _add_stating(router, desk)
    return router


def _add_reading(router: APIRouter, desk: Desk) -> None:
    @router.get(PERSON + "/outlook", response_model=PersonOutlook, responses=READING, summary="Read what is planned, and why")
    async def outlook(request: Request, caller: ApiCaller, contact: Id) -> Response:
        profile = await profile_of(desk.tools, caller.owner)
        if profile is None:
            raise NotFound("nothing is known of this owner")
        person = await find_person(desk.tools, owner=caller.owner, contact=contact)
        return answer(request, _told(await outlook_for(desk.tools, profile=profile, person=person)))

    @router.get(
        PERSON + "/interactions", response_model=InteractionPage, responses=READING, summary="List when you were in touch"
    )
    async def interactions(
        request: Request,
        caller: ApiCaller,
        contact: Id,
        cursor: Annotated[Cursor | None, Query()] = None,
        limit: Limit = 50,
    ) -> Response:
        person = await find_person(desk.tools, owner=caller.owner, contact=contact)
        return answer(request, _page(person.interactions, cursor=cursor, limit=limit))


def _add_stating(router: APIRouter, desk: Desk) -> None:
    @router.patch(PERSON, response_model=ContactSnapshot, responses=STATING, summary="Change one person")
    async def change(request: Request, caller: ApiCaller, contact: Id, body: PersonPatch) -> Response:
        """Only what differs is stated: what others say of the person meanwhile stays."""
        wanted = body.model_dump(mode="json", exclude_unset=True)

        def wish(_: ContactSnapshot) -> dict[str, Any]:
            return wanted

        return _answer(request, await edit_person(desk.tools, owner=caller.owner, contact=contact, wish=wish))

    @router.post(
        PERSON + "/interactions", response_model=ContactSnapshot, responses=STATING, summary="Note that you were in touch"
    )
    async def log(request: Request, caller: ApiCaller, contact: Id, body: InteractionNote | None = None) -> Response:
        note = body or InteractionNote()
        stated = await log_interaction(
            desk.tools,
            owner=caller.owner,
            contact=contact,
            channel=note.channel,
            direction=note.direction,
            note=note.note,
            at=note.occurred_at,
        )
        return _answer(request, stated)

    @router.delete(
        PERSON + "/interactions/{interaction}",
        response_model=ContactSnapshot,
        responses=STATING,
        summary="Take back that you were in touch",
    )
    async def take_back(request: Request, caller: ApiCaller, contact: Id, interaction: Id) -> Response:
        """Of one that is not there, or no longer, nothing is stated."""
        return _answer(
            request, await take_back_interaction(desk.tools, owner=caller.owner, contact=contact, interaction=interaction)
        )

    @router.post(PERSON + "/new-job", response_model=ContactSnapshot, responses=STATING, summary="Tell that they changed jobs")
    async def new_job(request: Request, caller: ApiCaller, contact: Id, body: NewJob) -> Response:
        job = body.model_dump(mode="json", exclude_none=True)
        return _answer(request, await tell_new_job(desk.tools, owner=caller.owner, contact=contact, job=job))


def _answer(request: Request, stated: Stated) -> Response:
    return answer(request, stated.person, status=HTTPStatus.OK if stated.is_seen else HTTPStatus.ACCEPTED)


def _page(interactions: Sequence[Interaction], *, cursor: str | None, limit: int) -> InteractionPage:
    """Return one page; its cursor names the last instant, and how many of that instant were shown."""
    after = read_cursor(cursor)
    numbered = [
        (each, str(sum(other.at == each.at for other in interactions[:index]))) for index, each in enumerate(interactions)
    ]
    if after:
        at, number = after
        numbered = [(each, own) for each, own in numbered if each.at < at or (each.at == at and _later(own, number))]
    shown = numbered[:limit]
    following = write_cursor((shown[-1][0].at, shown[-1][1])) if len(numbered) > limit else None
    return InteractionPage(interactions=tuple(each for each, _ in shown), cursor=following)


def _later(left: str, right: str) -> bool:
    return (len(left), left) > (len(right), right)


def _told(outlook: Outlook) -> PersonOutlook:
    return PersonOutlook(
        planned=tuple(_planned(plan) for plan in outlook.planned),
        not_planned=tuple(
            NotPlannedBecause(occasion=each.occasion, why=each.why, label=each.label) for each in outlook.unplanned
        ),
    )


def _planned(plan: Plan) -> PlannedBecause:
    return PlannedBecause(
        id=plan.line.id,
        occasion=plan.line.occasion,
        on=plan.line.on,
        due_at=plan.line.due_at,
        milestone=plan.line.milestone,
        label=plan.line.label,
        why=plan.why,
        reason_on=plan.on,
        reason_at=plan.at,
        cadence_days=plan.cadence.days if plan.cadence else None,
        ahead_on=plan.ahead_on,
    )
