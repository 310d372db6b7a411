"""`/sign-in`, `/sign-out`: by password, by a link that works once, or by a proxy that is trusted."""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from services.notifier.use_cases.signing_in import LINK_PATH
from services.notifier.web.pages import redirect, render
from services.notifier.web.problems import Refusal
from services.notifier.web.session import (
    HOME,
    SIGN_IN,
    OwnForm,
    Viewer,
    give_cookie,
    read_form,
    same_site_path,
    session_of,
    take_cookie,
)
from services.notifier.web.site import OurSite, Site

WRONG: Final = "That is not the right owner and password."

NAMED_MAX: Final = 254
"""Characters of an owner's id or address."""

router: Final = APIRouter(include_in_schema=False)


@router.get("/")
async def start() -> Response:
    """Lead to the inbox."""
    return redirect(HOME)


@router.get(SIGN_IN)
async def ask(request: Request, site: OurSite, following: Annotated[str | None, Query(alias="next")] = None) -> Response:
    """Show the form; whoever is signed in already, or is by the proxy, goes on."""
    wanted = same_site_path(following)
    if await session_of(request, site) is not None:
        return redirect(wanted)
    if (named := site.peers.user_of(request)) and (secret := await site.signing_in.by_proxy(owner=named)):
        return await _go_on(request, site, secret=secret, to=wanted)
    return await _form(request, site, following=wanted)


@router.post(SIGN_IN)
async def by_password(request: Request, site: OurSite) -> Response:
    """Sign in with a password."""
    _expect_own_form(request, site)
    form = await read_form(request)
    owner, wanted = form.get("owner", "").strip(), same_site_path(form.get("next"))
    secret = await site.signing_in.by_password(
        owner=owner, password=form.get("password", ""), address=site.peers.address_of(request)
    )
    if secret is None:
        return await _form(request, site, status=HTTPStatus.FORBIDDEN, following=wanted, owner=owner, wrong=WRONG)
    return await _go_on(request, site, secret=secret, to=wanted)


@router.post(SIGN_IN + "/mail")
async def mail_link(request: Request, site: OurSite) -> Response:
    """Have a link mailed; what is said is the same for whoever there is and whoever there is not."""
    _expect_own_form(request, site)
    form = await read_form(request)
    if not site.mailed_links.can_mail:
        raise Refusal(HTTPStatus.NOT_FOUND, "no-mail", "this Hobnob cannot mail links; sign in with a password")
    if named := form.get("owner", "").strip()[:NAMED_MAX]:
        await site.mailed_links.ask(named=named, address=site.peers.address_of(request))
    return await _form(request, site, following=HOME, owner=named, is_mailed=bool(named))


@router.get(LINK_PATH + "/{secret}")
async def ask_link(request: Request, site: OurSite, secret: str) -> Response:
    """Show a button and change nothing: programs follow every link in a mail to look for viruses."""
    is_good = await site.signing_in.link_is_good(secret)
    status = HTTPStatus.OK if is_good else HTTPStatus.NOT_FOUND
    return await render(request, "sign_in_link.html", status=status, is_good=is_good)


@router.post(LINK_PATH + "/{secret}")
async def by_link(request: Request, site: OurSite, secret: str) -> Response:
    """Sign in with a link, and use it up."""
    _expect_own_form(request, site)
    session = await site.signing_in.by_link(secret=secret, address=site.peers.address_of(request))
    if session is None:
        return await render(request, "sign_in_link.html", status=HTTPStatus.NOT_FOUND, is_good=False)
    return await _go_on(request, site, secret=session, to=HOME)


@router.post("/sign-out", dependencies=[OwnForm])
async def sign_out(request: Request, site: OurSite, viewer: Viewer) -> Response:
    """End this session."""
    await site.signing_in.sign_out(viewer.session)
    return _goodbye(request, site, owner=viewer.owner)


@router.post("/sign-out/everywhere", dependencies=[OwnForm])
async def sign_out_everywhere(request: Request, site: OurSite, viewer: Viewer) -> Response:
    """End all sessions of the owner."""
    await site.signing_in.sign_out_everywhere(owner=viewer.owner)
    return _goodbye(request, site, owner=viewer.owner)


async def _form(
    request: Request,
    site: Site,
    *,
    status: HTTPStatus = HTTPStatus.OK,
    following: str,
    owner: str = "",
    wrong: str | None = None,
    is_mailed: bool = False,
) -> Response:
    return await render(
        request,
        "sign_in.html",
        status=status,
        following=following,
        owner=owner,
        wrong=wrong,
        can_mail=site.mailed_links.can_mail,
        is_mailed=is_mailed,
    )


async def _go_on(request: Request, site: Site, *, secret: str, to: str) -> Response:
    """Begin a session; the one that the browser had, whoever gave it, ends."""
    if (former := await session_of(request, site)) is not None:
        await site.signing_in.sign_out(former[1])
    response = redirect(to)
    give_cookie(response, request, site, secret=secret)
    return response


def _goodbye(request: Request, site: Site, *, owner: str) -> Response:
    site.watch.ring([owner])
    response = redirect(SIGN_IN)
    take_cookie(response, request, site)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def _expect_own_form(request: Request, site: Site) -> None:
    """Refuse a form that another site had the browser send: it would sign the visitor in as somebody else."""
    if not site.peers.is_same_origin(request):
        raise Refusal(HTTPStatus.FORBIDDEN, "another-site", "another site had your browser send this; sign in from this page")
