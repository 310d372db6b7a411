"""`/network`: how an owner's network is, as a picture and in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from babel.dates import format_date
from babel.numbers import format_compact_decimal
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from services.notifier.domain.network import Band
from services.notifier.domain.people_list import Silence
from services.notifier.use_cases.network_page import MonthCount
from services.notifier.web import network_words
from services.notifier.web.desk import Desk
from services.notifier.web.pages import render
from services.notifier.web.session import SignedIn, Viewer
from shared.messages.values import Closeness

PATH: Final = "/network"
SILENT_FOR: Final = {
    Band.QUARTER: Silence.MONTH,
    Band.HALF_YEAR: Silence.QUARTER,
    Band.YEAR: Silence.HALF_YEAR,
    Band.LONGER: Silence.YEAR,
    Band.UNKNOWN: Silence.NEVER,
}
"""The filter of the list of people that begins where a band does."""
BAR_AREA: Final = 84.0
"""Height of the highest bar, in units of the drawing."""
BAR_STEP: Final = 33.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A month of greetings: where its bar stands, and its name and number, shortly and in full."""

    short: str
    name: str
    count: int
    number: str
    x: float
    top: float
    height: float


def network_router(desk: Desk) -> APIRouter:
    """Return the route."""
    router = APIRouter(include_in_schema=False)

    @router.get(PATH)
    async def show(request: Request, viewer: Viewer) -> Response:
        health = await desk.network.health(profile=viewer.profile)
        picture = await desk.network.picture(health, profile=viewer.profile)
        bars = _bars(health.months, viewer)
        return await render(
            request,
            "network.html",
            health=health,
            picture=picture,
            bars=bars,
            sent=sum(bar.count for bar in bars),
            bands=tuple(Band),
            list_url=list_url,
            words=network_words,
        )

    return router


def list_url(closeness: Closeness, band: Band | None = None) -> str:
    """Return where the people of a closeness are listed, those who were silent for as long as *band* says and longer."""
    silence = SILENT_FOR.get(band) if band else None
    return f"/people?{urlencode({'closeness': closeness.value} | ({'silence': silence.value} if silence else {}))}"


def _bars(months: Sequence[MonthCount], viewer: SignedIn) -> list[Bar]:
    most = max(1, *(each.greetings for each in months))
    heights = [BAR_AREA * each.greetings / most for each in months]
    return [
        Bar(
            short=format_date(each.month.first, "LLL", locale=viewer.locale),
            name=format_date(each.month.first, "LLLL y", locale=viewer.locale),
            count=each.greetings,
            # Short enough to stand above a bar on a phone.
            number=format_compact_decimal(each.greetings, locale=viewer.locale, fraction_digits=1),
            x=index * BAR_STEP,
            top=BAR_AREA - height,
            height=height,
        )
        for index, (each, height) in enumerate(zip(months, heights, strict=True))
    ]
