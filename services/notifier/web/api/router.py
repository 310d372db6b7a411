"""All of the API, and the page that describes it."""

from typing import Final

from fastapi import APIRouter

from services.notifier.web.api.curation import curation_router
from services.notifier.web.api.imports import imports_router
from services.notifier.web.api.inbox import inbox_router
from services.notifier.web.api.network import network_api
from services.notifier.web.api.people import owner_router, people_router
from services.notifier.web.api.person import person_router
from services.notifier.web.api.settings import settings_apis
from services.notifier.web.desk import Desk

PREFIX: Final = "/api/v1"


def api_router(desk: Desk) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix=PREFIX)
    for part in (inbox_router(desk), people_router(desk), person_router(desk), owner_router(desk), imports_router(desk)):
        router.include_router(part)
    router.include_router(curation_router(desk))
    router.include_router(network_api(desk))
    for part in settings_apis(desk):
        router.include_router(part)
    return router
