"""`/api`: the page that describes the HTTP door. It is public, like any manual."""

from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from services.notifier.web.api.page import render_api_page
from services.notifier.web.contract import HEADERS, STYLE_URL

DOCUMENT_URL: Final = "/openapi.json"


def docs_router() -> APIRouter:
    """Return the route; the page is written at the first request."""
    router = APIRouter(include_in_schema=False)
    written: list[str] = []

    @router.get("/api")
    async def page(request: Request) -> Response:
        if not written:
            written.append(render_api_page(request.app.openapi(), style_url=STYLE_URL, document_url=DOCUMENT_URL))
        return HTMLResponse(written[0], headers=HEADERS)

    return router
