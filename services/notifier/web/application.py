"""The HTTP application: its routes, what guards them, how it fails."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from services.notifier.web import assets, forgetting, inbox, inbox_events, merging, person, sign_in, sources
from services.notifier.web.api.docs import docs_router
from services.notifier.web.api.router import api_router
from services.notifier.web.contract import router as contract_router
from services.notifier.web.desk import Desk
from services.notifier.web.events import Intake, events_router
from services.notifier.web.feed import feed_router
from services.notifier.web.health import health_router
from services.notifier.web.import_events import import_events_router
from services.notifier.web.importing import import_router
from services.notifier.web.measuring import Measured
from services.notifier.web.metrics import metrics_router
from services.notifier.web.network import network_router
from services.notifier.web.openapi import VERSION, Door
from services.notifier.web.optout import OptOutDesk, optout_router
from services.notifier.web.pages import redirect, show_refusal, wants_page
from services.notifier.web.people import people_list_router
from services.notifier.web.problems import Refusal, answer_with_problems, respond, unauthorized, with_document
from services.notifier.web.security import Credentials, SecurityHeaders
from services.notifier.web.session import SignInNeeded, sign_in_url
from services.notifier.web.settings.router import settings_router
from services.notifier.web.site import Site
from services.notifier.web.sorting import sorting_router
from services.notifier.web.upcoming import upcoming_router
from shared.health import Check
from shared.status import Status

PAGES: Final = (
    *(assets.router, sign_in.router, inbox_events.router, inbox.router, person.router),
    *(merging.router, forgetting.router, sources.router),
)
"""The routes of the pages: a module that has one adds it here, and its paths to rules.py."""
DESCRIPTION: Final = "The HTTP door of Hobnob. Other systems state here what happened to people; an owner's programs act."


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapters:
    """
    What the routes work with.

    `checks` is what `GET /health` asks, by name, and `status` what `/health/ready` and `/metrics` tell; `credentials` knows whose
    token is whose; `opt_outs` is what the link in a greeting leads to; `site` is what the pages work with, None where there are
    none, and `desk` what the API works with besides.
    """

    checks: Mapping[str, Check]
    credentials: Credentials
    intake: Intake
    status: Status
    opt_outs: OptOutDesk
    site: Site | None = None
    desk: Desk | None = None


def build_web(adapters: Adapters) -> ASGIApp:
    """Return the HTTP application. The interactive pages of FastAPI are off: they load scripts from elsewhere."""
    app = Door(title="Hobnob", version=VERSION, description=DESCRIPTION, docs_url=None, redoc_url=None)
    app.state.credentials = adapters.credentials
    app.include_router(health_router(adapters.checks, status=adapters.status))
    app.include_router(metrics_router(adapters.status))
    app.include_router(events_router(adapters.intake))
    app.include_router(optout_router(adapters.opt_outs))
    app.include_router(contract_router)
    if adapters.site is None:
        answer_with_problems(app)
    else:
        _add_pages(app, adapters.site)
        if adapters.desk is not None:
            _add_api(app, adapters.desk)
    app.add_middleware(Measured, counters=adapters.status.counters)
    return SecurityHeaders(app)


def _add_pages(app: Door, site: Site) -> None:
    """Add the routes of the pages, and have browsers shown pages when something is wrong."""
    app.state.site = site
    for router in PAGES:
        app.include_router(router)

    async def answer(request: Request, refusal: Refusal) -> Response:
        return await (show_refusal if wants_page(request) else with_document)(request, refusal)

    answer_with_problems(app, answer=answer)

    @app.exception_handler(SignInNeeded)
    async def on_nobody(request: Request, _: SignInNeeded) -> Response:
        return redirect(sign_in_url(request)) if wants_page(request) else respond(unauthorized(has_token=False))


def _add_api(app: Door, desk: Desk) -> None:
    """Add the REST API, the page that describes it, and what reads the agenda for people and calendar programs."""
    # Of /import, what has a name comes before what is any import's id.
    imports = (import_events_router(desk), sorting_router(desk), import_router(desk))
    others = (upcoming_router(desk), feed_router(desk.feeds), settings_router(desk), network_router(desk))
    for router in (api_router(desk), docs_router(), people_list_router(desk), *others, *imports):
        app.include_router(router)
