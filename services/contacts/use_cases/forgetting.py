"""
Forget a person, everywhere (ADR 0010).

What is to be done is noted first, without a word about the person, and struck out last. In between every step can be done
again: whatever a crash, a broker that is away or another service leaves undone is tried again by `finish`.
"""

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from services.contacts.domain.changes import Stored
from services.contacts.domain.redaction import ERASED as NAMELESS
from services.contacts.domain.redaction import is_about, redacted, words_about
from services.contacts.domain.statements import fact_token, instant
from services.contacts.erasure_store import Erasure, ErasureStore, ReportStore
from services.contacts.fact_log import FactLog
from services.contacts.outbox import Outbox
from services.contacts.parked_store import ParkedStore
from services.contacts.store import ContactStore
from services.contacts.traces import Traces
from services.contacts.use_cases.facts import ApplyFacts
from shared.clock import Clock
from shared.errors import Conflict, NotFound, TransientError
from shared.logging import get_logger
from shared.messages.cloudevents import Fact, new_event, to_fact
from shared.messages.curation import IDS_MAX, Forgotten
from shared.messages.facts import FactName
from shared.messages.rpc import ForgetContact
from shared.streams import DEAD, IMPORTS_BUCKET, INTAKE

log = get_logger(__name__)

FORGET_SOURCE: Final = "hobnob/forget"
UNFINISHED_AT_ONCE: Final = 100
MILLISECOND: Final = timedelta(milliseconds=1)


