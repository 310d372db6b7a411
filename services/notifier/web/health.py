"""`GET /health`: whether what the service needs is there."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from fastapi import APIRouter
from starlette.responses import JSONResponse

from shared.errors import TransientError

Check = Callable[[], Awaitable[None]]
"""Returns when something answers; raises `TransientError` when it does not."""


def health_router(checks: Mapping[str, Check]) -> APIRouter:
    """Return the route; *checks* is what it asks, by name."""
    router = APIRouter()

    @router.get("/health", include_in_schema=False)
    async def health() -> JSONResponse:
        answers = await asyncio.gather(*(check() for check in checks.values()), return_exceptions=True)
        failing: dict[str, str] = {}
        for name, answer in zip(checks, answers, strict=True):
            if isinstance(answer, TransientError):
                failing[name] = str(answer)
            elif isinstance(answer, BaseException):
                raise answer
        if failing:
            return JSONResponse({"status": "unavailable", "failing": failing}, status_code=503)
        return JSONResponse({"status": "ok"})

    return router
