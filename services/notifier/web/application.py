"""The HTTP application: its routes, what guards them, how it fails."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from starlette.types import ASGIApp

from services.notifier.web.contract import router as contract_router
from services.notifier.web.events import Intake, events_router
from services.notifier.web.health import Check, health_router
from services.notifier.web.metrics import CountDead, metrics_router
from services.notifier.web.openapi import VERSION, Door
from services.notifier.web.optout import OptOutDesk, optout_router
from services.notifier.web.problems import answer_with_problems
from services.notifier.web.security import Credentials, SecurityHeaders
from shared.counters import Counters

DESCRIPTION: Final = "The HTTP door of Hobnob. Other systems state here what happened to people."


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapters:
    """
    What the routes work with.

    `checks` is what `GET /health` asks, by name; `credentials` knows whose token is whose; `count_dead` how many dead letters
    wait; `opt_outs` is what the link in a greeting leads to.
    """

    checks: Mapping[str, Check]
    credentials: Credentials
    intake: Intake
    counters: Counters
    count_dead: CountDead
    opt_outs: OptOutDesk


def build_web(adapters: Adapters) -> ASGIApp:
    """Return the HTTP application. The interactive pages of FastAPI are off: they load scripts from elsewhere."""
    app = Door(title="Hobnob", version=VERSION, description=DESCRIPTION, docs_url=None, redoc_url=None)
    app.state.credentials = adapters.credentials
    app.include_router(health_router(adapters.checks))
    app.include_router(metrics_router(counters=adapters.counters, count_dead=adapters.count_dead))
    app.include_router(events_router(adapters.intake))
    app.include_router(optout_router(adapters.opt_outs))
    app.include_router(contract_router)
    answer_with_problems(app)
    return SecurityHeaders(app)
