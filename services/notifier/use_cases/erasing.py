"""Erase what is kept of somebody who is to be forgotten (ADR 0010): their items, and all that was said of these."""

import json
from collections import Counter
from collections.abc import Collection, Sequence

from services.notifier.people_stream import present_people
from services.notifier.store.deliveries import DeliveryStore
from services.notifier.use_cases.people import withdraw_outdated
from services.notifier.use_cases.tools import Tools
from shared import subjects
from shared.erasing import erase_messages, range_of
from shared.errors import Conflict, TransientError
from shared.jetstream import Stored
from shared.messages.curation import EraseContact, Erased
from shared.streams import INBOX


class MailUnderWay(TransientError):
    """A greeting to this person is being sent just now."""


async def erase_contact(tools: Tools, *, deliveries: DeliveryStore, request: EraseContact) -> Erased:
    """
    Erase everything about somebody who was removed; doing it twice is doing it once.

    Raises:
        Conflict: one of the ids is somebody who is still there.
        MailUnderWay: one of their items is left, until it is known whether it was sent.
        TransientError: broker or database do not answer; ask again.
    """
    owner, contacts = request.owner, list(request.contacts)
    await _take_removal(tools, owner, contacts)
    erased: Counter[str] = Counter()
    erased["notifier.inbox"] = await tools.inbox.erase(owner=owner, contacts=contacts)
    erased["notifier.agenda"] = await tools.agenda.erase(owner=owner, contacts=contacts)
    erased["notifier.sorting"] = await tools.sorting.erase(owner=owner, contacts=contacts)
    erased["notifier.deliveries"] = await deliveries.erase(owner=owner, contacts=contacts)
    erased[INBOX] = await _erase_changes(tools, owner, contacts)
    if await tools.inbox.has_any(owner=owner, contacts=contacts):
        raise MailUnderWay
    return Erased(erased=dict(sorted((+erased).items())))


async def _take_removal(tools: Tools, owner: str, contacts: Sequence[str]) -> None:
    """Learn from the stream itself that the person was removed, and withdraw what waits: we may be behind."""
    present = await present_people(tools.client, [(owner, contact) for contact in contacts])
    if any(not snapshot.deleted for snapshot in present.values()):
        raise Conflict("somebody with one of these ids is still there")
    await tools.people.save(present.values())
    await withdraw_outdated(tools, contacts=contacts)


async def _erase_changes(tools: Tools, owner: str, contacts: Collection[str]) -> int:
    theirs = frozenset(contacts)

    def is_theirs(message: Stored) -> bool:
        try:
            change = json.loads(message.body)
            return change["contact"] in theirs or change["item"].partition(":")[0] in theirs
        except (ValueError, KeyError, TypeError, AttributeError):
            return False  # nothing that this service said

    within = await range_of(tools.client, stream=INBOX)
    return await erase_messages(tools.client, stream=INBOX, subject=subjects.inbox_of(owner), within=within, is_theirs=is_theirs)
