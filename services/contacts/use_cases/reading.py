"""Questions about contacts, and the request that changes one: `apply`."""

from pydantic import TypeAdapter

from services.contacts.domain.changes import Stored
from services.contacts.domain.identity import tokens_of_reference
from services.contacts.domain.parts import parts_of
from services.contacts.domain.results import Parked, Unresolvable
from services.contacts.domain.snapshot import snapshot_of
from services.contacts.domain.statements import is_about_contact
from services.contacts.owner_store import OwnerStore
from services.contacts.store import ContactStore
from services.contacts.use_cases.facts import ApplyFacts
from services.contacts.use_cases.paging import first_that_fit, read_cursor, write_cursor
from shared.clock import Clock
from shared.errors import InvalidMessage, NotFound
from shared.messages.cloudevents import CloudEvent, to_fact
from shared.messages.rpc import (
    ApplyFact,
    ContactPage,
    ContactReply,
    FactParked,
    GetContact,
    ListContacts,
)
from shared.messages.snapshots import ContactSnapshot

_CURSOR = TypeAdapter(tuple[str, str])


class Contacts:
    """Handles the requests `get`, `list` and `apply`."""

    def __init__(
        self,
        *,
        store: ContactStore,
        owners: OwnerStore,
        facts: ApplyFacts,
        clock: Clock,
    ) -> None:
        self._store = store
        self._owners = owners
        self._facts = facts
        self._clock = clock

    async def get(self, request: GetContact) -> ContactReply:
        """Return a contact by its present id or a former one; raise `NotFound`."""
        return ContactReply(contact=await self._present(request.owner, request.id))

    async def list(self, request: ListContacts) -> ContactPage:
        """Return one page of contacts, by name; or whoever has a key, who was removed included."""
        if request.named is not None:
            tokens = tokens_of_reference(owner=request.owner, ref=request.named)
            holders = [each for each in await self._store.with_keys(owner=request.owner, tokens=tokens) if not each.merged_into]
            return ContactPage(contacts=tuple(_snapshot(each) for each in sorted(holders, key=lambda each: each.id)))
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
