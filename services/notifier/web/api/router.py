"""All of the API, and the page that describes it."""

from typing import Final

from fastapi import APIRouter

from services.notifier.web.api.inbox import inbox_router
from services.notifier.web.api.people import owner_router, people_router
from services.notifier.web.desk import Desk

PREFIX: Final = "/api/v1"


def api_router(desk: Desk) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix=PREFIX)
    for part in (inbox_router(desk), people_router(desk), owner_router(desk)):
        router.include_router(part)
    return router
