"""Finding the person that an id names, whichever of their ids it is."""

import re
from typing import Final

from services.notifier.use_cases.people import survivor_of
from services.notifier.use_cases.tools import Tools
from shared.errors import NotFound
from shared.messages.rpc import ContactReply, GetContact
from shared.messages.snapshots import ContactSnapshot
from shared.requests import ask

ASK_TIMEOUT_S: Final = 5.0
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
NOBODY: Final = "there is no such person among your contacts"


async def find_person(tools: Tools, *, owner: str, contact: str) -> ContactSnapshot:
    """
    Return the person of *owner* whose id is, or was, *contact*, as they are now: the result's id may be another one.

    Raises:
        NotFound: nobody of *owner* has that id; whether anybody else has is not told.
        BrokerUnavailable: it is none that is known here, and contacts does not answer.
    """
    if not _ID.fullmatch(contact):
        raise NotFound(NOBODY)
    known = (await tools.people.snapshots(contacts=[contact], owner=owner)).get(contact)
    if known is not None:
        known = await survivor_of(tools, known) if known.merged_into else known
    else:
        request = GetContact(owner=owner, id=contact)
        try:
            reply = await ask(
                tools.client, service="contacts", verb="get", request=request, reply=ContactReply, timeout_s=ASK_TIMEOUT_S
            )
        except NotFound as exc:
            raise NotFound(NOBODY) from exc
        known = reply.contact
    if known.deleted:
        raise NotFound(NOBODY)
    return known
