"""Other systems that may state facts: each with a credential of its own, and what becomes of their facts about strangers."""

from http import HTTPStatus
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from services.notifier.web.desk import Desk
from services.notifier.web.session import Form, Viewer
from services.notifier.web.settings.credentials import Made, credentials_of, make
from services.notifier.web.settings.forms import read_settings, save_settings
from services.notifier.web.settings.sections import EMITTERS, done, show
from services.notifier.web.settings.snippets import snippets_of
from shared.errors import NotFound
from shared.messages.access import RevokeCredential, Scope
from shared.messages.rpc import CountParked, ParkedCount
from shared.messages.values import Id


def emitters_router(desk: Desk) -> APIRouter:
    """Return the routes of this section."""
    router = APIRouter(include_in_schema=False)

    @router.get(EMITTERS.url)
    async def ask(request: Request, viewer: Viewer) -> Response:
        """Show the emitters and the sources."""
        return await _show(request, viewer)

    @router.post(EMITTERS.url)
    async def add(request: Request, viewer: Viewer, form: Form) -> Response:
        """Make a credential, and show it this once with what to paste."""
        made = await make(desk, request, owner=viewer.owner, name=form.get("name", ""), scope=Scope.EMIT)
        return await _show(request, viewer, made=made, values=form)

    @router.post(EMITTERS.url + "/{name}/revoke")
    async def revoke(viewer: Viewer, _: Form, name: Id) -> Response:
        """End a credential: whoever uses it is cut off."""
        if name not in {each.name for each in await credentials_of(desk, owner=viewer.owner, scope=Scope.EMIT)}:
            raise NotFound("there is no system of that name")
        await desk.upkeep.access.revoke(request=RevokeCredential(owner=viewer.owner, name=name))
        return done(EMITTERS, "revoked")

    @router.post(EMITTERS.url + "/unknown")
    async def set_policy(request: Request, viewer: Viewer, form: Form) -> Response:
        """Say what becomes of a source's facts about somebody unknown, or take the rule for it away."""
        policy = None if "remove" in form else form.get("policy", "")
        read = read_settings({"unknown_contacts": {form.get("source", ""): policy}})
        if read.settings is None:
            return await _show(request, viewer, errors={"source": read.errors["unknown_contacts"]}, values=form)
        await save_settings(desk, viewer, read.settings)
        return done(EMITTERS, "saved" if policy else "removed", anchor="#unknown")

    async def _show(
        request: Request,
        viewer: Viewer,
        *,
        made: Made | str | None = None,
        errors: dict[str, str] | None = None,
        values: Any = None,
    ) -> Response:
        errors = {"name": made} if isinstance(made, str) else errors or {}
        issued = made if isinstance(made, Made) else None
        parked = await desk.contacts("parked.count", CountParked(owner=viewer.owner), ParkedCount)
        policies = viewer.profile.unknown_contacts
        return await show(
            request,
            EMITTERS,
            status=HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK,
            emitters=await credentials_of(desk, owner=viewer.owner, scope=Scope.EMIT),
            sources=[
                (source, policies.get(source), parked.sources.get(source, 0)) for source in sorted({*policies, *parked.sources})
            ],
            snippets=snippets_of(issued) if issued else (),
            values={name: (values or {}).get(name, "") for name in ("name", "source")} if errors else {},
            made=issued,
            errors=errors,
        )

    return router
