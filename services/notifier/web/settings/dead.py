"""Facts that could not be taken: seen with the reason, mended, given back or dropped. Only the viewer's own."""

from http import HTTPStatus
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from services.notifier.web.desk import Desk
from services.notifier.web.session import Form, Viewer
from services.notifier.web.settings.sections import DEAD, done, show
from shared.dead_letters import DeadLetter
from shared.errors import Conflict, PermanentError, TooLarge

SHOWN: Final = 50
MENDED_BYTES: Final = 80_000
"""A larger payload is not put into a field to be changed: a form, in which a character may take three, would not have room."""
PREVIEW_CHARS: Final = 20_000


def dead_router(desk: Desk) -> APIRouter:
    """Return the routes of this section."""
    router = APIRouter(include_in_schema=False)

    @router.get(DEAD.url)
    async def ask(request: Request, viewer: Viewer) -> Response:
        """List them, newest first."""
        found = await desk.upkeep.dead_letters.newest(owner=viewer.owner, limit=SHOWN + 1)
        return await show(request, DEAD, letters=found[:SHOWN], has_more=len(found) > SHOWN, letter=None)

    @router.get(DEAD.url + "/{letter}")
    async def look(request: Request, viewer: Viewer, letter: str) -> Response:
        """Show one with its data."""
        return await _show(request, await desk.upkeep.dead_letters.get(owner=viewer.owner, id=letter))

    @router.post(DEAD.url + "/{letter}/replay")
    async def replay(request: Request, viewer: Viewer, form: Form, letter: str) -> Response:
        """Give it back, changed where its data was."""
        found = await desk.upkeep.dead_letters.get(owner=viewer.owner, id=letter)
        typed = form.get("data")
        is_changed = typed is not None and typed.replace("\r\n", "\n") != (_text(found) or "").replace("\r\n", "\n")
        payload = typed.encode() if typed is not None and is_changed else None
        try:
            await desk.upkeep.dead_letters.replay(owner=viewer.owner, id=letter, payload=payload)
        except (Conflict, TooLarge) as exc:
            return await _show(request, found, typed=typed, error=str(exc))
        except PermanentError as exc:
            if exc.code == "not_found":
                raise
            return await _show(request, found, typed=typed, error=str(exc))
        return done(DEAD, "replayed")

    @router.post(DEAD.url + "/{letter}/drop")
    async def drop(viewer: Viewer, _: Form, letter: str) -> Response:
        """Delete it."""
        await desk.upkeep.dead_letters.drop(owner=viewer.owner, id=letter)
        return done(DEAD, "dropped")

    async def _show(request: Request, letter: DeadLetter, *, typed: str | None = None, error: str | None = None) -> Response:
        text = _text(letter)
        return await show(
            request,
            DEAD,
            status=HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK,
            letter=letter,
            letters=(),
            has_more=False,
            text=typed if typed is not None else text,
            preview=(letter.body or b"").decode("utf-8", "replace")[:PREVIEW_CHARS],
            size=len(letter.body or b""),
            is_fact=letter.subject.startswith("hobnob.intake."),
            errors={"data": error} if error else {},
        )

    return router


def _text(letter: DeadLetter) -> str | None:
    """Return the payload as text that can be changed in a field; None where it is none, or too long."""
    body = letter.body or b""
    if len(body) > MENDED_BYTES or letter.is_cut:
        return None
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None
