"""Make facts part of the contacts of one owner: look up, decide, write, and again when others wrote meanwhile."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from services.contacts.domain.changes import Change, Outcome, Stored, decide
from services.contacts.domain.identity import tokens_of
from services.contacts.domain.references import sort_out
from services.contacts.domain.results import Applied, Parked, Result, Unresolvable
from services.contacts.store import ContactStore, WriteConflict
from shared.errors import TransientError
from shared.messages.cloudevents import Fact

MAX_TRIES = 20
"""Each lost try means that another writer changed one of the batch's contacts in between."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Contacts of one owner that were looked up, by id, and the tokens they were looked up by."""

    contacts: dict[str, Stored] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What facts did, by their tokens: the changes as they were written, and the keys by which people are now found."""

    changes: Sequence[Change]
    results: dict[str, Result]
    gained: set[str]


class Merging:
    """Merges facts into the contacts of the store."""

    def __init__(self, *, store: ContactStore) -> None:
        self._store = store

    async def merge(
        self,
        *,
        owner: str,
        facts: Sequence[tuple[str, Fact]],
        parking: Collection[str] = frozenset(),
        seen: Seen | None = None,
        is_one: frozenset[str] = frozenset(),
    ) -> Merged:
        """
        Write what *facts* change, and finish merges that stopped half-way among *seen*.

        Args:
            owner: Whose facts they are.
            facts: Each with its token (`parts.Part`); all are about a contact.
            parking: The sources whose facts about unknown people wait: those are reported as parked, and only that.
            seen: What `look_up` found. Should it be out of date, the store notices, and all is looked up again.
            is_one: Keys of which the owner says that they are one person's.

        Raises:
            TransientError: the store does not answer, or other writers kept winning; nothing is lost by trying again.
        """
        results: dict[str, Result] = {}
        gained: set[str] = set()
        tokens = {token for _, fact in facts for token in tokens_of(fact)} | is_one
        for _ in range(MAX_TRIES):
            seen = await self.look_up(owner=owner, tokens=tokens, seen=seen)
            left_out = sort_out(facts=facts, stored=seen.contacts.values(), parking=parking)
            results |= {token: Unresolvable(reason) for token, reason in left_out.refused.items()}
            results |= dict.fromkeys(left_out.parked, Parked())
            applied = [(token, fact) for token, fact in facts if not left_out.has(token)]
            changes = await self._decide(owner, applied, seen, is_one)
            gained |= _gained(changes)
            try:
                await self._store.write(changes)
            except WriteConflict:
                _note(results, changes)
                tokens, seen = tokens | seen.asked, None
                continue
            _note(results, changes)
            return Merged(changes=changes, results=results, gained=gained)
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

    async def preview(self, *, owner: str, is_one: frozenset[str]) -> Sequence[Change]:
        """Return what `merge` would write if these keys were one person's."""
        return await self._decide(owner, (), await self.look_up(owner=owner, tokens=is_one), is_one)

    async def _decide(self, owner: str, facts: Sequence[tuple[str, Fact]], seen: Seen, is_one: frozenset[str]) -> list[Change]:
        """Decide, and again when a contact's new id turns out to be taken by a document that holds no key any more."""
        while True:
            changes = decide(facts=facts, stored=seen.contacts.values(), is_one=is_one)
            missing = {change.id for change in changes} - seen.contacts.keys() - seen.asked
            if not missing:
                return changes
            await self.look_up(owner=owner, tokens=missing, seen=seen)


def _gained(changes: Iterable[Change]) -> set[str]:
    """Return the keys by which people are found once *changes* are written, and were not before."""
    return {key for change in changes for key in change.state.keys.difference(*(item.indexed for item in change.before))}


def _note(results: dict[str, Result], changes: Iterable[Change]) -> None:
    """Keep the first outcome of a fact: at a later try its own earlier write makes it look unchanged."""
    for change in changes:
        for token, outcome in change.outcomes.items():
            earlier = results.get(token)
            first = earlier.outcome if isinstance(earlier, Applied) else None
            if outcome is Outcome.UNCHANGED and change.created_by == token:
                outcome = Outcome.CREATED  # written by a process that died before it could log it
            results[token] = Applied(change.id, outcome if first in (None, Outcome.UNCHANGED) else first)
