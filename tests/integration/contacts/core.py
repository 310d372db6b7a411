"""The use case that applies facts, against real servers, in processes that can be killed between any two writes."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from nats.aio.client import Client

from services.contacts.domain.results import Applied
from services.contacts.fact_log import FactLog
from services.contacts.outbox import Outbox
from services.contacts.owner_store import OwnerStore
from services.contacts.parked_store import ParkedStore
from services.contacts.store import ContactStore
from services.contacts.use_cases.facts import ApplyFacts
from shared import subjects
from shared.clock import system_clock
from shared.counters import Counters
from shared.messages.cloudevents import Fact
from shared.messages.snapshots import ContactSnapshot
from shared.mongo import Database
from shared.streams import PEOPLE
from tests.unit.contacts.facts import fact

WRITES = frozenset(
    {
        *("insert_one", "replace_one", "update_one", "bulk_write", "insert_many"),
        *("delete_one", "delete_many", "find_one_and_update"),
    }
)


class Killed(BaseException):
    """The process is gone: nothing catches it."""


@dataclass
class Lifeline:
    """How many more writes a process lives for."""

    writes_left: int

    def spend(self) -> None:
        """Die when there are none left."""
        if self.writes_left == 0:
            raise Killed
        self.writes_left -= 1


class MortalCollection:
    """A collection whose process may be killed before a write."""

    def __init__(self, collection: Any, lifeline: Lifeline) -> None:
        self._collection = collection
        self._lifeline = lifeline

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._collection, name)
        if name not in WRITES:
            return found

        async def write(*args: Any, **kwargs: Any) -> Any:
            self._lifeline.spend()
            return await found(*args, **kwargs)

        return write


class MortalDatabase:
    """A database handle of a process that is killed after so many writes."""

    def __init__(self, database: Database, *, writes: int) -> None:
        self._database = database
        self._lifeline = Lifeline(writes)

    def __getitem__(self, name: str) -> MortalCollection:
        return MortalCollection(self._database[name], self._lifeline)


@dataclass
class Core:
    """One owner's contacts, as several processes see them."""

    client: Client
    database: Database
    owner: str
    counters: Counters = field(default_factory=Counters)

    def process(self, *, dies_after_writes: int | None = None) -> tuple[ApplyFacts, ContactStore, Outbox]:
        """Return what a process works with, which may be killed before one of its writes."""
        if dies_after_writes is None:
            return self.process_on(self.database)
        return self.process_on(MortalDatabase(self.database, writes=dies_after_writes))

    def process_on(self, database: Any) -> tuple[ApplyFacts, ContactStore, Outbox]:
        """Return what a process works with that sees the database through this handle."""
        store = ContactStore(database)
        outbox = Outbox(store=store, client=self.client)
        return (
            ApplyFacts(
                store=store,
                fact_log=FactLog(database),
                parked=ParkedStore(database),
                owners=OwnerStore(database),
                outbox=outbox,
                clock=system_clock,
                counters=self.counters,
            ),
            store,
            outbox,
        )

    def fact(self, name: str, data: dict[str, Any], **more: Any) -> Fact:
        """Return a fact of this owner."""
        return fact(name, data, owner=self.owner, **more)

    async def apply(self, *facts: Fact) -> list[str]:
        """Apply facts by a process that lives, and return the contacts they concern."""
        results = await self.process()[0].apply(facts)
        assert all(isinstance(result, Applied) for result in results), results
        return [result.contact or "" for result in results if isinstance(result, Applied)]

    async def keep_house(self) -> None:
        """Do what a living process does in the background."""
        facts, _, outbox = self.process()
        await facts.finish_merges()
        await facts.sweep_parked()
        await outbox.relay()

    async def present(self) -> dict[str, set[str]]:
        """Return the contacts that a list shows, with their emails."""
        store = self.process()[1]
        page = await store.page(owner=self.owner, filters={}, after=None, limit=100)
        return {stored.id: set(stored.state.emails) for _, stored in page}

    async def published(self) -> dict[str, ContactSnapshot]:
        """Return the snapshots of this owner's contacts on the stream, tombstones left out."""
        js = self.client.jetstream()
        info = await js.stream_info(PEOPLE, subjects_filter=subjects.people_of(self.owner))
        found: dict[str, ContactSnapshot] = {}
        for subject in info.state.subjects or {}:
            message = await js.get_last_msg(PEOPLE, subject)
            snapshot = ContactSnapshot.model_validate_json(message.data or b"")
            if not snapshot.deleted:
                found[snapshot.id] = snapshot
        return found


async def killed(work: Callable[[], Awaitable[object]]) -> bool:
    """Do *work* in a process that may be killed and return whether it was."""
    try:
        await work()
    except Killed:
        return True
    return False
