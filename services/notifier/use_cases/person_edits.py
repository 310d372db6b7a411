"""What the owner says of a person: each is a fact, stated on the intake, and waited for until it can be seen."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from uuid import uuid4
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from services.notifier.domain.person_edits import fold, statement_of
from services.notifier.use_cases.acting import profile_of
from services.notifier.use_cases.listing import name_of
from services.notifier.use_cases.person_lookup import ASK_TIMEOUT_S, find_person
from services.notifier.use_cases.tools import Tools
from shared.errors import Conflict, InvalidMessage
from shared.messages.cloudevents import describe, new_event
from shared.messages.facts import MODELS, ContactRef, FactName
from shared.messages.rpc import ContactPage, ListContacts
from shared.messages.snapshots import ContactSnapshot
from shared.messages.values import Direction
from shared.requests import ask

Wish = Callable[[ContactSnapshot], Mapping[str, Any]]
"""Says of a person as they are now what is wanted of them, as `statement_of` takes it."""
SOURCE: Final = "hobnob/web"
"""The `source` of what an owner says on the pages and through the API."""
SEEN_WITHIN_S: Final = 3.0
"""How long whoever changed something waits until it is seen; mostly that takes some hundredths of a second."""
LOOK_EVERY_S: Final = 0.02
NOON: Final = time(12)
"""The hour of an interaction of which only the day is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """The person after a statement; `is_seen` is false where it is kept and will be seen later, so that this is as before."""

    person: ContactSnapshot
    is_seen: bool


async def edit_person(tools: Tools, *, owner: str, contact: str, wish: Wish) -> Stated:
    """
    State what makes a person what is wished for: nothing when they are.

    Raises:
        NotFound: the owner knows nobody of that id.
        InvalidMessage: a value is not what it should be.
        Conflict: an address, or a LinkedIn profile, is somebody else's; stated, it would make the two one.
        BrokerUnavailable: the statement may not be stored.
    """
    person = await find_person(tools, owner=owner, contact=contact)
    data = statement_of(person=person, wanted=wish(person))
    if not data:
        return Stated(person=person, is_seen=True)
    _check(person, FactName.CONTACT_UPSERTED, data)
    await _refuse_keys_of_others(tools, person, data)
    return await _state(tools, person, FactName.CONTACT_UPSERTED, data)


async def log_interaction(
    tools: Tools,
    *,
    owner: str,
    contact: str,
    channel: str | None,
    direction: Direction = Direction.NEUTRAL,
    note: str | None = None,
    on: date | None = None,
    at: datetime | None = None,
) -> Stated:
    """
    State that the owner and a person were in touch: now, *at* an instant, or *on* a day.

    Raises:
        NotFound: the owner knows nobody of that id.
        InvalidMessage: it is in the future, or a value is not what it should be.
        BrokerUnavailable: the statement may not be stored.
    """
    person = await find_person(tools, owner=owner, contact=contact)
    now = tools.clock()
    occurred_at = at or await _instant_of(tools, owner=owner, on=on, now=now)
    if occurred_at > now:
        raise InvalidMessage("it cannot have happened in the future")
    data: dict[str, Any] = {"direction": direction.value, "occurred_at": occurred_at.astimezone(UTC).isoformat()}
    data |= {name: text for name, text in (("channel", channel), ("note", note)) if text}
    return await _state(tools, person, FactName.INTERACTION_LOGGED, data)


async def take_back_interaction(tools: Tools, *, owner: str, contact: str, interaction: str) -> Stated:
    """
    State that something that was noted did not happen; doing it twice is doing it once.

    Raises:
        NotFound: the owner knows nobody of that id.
        BrokerUnavailable: the statement may not be stored.
    """
    person = await find_person(tools, owner=owner, contact=contact)
    if interaction not in {each.id for each in person.interactions}:
        return Stated(person=person, is_seen=True)
    return await _state(tools, person, FactName.CONTACT_UPSERTED, {"removed_interactions": [interaction]})


