"""How often the owner wants to be in touch, how early birthdays come, and when those of 29 February are greeted."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from services.notifier.web.desk import Desk
from services.notifier.web.session import Form, Viewer
from services.notifier.web.settings.forms import read_settings, save_settings, whole
from services.notifier.web.settings.sections import CADENCE, done, show
from shared.messages.snapshots import OwnerProfile
from shared.messages.values import Closeness

TABLES = ("cadence_days", "birthday_lead_days")


def cadence_router(desk: Desk) -> APIRouter:
    """Return the routes of this section."""
    router = APIRouter(include_in_schema=False)

    @router.get(CADENCE.url)
    async def ask(request: Request, viewer: Viewer) -> Response:
        """Show the numbers."""
        return await show(request, CADENCE, values=_values(viewer.profile), closenesses=tuple(Closeness))

    @router.post(CADENCE.url)
    async def save(request: Request, viewer: Viewer, form: Form) -> Response:
        """Change them."""
        read = read_settings(_given(form))
        if read.settings is None:
            status = HTTPStatus.UNPROCESSABLE_ENTITY
            return await show(
                request,
                CADENCE,
                status=status,
                values=_values(viewer.profile) | dict(form),
                errors=read.errors,
                closenesses=tuple(Closeness),
            )
        await save_settings(desk, viewer, read.settings)
        return done(CADENCE)

    return router


def _values(profile: OwnerProfile) -> dict[str, str]:
    tables = {f"{table}.{each}": str(getattr(profile, table).get(each, 0)) for table in TABLES for each in Closeness}
    return tables | {"leap_day": profile.leap_day}


def _given(form: Mapping[str, str]) -> dict[str, Any]:
    given: dict[str, Any] = {
        table: {each.value: whole(form[key]) for each in Closeness if (key := f"{table}.{each}") in form} for table in TABLES
    }
    return given | ({"leap_day": form["leap_day"]} if "leap_day" in form else {})
