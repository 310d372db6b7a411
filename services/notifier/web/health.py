"""
Whether the door answers, and whether the service behind it can work.

`GET /health` asks for what the door itself needs, `/health/live` for nothing, `/health/ready` for everything: the streams and
what waits in them, the database, and the two services beside this one.
"""

from collections.abc import Mapping

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from shared.health import Check, Readiness
from shared.status import Status
from shared.status_routes import LIVE, READY, live_answer, ready_answer


def health_router(checks: Mapping[str, Check], *, status: Status) -> APIRouter:
    """Return the routes; *checks* is what `/health` asks, by name."""
    router = APIRouter()
    needed = Readiness()
    needed.add(checks)
    needed.end_start()

    @router.get("/health", include_in_schema=False)
    async def health() -> JSONResponse:
        if failing := await needed.failing():
            return JSONResponse({"status": "unavailable", "failing": failing}, status_code=503)
        return JSONResponse({"status": "ok"})

    @router.get(LIVE, include_in_schema=False)
    async def live() -> Response:
        return live_answer(status)

    @router.get(READY, include_in_schema=False)
    async def ready() -> Response:
        return await ready_answer(status)

    return router
