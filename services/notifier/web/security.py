"""Who is asking, and what every answer tells browsers not to do."""

from typing import Annotated, Final, Protocol

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.notifier.domain.access import Credential
from services.notifier.web.problems import unauthorized

HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}
"""Set unless a route sets its own: a page allows its style, and no more."""

BEARER: Final = HTTPBearer(
    scheme_name="token",
    auto_error=False,
    description="The token that `hobnob emitter add` or `hobnob owner token` showed. It speaks for one owner.",
)


class Credentials(Protocol):
    """Knows whose secret is whose."""

    async def by_secret(self, secret: str) -> Credential | None:
        """Return the credential whose secret this is, or None."""
        ...


async def authenticate(request: Request, sent: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]) -> Credential:
    """
    Return the credential that a request's token stands for.

    Raises:
        Refusal: there is no token, or it is not valid.
        StoreUnavailable: nobody can tell.
    """
    if sent is None:
        raise unauthorized(has_token="authorization" in request.headers)
    credentials: Credentials = request.app.state.credentials
    if (found := await credentials.by_secret(sent.credentials)) is None:
        raise unauthorized(has_token=True)
    return found


Caller = Annotated[Credential, Depends(authenticate)]
"""A parameter of a route that answers only whoever has a token."""


class SecurityHeaders:
    """Adds `HEADERS` to every answer, those of the error handlers included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and complete its answer."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)
