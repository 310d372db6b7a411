"""
The contract for people and machines: `/asyncapi`, `/asyncapi.json` and the JSON Schema of every message.

It is public, like any manual: it says nothing of anybody. It is served as it was published with this version of Hobnob.
"""

from functools import cache
from http import HTTPStatus
from importlib.resources import files
from typing import Final

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from services.notifier.web.problems import Refusal
from shared.contract.page import render_page
from shared.contract.published import asyncapi_bytes, asyncapi_document, schema_bytes
from shared.errors import NotFound

STYLE_URL: Final = "/asyncapi/style.css"
DOCUMENT_URL: Final = "/asyncapi.json"
SCHEMA_TYPE: Final = "application/schema+json"
HEADERS: Final = {
    "Cache-Control": "public, max-age=300",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
}

router: Final = APIRouter(include_in_schema=False)


@router.get("/asyncapi")
async def page() -> Response:
    """Show the contract."""
    return HTMLResponse(_page(), headers=HEADERS)


@router.get(STYLE_URL)
async def style() -> Response:
    """Return the page's only asset."""
    return Response(_style(), media_type="text/css", headers=HEADERS)


@router.get(DOCUMENT_URL)
async def document() -> Response:
    """Return the AsyncAPI document."""
    return Response(asyncapi_bytes(), media_type="application/json", headers=HEADERS)


@router.get("/schemas/{name}.json")
async def schema(name: str) -> Response:
    """Return the JSON Schema of a message."""
    try:
        found = schema_bytes(name)
    except NotFound as exc:
        raise Refusal(HTTPStatus.NOT_FOUND, "not-found", str(exc)) from exc
    return Response(found, media_type=SCHEMA_TYPE, headers=HEADERS)


@cache
def _page() -> str:
    return render_page(asyncapi_document(), style_url=STYLE_URL, document_url=DOCUMENT_URL)


@cache
def _style() -> bytes:
    return (files("shared.contract") / "templates" / "asyncapi.css").read_bytes()
