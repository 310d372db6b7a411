"""All sections of the settings."""

from fastapi import APIRouter

from services.notifier.web.desk import Desk
from services.notifier.web.settings.access import access_router
from services.notifier.web.settings.cadence import cadence_router
from services.notifier.web.settings.channels import channels_router
from services.notifier.web.settings.dead import dead_router
from services.notifier.web.settings.emitters import emitters_router
from services.notifier.web.settings.health import health_router
from services.notifier.web.settings.sending import sending_router
from services.notifier.web.settings.times import times_router
from services.notifier.web.settings.words import words_router
from services.notifier.web.settings.you import you_router


def settings_router(desk: Desk) -> APIRouter:
    """Return the routes."""
    router = APIRouter(include_in_schema=False)
    for section in (
        you_router,
        times_router,
        cadence_router,
        sending_router,
        words_router,
        channels_router,
        access_router,
        emitters_router,
        dead_router,
        health_router,
    ):
        router.include_router(section(desk))
    return router
