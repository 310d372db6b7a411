"""Apply facts to contacts: load, decide, save, publish, log; and have those wait that are about nobody yet (ADR 0006)."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from services.contacts.domain.changes import Change, Outcome
from services.contacts.domain.identity import tokens_of
from services.contacts.domain.parts import parts_of
from services.contacts.domain.results import Applied, Parked, Result, Unresolvable, combined
from services.contacts.domain.statements import is_about_contact
from services.contacts.fact_log import FactLog, FactRecord, KnownFact
from services.contacts.outbox import Outbox
from services.contacts.owner_store import OwnerStore
from services.contacts.parked_store import MAX_PARKED, ParkedStore
from services.contacts.store import ContactStore, unpublished_change
from services.contacts.use_cases.merging import Merging, Seen
from shared.clock import Clock
from shared.counters import Counters
from shared.errors import BrokerUnavailable
from shared.logging import get_logger
from shared.messages.cloudevents import Fact
from shared.metrics import FACTS

log = get_logger(__name__)

UNFINISHED_AT_ONCE = 100
RELEASED_AT_ONCE = 500
SWEPT_AT_ONCE = 1_000
"""Of 100,000 waiting facts all have been looked at after as many turns as there are thousands: under ten minutes."""
NO_ROOM = f"contact: nobody known is meant, and {MAX_PARKED:,} facts of this owner wait for people already"


@dataclass(slots=True)
class _Brought:
    """What a round of facts did: by token, those that must wait, and the keys that people of each owner gained."""

    results: dict[str, Result] = field(default_factory=dict)
    waiting: dict[str, Fact] = field(default_factory=dict)
    gained: dict[str, set[str]] = field(default_factory=dict)


class ApplyFacts:
    """Applies batches of facts, of any owners, in any order and any number of times."""

    def __init__(
        self,
        *,
        store: ContactStore,
        fact_log: FactLog,
        parked: ParkedStore,
        owners: OwnerStore,
        outbox: Outbox,
        clock: Clock,
        counters: Counters,
    ) -> None:
        self._store = store
        self._merging = Merging(store=store)
        self._fact_log = fact_log
        self._parked = parked
        self._owners = owners
        self._outbox = outbox
        self._clock = clock
        self._counters = counters
        self._swept_to = ""

    async def apply(self, facts: Sequence[Fact], *, via: str | None = None, seen: Seen | None = None) -> list[Result]:
        """
        Apply *facts* and return what each did, in their order.

        Args:
            facts: Of any owners.
            via: The import that states them: the owner's own doing, of which nothing waits.
            seen: What `look_up` found, for facts of one owner: it saves the first look.

        A fact whose `(source, id)` was applied before changes nothing and is reported so; but where an import starts again
        after a crash, its facts are reported as what they did the first time. When this returns, all changes are
        stored; they are published too, unless the broker was away, in which case the relay publishes them.

        Raises:
            TransientError: the store does not answer, or other writers kept winning; nothing is lost by trying again.
        """
        parts = [parts_of(fact) for fact in facts]
        by_token: dict[str, Fact] = {}
        for part in (part for each in parts for part in each):
            by_token.setdefault(part.token, part.fact)
        brought = await self._bring(by_token, via=via, seen=seen, may_park=via is None)
        results = brought.results
        for owner, waiting in _by_owner(brought.waiting).items():
            results |= await self._park(owner, waiting)
        released = await self._release(brought.gained)
        results |= {token: result for token, result in released.items() if isinstance(results.get(token), Parked)}
        return [combined([(part.place, results[part.token]) for part in each]) for each in parts]

    async def look_up(self, *, owner: str, tokens: Iterable[str]) -> Seen:
        """Load the contacts of *owner* who hold one of *tokens*, for `apply`."""
        return await self._merging.look_up(owner=owner, tokens=tokens)

    async def finish_merges(self) -> None:
        """
        Finish what a process left that died in the middle of a merge, for the case that nobody tells its fact again.

        Raises:
            TransientError: the store does not answer, or other writers kept winning.
        """
        for torn in await self._store.unfinished(limit=UNFINISHED_AT_ONCE):
            seen = await self.look_up(owner=torn.owner, tokens={torn.id})
            merged = await self._merging.merge(owner=torn.owner, facts=(), seen=seen)
            await self._publish(merged.changes)
            await self._release({torn.owner: merged.gained})
            log.info("merge_finished", contacts=len(merged.changes))

    async def join(self, *, owner: str, ids: frozenset[str]) -> None:
        """
        Make one person of those who have these ids: the owner says that they are. Doing it twice is doing it once.

        Raises:
            TransientError: the store does not answer, or other writers kept winning; what was begun is finished all the same.
        """
        merged = await self._merging.merge(owner=owner, facts=(), is_one=ids)
        await self._publish(merged.changes)
        await self._release({owner: merged.gained})

    async def joined(self, *, owner: str, ids: frozenset[str]) -> Sequence[Change]:
        """Return what `join` would change, and change nothing."""
        return await self._merging.preview(owner=owner, is_one=ids)

    async def sweep_parked(self) -> None:
        """
        Apply those of the next waiting facts that need not wait any more.

        It finds what a process left that died before it came to that, and what waits although its source parks no more.

        Raises:
            TransientError: the store does not answer, or other writers kept winning.
        """
        facts = await self._parked.page(after=self._swept_to, limit=SWEPT_AT_ONCE)
        self._swept_to = max(facts) if len(facts) == SWEPT_AT_ONCE else ""
        if facts:
            brought = await self._bring(facts, may_park=True)
            await self._drop_applied(brought)
            await self._release(brought.gained)

    async def _bring(
        self, facts: Mapping[str, Fact], *, may_park: bool, via: str | None = None, seen: Seen | None = None
    ) -> _Brought:
        """Apply *facts*, by token, publish and log; those that must wait are only told of."""
        known = await self._fact_log.known(facts)
        brought = _Brought(results={token: _repeated(fact, via=via) for token, fact in known.items()})
        self._count_facts((facts[token] for token in known), result="repeated")
        fresh = {token: fact for token, fact in facts.items() if token not in known}
        about = {token: fact for token, fact in fresh.items() if is_about_contact(fact)}
        brought.results |= {token: Applied(None, None) for token in fresh.keys() - about.keys()}
        parking = await self._owners.parking({fact.owner for fact in about.values()}) if may_park and about else {}
        changes: list[Change] = []
        for owner, theirs in sorted(_by_owner(about).items()):
            merged = await self._merging.merge(
                owner=owner, facts=list(theirs.items()), parking=parking.get(owner, frozenset()), seen=seen
            )
            changes += merged.changes
            brought.results |= merged.results
            brought.gained[owner] = merged.gained
        brought.waiting = {token: fact for token, fact in about.items() if isinstance(brought.results[token], Parked)}
        removed = {change.id for change in changes if change.state.is_removed}
        await asyncio.gather(self._publish(changes), self._record(fresh, brought.results, via=via, removed=removed))
        return brought

    async def _park(self, owner: str, facts: Mapping[str, Fact]) -> dict[str, Result]:
        """
        Have *facts*, by token, wait.

        Whoever makes a contact looks afterwards for facts that wait for them, and whoever parks a fact looks afterwards for
        the contact: so one of the two sees the other, however they come together.
        """
        refused = await self._parked.add(owner=owner, facts=facts, at=self._clock())
        self._counters.add("facts.unresolvable", len(refused))
        self._counters.add("facts.parked", len(facts) - len(refused))
        self._count_facts((fact for token, fact in facts.items() if token in refused), result="unresolvable")
        self._count_facts((fact for token, fact in facts.items() if token not in refused), result="parked")
        results: dict[str, Result] = {token: Unresolvable(NO_ROOM) if token in refused else Parked() for token in facts}
        keys = {key for fact in facts.values() for key in tokens_of(fact)}
        seen = await self.look_up(owner=owner, tokens=keys)
        present = keys.intersection(key for item in seen.contacts.values() for key in {item.id, *item.indexed, *item.state.keys})
        return results | await self._release({owner: present})

    async def _release(self, gained: Mapping[str, set[str]]) -> dict[str, Result]:
        """Apply the facts that wait for one of these keys, by owner, and then those that wait for whom they bring."""
        results: dict[str, Result] = {}
        for owner, keys in gained.items():
            if not keys or not await self._parked.has_any(owner=owner):
                continue
            while keys:
                further: set[str] = set()
                after = ""
                while facts := await self._parked.holding(owner=owner, keys=keys, after=after, limit=RELEASED_AT_ONCE):
                    brought = await self._bring(facts, may_park=False)
                    await self._drop_applied(brought)
                    results |= brought.results
                    further |= brought.gained.get(owner, set())
                    after = max(facts)
                keys = further
        return results

    async def _drop_applied(self, brought: _Brought) -> None:
        """Delete the waiting facts that were applied. One that was refused stays, to be seen."""
        applied = [token for token, result in brought.results.items() if isinstance(result, Applied)]
        if applied:
            await self._parked.drop(applied)
            self._counters.add("facts.released", len(applied))

    async def _publish(self, changes: Sequence[Change]) -> None:
        ready = [item for change in changes if (item := unpublished_change(change))]
        absorbed = [other.id for change in changes for other in change.absorbed]
        try:
            await self._outbox.publish_ready(ready)
            await self._outbox.publish(absorbed)
        except BrokerUnavailable as exc:
            log.warning("publishing_deferred", reason=str(exc), contacts=len(ready))

    def _count_facts(self, facts: Iterable[Fact], *, result: str) -> None:
        for fact in facts:
            self._counters.count(FACTS, fact.name.value, result)

    async def _record(
        self, fresh: Mapping[str, Fact], results: Mapping[str, Result], *, via: str | None, removed: set[str]
    ) -> None:
        records: list[FactRecord] = []
        for token, fact in fresh.items():
            match results[token]:
                case Applied(contact=contact, outcome=outcome):
                    result = outcome.value if outcome else "kept"
                    self._counters.add(f"facts.{result}")
                    self._count_facts([fact], result=result)
                    keeps_body = via is None and contact not in removed
                    records.append(
                        FactRecord(token=token, fact=fact, contact=contact, outcome=outcome, via=via, keeps_body=keeps_body)
                    )
                case Unresolvable():
                    self._counters.add("facts.unresolvable")
                    self._count_facts([fact], result="unresolvable")
                case Parked():
                    pass  # it is not done with: in the log it would count as applied
        await self._fact_log.record(records, at=self._clock())


def _repeated(known: KnownFact, *, via: str | None) -> Applied:
    is_same_run = via is not None and known.via == via
    return Applied(known.contact, known.outcome if is_same_run or known.outcome is None else Outcome.UNCHANGED)


def _by_owner(facts: Mapping[str, Fact]) -> dict[str, dict[str, Fact]]:
    found: dict[str, dict[str, Fact]] = {}
    for token, fact in facts.items():
        found.setdefault(fact.owner, {})[token] = fact
    return found
