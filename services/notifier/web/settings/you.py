"""Who the owner is: name, address, zone, language, and what they may share with people."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from services.notifier.web.desk import Desk
from services.notifier.web.session import Form, Viewer
from services.notifier.web.settings.forms import Read, lines_of, read_settings, save_settings
from services.notifier.web.settings.sections import YOU, done, show
from shared.messages.snapshots import OwnerProfile

GROUND: Final = (
    ("interests", "What you like", "Chess"),
    ("causes", "What you stand up for", "The animal shelter"),
    ("employers", "Where you work or worked", "Example Press"),
    ("schools", "Where you learned", "Example University"),
    ("places", "Where you live or lived", "Hamburg"),
)
"""Setting, label, and an example: one a line."""
PLAIN: Final = ("name", "email", "timezone", "language")


def you_router(desk: Desk) -> APIRouter:
    """Return the routes of this section."""
    router = APIRouter(include_in_schema=False)

    @router.get(YOU.url)
    async def ask(request: Request, viewer: Viewer) -> Response:
        """Show what is known of the owner."""
        return await _show(request, viewer, values=_values(viewer.profile), errors={})

    @router.post(YOU.url)
    async def save(request: Request, viewer: Viewer, form: Form) -> Response:
        """Change it."""
        read = _read(form)
        if read.settings is None:
            return await _show(request, viewer, values=_values(viewer.profile) | dict(form), errors=read.errors)
        await save_settings(desk, viewer, read.settings)
        return done(YOU)

    async def _show(request: Request, viewer: Viewer, *, values: Mapping[str, str], errors: Mapping[str, str]) -> Response:
        languages = {*desk.tools.drafter.library.languages(owner=viewer.owner), viewer.profile.language}
        return await show(
            request,
            YOU,
            status=HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK,
            values=values,
            errors=errors,
            ground=GROUND,
            languages=sorted(languages),
        )

    return router


def _values(profile: OwnerProfile) -> dict[str, str]:
    return {name: getattr(profile, name) or "" for name in PLAIN} | {
        name: "\n".join(getattr(profile, name)) for name, _, _ in GROUND
    }


def _read(form: Mapping[str, str]) -> Read:
    given: dict[str, Any] = {name: form[name] for name in PLAIN if name in form}
    if "email" in given and not given["email"].strip():
        given["email"] = None
    given |= {name: lines_of(form[name]) for name, _, _ in GROUND if name in form}
    return read_settings(given)
