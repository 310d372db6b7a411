"""`GET /metrics`: what this service counted, and how many dead letters wait, for Prometheus."""

from fastapi import APIRouter
from starlette.responses import Response

from shared.status import Status
from shared.status_routes import METRICS, metrics_answer


def metrics_router(status: Status) -> APIRouter:
    """Return the route."""
    router = APIRouter()

    @router.get(METRICS, include_in_schema=False)
    async def metrics() -> Response:
        return await metrics_answer(status)

    return router
