"""How greetings leave: the time to take one back, the line that lets people opt out, and what the mail server says."""

from http import HTTPStatus
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from services.notifier.web.desk import Desk
from services.notifier.web.session import Form, Viewer
from services.notifier.web.settings.forms import read_settings, save_settings, whole
from services.notifier.web.settings.sections import SENDING, done, show


def sending_router(desk: Desk) -> APIRouter:
    """Return the routes of this section."""
    router = APIRouter(include_in_schema=False)

    @router.get(SENDING.url)
    async def ask(request: Request, viewer: Viewer) -> Response:
        """Show the settings and the state of the mail server."""
        profile = viewer.profile
        values = {"undo_s": str(profile.undo_s), "opt_out_line": "yes" if profile.opt_out_line else ""}
        return await show(request, SENDING, values=values, **_mail())

    @router.post(SENDING.url)
    async def save(request: Request, viewer: Viewer, form: Form) -> Response:
        """Change the settings."""
        read = read_settings({"undo_s": whole(form.get("undo_s", "")), "opt_out_line": "opt_out_line" in form})
        if read.settings is None:
            return await show(
                request, SENDING, status=HTTPStatus.UNPROCESSABLE_ENTITY, values=form, errors=read.errors, **_mail()
            )
        await save_settings(desk, viewer, read.settings)
        return done(SENDING)

    def _mail() -> dict[str, Any]:
        post = desk.tools.post
        return {
            "has_server": post.mailer is not None,
            "sender": post.sender,
            "trouble": post.gate.reason,
            "can_opt_out": post.opt_outs is not None,
        }

    return router
