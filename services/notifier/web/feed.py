"""
`/feed/<secret>.ics`: the calendar that a program subscribes to.

Calendar programs cannot sign in, so the address is the key: nobody can guess it, and the owner can replace it at any time. An
address that is none is answered like every page that does not exist.
"""

import asyncio
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from services.notifier.domain.ics import Feed, write_feed
from services.notifier.use_cases.feeds import Feeds
from services.notifier.web.conditional import PRIVATE, has_already, not_modified
from shared.errors import NotFound

ROUTE: Final = "/feed/{secret}.ics"
MEDIA_TYPE: Final = "text/calendar; charset=utf-8"
HEADERS: Final = {
    "Cache-Control": PRIVATE,
    "Content-Disposition": 'inline; filename="hobnob.ics"',
    "X-Robots-Tag": "noindex, nofollow",
}


def feed_router(feeds: Feeds) -> APIRouter:
    """Return the route."""
    router = APIRouter(include_in_schema=False)
    # A large feed takes half a second of a processor: one at a time, beside everything else.
    turn = asyncio.Semaphore(1)

    async def written(feed: Feed) -> bytes:
        async with turn:
            return await asyncio.to_thread(write_feed, feed)

    @router.api_route(ROUTE, methods=["GET", "HEAD"])
    async def read(secret: str, request: Request) -> Response:
        try:
            feed = await feeds.read(secret=secret)
        except NotFound as exc:
            raise HTTPException(HTTPStatus.NOT_FOUND) from exc
        tag = f'"{feed.fingerprint}"'
        if has_already(request, tag=tag):
            return not_modified(tag=tag)
        return Response(await written(feed), media_type=MEDIA_TYPE, headers={**HEADERS, "ETag": tag})

    return router
