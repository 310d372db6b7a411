"""
A large network that somebody keeps: people told of by facts, as every other system tells of them, and an inbox with a history.

People, agendas and timers come of the facts through the real services. Only the items of the inbox are inserted directly, in
the notifier's own shape: years of reminders cannot be waited for.
"""

import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from itertools import islice
from typing import Any, Final, TypeVar

from bench.people import OWNER
from bench.stack import RoundFailed, Stack
from bench.watch import until_drained
from services.notifier.store.documents import new_document
from shared.clock import system_clock
from shared.emitting import Emitter
from shared.messages.cloudevents import CloudEvent, new_event
from shared.messages.facts import FactName
from shared.messages.reminders import ItemState, Reminder, reminder_id
from shared.messages.rpc import AddOwner, OwnerReply, OwnerSettings
from shared.messages.values import Closeness, Occasion, format_instant
from shared.mongo import Database, Document
from shared.requests import ask
from shared.streams import CONTACTS_INTAKE, NOTIFIER_AGENDA, NOTIFIER_PEOPLE, SCHEDULER_PEOPLE

ThingT = TypeVar("ThingT")
BATCH: Final = 2_000
YEAR_DAYS: Final = 365
CLOSENESS: Final = ((Closeness.INTIMATE, 500), (Closeness.WELL, 50), (Closeness.MODERATE, 8))
"""Every so manieth person is that close, the others are connected: 40, 360, 2,100 and 17,500 of 20,000."""
STATES: Final = (
    (ItemState.UNREAD, 50),
    (ItemState.WITHDRAWN, 20),
    (ItemState.DISMISSED, 3),
    (ItemState.SENT, 1),
)
"""Every so manieth item has that state: of 100,000 some 2,000 wait, most were sent."""
NAMES: Final = ("Ada", "Bo", "Cleo", "Dara", "Eli", "Fay", "Gus", "Hana", "Ivo", "Jun", "Kim", "Lou", "Max", "Noa", "Ola", "Pia")


async def meet(stack: Stack, *, people: int) -> None:
    """Have *people* known to one owner, stored, planned and projected."""
    # At the end of the day: nothing of what is planned fires meanwhile.
    settings = OwnerSettings(name="Sam Bench", deliver_at=time(23, 59))
    request = AddOwner(owner=OWNER, settings=settings)
    await ask(stack.client, service="contacts", verb="owner.add", request=request, reply=OwnerReply, timeout_s=10)
    emitter, now = Emitter(stack.client), system_clock()
    facts = list(_facts(people, now=now))
    for batch in _batches(iter(facts)):
        await emitter.emit(batch, owner=OWNER)
    await until_drained(stack, CONTACTS_INTAKE, at_least=len(facts))
    for consumer in (SCHEDULER_PEOPLE, NOTIFIER_PEOPLE, NOTIFIER_AGENDA):
        await until_drained(stack, consumer, at_least=people)


async def remember(database: Database, *, items: int) -> None:
    """Put *items* into the owner's inbox, spread over the years and over everybody."""
    contacts = await database["people"].distinct("_id", {"owner": OWNER})
    if not contacts:
        raise RoundFailed("nobody is known")
    now = system_clock()
    for batch in _batches(_items(sorted(contacts), items, now=now)):
        await database["inbox"].insert_many(batch, ordered=False)


async def clear(database: Database) -> None:
    """Have nothing wait in the inbox."""
    await database["inbox"].update_many({"owner": OWNER}, {"$set": {"state": ItemState.DISMISSED.value}})


def _batches(things: Iterator[ThingT]) -> Iterator[Sequence[ThingT]]:
    while batch := list(islice(things, BATCH)):
        yield batch


def _facts(people: int, *, now: datetime) -> Iterator[CloudEvent]:
    """Yield a person each, and a conversation with every third, from yesterday to four years ago."""
    for number in range(people):
        yield _fact(FactName.CONTACT_UPSERTED, _person(number, now=now), at=now)
        if number % 3 == 0:
            data = {"contact": {"email": _email(number)}, "channel": "call", "note": "The new garden, and who could help."}
            yield _fact(FactName.INTERACTION_LOGGED, data, at=now - timedelta(days=1 + number * 7 % (4 * YEAR_DAYS)))


def _fact(name: FactName, data: dict[str, Any], *, at: datetime) -> CloudEvent:
    return new_event(name=name, source="bench", id=uuid.uuid4().hex, data=data | {"occurred_at": format_instant(at)}, time=at)


def _person(number: int, *, now: datetime) -> dict[str, Any]:
    birthday = now.date() - timedelta(days=30 * YEAR_DAYS + number * 13 % (20 * YEAR_DAYS))
    started_on = now.date() - timedelta(days=100 + number * 17 % 3_000)
    name = NAMES[number % len(NAMES)]
    person: dict[str, Any] = {
        "name": f"{name} Family{number}",
        "given_name": name,
        "family_name": f"Family{number}",
        "emails": [_email(number)],
        "company": f"Example Works {number % 500}",
        "title": "Head of Examples",
        "started_on": started_on.isoformat(),
        "closeness": next((level.value for level, every in CLOSENESS if number % every == 0), Closeness.CONNECTED.value),
    }
    if number % 5 < 3:
        person["birthday"] = birthday.isoformat()
    if number % 4 == 0:
        person["tags"] = [f"group {number % 40}", "choir"]
    return person


def _email(number: int) -> str:
    return f"person{number}@example.com"


def _items(contacts: list[str], count: int, *, now: datetime) -> Iterator[Document]:
    """Yield items as they are stored; each contact has had a birthday every year, as far as there are items."""
    for number in range(count):
        contact, years_ago = contacts[number % len(contacts)], number // len(contacts)
        at = now - timedelta(days=years_ago * YEAR_DAYS, seconds=number * 1_571 % (YEAR_DAYS * 86_400))
        on = at.date()
        key = Occasion.BIRTHDAY.value
        reminder = Reminder(
            id=reminder_id(contact=contact, key=key, on=on),
            owner=OWNER,
            contact=contact,
            occasion=Occasion.BIRTHDAY,
            key=key,
            on=on,
            due_at=at,
        )
        state = next(state for state, every in STATES if number % every == 0)
        document = new_document(reminder=reminder, belated=False, at=at)
        changed = {} if state is ItemState.UNREAD else {"state": state.value, "changed_at": at, "changes": 1}
        sent = {"said": {"subject": "Happy birthday", "body": "All the best."}, "via": "email", "variant": "birthday.default.1"}
        yield document | changed | (sent if state is ItemState.SENT else {})
