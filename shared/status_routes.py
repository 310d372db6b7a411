"""
The routes by which whoever runs a service asks how it is: `/health/live`, `/health/ready`, `/metrics`.

The notifier has them at its HTTP door; every service has them on a port of their own where `HOBNOB_METRICS_PORT` names one.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shared.exposition import CONTENT_TYPE
from shared.http_server import listen, serving
from shared.settings import ServiceSettings
from shared.status import Status

LIVE: Final = "/health/live"
READY: Final = "/health/ready"
METRICS: Final = "/metrics"


def live_answer(status: Status) -> Response:
    """Answer that the process is alive: that it answers says so."""
    return JSONResponse({"status": "alive", "service": status.service})


async def ready_answer(status: Status) -> Response:
    """Answer 200 when everything that the service needs is there, else 503 with what is not."""
    if failing := await status.readiness.failing():
        return JSONResponse({"status": "unavailable", "service": status.service, "failing": failing}, status_code=503)
    return JSONResponse({"status": "ready", "service": status.service})


async def metrics_answer(status: Status) -> Response:
    """Answer with the metrics."""
    return Response(await status.metrics(), headers={"content-type": CONTENT_TYPE})


def status_app(status: Status) -> Starlette:
    """Return the three routes as an application of their own."""

    async def live(_: Request) -> Response:
        return live_answer(status)

    async def ready(_: Request) -> Response:
        return await ready_answer(status)

    async def metrics(_: Request) -> Response:
        return await metrics_answer(status)

    return Starlette(routes=[Route(LIVE, live), Route(READY, ready), Route(METRICS, metrics)])


@asynccontextmanager
async def status_port(status: Status, *, settings: ServiceSettings) -> AsyncIterator[None]:
    """Serve the routes until the block ends; raise `PortTaken` where the port is not free."""
    assert settings.metrics_port is not None
    with listen(host=settings.metrics_host, port=settings.metrics_port, setting="HOBNOB_METRICS_PORT") as listener:
        async with serving(status_app(status), listener=listener):
            yield
