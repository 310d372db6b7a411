"""`/upcoming`: what is coming, as a list and as a month, and the address at which a calendar program reads it."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode

from babel.dates import format_date, format_skeleton, get_day_names
from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from services.notifier.domain.calendar_month import Month, weekdays
from services.notifier.domain.items import today_of
from services.notifier.use_cases.upcoming import DayPlan, Due, list_between, plan_days
from services.notifier.web.desk import Desk
from services.notifier.web.pages import render, wants_page
from services.notifier.web.session import OwnForm, SignedIn, Viewer
from services.notifier.web.wording import occasion_text
from shared.errors import InvalidMessage
from shared.messages.access import IssueFeed
from shared.messages.rpc import Cursor

PATH: Final = "/upcoming"
FEED_PATH: Final = "/upcoming/feed"
LISTED: Final = 100
"""Lines on one page of the list."""
LISTED_OF_DAY: Final = 200
SPANS: Final = (30, 90)

Span = Literal["30", "90"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One occasion in words."""

    contact: str
    name: str
    what: str
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class DayGroup:
    """The lines of one date; `distance` is how far away it is, in words, for the nearest ones."""

    on: date
    distance: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One field of the calendar. `label` is what is read aloud."""

    on: date
    label: str
    url: str
    is_inside: bool
    is_today: bool
    is_chosen: bool
    count: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What somebody wants to see."""

    month: Month
    day: date | None
    span: int
    cursor: str | None

    def url(self, **changes: Any) -> str:
        """Return the address of the same page with something else on it; the list begins anew."""
        values = {"month": self.month, "day": self.day, "span": self.span} | changes
        values = {name: value for name, value in values.items() if value and not (name == "span" and value == SPANS[0])}
        return f"{PATH}?{urlencode(values)}" if values else PATH


def upcoming_router(desk: Desk) -> APIRouter:
    """Return the routes."""
    router = APIRouter(include_in_schema=False)

    @router.get(PATH)
    async def page(
        request: Request,
        viewer: Viewer,
        month: Annotated[str | None, Query(max_length=10)] = None,
        day: Annotated[str | None, Query(max_length=10)] = None,
        span: Span = "30",
        cursor: Annotated[Cursor | None, Query()] = None,
    ) -> Response:
        return await _show(desk, request, viewer, _read(month, day, span=int(span), cursor=cursor, today=_today(viewer)))

    @router.post(FEED_PATH, dependencies=[OwnForm])
    async def make_feed(request: Request, viewer: Viewer) -> Response:
        issued = await desk.feeds.issue(request=IssueFeed(owner=viewer.owner, replace=True))
        url = issued.url or f"{str(request.base_url).rstrip('/')}{issued.path}"
        if not wants_page(request):
            return JSONResponse({**issued.model_dump(mode="json"), "url": url})
        # Shown right here and not after a redirect: an address that is a secret belongs in no other address.
        return await _show(desk, request, viewer, _read(None, None, span=SPANS[0], cursor=None, today=_today(viewer)), made=url)

    return router


def _today(viewer: SignedIn) -> date:
    return today_of(viewer.profile, now=viewer.now)


def _read(month: str | None, day: str | None, *, span: int, cursor: str | None, today: date) -> Shown:
    """Return what a query asks for; the month is that of the day, else the present one, unless it is named."""
    try:
        chosen = date.fromisoformat(day) if day else None
        shown = Month.parse(month) if month else Month.of(chosen or today)
    except ValueError as exc:
        raise InvalidMessage("write a month as YYYY-MM and a day as YYYY-MM-DD") from exc
    return Shown(month=shown, day=chosen, span=span, cursor=cursor)


async def _show(desk: Desk, request: Request, viewer: SignedIn, shown: Shown, *, made: str | None = None) -> Response:
    today = _today(viewer)
    weeks = shown.month.weeks(first_weekday=viewer.locale.first_week_day)
    plans, listed, of_day, made_at = await asyncio.gather(
        plan_days(desk.tools, owner=viewer.owner, first=weeks[0][0], last=weeks[-1][-1]),
        list_between(
            desk.tools,
            owner=viewer.owner,
            first=today,
            last=today + timedelta(days=shown.span),
            cursor=shown.cursor,
            limit=LISTED,
        ),
        _of_day(desk, viewer, shown.day),
        desk.feeds.store.made_at(viewer.owner),
    )
    columns = weekdays(first_weekday=viewer.locale.first_week_day)
    return await render(
        request,
        "upcoming.html",
        shown=shown,
        spans=[(span, shown.url(span=span)) for span in SPANS],
        groups=list(_grouped(_in_words(listed.due), today=today)),
        more=f"{shown.url()}{'&' if '?' in shown.url() else '?'}{urlencode({'cursor': listed.cursor})}"
        if listed.cursor
        else None,
        of_day=of_day,
        title=format_skeleton("yMMMM", shown.month.first, locale=viewer.locale),
        columns=[(format_date(each, "EEE", locale=viewer.locale), _weekday(each, viewer)) for each in columns],
        weeks=[[_cell(on, plans.get(on), shown, viewer, today=today) for on in week] for week in weeks],
        earlier=_month_url(shown, shown.month.previous),
        later=_month_url(shown, shown.month.following),
        present=_month_url(shown, Month.of(today)),
        is_present=shown.month == Month.of(today),
        feed_path=FEED_PATH,
        feed_made_at=made_at,
        feed_url=made,
    )


async def _of_day(desk: Desk, viewer: SignedIn, day: date | None) -> tuple[date, Sequence[Line], bool] | None:
    """Return the date that was chosen, its lines, and whether there are more."""
    if day is None:
        return None
    found = await list_between(desk.tools, owner=viewer.owner, first=day, last=day, limit=LISTED_OF_DAY)
    return day, _in_words(found.due), found.cursor is not None


def _in_words(due: Iterable[Due]) -> list[Line]:
    return [
        Line(
            contact=each.contact,
            name=each.coming.name,
            what=occasion_text(each.coming.occasion, milestone=each.coming.milestone, label=each.coming.label),
            on=each.coming.on,
        )
        for each in due
    ]


def _grouped(lines: Iterable[Line], *, today: date) -> Iterable[DayGroup]:
    for on, group in groupby(sorted(lines, key=lambda line: line.on), key=lambda line: line.on):
        yield DayGroup(on=on, distance=_distance(on, today=today), lines=tuple(group))


def _distance(on: date, *, today: date) -> str:
    return {0: "Today", 1: "Tomorrow"}.get((on - today).days, "")


def _cell(on: date, plan: DayPlan | None, shown: Shown, viewer: SignedIn, *, today: date) -> Cell:
    count = plan.people if plan else 0
    people = f", {count} {'person' if count == 1 else 'people'}" if count else ""
    return Cell(
        on=on,
        label=f"{format_date(on, 'full', locale=viewer.locale)}{people}",
        url=f"{shown.url(day=on)}#day",
        is_inside=shown.month.holds(on),
        is_today=on == today,
        is_chosen=on == shown.day,
        count=count,
        names=tuple({due.contact: due.coming.name for due in plan.first}.values()) if plan else (),
    )


def _month_url(shown: Shown, month: Month | None) -> str | None:
    return f"{shown.url(month=month, day=None)}#month" if month else None


def _weekday(on: date, viewer: SignedIn) -> str:
    return str(get_day_names("wide", context="stand-alone", locale=viewer.locale)[on.weekday()])
