"""When reminders come, when the owner is told of them, and when they are left in peace."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from services.notifier.web.desk import Desk
from services.notifier.web.session import Form, Viewer
from services.notifier.web.settings.at_once import is_shown_whole, rows_of, rules_of, ticked_of
from services.notifier.web.settings.forms import clock, read_settings, save_settings, whole
from services.notifier.web.settings.sections import TIMES, done, show
from shared.messages.snapshots import OwnerProfile
from shared.messages.telling import WEEK
from shared.messages.values import Closeness

DAYS_FIELD = "digest_days"
AT_ONCE_FIELD = "at_once"


def times_router(desk: Desk) -> APIRouter:
    """Return the routes of this section."""
    router = APIRouter(include_in_schema=False)

    @router.get(TIMES.url)
    async def ask(request: Request, viewer: Viewer) -> Response:
        """Show the times."""
        profile = viewer.profile
        days = {day.value for day in profile.telling.digest_days}
        return await _show(
            request, viewer, values=_values(profile), days=days, ticked=ticked_of(profile.telling.at_once), errors={}
        )

    @router.post(TIMES.url)
    async def save(request: Request, viewer: Viewer, form: Form) -> Response:
        """Change them."""
        days = {value for name, value in request.state.fields if name == DAYS_FIELD}
        ticked = frozenset(value for name, value in request.state.fields if name == AT_ONCE_FIELD)
        read = read_settings(_given(form, viewer.profile, days=days, ticked=ticked))
        if read.settings is None:
            return await _show(
                request, viewer, values=_values(viewer.profile) | dict(form), days=days, ticked=ticked, errors=read.errors
            )
        await save_settings(desk, viewer, read.settings)
        return done(TIMES)

    async def _show(
        request: Request,
        viewer: Viewer,
        *,
        values: Mapping[str, str],
        days: set[str],
        ticked: frozenset[str],
        errors: Mapping[str, str],
    ) -> Response:
        rules = viewer.profile.telling.at_once
        return await show(
            request,
            TIMES,
            status=HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK,
            values=values,
            days=days,
            ticked=ticked,
            errors=errors,
            week=WEEK,
            rows=rows_of(rules),
            closenesses=tuple(Closeness),
            is_whole=is_shown_whole(rules),
        )

    return router


def _values(profile: OwnerProfile) -> dict[str, str]:
    telling = profile.telling
    return {
        "deliver_at": f"{profile.deliver_at:%H:%M}",
        "digest_at": f"{telling.digest_at:%H:%M}" if telling.digest_at else "",
        "quiet_from": f"{telling.quiet_from:%H:%M}",
        "quiet_until": f"{telling.quiet_until:%H:%M}",
        "heartbeat_on": telling.heartbeat_on,
        "belated_grace_days": str(profile.belated_grace_days),
    }


def _given(form: Mapping[str, str], profile: OwnerProfile, *, days: set[str], ticked: frozenset[str]) -> dict[str, Any]:
    telling: dict[str, Any] = {name: clock(form[name]) for name in ("quiet_from", "quiet_until") if name in form}
    telling |= {"heartbeat_on": form["heartbeat_on"]} if "heartbeat_on" in form else {}
    telling["digest_days"] = [day.value for day in WEEK if day.value in days]
    if "digest_at" in form:
        telling["digest_at"] = clock(form["digest_at"]) if form["digest_at"].strip() else None
    if ticked != ticked_of(profile.telling.at_once):
        telling["at_once"] = rules_of(ticked)
    given: dict[str, Any] = {"telling": telling}
    given |= {"deliver_at": clock(form["deliver_at"])} if "deliver_at" in form else {}
    given |= {"belated_grace_days": whole(form["belated_grace_days"])} if "belated_grace_days" in form else {}
    return given
