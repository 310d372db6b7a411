"""Apply facts to contacts: load, decide, save, publish, log."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.contacts.domain.changes import Change, Outcome, Stored, decide
from services.contacts.domain.identity import own_id_of, tokens_of
from services.contacts.domain.statements import CONTACT_FACTS, fact_token
from services.contacts.outbox import Outbox
from services.contacts.store import ContactStore, FactRecord, KnownFact, WriteConflict, unpublished_change
from shared.clock import Clock
from shared.counters import Counters
from shared.errors import BrokerUnavailable, TransientError
from shared.logging import get_logger
from shared.messages.cloudevents import Fact

log = get_logger(__name__)

MAX_TRIES = 20
"""Each lost try means that another writer changed one of the batch's contacts in between."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What a fact did: the contact it concerns, if it concerns one, and the outcome."""

    contact: str | None
    outcome: Outcome | None


@dataclass(frozen=True, slots=True)
class Unresolvable:
    """A fact that refers to a contact by an id that nobody has."""

    reason: str


class ApplyFacts:
    """Applies batches of facts, of any owners, in any order and any number of times."""

    def __init__(self, *, store: ContactStore, outbox: Outbox, clock: Clock, counters: Counters) -> None:
        self._store = store
        self._outbox = outbox
        self._clock = clock
        self._counters = counters

    async def apply(self, facts: Sequence[Fact], *, via: str | None = None) -> list[Applied | Unresolvable]:
        """
        Apply *facts* and return what each did, in their order.

        A fact whose `(source, id)` was applied before changes nothing and is reported so; but where an import (*via*) starts
        again after a crash, its facts are reported as what they did the first time. When this returns, all changes are
        stored; they are published too, unless the broker was away, in which case the relay publishes them.

        Raises:
            TransientError: the store does not answer, or other writers kept winning; nothing is lost by trying again.
        """
        tokens = [fact_token(owner=fact.owner, source=fact.source, id=fact.id) for fact in facts]
        known = await self._store.known_facts(tokens)
        results: dict[str, Applied | Unresolvable] = {token: _repeated(fact, via=via) for token, fact in known.items()}
        fresh = {token: fact for token, fact in zip(tokens, facts, strict=True) if token not in known}
        changes: list[Change] = []
        for owner in sorted({fact.owner for fact in fresh.values()}):
            of_owner = [(token, fact) for token, fact in fresh.items() if fact.owner == owner]
            made, done = await self._apply_of_owner(owner, of_owner)
            changes += made
            results |= done
        await asyncio.gather(self._publish(changes), self._record(fresh, results, via=via))
        return [results[token] for token in tokens]

    async def _apply_of_owner(
        self, owner: str, facts: Sequence[tuple[str, Fact]]
    ) -> tuple[list[Change], dict[str, Applied | Unresolvable]]:
        results: dict[str, Applied | Unresolvable] = {}
        about = [(token, fact) for token, fact in facts if fact.name in CONTACT_FACTS]
        results |= {token: Applied(None, None) for token, fact in facts if fact.name not in CONTACT_FACTS}
        for _ in range(MAX_TRIES):
            asked = _all_tokens(about)
            stored = await self._store.with_keys(owner=owner, tokens=asked)
            resolvable, lost = _split_by_reference(about, stored)
            results |= lost
            changes = await self._decide(owner, resolvable, stored, asked=asked)
            try:
                await self._store.write(changes)
            except WriteConflict:
                self._note(results, changes)
                continue
            self._note(results, changes)
            return changes, results
        raise TransientError("other writers kept changing the same contacts")

    async def _decide(
        self, owner: str, facts: Sequence[tuple[str, Fact]], stored: Sequence[Stored], *, asked: set[str]
    ) -> list[Change]:
        """Decide, and again when a contact's new id turns out to be taken by a document that holds no key any more."""
        loaded = list(stored)
        while True:
            changes = decide(facts=facts, stored=loaded)
            have = {item.id for item in loaded}
            missing = [change.id for change in changes if change.id not in have and change.id not in asked]
            if not missing:
                return changes
            asked = asked | set(missing)
            found = [item for item in await self._store.with_keys(owner=owner, tokens=missing) if item.id not in have]
            loaded += found

    @staticmethod
    def _note(results: dict[str, Applied | Unresolvable], changes: Iterable[Change]) -> None:
        """Keep the first outcome of a fact: at a later try its own earlier write makes it look unchanged."""
        for change in changes:
            for token, outcome in change.outcomes.items():
                earlier = results.get(token)
                first = earlier.outcome if isinstance(earlier, Applied) else None
                if outcome is Outcome.UNCHANGED and change.created_by == token:
                    outcome = Outcome.CREATED  # written by a process that died before it could log it
                results[token] = Applied(change.id, outcome if first in (None, Outcome.UNCHANGED) else first)

    async def _publish(self, changes: Sequence[Change]) -> None:
        written = [change for change in changes if change.is_needed]
        ready = [item for change in written if (item := unpublished_change(change))]
        absorbed = [other.id for change in written for other in change.absorbed]
        try:
            await self._outbox.publish_ready(ready)
            await self._outbox.publish(absorbed)
        except BrokerUnavailable as exc:
            log.warning("publishing_deferred", reason=str(exc), contacts=len(ready))

    async def _record(self, fresh: dict[str, Fact], results: dict[str, Applied | Unresolvable], *, via: str | None) -> None:
        records: list[FactRecord] = []
        for token, fact in fresh.items():
            result = results[token]
            if isinstance(result, Unresolvable):
                self._counters.add("facts.unresolvable")
                continue
            self._counters.add(f"facts.{result.outcome.value if result.outcome else 'kept'}")
            records.append(FactRecord(token=token, fact=fact, contact=result.contact, outcome=result.outcome, via=via))
        await self._store.record_facts(records, at=self._clock())


def _repeated(known: KnownFact, *, via: str | None) -> Applied:
    is_same_run = via is not None and known.via == via
    return Applied(known.contact, known.outcome if is_same_run or known.outcome is None else Outcome.UNCHANGED)


def _all_tokens(facts: Iterable[tuple[str, Fact]]) -> set[str]:
    return {token for _, fact in facts for token in tokens_of(fact)}


def _split_by_reference(
    facts: Sequence[tuple[str, Fact]], stored: Iterable[Stored]
) -> tuple[list[tuple[str, Fact]], dict[str, Applied | Unresolvable]]:
    held = {key for item in stored for key in item.indexed}
    good: list[tuple[str, Fact]] = []
    lost: dict[str, Applied | Unresolvable] = {}
    for token, fact in facts:
        own_id = own_id_of(fact)
        if own_id is None or own_id in held:
            good.append((token, fact))
        else:
            lost[token] = Unresolvable(f"contact.id: there is no contact {own_id!r}; name them by email, linkedin_url or uid")
    return good, lost
