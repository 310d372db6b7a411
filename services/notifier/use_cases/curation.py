"""What an owner does with a person as a whole, asked of contacts: merge, forget, and where values come from."""

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Final

from services.notifier.use_cases.person_lookup import ASK_TIMEOUT_S, find_person
from services.notifier.use_cases.tools import Tools
from shared.messages.curation import Forgotten, GetProvenance, MergeContacts, MergeReply, Provenance
from shared.messages.rpc import ContactPage, ForgetContact, ListContacts
from shared.messages.snapshots import ContactSnapshot
from shared.requests import ask

FORGET_TIMEOUT_S: Final = 60.0
"""The broker is looked through for what it holds of them."""
CANDIDATES_MAX: Final = 12
FOUND_MAX: Final = 50
"""People that are compared by name, for each word that is looked for."""
LEAST_LIKENESS: Final = 0.6
"""Ann Doe and Ann Smith-Doe are above it, two people who share a given name mostly below."""
LEAST_WORD: Final = 3
"""A shorter part of a name is a part of most names."""


async def candidates(tools: Tools, *, person: ContactSnapshot, words: str | None) -> Sequence[ContactSnapshot]:
    """
    Return whom *person* might be another entry of: those that match *words*, else those of a similar name; the likeliest first.

    Raises:
        BrokerUnavailable: contacts does not answer.
    """
    wanted = [words] if words else [part for part in person.name.split() if len(part) >= LEAST_WORD]
    found: dict[str, ContactSnapshot] = {}
    for search in wanted:
        request = ListContacts(owner=person.owner, search=search[:200], limit=FOUND_MAX)
        page = await ask(
            tools.client, service="contacts", verb="list", request=request, reply=ContactPage, timeout_s=ASK_TIMEOUT_S
        )
        found |= {each.id: each for each in page.contacts if each.id != person.id}
    alike = {id: _likeness(person, other) for id, other in found.items()}  # noqa: A001  # the contact's own word
    likely = [other for other in found.values() if words or alike[other.id] >= LEAST_LIKENESS]
    return sorted(likely, key=lambda other: (-alike[other.id], other.name))[:CANDIDATES_MAX]


def _likeness(person: ContactSnapshot, other: ContactSnapshot) -> float:
    """Return from 0 to 1 how alike two names are, whatever the order of their words."""
    left, right = (" ".join(sorted(each.name.casefold().split())) for each in (person, other))
    return SequenceMatcher(None, left, right).ratio()


async def merge(tools: Tools, *, owner: str, contact: str, other: str, preview: bool = False) -> MergeReply:
    """
    Make one person of two, or tell what they would be; what is read next is the one.

    Raises:
        HobnobError: as contacts refuses it.
    """
    request = MergeContacts(owner=owner, contact=contact, other=other, preview=preview)
    reply = await ask(tools.client, service="contacts", verb="merge", request=request, reply=MergeReply, timeout_s=ASK_TIMEOUT_S)
    if not preview:
        await tools.people.save([reply.contact])
    return reply


async def forget(tools: Tools, *, owner: str, contact: str) -> Forgotten:
    """
    Erase somebody everywhere.

    Raises:
        HobnobError: as contacts refuses it.
    """
    request = ForgetContact(owner=owner, id=contact)
    return await ask(
        tools.client, service="contacts", verb="forget", request=request, reply=Forgotten, timeout_s=FORGET_TIMEOUT_S
    )


async def provenance(tools: Tools, *, owner: str, contact: str) -> Provenance:
    """
    Return where each value of somebody comes from.

    Raises:
        NotFound: there is no such person.
        HobnobError: as contacts refuses it.
    """
    await find_person(tools, owner=owner, contact=contact)
    request = GetProvenance(owner=owner, contact=contact)
    return await ask(
        tools.client, service="contacts", verb="provenance", request=request, reply=Provenance, timeout_s=ASK_TIMEOUT_S
    )
