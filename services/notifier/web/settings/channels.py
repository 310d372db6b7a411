"""Where the owner is told: the channels, each tried at a button, and one more. A URL is never shown again."""

from http import HTTPStatus
from typing import Any, Final

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from services.notifier.channels.apprise import ChannelFailed
from services.notifier.web.desk import Desk
from services.notifier.web.session import Form, Viewer
from services.notifier.web.settings.sections import CHANNELS, done, show
from shared.errors import PermanentError
from shared.messages.telling import CHANNELS_MAX, EMAIL, AddChannel, ChannelAction, ChannelState, ListChannels
from shared.messages.values import Id

NAME_SENTENCE: Final = "Letters, digits, - and _ only, up to 64 of them."
URL_SENTENCE: Final = "Write the address of a channel, such as ntfys://ntfy.sh/your-topic."


def channels_router(desk: Desk) -> APIRouter:
    """Return the routes of this section."""
    router = APIRouter(include_in_schema=False)

    @router.get(CHANNELS.url)
    async def ask(request: Request, viewer: Viewer) -> Response:
        """Show the channels."""
        return await _show(request, viewer)

    @router.post(CHANNELS.url)
    async def add(request: Request, viewer: Viewer, form: Form) -> Response:
        """Add one."""
        given: dict[str, Any] = {"owner": viewer.owner, "url": EMAIL if "email" in form else form.get("url", "")}
        if name := form.get("name", "").strip():
            given["name"] = name
        try:
            await desk.upkeep.channels.add(AddChannel.model_validate(given))
        except ValidationError as exc:
            errors = {str(each["loc"][0]): NAME_SENTENCE if each["loc"][0] == "name" else URL_SENTENCE for each in exc.errors()}
        except (PermanentError, ChannelFailed) as exc:
            errors = {"name" if exc.code == "conflict" else "url": str(exc)}
        else:
            return done(CHANNELS, "added")
        return await _show(request, viewer, values=form, errors=errors)

    @router.post(CHANNELS.url + "/{name}/test")
    async def try_out(request: Request, viewer: Viewer, _: Form, name: Id) -> Response:
        """Send a message through one, and show how that went."""
        try:
            await desk.upkeep.channels.test(ChannelAction(owner=viewer.owner, name=name))
        except ChannelFailed as exc:
            return await _show(request, viewer, tested=name, trouble=exc.reason)
        return await _show(request, viewer, tested=name)

    @router.post(CHANNELS.url + "/{name}/remove")
    async def remove(viewer: Viewer, _: Form, name: Id) -> Response:
        """Forget one."""
        await desk.upkeep.channels.remove(ChannelAction(owner=viewer.owner, name=name))
        return done(CHANNELS, "removed")

    async def _show(
        request: Request,
        viewer: Viewer,
        *,
        values: Any = None,
        errors: dict[str, str] | None = None,
        tested: str | None = None,
        trouble: str | None = None,
    ) -> Response:
        found = await desk.upkeep.channels.list(ListChannels(owner=viewer.owner))
        return await show(
            request,
            CHANNELS,
            status=HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK,
            channels=found.channels,
            # What was typed as an address holds a password: it is not sent back.
            values={"name": (values or {}).get("name", "")},
            errors=errors or {},
            tested=tested,
            trouble=trouble,
            is_full=len(found.channels) >= CHANNELS_MAX,
            has_mail=desk.upkeep.telling.outlets.mail is not None,
            has_email_channel=any(each.shown.startswith("email to ") for each in found.channels),
            States=ChannelState,
        )

    return router
