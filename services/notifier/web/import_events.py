"""
`/import/events`: server-sent events that tell an open page that an import goes on.

As with the inbox an event says that something changed, never what. One comes every few seconds all the same, since a message
of progress is sent once and kept nowhere.
"""

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response, StreamingResponse

from services.notifier.web.desk import Desk
from services.notifier.web.importing import PATH
from services.notifier.web.inbox_events import CHANGED, HEADERS, HELLO, OVER
from services.notifier.web.session import SignedIn, Viewer
from services.notifier.web.site import OurSite, Site

EVENTS_PATH: Final = f"{PATH}/events"
ALL_THE_SAME_S: Final = 3.0
SETTLE_S: Final = 0.4
"""A burst of progress is one event: a page that reloads more often than this is a flicker."""


def import_events_router(desk: Desk) -> APIRouter:
    """Return the route; it comes before that of a single import."""
    router = APIRouter(include_in_schema=False)

    @router.get(EVENTS_PATH)
    async def events(site: OurSite, viewer: Viewer) -> Response:
        if not site.watch.has_room(viewer.owner):
            return Response(status_code=HTTPStatus.NO_CONTENT)  # which tells a browser not to come again
        return StreamingResponse(progress(desk, site, viewer), media_type="text/event-stream", headers=HEADERS)

    return router


async def progress(desk: Desk, site: Site, viewer: SignedIn, *, all_the_same_s: float = ALL_THE_SAME_S) -> AsyncIterator[str]:
    """Yield the events of a stream."""
    with site.watch.watching(viewer.owner) as rung:
        async with desk.importing.watching(viewer.owner) as moved:
            yield HELLO
            while True:
                await _first_of(moved, rung, within_s=all_the_same_s)
                if site.watch.is_closed:
                    return
                if not await site.signing_in.is_alive(viewer.session):
                    yield OVER
                    return
                await asyncio.sleep(SETTLE_S)
                moved.clear()
                rung.clear()
                yield CHANGED


async def _first_of(*events: asyncio.Event, within_s: float) -> None:
    """Wait until one of *events* is set, or for so long."""
    waiting = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
