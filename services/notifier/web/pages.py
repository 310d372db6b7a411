"""How pages are made: one Jinja environment, the frame's context, dates as the owner reads them, the headers of every page."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from hashlib import blake2b
from http import HTTPStatus
from typing import Any, Final

from babel.dates import format_date, format_skeleton, format_time, format_timedelta
from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from services.notifier.web.assets import asset_url
from services.notifier.web.problems import Refusal
from services.notifier.web.rules import RULES
from services.notifier.web.session import CSRF_FIELD, SignedIn
from services.notifier.web.site import site_of

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    # Not `no-referrer`: browsers would then send `Origin: null` with our own forms. Other hosts learn nothing either way.
    "Referrer-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
NAVIGATION: Final = (
    ("/inbox", "Inbox"),
    ("/upcoming", "Upcoming"),
    ("/people", "People"),
    ("/import", "Import"),
    ("/network", "Network"),
    ("/settings", "Settings"),
)
UNREAD_MAX: Final = 1_000
"""Unread items that the badge counts: of a hundred thousand, counting all would take longer than the rest of a page."""
AVATARS: Final = 10
"""Colours of the initials in app.css."""


async def render(request: Request, template: str, *, status: HTTPStatus = HTTPStatus.OK, **context: Any) -> HTMLResponse:
    """
    Return a page for whoever is signed in, or a public one for nobody.

    Args:
        request: Its route has the dependency `Viewer`, if it is for somebody.
        template: File in web/templates, which extends `base.html`.
        status: Of the response.
        context: What the template needs besides `viewer`, `unread`, `csrf` and the navigation.
    """
    viewer: SignedIn | None = getattr(request.state, "viewer", None)
    # The database may be why there is nothing to show.
    is_down = status is HTTPStatus.SERVICE_UNAVAILABLE
    unread = (
        await site_of(request).tools.inbox.count_unread(owner=viewer.owner, up_to=UNREAD_MAX) if viewer and not is_down else 0
    )
    shared: Mapping[str, Any] = {
        "viewer": viewer,
        "unread": str(unread or "") if unread < UNREAD_MAX else f"{UNREAD_MAX - 1}+",
        "csrf": viewer.csrf if viewer else "",
        "csrf_field": CSRF_FIELD,
        "path": request.url.path,
        "navigation": navigation(),
    }
    html = environment().get_template(template).render({**shared, **context})
    return HTMLResponse(html, status_code=status, headers=HEADERS)


def redirect(path: str) -> Response:
    """Lead a browser on after a form, to be fetched with GET."""
    return RedirectResponse(path, status_code=HTTPStatus.SEE_OTHER)


def wants_page(request: Request) -> bool:
    """Whether a browser shows the answer as a page."""
    return "text/html" in request.headers.get("accept", "")


async def show_refusal(request: Request, refusal: Refusal) -> Response:
    """Return the page that tells a person what could not be done."""
    page = await render(request, "refusal.html", status=refusal.status, title=refusal.problem.title, detail=str(refusal))
    page.headers.update(refusal.headers)
    return page


def navigation() -> list[tuple[str, str]]:
    """Return the pages that there are: path and label."""
    return [(path, label) for path, label in NAVIGATION if path in RULES]


@cache
def environment() -> Environment:
    """Return the templates of the pages. Every value is escaped; a name that is missing is a mistake."""
    env = Environment(
        loader=PackageLoader("services.notifier.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.globals |= {"asset": asset_url, "csrf_input": _csrf_input, "person_url": person_url}
    env.filters |= {
        "day": _day,
        "short_day": _short_day,
        "moment": _moment,
        "clock": _clock,
        "ago": _ago,
        "capitalize_first": lambda text: text[:1].upper() + text[1:],
        "initials": initials,
        "avatar": avatar,
    }
    return env


def person_url(contact: str) -> str:
    """Return the page about a contact; their items, where there is none."""
    return f"/people/{contact}" if "/people/{contact}" in RULES else f"/inbox?show=all&contact={contact}"


def initials(name: str) -> str:
    """Return up to two letters that stand for a name."""
    words = [word for word in name.split() if word[:1].isalnum()]
    letters = words[0][:1] + (words[-1][:1] if len(words) > 1 else "") if words else "?"
    return letters.upper()


def avatar(contact: str) -> str:
    """Return the class of a contact's colour: always the same for the same contact."""
    return f"avatar-{blake2b(contact.encode(), digest_size=2).digest()[0] % AVATARS}"


@pass_context
def _csrf_input(context: Context) -> Markup:
    """Return the hidden field that every form carries that changes something."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, context["csrf"])


def _viewer(context: Context) -> SignedIn:
    viewer: SignedIn = context["viewer"]
    return viewer


@pass_context
def _day(context: Context, value: date) -> str:
    """Write a date in full: Tuesday, 24 November."""
    locale = _viewer(context).locale
    return f"{format_date(value, 'EEEE', locale=locale)}, {format_skeleton('MMMMd', value, locale=locale)}"


@pass_context
def _short_day(context: Context, value: date) -> str:
    """Write a date shortly: 24 Nov, with the year unless it is the present one."""
    viewer = _viewer(context)
    is_this_year = value.year == viewer.now.astimezone(viewer.zone).year
    return format_skeleton("MMMd" if is_this_year else "yMMMd", value, locale=viewer.locale)


@pass_context
def _moment(context: Context, value: datetime) -> str:
    """Write an instant in the owner's zone."""
    viewer = _viewer(context)
    return f"{format_skeleton('MMMEd', value.astimezone(viewer.zone), locale=viewer.locale)}, {_clock(context, value)}"


@pass_context
def _clock(context: Context, value: datetime) -> str:
    """Write the hour of an instant in the owner's zone."""
    viewer = _viewer(context)
    return format_time(value.astimezone(viewer.zone), "short", locale=viewer.locale)


@pass_context
def _ago(context: Context, value: datetime) -> str:
    """Write how long ago an instant was."""
    viewer = _viewer(context)
    return format_timedelta(value.astimezone(UTC) - viewer.now, add_direction=True, locale=viewer.locale)