class Forgetting:
    """Handles the request `forget`, and finishes what was begun."""

    def __init__(
        self,
        *,
        store: ContactStore,
        fact_log: FactLog,
        parked: ParkedStore,
        erasures: ErasureStore,
        reports: ReportStore,
        facts: ApplyFacts,
        outbox: Outbox,
        traces: Traces,
        clock: Clock,
    ) -> None:
        self._store = store
        self._fact_log = fact_log
        self._parked = parked
        self._erasures = erasures
        self._reports = reports
        self._facts = facts
        self._outbox = outbox
        self._traces = traces
        self._clock = clock

    async def forget(self, request: ForgetContact) -> Forgotten:
        """
        Erase a contact with every fact about them; what stays is hashes by which a late fact is known to be theirs.

        Raises:
            NotFound: there is no such contact, or nothing left of them to erase.
            TransientError: the store does not answer; what was begun is finished all the same.
        """
        known = await self._store.find(owner=request.owner, id=request.id)
        if known is None or not await self._is_left(known):
            raise NotFound(f"there is no contact {request.id!r}")
        erasure = await self._erasures.begin(
            Erasure(owner=known.owner, contact=known.id, fact_id=uuid4().hex, at=self._removal_at(known))
        )
        return await self._erase(erasure)

    async def finish(self) -> None:
        """
        Try again what was left undone.

        Raises:
            TransientError: the store does not answer.
        """
        for erasure in await self._erasures.unfinished(limit=UNFINISHED_AT_ONCE):
            done = await self._erase(erasure)
            log.info("forgetting_resumed", erased=sum(done.erased.values()), unfinished=list(done.unfinished))

    async def _is_left(self, known: Stored) -> bool:
        """Whether there is anything to erase: somebody who was removed may have been so by a fact alone."""
        return (
            not known.state.is_removed
            or await self._erasures.of(owner=known.owner, contact=known.id) is not None
            or await self._fact_log.has_any(owner=known.owner, contacts=known.state.keys)
        )

    async def _erase(self, erasure: Erasure) -> Forgotten:
        erased: Counter[str] = Counter()
        known = await self._store.find(owner=erasure.owner, id=erasure.contact)
        assert known is not None  # whoever was a contact stays one, if only as a tombstone
        erased["contacts.reports"] = await self._redact(known)
        if not known.state.is_removed:
            # Stated again after a crash it is the same fact: it does not remove whoever has come again since.
            await self._facts.apply([_removal(erasure, now=self._clock())])
        known = await self._store.find(owner=erasure.owner, id=erasure.contact) or known
        unfinished = await self._erase_traces(erasure, known, erased)
        erased["contacts.parked"] = await self._parked.erase(owner=erasure.owner, keys=known.state.keys)
        before = None if known.state.is_removed else erasure.at
        erased["contacts.facts"] = await self._fact_log.erase(
            owner=erasure.owner, contacts=known.state.keys, removal=_token_of(erasure), before=before
        )
        if unfinished:
            await self._erasures.note_left(erasure, places=unfinished)
        else:
            await self._erasures.end(erasure)
        return Forgotten(erased=dict(sorted((+erased).items())), unfinished=tuple(sorted(unfinished)))

    async def _redact(self, known: Stored) -> int:
        """Erase what is told of imports and names them, as long as it is known by what words; return how many reports did."""
        words = words_about(known.state)
        count = 0
        if not words:
            return 0
        async for report in self._reports.each(owner=known.owner):
            progress = redacted(report.progress, words=words)
            filename = NAMELESS if is_about(report.filename, words) else report.filename
            if (progress, filename) != (report.progress, report.filename):
                count += await self._reports.replace(report, filename=filename, progress=progress)
        async for token, upload in self._fact_log.uploads(owner=known.owner):
            if is_about(str((upload.data or {}).get("filename", "")), words):
                await self._fact_log.erase_body(token)
        return count

    async def _erase_traces(self, erasure: Erasure, known: Stored, erased: Counter[str]) -> list[str]:
        """Erase what lies elsewhere, count it in *erased*, and return where something is left."""
        owner, keys = known.owner, known.state.keys
        ids = sorted({known.id, *keys})[:IDS_MAX]

        async def publish() -> None:
            await self._outbox.publish([known.id])

        async def intake() -> None:
            until = erasure.until
            if until is None:
                until = await self._traces.last_of_intake()
                await self._erasures.note_until(erasure, until=until)
            erased[INTAKE] = await self._traces.erase_facts(owner=owner, keys=keys, until=until)

        async def dead() -> None:
            erased[DEAD] = await self._traces.erase_dead_letters(owner=owner, keys=keys)

        async def uploads() -> None:
            for name in await self._reports.failed_uploads(owner=owner):
                erased[IMPORTS_BUCKET] += await self._traces.delete_upload(name)

        async def service(name: str) -> None:
            try:
                erased.update(await self._traces.ask_service(name, owner=owner, ids=ids))
            except Conflict:
                # They came again meanwhile. But as long as they are removed here, it has not heard of it.
                if known.state.is_removed:
                    raise TransientError from None

        # The others read what is published. The scheduler comes first: the notifier keeps copies of what it says.
        steps: list[tuple[str, Callable[[], Awaitable[None]]]] = [
            ("people", publish),
            (INTAKE, intake),
            (DEAD, dead),
            (IMPORTS_BUCKET, uploads),
            ("scheduler", lambda: service("scheduler")),
            ("notifier", lambda: service("notifier")),
        ]
        unfinished: list[str] = []
        for place, step in steps:
            if erasure.left is not None and place not in erasure.left:
                continue
            try:
                await step()
            except TransientError as exc:
                log.warning("forgetting_deferred", place=place, reason=str(exc))
                unfinished.append(place)
        return unfinished

    def _removal_at(self, contact: Stored) -> datetime:
        """Return an instant after all that is known of the contact, though an emitter's clock may be ahead of ours."""
        now = self._clock()
        at = max(now, instant(contact.state.last[0] + 1)) if contact.state.last else now
        # The database keeps milliseconds.
        return at.replace(microsecond=at.microsecond // 1000 * 1000) + MILLISECOND


def _token_of(erasure: Erasure) -> str:
    return fact_token(owner=erasure.owner, source=FORGET_SOURCE, id=erasure.fact_id)


def _removal(erasure: Erasure, *, now: datetime) -> Fact:
    event = new_event(
        name=FactName.CONTACT_REMOVED,
        source=FORGET_SOURCE,
        id=erasure.fact_id,
        data={"contact": {"id": erasure.contact}},
        time=erasure.at,
    )
    return to_fact(event, owner=erasure.owner, stored_at=now)
