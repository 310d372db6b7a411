"""Whether everything is alive: what came last, what is armed, how late the worst was, what each channel last did."""

from babel.dates import format_timedelta
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from services.notifier.use_cases.pulse import feel_pulse
from services.notifier.web.desk import Desk
from services.notifier.web.session import Viewer
from services.notifier.web.settings.sections import HEALTH, show
from shared.errors import TransientError
from shared.messages.rpc import AcceptedFact, FactPage, ListFacts
from shared.messages.telling import ChannelState


def health_router(desk: Desk) -> APIRouter:
    """Return the routes of this section."""
    router = APIRouter(include_in_schema=False)

    @router.get(HEALTH.url)
    async def look(request: Request, viewer: Viewer) -> Response:
        """Show the state of things; that contacts does not answer is one of them."""
        fact: AcceptedFact | None = None
        is_silent = False
        try:
            page = await desk.contacts("facts.list", ListFacts(owner=viewer.owner, limit=1), FactPage)
            fact = page.facts[0] if page.facts else None
        except TransientError:
            is_silent = True
        pulse = await feel_pulse(desk.upkeep.telling, profile=viewer.profile)
        latest = format_timedelta(pulse.watched.latest, locale=viewer.locale)
        return await show(request, HEALTH, pulse=pulse, latest=latest, fact=fact, is_silent=is_silent, States=ChannelState)

    return router
