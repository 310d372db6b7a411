"""Bring a batch of a file's rows to their contacts: match, detect new jobs, apply, count."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.contacts.domain.changes import Outcome, Stored
from services.contacts.domain.identity import fold, tokens_of
from services.contacts.domain.import_rules import LINKEDIN, is_changed_job, only_match, source_of
from services.contacts.domain.results import Applied, Unresolvable
from services.contacts.domain.snapshot import snapshot_of
from services.contacts.fact_log import FactLog
from services.contacts.importers.rows import Remark as RowRemark
from services.contacts.importers.rows import Row, Skipped
from services.contacts.store import ContactStore
from services.contacts.use_cases.facts import ApplyFacts
from services.contacts.use_cases.merging import Seen
from services.contacts.use_cases.receipts import ReceiptWriter
from shared.emitting import Emitter
from shared.messages.cloudevents import CloudEvent, Fact, new_event
from shared.messages.facts import ContactRef, ContactUpserted, FactName, InteractionLogged, Person
from shared.messages.values import Confidence

DERIVED_SOURCE = "hobnob/import"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileContext:
    """What is known of the file whose rows are brought in."""

    owner: str
    via: str
    digest: str
    format: str
    occurred_at: datetime
    uploaded_at: datetime
    is_newest: bool
    """No export of this source with a later date was imported before."""
    touched: set[str] = field(default_factory=set)
    """Contacts that an earlier row of this file brought or changed."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    row: Row
    fact: Fact
    known: Stored | None


class ImportRows:
    """Applies rows; used for one file after the other."""

    def __init__(self, *, store: ContactStore, fact_log: FactLog, facts: ApplyFacts, emitter: Emitter) -> None:
        self._store = store
        self._fact_log = fact_log
        self._facts = facts
        self._emitter = emitter

    async def bring(
        self, items: Sequence[tuple[int, Row | Skipped | RowRemark]], *, context: FileContext, receipt: ReceiptWriter
    ) -> None:
        """
        Apply *items*, each with its place in the file, and note in *receipt* what became of them.

        Facts that the rows lead us to conclude are emitted before the rows are applied: should we stop in between, the next
        try sees the same difference again and emits the same event.
        """
        rows: list[tuple[int, Row]] = []
        for index, item in items:
            match item:
                case Skipped():
                    receipt.skip(line=item.line, reason=item.reason)
                case RowRemark():
                    receipt.remark(line=item.line, text=item.text)
                case Row():
                    rows.append((index, item))
        pairs = [(row, _fact(row, index, context)) for index, row in rows]
        tokens = {token for _, fact in pairs for token in tokens_of(fact)}
        seen = await self._facts.look_up(owner=context.owner, tokens=tokens)
        candidates = await self._matched(pairs, seen, context)
        wanted = [candidate for candidate in candidates if self._is_wanted(candidate, receipt)]
        changed_jobs = _job_changes(wanted, context)
        await self._emitter.emit(list(changed_jobs.values()), owner=context.owner)
        results = await self._facts.apply([candidate.fact for candidate in wanted], via=context.via, seen=seen)
        merged: list[tuple[int, str]] = []
        for candidate, result in zip(wanted, results, strict=True):
            if not isinstance(result, Applied) or result.contact is None:
                reason = result.reason if isinstance(result, Unresolvable) else "it concerns nobody"
                receipt.skip(line=candidate.row.line, reason=reason)
                continue
            outcome = _outcome(candidate, result, context)
            if outcome is Outcome.UNCHANGED and candidate.fact.id in changed_jobs:
                outcome = Outcome.UPDATED  # the event we concluded from it came in first and changed the person already
            receipt.count(outcome)
            if outcome is Outcome.MERGED:
                merged.append((candidate.row.line, result.contact))
        await self._note_merges(merged, context=context, receipt=receipt)

    async def touched(self, *, owner: str, via: str) -> set[str]:
        """Return whom the rows of a file brought or changed so far, for `FileContext.touched` when it is taken up again."""
        return await self._fact_log.changed_by(owner=owner, via=via, name=FactName.CONTACT_UPSERTED)

    async def _matched(self, pairs: Sequence[tuple[Row, Fact]], seen: Seen, context: FileContext) -> list[_Candidate]:
        """Find whom each row is about: by its keys, else, where the format gives none, by its full name alone."""
        by_key = {key: item for item in seen.contacts.values() for key in item.indexed}
        found = [(row, fact, next((by_key[t] for t in tokens_of(fact) if t in by_key), None)) for row, fact in pairs]
        names = {fold(row.full_name) for row, _, known in found if known is None and row.by_name and row.full_name}
        by_name = await self._store.named(owner=context.owner, names=names) if names else {}
        return [_by_name(row, fact, known, by_name, context) for row, fact, known in found]

    @staticmethod
    def _is_wanted(candidate: _Candidate, receipt: ReceiptWriter) -> bool:
        row, known = candidate.row, candidate.known
        if known is None and row.known_only:
            receipt.skip(line=row.line, reason=f"{row.full_name or 'this person'} is not among your contacts")
            return False
        if known is not None and known.state.is_removed:
            receipt.skip(line=row.line, reason="you removed this person; an import does not bring them back")
            return False
        return True

    async def _note_merges(self, merged: Sequence[tuple[int, str]], *, context: FileContext, receipt: ReceiptWriter) -> None:
        if not merged:
            return
        stored = await self._store.with_keys(owner=context.owner, tokens={contact for _, contact in merged})
        names = {item.id: snapshot_of(item.state, owner=item.owner, id=item.id, rev=item.rev).name for item in stored}
        for line, contact in merged:
            receipt.merge(line=line, name=names.get(contact, contact))


