"""How the owner comes in: the password, the browsers that are signed in, and tokens for their own devices and programs."""

from http import HTTPStatus
from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from services.notifier.domain.sessions import PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN
from services.notifier.web.desk import Desk
from services.notifier.web.session import Form, Viewer, give_cookie
from services.notifier.web.settings.credentials import Made, credentials_of, make
from services.notifier.web.settings.sections import ACCESS, done, show
from services.notifier.web.site import OurSite, site_of
from shared.errors import NotFound
from shared.messages.access import RevokeCredential, Scope, SetPassword
from shared.messages.values import Id

PASSWORD_SENTENCE: Final = f"Choose {PASSWORD_CHARS_MIN} to {PASSWORD_CHARS_MAX} characters."


def access_router(desk: Desk) -> APIRouter:
    """Return the routes of this section."""
    router = APIRouter(include_in_schema=False)

    @router.get(ACCESS.url)
    async def ask(request: Request, viewer: Viewer) -> Response:
        """Show who is signed in and which tokens there are."""
        return await _show(request, viewer)

    @router.post(ACCESS.url + "/password")
    async def set_password(request: Request, site: OurSite, viewer: Viewer, form: Form) -> Response:
        """Change the password; every other browser is signed out."""
        if errors := await _password_errors(request, site, viewer, form):
            return await _show(request, viewer, errors=errors)
        await site.signing_in.set_password(request=SetPassword.model_validate({"owner": viewer.owner, "password": form["new"]}))
        site.watch.ring([viewer.owner])
        # All sessions ended, this one too: who knows the password goes on in a new one.
        secret = await site.signing_in.renew(owner=viewer.owner)
        response = done(ACCESS, "password")
        give_cookie(response, request, site, secret=secret)
        return response

    @router.post(ACCESS.url + "/tokens")
    async def add_token(request: Request, viewer: Viewer, form: Form) -> Response:
        """Make a token, and show it this once."""
        made = await make(desk, request, owner=viewer.owner, name=form.get("name", ""), scope=Scope.OWNER)
        return await _show(request, viewer, made=made, values=form)

    @router.post(ACCESS.url + "/tokens/{name}/revoke")
    async def revoke(viewer: Viewer, _: Form, name: Id) -> Response:
        """End a token."""
        if name not in {each.name for each in await credentials_of(desk, owner=viewer.owner, scope=Scope.OWNER)}:
            raise NotFound("there is no token of that name")
        await desk.upkeep.access.revoke(request=RevokeCredential(owner=viewer.owner, name=name))
        return done(ACCESS, "revoked", anchor="#tokens")

    async def _show(
        request: Request,
        viewer: Viewer,
        *,
        errors: dict[str, str] | None = None,
        made: Made | str | None = None,
        values: Any = None,
    ) -> Response:
        errors = {"name": made} if isinstance(made, str) else errors or {}
        signing_in = site_of(request).signing_in
        return await show(
            request,
            ACCESS,
            status=HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK,
            has_password=await signing_in.has_password(owner=viewer.owner),
            sessions=await signing_in.sessions_of(owner=viewer.owner),
            tokens=await credentials_of(desk, owner=viewer.owner, scope=Scope.OWNER),
            password_min=PASSWORD_CHARS_MIN,
            password_max=PASSWORD_CHARS_MAX,
            values={"name": (values or {}).get("name", "")} if errors else {},
            made=made if isinstance(made, Made) else None,
            errors=errors,
        )

    return router


async def _password_errors(request: Request, site: OurSite, viewer: Viewer, form: Form) -> dict[str, str]:
    new = form.get("new", "")
    if not PASSWORD_CHARS_MIN <= len(new) <= PASSWORD_CHARS_MAX:
        return {"new": PASSWORD_SENTENCE}
    if new != form.get("again", ""):
        return {"again": "The two are not the same."}
    if await site.signing_in.has_password(owner=viewer.owner) and not await site.signing_in.is_password(
        owner=viewer.owner, password=form.get("present", ""), address=site.peers.address_of(request)
    ):
        return {"present": "That is not your present password."}
    return {}
