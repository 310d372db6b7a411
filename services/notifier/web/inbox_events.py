"""
`/inbox/events`: server-sent events that tell an open page to load itself again.

An event says that something may have changed, never what: the page asks for it with the session's own rights. What another
notifier did is heard of from there, and noticed at the next heartbeat in any case.
"""

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response, StreamingResponse

from services.notifier.web.pages import UNREAD_MAX
from services.notifier.web.session import HOME, SignedIn, Viewer
from services.notifier.web.site import OurSite, Site

HEARTBEAT_S: Final = 15.0
SETTLE_S: Final = 0.2
"""A burst of writes is one event."""
HELLO: Final = "retry: 3000\n\n"
BEAT: Final = ": still here\n\n"
CHANGED: Final = "event: changed\ndata:\n\n"
OVER: Final = "event: over\ndata:\n\n"
HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}

router: Final = APIRouter(include_in_schema=False)


@router.get(HOME + "/events")
async def events(site: OurSite, viewer: Viewer) -> Response:
    """Tell of changes of the viewer's inbox until they sign out or go away."""
    if not site.watch.has_room(viewer.owner):
        return Response(status_code=HTTPStatus.NO_CONTENT)  # which tells a browser not to come again
    return StreamingResponse(changes(site, viewer), media_type="text/event-stream", headers=HEADERS)


async def changes(site: Site, viewer: SignedIn, *, heartbeat_s: float = HEARTBEAT_S) -> AsyncIterator[str]:
    """Yield the events of a stream."""
    inbox = site.tools.inbox
    with site.watch.watching(viewer.owner) as changed:
        unread = await inbox.count_unread(owner=viewer.owner, up_to=UNREAD_MAX)
        yield HELLO
        while True:
            is_rung = await _heard(changed, within_s=heartbeat_s)
            if site.watch.is_closed:
                return
            if not await site.signing_in.is_alive(viewer.session):
                yield OVER
                return
            if is_rung:
                await asyncio.sleep(SETTLE_S)
            changed.clear()
            before, unread = unread, await inbox.count_unread(owner=viewer.owner, up_to=UNREAD_MAX)
            yield CHANGED if is_rung or before != unread else BEAT


async def _heard(event: asyncio.Event, *, within_s: float) -> bool:
    try:
        async with asyncio.timeout(within_s):
            await event.wait()
    except TimeoutError:
        return False
    return True
