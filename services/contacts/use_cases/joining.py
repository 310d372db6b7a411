"""The owner says that two contacts are one person: `merge`, and what would come of it."""

from services.contacts.domain.changes import Stored
from services.contacts.domain.references import MAX_KEYS
from services.contacts.domain.snapshot import snapshot_of
from services.contacts.store import ContactStore
from services.contacts.use_cases.facts import ApplyFacts
from shared.errors import Conflict, InvalidMessage, NotFound
from shared.messages.curation import MergeContacts, MergeReply


class Joining:
    """Handles the request `merge`."""

    def __init__(self, *, store: ContactStore, facts: ApplyFacts) -> None:
        self._store = store
        self._facts = facts

    async def merge(self, request: MergeContacts) -> MergeReply:
        """
        Make one person of two, or tell what they would be. Both ids name the one from then on.

        Who is one already stays so: asking again after a crash, or for a lost answer, is no mistake.

        Raises:
            InvalidMessage: it is the same contact twice.
            NotFound: there is no such contact.
            Conflict: one of them was removed, or the two have more keys than one person may.
            TransientError: it could not be finished now; ask again.
        """
        if request.contact == request.other:
            raise InvalidMessage("other: name another contact than the first")
        one, other = [await self._found(request.owner, id) for id in (request.contact, request.other)]  # noqa: A001
        ids = frozenset({one.id, other.id})
        if len(ids) > 1 and request.preview:
            return await self._preview(request, one, other)
        if len(ids) > 1:
            _check_room(one, other)
            await self._facts.join(owner=request.owner, ids=ids)
        now = await self._found(request.owner, request.contact)
        absorbed = next(iter(ids - {now.id}), None) if len(ids) > 1 else None
        snapshot = snapshot_of(now.state, owner=now.owner, id=now.id, rev=now.rev)
        return MergeReply(contact=snapshot, absorbed=absorbed, preview=request.preview)

    async def _preview(self, request: MergeContacts, one: Stored, other: Stored) -> MergeReply:
        _check_room(one, other)
        changes = await self._facts.joined(owner=request.owner, ids=frozenset({one.id, other.id}))
        change = next(change for change in changes if {one.id, other.id} <= {item.id for item in change.before} | {change.id})
        snapshot = snapshot_of(change.state, owner=change.owner, id=change.id, rev=change.rev)
        absorbed = next((id for id in (one.id, other.id) if id != change.id), None)  # noqa: A001
        return MergeReply(contact=snapshot, absorbed=absorbed, preview=True)

    async def _found(self, owner: str, contact: str) -> Stored:
        stored = await self._store.find(owner=owner, id=contact)
        if stored is None:
            raise NotFound(f"there is no contact {contact!r}")
        if stored.state.is_removed:
            raise Conflict(f"the contact {contact!r} was removed")
        return stored


def _check_room(one: Stored, other: Stored) -> None:
    if len(one.state.keys | other.state.keys) > MAX_KEYS:
        raise Conflict(f"together the two would have more than {MAX_KEYS:,} identity keys, which no person has")
