"""
What the door answers when it cannot do what it is asked: problem documents that name the field and the reason.

A problem repeats no value it was sent: it may be logged, shown or forwarded by people who must not see it.

Source:
    RFC 9457, "Problem Details for HTTP APIs".
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from services.notifier.use_cases.signing_in import TooManyAttempts
from shared.errors import Conflict, HobnobError, NotFound, PermanentError, TooLarge, TransientError
from shared.logging import get_logger

log = get_logger(__name__)

PROBLEM_TYPE: Final = "application/problem+json"
ERRORS_SHOWN: Final = 20
_BY_CODE: Final = {
    NotFound.code: (HTTPStatus.NOT_FOUND, "not-found"),
    Conflict.code: (HTTPStatus.CONFLICT, "conflict"),
    TooLarge.code: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-large"),
    TooManyAttempts.code: (HTTPStatus.TOO_MANY_REQUESTS, "too-many-attempts"),
}
RETRY_AFTER_S: Final = 5
"""When whoever met a broker or a database that is away should try again."""


class ProblemError(BaseModel):
    """One thing that is wrong: in the body, found by a JSON pointer (RFC 6901), or in a header."""

    model_config = ConfigDict(frozen=True)

    pointer: str | None = None
    header: str | None = None
    reason: str


class Problem(BaseModel):
    """What went wrong. `type` is relative to this server; `status` repeats the response's."""

    model_config = ConfigDict(frozen=True)

    type: str
    title: str
    status: Annotated[int, Field(ge=400, le=599)]
    detail: str
    errors: tuple[ProblemError, ...] = ()


class Refusal(HobnobError):
    """The door does not do what it is asked."""

    def __init__(
        self,
        status: HTTPStatus,
        kind: str,
        detail: str,
        *,
        errors: Sequence[ProblemError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.errors = tuple(errors)
        self.headers = dict(headers or {})

    @property
    def problem(self) -> Problem:
        """The document that says so."""
        return Problem(
            type=f"/problems/{self.kind}",
            title=self.kind.replace("-", " ").capitalize(),
            status=self.status.value,
            detail=str(self),
            errors=self.errors[:ERRORS_SHOWN],
        )


def unauthorized(*, has_token: bool) -> Refusal:
    """Return the refusal of whoever did not say who they are (RFC 6750, section 3)."""
    challenge = 'Bearer realm="hobnob"' + (', error="invalid_token"' if has_token else "")
    detail = "the token is not, or no longer, valid" if has_token else "send a token: Authorization: Bearer hob_…"
    return Refusal(HTTPStatus.UNAUTHORIZED, "unauthorized", detail, headers={"WWW-Authenticate": challenge})


def refusal_of(error: PermanentError) -> Refusal:
    """Return how a use case's own error is answered."""
    status, kind = _BY_CODE.get(error.code, (HTTPStatus.UNPROCESSABLE_ENTITY, "invalid"))
    return Refusal(status, kind, str(error))


def respond(refusal: Refusal) -> Response:
    """Return the response that a refusal is."""
    body = refusal.problem.model_dump_json(exclude_none=True, exclude_defaults=True)
    return Response(body, status_code=refusal.status, headers=refusal.headers, media_type=PROBLEM_TYPE)


Answer = Callable[[Request, Refusal], Awaitable[Response]]
"""Shows a refusal to whoever asked."""


async def with_document(_: Request, refusal: Refusal) -> Response:
    """Answer with a problem document."""
    return respond(refusal)


def answer_with_problems(app: FastAPI, *, answer: Answer = with_document) -> None:
    """Have *app* answer every error with *answer*; an unexpected one always with a problem document."""

    @app.exception_handler(Refusal)
    async def on_refusal(request: Request, exc: Refusal) -> Response:
        return await answer(request, exc)

    @app.exception_handler(PermanentError)
    async def on_permanent(request: Request, exc: PermanentError) -> Response:
        return await answer(request, refusal_of(exc))

    @app.exception_handler(TransientError)
    async def on_transient(request: Request, exc: TransientError) -> Response:
        log.warning("request_deferred", reason=str(exc))
        detail = "a server behind this one does not answer; send the same again"
        headers = {"Retry-After": str(RETRY_AFTER_S)}
        return await answer(request, Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", detail, headers=headers))

    @app.exception_handler(HTTPException)
    async def on_http(request: Request, exc: HTTPException) -> Response:
        status = HTTPStatus(exc.status_code)
        return await answer(request, Refusal(status, _kind(status), status.description or status.phrase, headers=exc.headers))

    @app.exception_handler(RequestValidationError)
    async def on_invalid(request: Request, exc: RequestValidationError) -> Response:
        errors = [ProblemError(pointer=pointer_to(each["loc"]), reason=each["msg"]) for each in exc.errors()]
        detail = "the request does not have the form that the OpenAPI document describes"
        return await answer(request, Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-request", detail, errors=errors))

    @app.exception_handler(ClientDisconnect)
    async def on_disconnect(_: Request, __: ClientDisconnect) -> Response:
        # Nobody is there to read it.
        return Response(status_code=HTTPStatus.BAD_REQUEST)

    @app.exception_handler(Exception)
    async def on_unexpected(_: Request, __: Exception) -> Response:
        # The server around us logs it with its traceback.
        detail = "an unexpected error; the service's log has it"
        return respond(Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", detail))


def pointer_to(path: Sequence[str | int]) -> str:
    """Write a path as a JSON pointer."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def _kind(status: HTTPStatus) -> str:
    return status.phrase.lower().replace(" ", "-").replace("'", "")
