"""
Who is signed in: the cookie, the dependency `Viewer` of every page, `ApiCaller` of the REST API, and the guard of every form.

A page's route takes `viewer: Viewer`; one that changes something takes `form: Form` as well, which has checked the session's
CSRF token before the route runs.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import parse_qsl, quote, urlsplit
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials
from starlette.requests import Request
from starlette.responses import Response

from services.notifier.domain.sessions import SESSION_LIFETIME, Session, csrf_token, is_csrf_token
from services.notifier.use_cases.people import profiles_of
from services.notifier.web.bodies import read_body
from services.notifier.web.problems import Refusal
from services.notifier.web.security import BEARER, authenticate
from services.notifier.web.site import OurSite, Site
from shared.errors import HobnobError
from shared.messages.access import Scope
from shared.messages.snapshots import OwnerProfile

COOKIE: Final = "hobnob"
CSRF_FIELD: Final = "csrf"
CSRF_HEADER: Final = "x-csrf-token"
SIGN_IN: Final = "/sign-in"
HOME: Final = "/inbox"
FORM_BYTES: Final = 256 * 1024


class SignInNeeded(HobnobError):
    """A page was asked for by nobody who is signed in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """The owner who looks at a page: their profile, zone and locale, when this is, and what their forms carry."""

    owner: str
    profile: OwnerProfile
    csrf: str
    session: Session
    now: datetime

    @property
    def zone(self) -> ZoneInfo:
        """Where the owner lives."""
        return ZoneInfo(self.profile.timezone)

    @property
    def locale(self) -> Locale:
        """How the owner reads dates."""
        try:
            return Locale.parse(self.profile.language.replace("-", "_"))
        except (UnknownLocaleError, ValueError):
            return Locale("en")


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """Whom a request to the REST API speaks for: by a token, or by the *session* of a page."""

    owner: str
    session: Session | None = None


def cookie_name(request: Request, site: Site) -> str:
    """Return the cookie's name: with the prefix that keeps neighbours of a domain from setting it, where that is possible."""
    return f"__Host-{COOKIE}" if site.peers.is_https(request) else COOKIE


def give_cookie(response: Response, request: Request, site: Site, *, secret: str) -> None:
    """Have the browser keep the secret of a session."""
    response.set_cookie(
        cookie_name(request, site),
        secret,
        max_age=int(SESSION_LIFETIME.total_seconds()),
        path="/",
        secure=site.peers.is_https(request),
        httponly=True,
        samesite="lax",
    )


def take_cookie(response: Response, request: Request, site: Site) -> None:
    """Have the browser forget it."""
    response.delete_cookie(
        cookie_name(request, site), path="/", secure=site.peers.is_https(request), httponly=True, samesite="lax"
    )


def same_site_path(text: str | None) -> str:
    """Return *text* when it is a path of this site, else the inbox: nobody is ever led elsewhere."""
    if not text or not text.startswith("/") or text.startswith("//") or not text.isprintable() or "\\" in text:
        return HOME
    try:
        parts = urlsplit(text)
    except ValueError:
        return HOME
    return HOME if parts.scheme or parts.netloc or parts.path.startswith(SIGN_IN) else text


def sign_in_url(request: Request) -> str:
    """Return where somebody signs in who asked for a page; they come back to it when they were only looking."""
    if request.method != "GET":
        return SIGN_IN
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return f"{SIGN_IN}?next={quote(wanted, safe='/')}"


async def session_of(request: Request, site: Site) -> tuple[str, Session] | None:
    """Return the secret and the session of a request's cookie; None when nobody is signed in."""
    secret = request.cookies.get(cookie_name(request, site))
    if not secret or (session := await site.signing_in.session_of(secret)) is None:
        return None
    named = site.peers.user_of(request)
    # Whom the proxy has signed in since is another one.
    return (secret, session) if named in (None, session.owner) else None


async def signed_in(request: Request, site: OurSite) -> SignedIn:
    """
    Return who looks at a page.

    Raises:
        SignInNeeded: nobody is signed in.
    """
    found = await session_of(request, site)
    if found is None:
        raise SignInNeeded
    secret, session = found
    profile = (await profiles_of(site.tools, owners={session.owner})).get(session.owner)
    if profile is None:
        raise SignInNeeded
    viewer = SignedIn(
        owner=session.owner, profile=profile, csrf=csrf_token(secret=secret), session=session, now=site.tools.clock()
    )
    request.state.viewer = viewer
    return viewer


Viewer = Annotated[SignedIn, Depends(signed_in)]
"""A parameter of a page's route: whoever is not signed in is led to where they can."""


async def read_form(request: Request) -> dict[str, str]:
    """Return the fields of a form that was sent urlencoded; of those of one name the last. See `read_fields` for all."""
    return dict(await read_fields(request))


async def read_fields(request: Request) -> list[tuple[str, str]]:
    """Return the fields of a form as they were sent."""
    body = await read_body(request, limit_bytes=FORM_BYTES)
    fields = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=2_000)
    request.state.fields = fields
    return fields


async def check_csrf(request: Request, viewer: Viewer) -> Mapping[str, str]:
    """
    Return the fields of a form that one of the viewer's own pages sent; all of them are in `request.state.fields`.

    A script sends the token in a header instead: its body may then be anything, and is left for the route to read.

    Raises:
        Refusal: another site had the browser send it, or the page is of an earlier session.
    """
    if (token := request.headers.get(CSRF_HEADER)) is not None and not _is_urlencoded(request):
        expect_csrf(viewer, token)
        return {}
    form = await read_form(request)
    expect_csrf(viewer, token if token is not None else form.get(CSRF_FIELD, ""))
    return form


Form = Annotated[Mapping[str, str], Depends(check_csrf)]
"""A parameter of every route that changes something from a page."""

OwnForm: Final = Depends(check_csrf)
"""The same for a route that needs no field: `dependencies=[OwnForm]`."""


def expect_csrf(viewer: SignedIn, token: str) -> None:
    """Return when *token* is the viewer's; for forms that carry files, which the route reads by itself."""
    if not hmac.compare_digest(token.encode(), viewer.csrf.encode()):
        raise Refusal(HTTPStatus.FORBIDDEN, "stale-page", "this page is of an earlier sign-in; load it again and repeat that")


async def api_caller(
    request: Request, site: OurSite, sent: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]
) -> Speaker:
    """
    Return whom a request to the API speaks for: an owner's token, or the session of a page; with that, writes carry its token.

    Raises:
        Refusal: neither; or a token that may only state facts; or a write without the session's token.
    """
    if sent is None and (found := await session_of(request, site)) is not None:
        secret, session = found
        is_write = request.method not in ("GET", "HEAD", "OPTIONS")
        if is_write and not is_csrf_token(text=request.headers.get(CSRF_HEADER, ""), secret=secret):
            raise Refusal(HTTPStatus.FORBIDDEN, "stale-page", f"send the page's token in the header {CSRF_HEADER}")
        return Speaker(owner=session.owner, session=session)
    credential = await authenticate(request, sent)
    if credential.scope is not Scope.OWNER:
        raise Refusal(HTTPStatus.FORBIDDEN, "scope", "this token may only state facts; make one with: hobnob owner token")
    return Speaker(owner=credential.owner)


ApiCaller = Annotated[Speaker, Depends(api_caller)]
"""A parameter of a route of the REST API."""


def _is_urlencoded(request: Request) -> bool:
    return request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
