"""What was accepted: the facts that were applied, and how many wait."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import TypeAdapter

from services.contacts.fact_log import FactLog
from services.contacts.parked_store import ParkedStore
from services.contacts.store import ContactStore
from services.contacts.use_cases.paging import PAGE_BYTES, first_that_fit, read_cursor, write_cursor
from shared.errors import NotFound
from shared.messages.facts import FactName
from shared.messages.rpc import AcceptedFact, CountParked, FactPage, ListFacts, ParkedCount
from shared.messages.values import Instant, format_instant

_CURSOR: TypeAdapter[tuple[datetime, str]] = TypeAdapter(tuple[Instant, str])


class History:
    """Handles the requests `facts.list` and `parked.count`."""

    def __init__(self, *, store: ContactStore, fact_log: FactLog, parked: ParkedStore) -> None:
        self._store = store
        self._fact_log = fact_log
        self._parked = parked

    async def list(self, request: ListFacts) -> FactPage:
        """Return one page of facts, newest occurrence first; raise `NotFound` when they are to be about nobody known."""
        names: Sequence[FactName] = [request.name] if request.name else list(FactName)
        after = read_cursor(request.cursor, of=_CURSOR) if request.cursor else None
        contacts = await self._ids_of(request.owner, request.contact) if request.contact else None
        found = await self._fact_log.page(
            owner=request.owner, names=names, after=after, limit=request.limit + 1, contacts=contacts
        )
        rows = first_that_fit([(token, _that_fits(fact)) for token, fact in found[: request.limit]])
        last = rows[-1] if len(found) > len(rows) else None
        cursor = write_cursor(format_instant(last[1].occurred_at), last[0]) if last else None
        return FactPage(facts=tuple(fact for _, fact in rows), cursor=cursor)

    async def _ids_of(self, owner: str, contact: str) -> frozenset[str]:
        """Return all ids of a person: a fact is logged under the one that they had when it was applied."""
        stored = await self._store.find(owner=owner, id=contact)
        if stored is None or stored.state.is_removed:
            raise NotFound(f"there is no contact {contact!r}")
        return stored.state.keys | {stored.id}

    async def count_parked(self, request: CountParked) -> ParkedCount:
        """Return how many facts of an owner wait, by source."""
        return ParkedCount(sources=await self._parked.count(owner=request.owner))


def _that_fits(fact: AcceptedFact) -> AcceptedFact:
    """Leave out data that takes more room written out than it did when it came, such as long lists of 1e15."""
    return fact if len(fact.model_dump_json().encode()) <= PAGE_BYTES else fact.model_copy(update={"data": None})