async def tell_new_job(tools: Tools, *, owner: str, contact: str, job: Mapping[str, Any]) -> Stated:
    """
    State that a person has another job: `company`, and `title` and `started_on` where they are known.

    Raises:
        NotFound: the owner knows nobody of that id.
        InvalidMessage: a value is not what it should be.
        BrokerUnavailable: the statement may not be stored.
    """
    person = await find_person(tools, owner=owner, contact=contact)
    return await _state(tools, person, FactName.JOB_CHANGED, {name: value for name, value in job.items() if value})


async def _state(tools: Tools, person: ContactSnapshot, fact: FactName, data: Mapping[str, Any]) -> Stated:
    """State a fact about *person* and wait until it is seen."""
    data = _check(person, fact, data)
    event = new_event(name=fact, source=SOURCE, id=uuid4().hex, time=tools.clock(), data=data)
    await tools.emitter.emit([event], owner=person.owner)
    tools.counters.add(f"stated.{fact.value}")
    return await _until_seen(tools, person)


def _check(person: ContactSnapshot, fact: FactName, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data of a fact about *person*; raise `InvalidMessage` where it would be refused."""
    about = {"contact": {"id": person.id}, **data}
    try:
        MODELS[fact].model_validate(about)
    except ValidationError as exc:
        raise InvalidMessage(describe(exc)) from exc
    return about


async def _until_seen(tools: Tools, person: ContactSnapshot) -> Stated:
    """Wait until this service knows a later revision of *person*, and what is planned for them follows from it."""
    known = (await tools.people.snapshots(contacts=[person.id], owner=person.owner)).get(person.id)
    if known is None:
        return Stated(person=person, is_seen=False)  # What it is told of anybody comes much later.
    try:
        async with asyncio.timeout(SEEN_WITHIN_S):
            while known.rev <= person.rev:
                await asyncio.sleep(LOOK_EVERY_S)
                known = (await tools.people.snapshots(contacts=[person.id], owner=person.owner))[person.id]
            planned = await tools.agenda.of_contact(owner=person.owner, contact=person.id)
            while planned is not None and planned.rev < known.rev:
                await asyncio.sleep(LOOK_EVERY_S)
                planned = await tools.agenda.of_contact(owner=person.owner, contact=person.id)
    except TimeoutError:
        pass  # It is stored: what is missing follows by itself.
    if known.deleted:
        known = await find_person(tools, owner=person.owner, contact=person.id)
    return Stated(person=known, is_seen=known.rev > person.rev or known.id != person.id)


async def _instant_of(tools: Tools, *, owner: str, on: date | None, now: datetime) -> datetime:
    """Return *now*, or noon of another day where the owner lives."""
    profile = await profile_of(tools, owner)
    zone = ZoneInfo(profile.timezone if profile else "UTC")
    today = now.astimezone(zone).date()
    if on is None or on == today:
        return now
    return datetime.combine(on, NOON, tzinfo=zone) if on < today else now + timedelta(days=1)


async def _refuse_keys_of_others(tools: Tools, person: ContactSnapshot, data: Mapping[str, Any]) -> None:
    """Refuse what somebody else is known by, or was before it was taken away: whatever states it makes one of the two."""
    known = {fold(email) for email in person.emails}
    refs = [ContactRef(email=email) for email in data.get("emails", ()) if fold(email) not in known]
    refs += [ContactRef(linkedin_url=url)] if (url := data.get("linkedin_url")) else []
    for ref in refs:
        request = ListContacts(owner=person.owner, named=ref)
        page = await ask(
            tools.client, service="contacts", verb="list", request=request, reply=ContactPage, timeout_s=ASK_TIMEOUT_S
        )
        for other in page.contacts:
            if other.id != person.id:
                raise Conflict(_whose(other, ref))


def _whose(other: ContactSnapshot, ref: ContactRef) -> str:
    key = ref.email or ref.linkedin_url
    if other.deleted:
        return f"{key} was of somebody whom you removed; added here, what you know of this person would go with them"
    return f"{name_of(other.id, other).name} has, or had, the address {key}; merge the two if they are one"
