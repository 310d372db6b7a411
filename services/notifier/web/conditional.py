"""
Answers that need not be sent again: a tag names what they hold, and whoever has it gets 304.

Source:
    RFC 9110, sections 8.8.3 (ETag) and 13.1.2 (If-None-Match).
"""

from hashlib import sha256
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

PRIVATE: Final = "private, no-cache"
"""A browser may keep it, and asks each time whether it is still so; nobody in between may."""


def tag_of(body: bytes) -> str:
    """Return the strong tag of a body."""
    return f'"{sha256(body).hexdigest()[:32]}"'


def has_already(request: Request, *, tag: str) -> bool:
    """Whether the sender of *request* has what *tag* names."""
    sent = request.headers.get("if-none-match", "")
    # The comparison is the weak one, as for every GET: `W/` says nothing.
    return sent.strip() == "*" or tag in {each.strip().removeprefix("W/") for each in sent.split(",")}


def not_modified(*, tag: str) -> Response:
    """Return the answer to whoever has it."""
    return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={"ETag": tag, "Cache-Control": PRIVATE})
