"""Take a batch of events from the intake: read the facts, refuse what is none, apply the rest."""

from collections.abc import Sequence

from services.contacts.domain.results import Unresolvable
from services.contacts.owner_store import OwnerStore
from services.contacts.use_cases.facts import ApplyFacts
from services.contacts.use_cases.imports import Imports
from shared import subjects
from shared.broker import Received, Refused
from shared.errors import PermanentError
from shared.messages.cloudevents import CloudEvent, Fact, fact_name, to_fact
from shared.messages.facts import FactName, ImportUploaded, upload_name


class Intake:
    """Handles `hobnob.intake.>`."""

    def __init__(self, *, facts: ApplyFacts, owners: OwnerStore, imports: Imports) -> None:
        self._facts = facts
        self._owners = owners
        self._imports = imports
        self._known_owners: set[str] = set()

    async def take(self, batch: Sequence[Received[CloudEvent]]) -> list[Refused]:
        """
        Apply a batch and return what is refused, with reasons.

        Raises:
            TransientError: the store does not answer; nothing of the batch is lost.
        """
        refused: list[Refused] = []
        readable: list[tuple[Received[CloudEvent], Fact]] = []
        await self._look_up_owners(batch)
        for item in batch:
            try:
                readable.append((item, self._read(item)))
            except PermanentError as exc:
                refused.append(Refused(item.raw, str(exc)))
        results = await self._facts.apply([fact for _, fact in readable])
        for (item, fact), result in zip(readable, results, strict=True):
            if isinstance(result, Unresolvable):
                refused.append(Refused(item.raw, result.reason))
            elif fact.name is FactName.IMPORT_UPLOADED:
                assert isinstance(fact.data, ImportUploaded)
                # The emitter's clock may be ahead: what a file says cannot be newer than its upload.
                uploaded_at = min(fact.occurred_at, item.stored_at)
                await self._imports.enqueue(owner=fact.owner, upload=fact.data, uploaded_at=uploaded_at)
        return refused

    def _read(self, item: Received[CloudEvent]) -> Fact:
        subject = subjects.parse_intake(item.subject)
        if fact_name(item.body.type).value != subject.fact:
            raise PermanentError(f"type: {item.body.type!r} came on the subject of {subject.fact!r}")
        if subject.owner not in self._known_owners:
            raise PermanentError(
                f"subject: there is no owner {subject.owner!r}; `hobnob owner add {subject.owner} --name NAME` adds one"
            )
        fact = to_fact(item.body, owner=subject.owner, stored_at=item.stored_at, traceparent=item.traceparent)
        if isinstance(fact.data, ImportUploaded):
            _refuse_anothers_upload(fact.data, owner=subject.owner)
        return fact

    async def _look_up_owners(self, batch: Sequence[Received[CloudEvent]]) -> None:
        """Look with every batch: a restore takes owners away."""
        named = {parts[2] for item in batch if len(parts := item.subject.split(".")) > 3}
        self._known_owners = set(await self._owners.existing(named)) if named else set()


def _refuse_anothers_upload(upload: ImportUploaded, *, owner: str) -> None:
    """Raise when an upload may be another owner's: whoever knew its name could have it imported for themselves."""
    if upload.object_name != (expected := upload_name(owner=owner, import_id=upload.import_id)):
        raise PermanentError(f"object_name: the upload of this import must be named {expected!r}")
