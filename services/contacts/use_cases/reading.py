"""Questions about contacts, and the two requests that change one: `apply` and `forget`."""

from uuid import uuid4

from pydantic import TypeAdapter

from services.contacts.domain.changes import Stored
from services.contacts.domain.parts import parts_of
from services.contacts.domain.results import Parked, Unresolvable
from services.contacts.domain.snapshot import snapshot_of
from services.contacts.domain.statements import instant, is_about_contact
from services.contacts.fact_log import FactLog
from services.contacts.owner_store import OwnerStore
from services.contacts.parked_store import ParkedStore
from services.contacts.store import ContactStore
from services.contacts.use_cases.facts import ApplyFacts
from services.contacts.use_cases.paging import first_that_fit, read_cursor, write_cursor
from shared.clock import Clock
from shared.errors import InvalidMessage, NotFound
from shared.messages.cloudevents import CloudEvent, Fact, new_event, to_fact
from shared.messages.facts import FactName
from shared.messages.rpc import (
    ApplyFact,
    ContactPage,
    ContactReply,
    FactParked,
    ForgetContact,
    GetContact,
    ListContacts,
    Ok,
)
from shared.messages.snapshots import ContactSnapshot

FORGET_SOURCE = "hobnob/forget"
_CURSOR = TypeAdapter(tuple[str, str])


class Contacts:
    """Handles the requests `get`, `list`, `apply` and `forget`."""

    def __init__(
        self,
        *,
        store: ContactStore,
        fact_log: FactLog,
        parked: ParkedStore,
        owners: OwnerStore,
        facts: ApplyFacts,
        clock: Clock,
    ) -> None:
        self._store = store
        self._fact_log = fact_log
        self._parked = parked
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
        after = read_cursor(request.cursor, of=_CURSOR) if request.cursor else None
        found = await self._store.page(owner=request.owner, filters=filters, after=after, limit=request.limit + 1)
        rows = first_that_fit([(name, _snapshot(stored)) for name, stored in found[: request.limit]])
        cursor = write_cursor(rows[-1][0], rows[-1][1].id) if len(found) > len(rows) else None
        return ContactPage(contacts=tuple(snapshot for _, snapshot in rows), cursor=cursor)

    async def apply(self, request: ApplyFact) -> ContactReply | FactParked:
        """
        Take one CloudEvent the same way as from the intake and return the contact as it then is, or that it waits for them.

        Raises:
            InvalidMessage: the event is malformed or another owner's, or states a fact about no single contact.
            NotFound: the owner, or the contact it names by our id, does not exist.
        """
        await self._owners.get(request.owner)
        event = CloudEvent.model_validate(request.event)
        fact = to_fact(event, owner=request.owner, stored_at=self._clock())
        if not is_about_contact(fact) or len(parts_of(fact)) > 1:
            raise InvalidMessage(f"type: this {event.type} is not about one contact; publish it to the intake")
        (result,) = await self._facts.apply([fact])
        if isinstance(result, Unresolvable):
            raise NotFound(result.reason)
        if isinstance(result, Parked):
            return FactParked()
        assert result.contact is not None
        return ContactReply(contact=await self._present(request.owner, result.contact, removed_too=True))

    async def forget(self, request: ForgetContact) -> Ok:
        """
        Erase a contact with every fact about them; what stays is hashes by which a late fact is known to be theirs.

        Raises:
            NotFound: there is no such contact, or nothing left of them to erase.
        """
        known = await self._stored(request.owner, request.id)
        if not known.state.is_removed:
            await self._facts.apply([self._removal(known)])
            known = await self._stored(request.owner, request.id)
        # Also of somebody who was removed already: the process that did it may have died before it came to this. Their facts
        # come last: as long as there are some, it can be asked for again.
        erased = await self._parked.erase(owner=request.owner, keys=known.state.keys)
        erased += await self._fact_log.erase(owner=request.owner, contacts=known.state.keys)
        if not erased:
            raise NotFound(f"there is no contact {request.id!r}")
        return Ok()

    def _removal(self, contact: Stored) -> Fact:
        """State a removal that nothing known of the contact comes after, though an emitter's clock may be ahead of ours."""
        now = self._clock()
        at = max(now, instant(contact.state.last[0] + 1)) if contact.state.last else now
        event = new_event(
            name=FactName.CONTACT_REMOVED,
            source=FORGET_SOURCE,
            id=uuid4().hex,
            data={"contact": {"id": contact.id}},
            time=at,
        )
        return to_fact(event, owner=contact.owner, stored_at=now)

    async def _present(self, owner: str, contact: str, *, removed_too: bool = False) -> ContactSnapshot:
        stored = await self._stored(owner, contact)
        if stored.state.is_removed and not removed_too:
            raise NotFound(f"there is no contact {contact!r}")
        return _snapshot(stored)

    async def _stored(self, owner: str, contact: str) -> Stored:
        stored = await self._store.find(owner=owner, id=contact)
        if stored is None:
            raise NotFound(f"there is no contact {contact!r}")
        return stored


def _snapshot(stored: Stored) -> ContactSnapshot:
    return snapshot_of(stored.state, owner=stored.owner, id=stored.id, rev=stored.rev)