def _fact(row: Row, index: int, context: FileContext) -> Fact:
    return Fact(
        owner=context.owner,
        source=source_of(context.format),
        id=f"{context.digest}:{index}",
        name=row.name,
        occurred_at=row.occurred_at or context.occurred_at,
        data=row.data,
        raw={},
    )


def _by_name(row: Row, fact: Fact, known: Stored | None, by_name: dict[str, list[Stored]], context: FileContext) -> _Candidate:
    if known is not None or not row.by_name or not row.full_name:
        return _Candidate(row, fact, known)
    person = fact.data if isinstance(fact.data, Person) else Person()
    match = only_match(person=person, full_name=row.full_name, candidates=by_name.get(fold(row.full_name), ()))
    if match is None or match.id in context.touched:
        return _Candidate(row, fact, None)
    if not isinstance(fact.data, ContactUpserted | InteractionLogged):
        return _Candidate(row, fact, None)
    data = fact.data.model_copy(update={"contact": ContactRef(id=match.id)})
    return _Candidate(row, fact.model_copy(update={"data": data}), match)


def _job_changes(candidates: Iterable[_Candidate], context: FileContext) -> dict[str, CloudEvent]:
    """Return, by row, events for the people whom the newest LinkedIn export shows in another job than the one before it."""
    if context.format != LINKEDIN or not context.is_newest:
        return {}
    return {
        candidate.fact.id: new_event(
            name=FactName.JOB_CHANGED,
            source=DERIVED_SOURCE,
            id=f"{candidate.fact.id}:job",
            data={
                "contact": {"id": candidate.known.id},
                "company": data.company,
                **({"title": data.title} if data.title else {}),
                "confidence": Confidence.DERIVED.value,
            },
            time=context.uploaded_at,
        )
        for candidate in candidates
        if candidate.known is not None
        and isinstance(data := candidate.fact.data, ContactUpserted)
        and is_changed_job(state=candidate.known.state, company=data.company, title=data.title)
    }


def _outcome(candidate: _Candidate, result: Applied, context: FileContext) -> Outcome:
    """What to write into the receipt: a second row about one person of this file is a merged one."""
    assert result.contact is not None
    outcome = result.outcome or Outcome.UNCHANGED
    is_person = isinstance(candidate.fact.data, ContactUpserted)
    if is_person and outcome is Outcome.UPDATED and result.contact in context.touched:
        outcome = Outcome.MERGED
    if is_person and outcome is not Outcome.UNCHANGED:
        context.touched.add(result.contact)
    return Outcome.UPDATED if outcome is Outcome.REMOVED else outcome
