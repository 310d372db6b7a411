"""Questions about contacts, and the two requests that change one: `apply` and `forget`."""

import base64
import json
from binascii import Error as Base64Error
from uuid import uuid4

from services.contacts.domain.changes import Stored
from services.contacts.domain.snapshot import snapshot_of
from services.contacts.owner_store import OwnerStore
from services.contacts.store import ContactStore
from services.contacts.use_cases.facts import ApplyFacts, Unresolvable
from shared.clock import Clock
from shared.errors import InvalidMessage, NotFound
from shared.messages.cloudevents import CloudEvent, Fact, new_event, to_fact
from shared.messages.facts import FactName
from shared.messages.rpc import (
    ApplyFact,
    ContactPage,
    ContactReply,
    ForgetContact,
    GetContact,
    ListContacts,
    Ok,
)
from shared.messages.snapshots import ContactSnapshot

FORGET_SOURCE = "hobnob/forget"


class Contacts:
    """Handles the requests `get`, `list`, `apply` and `forget`."""

    def __init__(self, *, store: ContactStore, owners: OwnerStore, facts: ApplyFacts, clock: Clock) -> None:
        self._store = store
        self._owners = owners
        self._facts = facts
        self._clock = clock

    async def get(self, request: GetContact) -> ContactReply:
        """Return a contact by its present id or a former one; raise `NotFound`."""
        return ContactReply(contact=await self._present(request.owner, request.id))

    async def list(self, request: ListContacts) -> ContactPage:
        """Return one page of contacts, by name."""
        filters = self._store.filters(
            search=request.search, closeness=request.closeness, tag=request.tag, company=request.company
        )
        after = _read_cursor(request.cursor) if request.cursor else None
        found = await self._store.page(owner=request.owner, filters=filters, after=after, limit=request.limit + 1)
        rows = found[: request.limit]
        cursor = _write_cursor(rows[-1][0], rows[-1][1].id) if len(found) > request.limit else None
        return ContactPage(contacts=tuple(_snapshot(stored) for _, stored in rows), cursor=cursor)

    async def apply(self, request: ApplyFact) -> ContactReply:
        """
        Take one CloudEvent the same way as from the intake and return the contact as it then is.

        Raises:
            InvalidMessage: the event is malformed, or states a fact about no single contact.
            NotFound: the owner, or the contact it names by our id, does not exist.
        """
        await self._owners.get(request.owner)
        event = CloudEvent.model_validate(request.event)
        fact = to_fact(event, owner=request.owner, stored_at=self._clock())
        (result,) = await self._facts.apply([fact])
        if isinstance(result, Unresolvable):
            raise NotFound(result.reason)
        if result.contact is None:
            raise InvalidMessage(f"type: {event.type} is about no contact; publish it to the intake")
        return ContactReply(contact=await self._present(request.owner, result.contact, removed_too=True))

    async def forget(self, request: ForgetContact) -> Ok:
        """Erase a contact with every fact about them; what stays is hashes by which a late fact is known to be theirs."""
        contact = await self._present(request.owner, request.id)
        await self._facts.apply([self._removal(contact)])
        await self._store.erase_facts(owner=request.owner, contacts=[contact.id, *contact.aliases])
        return Ok()

    def _removal(self, contact: ContactSnapshot) -> Fact:
        now = self._clock()
        event = new_event(
            name=FactName.CONTACT_REMOVED,
            source=FORGET_SOURCE,
            id=uuid4().hex,
            data={"contact": {"id": contact.id}},
            time=now,
        )
        return to_fact(event, owner=contact.owner, stored_at=now)

    async def _present(self, owner: str, contact: str, *, removed_too: bool = False) -> ContactSnapshot:
        stored = await self._store.find(owner=owner, id=contact)
        if stored is None or (stored.state.is_removed and not removed_too):
            raise NotFound(f"there is no contact {contact!r}")
        return _snapshot(stored)


def _snapshot(stored: Stored) -> ContactSnapshot:
    return snapshot_of(stored.state, owner=stored.owner, id=stored.id, rev=stored.rev)


def _write_cursor(name: str, contact: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([name, contact], ensure_ascii=False).encode()).decode()


def _read_cursor(cursor: str) -> tuple[str, str]:
    try:
        name, contact = json.loads(base64.urlsafe_b64decode(cursor))
    except (ValueError, Base64Error, UnicodeDecodeError) as exc:
        raise InvalidMessage("cursor: take it from the page before, unchanged") from exc
    return str(name), str(contact)
