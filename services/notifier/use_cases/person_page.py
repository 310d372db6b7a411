"""What the page about one person shows."""

import asyncio
from dataclasses import dataclass
from typing import Final

from services.notifier.domain.items import WAITING, Item, today_of
from services.notifier.domain.links import linkedin_of
from services.notifier.domain.person_jobs import Stint, stints_of
from services.notifier.domain.person_plans import Cadence, Outlook, cadence_of, outlook_of
from services.notifier.use_cases.inbox_page import Card, cards_of
from services.notifier.use_cases.people import known_as
from services.notifier.use_cases.person_lookup import find_person
from services.notifier.use_cases.tools import Tools
from shared.messages.reminders import ItemState
from shared.messages.snapshots import ContactSnapshot, OwnerProfile

OPEN_SHOWN: Final = 10
SENT_SHOWN: Final = 20
OPEN: Final = (*WAITING, ItemState.SCHEDULED, ItemState.SENDING, ItemState.SNOOZED)
"""States of items that are not over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonView:
    """
    One person: what waits for the owner, what is planned and why, what was sent, their jobs.

    `linkedin` is their profile as a link, None where it is not known or leads elsewhere.
    """

    person: ContactSnapshot
    cards: tuple[Card, ...]
    outlook: Outlook
    sent: tuple[Item, ...]
    stints: tuple[Stint, ...]
    cadence: Cadence
    linkedin: str | None


async def view_person(tools: Tools, *, profile: OwnerProfile, contact: str) -> PersonView:
    """
    Return what is to be seen of the person whose id is, or was, *contact*.

    Raises:
        NotFound: the owner knows nobody of that id.
        BrokerUnavailable: nobody can tell whether they do.
    """
    owner = profile.owner
    person = await find_person(tools, owner=owner, contact=contact)
    ids = known_as(person)
    outlook, waiting, sent = await asyncio.gather(
        outlook_for(tools, profile=profile, person=person),
        tools.inbox.page(owner=owner, states=OPEN, contacts=ids, after=None, limit=OPEN_SHOWN),
        tools.inbox.page(owner=owner, states=[ItemState.SENT], contacts=ids, after=None, limit=SENT_SHOWN),
    )
    return PersonView(
        person=person,
        cards=tuple(await cards_of(tools, profile=profile, items=waiting)),
        outlook=outlook,
        sent=tuple(sent),
        stints=stints_of(person.jobs),
        cadence=cadence_of(person=person, profile=profile),
        linkedin=linkedin_of(person),
    )


async def outlook_for(tools: Tools, *, profile: OwnerProfile, person: ContactSnapshot) -> Outlook:
    """Return what is planned for *person*, of the owner of *profile*, and why, and what is not."""
    planned = await tools.agenda.of_contact(owner=profile.owner, contact=person.id)
    today = today_of(profile, now=tools.clock())
    return outlook_of(person=person, profile=profile, lines=planned.lines if planned else (), today=today)
