"""What all routes of the API have in common: bounded bodies, the problems they answer, tags for what they return."""

from collections.abc import Callable, Coroutine, Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import compile_path
from starlette.types import Message, Receive, Scope, Send

from services.notifier.web.bodies import read_body
from services.notifier.web.conditional import PRIVATE, has_already, not_modified, tag_of
from services.notifier.web.problems import PROBLEM_TYPE

BODY_BYTES: Final = 256 * 1024
"""The largest draft, every character of it escaped."""

_DESCRIPTIONS: Final = {
    400: "The request cannot be read",
    401: "Neither a token that is valid nor a session",
    403: "The token may only state facts; or a session without its X-CSRF-Token",
    404: "There is no such thing among what is yours",
    408: "The body took too long to come",
    409: "The present state does not allow it",
    413: "Too large",
    415: "A compressed body",
    422: "The request does not have the form that is described here, or says what cannot be",
    500: "An unexpected error",
    503: "A server behind this one does not answer: send the same again",
}
Responses = dict[int | str, dict[str, Any]]
PROBLEMS: Final[Responses] = {
    status: {"description": description, "content": {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    for status, description in _DESCRIPTIONS.items()
}
READING: Final[Responses] = {
    304: {"description": "What If-None-Match names is still so"},
    **PROBLEMS,
}
"""The answers of a route that only reads, besides 200."""


class StreamedRoute(APIRoute):
    """A route that reads its body by itself, in pieces."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; to a method that there is not, say which there are at this path and not at this route alone."""
        try:
            await super().handle(scope, receive, send)
        except HTTPException as exc:
            described = _methods_at(scope["path"], paths=scope["app"].openapi()["paths"])
            if exc.status_code != HTTPStatus.METHOD_NOT_ALLOWED or not described:
                raise
            headers = {"Allow": ", ".join(sorted(method.upper() for method in described))}
            raise HTTPException(exc.status_code, headers=headers) from exc


class ApiRoute(StreamedRoute):
    """A route that reads no more than it may."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler with this around it."""
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            body = await read_body(request, limit_bytes=BODY_BYTES)
            return await handle(Request(request.scope, _replay(body)))

        return guarded


def _methods_at(path: str, *, paths: Mapping[str, Mapping[str, Any]]) -> Iterable[str]:
    """Return the methods described for *path*: that of its own, else those with a parameter in its place."""
    if path in paths:
        return paths[path]
    return {method for template, each in paths.items() if compile_path(template)[0].match(path) for method in each}


def answer(request: Request, document: BaseModel, *, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """Return *document* as JSON with its tag, or 304 where the sender has it."""
    body = document.model_dump_json().encode()
    tag = tag_of(body)
    if request.method == "GET" and has_already(request, tag=tag):
        return not_modified(tag=tag)
    headers = {"ETag": tag, "Cache-Control": PRIVATE} if request.method == "GET" else {}
    return Response(body, status_code=status, media_type="application/json", headers=headers)


def _replay(body: bytes) -> Receive:
    """Return a channel on which a body comes that was read before."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return messages.pop() if messages else {"type": "http.disconnect"}

    return receive
