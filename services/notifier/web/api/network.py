"""`/api/v1/network`: how the owner's network is."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import Response

from services.notifier.domain.network import Acquaintance, Band
from services.notifier.domain.network_picks import Why
from services.notifier.use_cases.acting import profile_of
from services.notifier.use_cases.network_page import Health
from services.notifier.web.api.routing import READING, ApiRoute, answer
from services.notifier.web.desk import Desk
from services.notifier.web.network_words import reason_text
from services.notifier.web.session import ApiCaller
from shared.errors import NotFound
from shared.messages.values import Closeness, Instant


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class NetworkLevel(_Part):
    """
    The people of one closeness: by how long ago the last contact was, how many were in touch within the rhythm, how many are
    beyond theirs. `rhythm_days` is null where no check-ins are wanted.
    """

    closeness: Closeness
    people: int
    rhythm_days: int | None
    in_touch: int
    drifting: int
    last_contact: dict[Band, int]


class NetworkPerson(_Part):
    """Somebody, and when the owner was last in touch with them; null where no contact is noted."""

    id: str
    name: str
    closeness: Closeness
    last_contact_at: Instant | None


class NetworkDrift(_Part):
    """Somebody beyond their rhythm: whole days since the last contact, and how many were meant."""

    contact: NetworkPerson
    days: int
    rhythm_days: int


class NetworkReason(_Part):
    """Why somebody is picked, as a word, as values and as text that completes "because"."""

    why: Why
    days: int | None
    rhythm_days: int | None
    text: str


class NetworkPick(_Part):
    """Somebody to reach out to this week, and why."""

    contact: NetworkPerson
    reasons: tuple[NetworkReason, ...]


class NetworkMonth(_Part):
    """Greetings sent in a month of the owner's calendar, `YYYY-MM`."""

    month: str
    greetings: int


class NetworkHealth(_Part):
    """The network as a whole. `drifting` are the most overdue, `drifting_count` is how many there are."""

    people: int
    levels: tuple[NetworkLevel, ...]
    drifting_count: int
    drifting: tuple[NetworkDrift, ...]
    picks: tuple[NetworkPick, ...]
    months: tuple[NetworkMonth, ...]


def network_api(desk: Desk) -> APIRouter:
    """Return the route."""
    router = APIRouter(tags=["people"], route_class=ApiRoute)

    @router.get("/network", response_model=NetworkHealth, responses=READING, summary="See how your network is")
    async def get_network(request: Request, caller: ApiCaller) -> Response:
        """Who is known how closely, how long nobody was in touch, who is drifting, and whom to reach out to this week."""
        profile = await profile_of(desk.tools, caller.owner)
        if profile is None:
            raise NotFound("nothing is known of this owner")
        return answer(request, _document(await desk.network.health(profile=profile)))

    return router


def _document(health: Health) -> NetworkHealth:
    return NetworkHealth(
        people=health.people,
        levels=tuple(
            NetworkLevel(
                closeness=level.closeness,
                people=level.people,
                rhythm_days=level.rhythm_days,
                in_touch=level.in_touch,
                drifting=level.drifting,
                last_contact=dict(level.bands),
            )
            for level in health.levels
        ),
        drifting_count=health.drifting_count,
        drifting=tuple(
            NetworkDrift(contact=_person(drift.person), days=drift.days, rhythm_days=drift.rhythm_days)
            for drift in health.drifting
        ),
        picks=tuple(
            NetworkPick(
                contact=_person(pick.person),
                reasons=tuple(
                    NetworkReason(why=reason.why, days=reason.days, rhythm_days=reason.rhythm_days, text=reason_text(reason))
                    for reason in pick.reasons
                ),
            )
            for pick in health.picks
        ),
        months=tuple(NetworkMonth(month=str(each.month), greetings=each.greetings) for each in health.months),
    )


def _person(person: Acquaintance) -> NetworkPerson:
    return NetworkPerson(id=person.contact, name=person.name, closeness=person.closeness, last_contact_at=person.last_contact_at)
