"""Apply facts to contacts: load, decide, save, publish, log."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from services.contacts.domain.changes import Change, Outcome, Stored, decide
from services.contacts.domain.identity import tokens_of
from services.contacts.domain.references import refusals
from services.contacts.domain.statements import CONTACT_FACTS, fact_token
from services.contacts.fact_log import FactLog, FactRecord, KnownFact
from services.contacts.outbox import Outbox
from services.contacts.store import ContactStore, WriteConflict, unpublished_change
from shared.clock import Clock
from shared.counters import Counters
from shared.errors import BrokerUnavailable, TransientError
from shared.logging import get_logger
from shared.messages.cloudevents import Fact

log = get_logger(__name__)

MAX_TRIES = 20
"""Each lost try means that another writer changed one of the batch's contacts in between."""

UNFINISHED_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Applied:
    """What a fact did: the contact it concerns, if it concerns one, and the outcome."""

    contact: str | None
    outcome: Outcome | None


@dataclass(frozen=True, slots=True)
class Unresolvable:
    """A fact that names nobody, or somebody who does not exist."""

    reason: str


@dataclass(frozen=True, slots=True)
class Seen:
    """Contacts of one owner that were looked up, by id, and the tokens they were looked up by."""

    contacts: dict[str, Stored] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)


class ApplyFacts:
    """Applies batches of facts, of any owners, in any order and any number of times."""

    def __init__(self, *, store: ContactStore, fact_log: FactLog, outbox: Outbox, clock: Clock, counters: Counters) -> None:
        self._store = store
        self._fact_log = fact_log
        self._outbox = outbox
        self._clock = clock
        self._counters = counters

    async def apply(
        self, facts: Sequence[Fact], *, via: str | None = None, seen: Seen | None = None
    ) -> list[Applied | Unresolvable]:
        """
        Apply *facts* and return what each did, in their order.

        Args:
            facts: Of any owners.
            via: The import that states them.
            seen: What `look_up` found, for facts of one owner: it saves the first look. Should it be out of date, the store
                notices, and all is looked up again.

        A fact whose `(source, id)` was applied before changes nothing and is reported so; but where an import starts again
        after a crash, its facts are reported as what they did the first time. When this returns, all changes are
        stored; they are published too, unless the broker was away, in which case the relay publishes them.

        Raises:
            TransientError: the store does not answer, or other writers kept winning; nothing is lost by trying again.
        """
        tokens = [fact_token(owner=fact.owner, source=fact.source, id=fact.id) for fact in facts]
        known = await self._fact_log.known(tokens)
        results: dict[str, Applied | Unresolvable] = {token: _repeated(fact, via=via) for token, fact in known.items()}
        fresh: dict[str, Fact] = {}
        for token, fact in zip(tokens, facts, strict=True):
            if token not in known:
                fresh.setdefault(token, fact)
        changes: list[Change] = []
        for owner in sorted({fact.owner for fact in fresh.values()}):
            of_owner = [(token, fact) for token, fact in fresh.items() if fact.owner == owner]
            made, done = await self._apply_of_owner(owner, of_owner, seen=seen)
            changes += made
            results |= done
        removed = {change.id for change in changes if change.state.is_removed}
        await asyncio.gather(self._publish(changes), self._record(fresh, results, via=via, removed=removed))
        return [results[token] for token in tokens]

    async def finish_merges(self) -> None:
        """
        Finish what a process left that died in the middle of a merge, for the case that nobody tells its fact again.

        Raises:
            TransientError: the store does not answer, or other writers kept winning.
        """
        for torn in await self._store.unfinished(limit=UNFINISHED_AT_ONCE):
            seen = await self.look_up(owner=torn.owner, tokens={torn.id})
            changes, _ = await self._apply_of_owner(torn.owner, (), seen=seen)
            await self._publish(changes)
            log.info("merge_finished", contacts=len(changes))

    async def _apply_of_owner(
        self, owner: str, facts: Sequence[tuple[str, Fact]], *, seen: Seen | None
    ) -> tuple[list[Change], dict[str, Applied | Unresolvable]]:
        results: dict[str, Applied | Unresolvable] = {}
        about = [(token, fact) for token, fact in facts if fact.name in CONTACT_FACTS]
        results |= {token: Applied(None, None) for token, fact in facts if fact.name not in CONTACT_FACTS}
        tokens = _all_tokens(about)
        for _ in range(MAX_TRIES):
            seen = await self.look_up(owner=owner, tokens=tokens, seen=seen)
            refused = refusals(facts=about, stored=seen.contacts.values())
            results |= {token: Unresolvable(reason) for token, reason in refused.items()}
            changes = await self._decide(owner, [(token, fact) for token, fact in about if token not in refused], seen)
            try:
                await self._store.write(changes)
            except WriteConflict:
                self._note(results, changes)
                tokens, seen = tokens | seen.asked, None
                continue
            self._note(results, changes)
            return changes, results
        raise TransientError("other writers kept changing the same contacts")

    async def look_up(self, *, owner: str, tokens: Iterable[str], seen: Seen | None = None) -> Seen:
        """Load who holds *tokens*, and with them whoever a merge that is not finished still ties to them; add to *seen*."""
        seen = seen or Seen()
        missing = set(tokens) - seen.asked
        while missing:
            seen.asked.update(missing)
            found = await self._store.with_keys(owner=owner, tokens=missing)
            seen.contacts.update({item.id: item for item in found})
            missing = {token for item in found for token in item.ties} - seen.asked - seen.contacts.keys()
        return seen

    async def _decide(self, owner: str, facts: Sequence[tuple[str, Fact]], seen: Seen) -> list[Change]:
        """Decide, and again when a contact's new id turns out to be taken by a document that holds no key any more."""
        while True:
            changes = decide(facts=facts, stored=seen.contacts.values())
            missing = {change.id for change in changes} - seen.contacts.keys() - seen.asked
            if not missing:
                return changes
            await self.look_up(owner=owner, tokens=missing, seen=seen)

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
        ready = [item for change in changes if (item := unpublished_change(change))]
        absorbed = [other.id for change in changes for other in change.absorbed]
        try:
            await self._outbox.publish_ready(ready)
            await self._outbox.publish(absorbed)
        except BrokerUnavailable as exc:
            log.warning("publishing_deferred", reason=str(exc), contacts=len(ready))

    async def _record(
        self, fresh: dict[str, Fact], results: dict[str, Applied | Unresolvable], *, via: str | None, removed: set[str]
    ) -> None:
        records: list[FactRecord] = []
        for token, fact in fresh.items():
            result = results[token]
            if isinstance(result, Unresolvable):
                self._counters.add("facts.unresolvable")
                continue
            self._counters.add(f"facts.{result.outcome.value if result.outcome else 'kept'}")
            records.append(
                FactRecord(
                    token=token,
                    fact=fact,
                    contact=result.contact,
                    outcome=result.outcome,
                    via=via,
                    keeps_body=via is None and result.contact not in removed,
                )
            )
        await self._fact_log.record(records, at=self._clock())


def _repeated(known: KnownFact, *, via: str | None) -> Applied:
    is_same_run = via is not None and known.via == via
    return Applied(known.contact, known.outcome if is_same_run or known.outcome is None else Outcome.UNCHANGED)


def _all_tokens(facts: Iterable[tuple[str, Fact]]) -> set[str]:
    return {token for _, fact in facts for token in tokens_of(fact)}
