"""`/static/…`: the style sheet and the scripts of the pages. Their addresses change with their content, so browsers keep them."""

from functools import cache
from hashlib import sha256
from http import HTTPStatus
from importlib.resources import files
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from services.notifier.web.problems import Refusal

TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
HEADERS: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
_VERSION_CHARS: Final = 12

router: Final = APIRouter(include_in_schema=False)


@router.get("/static/{name}")
async def asset(name: str) -> Response:
    """Return a file of the pages."""
    if (found := _assets().get(name)) is None:
        raise Refusal(HTTPStatus.NOT_FOUND, "not-found", "there is no such file")
    return Response(found, media_type=TYPES[_suffix(name)], headers=HEADERS)


@cache
def asset_url(name: str) -> str:
    """Return where a file is; raise `KeyError` when there is none of that name."""
    return f"/static/{name}?v={sha256(_assets()[name]).hexdigest()[:_VERSION_CHARS]}"


@cache
def _assets() -> dict[str, bytes]:
    folder = files("services.notifier.web") / "static"
    return {entry.name: entry.read_bytes() for entry in folder.iterdir() if _suffix(entry.name) in TYPES}


def _suffix(name: str) -> str:
    return name[name.rfind(".") :] if "." in name else ""
