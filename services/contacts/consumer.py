"""What arrives over NATS: facts on the intake, and requests."""

from collections.abc import Sequence

from faststream.nats import NatsBroker
from nats.aio.msg import Msg

from services.contacts.use_cases.forgetting import Forgetting
from services.contacts.use_cases.history import History
from services.contacts.use_cases.imports import Imports
from services.contacts.use_cases.intake import Intake
from services.contacts.use_cases.joining import Joining
from services.contacts.use_cases.owners import Owners
from services.contacts.use_cases.provenance import Provenances
from services.contacts.use_cases.reading import Contacts
from services.contacts.use_cases.rebuilding import Rebuilding
from shared.backup.serving import answer_backups
from shared.backup.store import StoreBackup
from shared.broker import Origin, Received, Refused, answer_requests, subscribe_batches
from shared.messages.cloudevents import CloudEvent, read_event
from shared.messages.curation import GetProvenance, MergeContacts
from shared.messages.rpc import (
    AddOwner,
    ApplyFact,
    CountParked,
    ForgetContact,
    GetContact,
    GetImport,
    ListContacts,
    ListFacts,
    ListImports,
    ListOwners,
    SetOwner,
)
from shared.messages.telling import Rebuild
from shared.streams import CONTACTS_INTAKE
from shared.trace_context import TRACEPARENT, derived_traceparent, read_traceparent

SERVICE = "contacts"


def decode(raw: Msg) -> CloudEvent:
    """Read one event from the intake; raise `InvalidMessage` when it is none."""
    return read_event(raw.data, raw.headers)


def stated_trace(event: CloudEvent) -> str | None:
    """Return the trace that an event itself names."""
    return read_traceparent((event.model_extra or {}).get(TRACEPARENT))


def derived_trace(event: CloudEvent, raw: Msg) -> str:
    """Return the trace of an event that came with none: its own, and the same one whenever it comes again."""
    return derived_traceparent(raw.subject, event.source, event.id)


class Handlers:
    """
    Connects subjects to use cases.

    The use cases are attached once the service has its database: until then nothing is delivered.
    """

    intake: Intake
    contacts: Contacts
    joining: Joining
    forgetting: Forgetting
    provenances: Provenances
    history: History
    owners: Owners
    imports: Imports
    rebuilding: Rebuilding
    backup: StoreBackup

    def register(self, broker: NatsBroker) -> None:
        """Subscribe everything on *broker*, which is not started yet."""
        origin = Origin(stated_trace, derived_trace)
        subscribe_batches(broker, service=SERVICE, consumer=CONTACTS_INTAKE, decode=decode, handle=self._on_events, origin=origin)
        answer_requests(broker, service=SERVICE, verb="get", request=GetContact, handle=lambda r: self.contacts.get(r))
        answer_requests(broker, service=SERVICE, verb="list", request=ListContacts, handle=lambda r: self.contacts.list(r))
        answer_requests(broker, service=SERVICE, verb="apply", request=ApplyFact, handle=lambda r: self.contacts.apply(r))
        answer_requests(broker, service=SERVICE, verb="forget", request=ForgetContact, handle=lambda r: self.forgetting.forget(r))
        answer_requests(broker, service=SERVICE, verb="merge", request=MergeContacts, handle=lambda r: self.joining.merge(r))
        answer_requests(
            broker, service=SERVICE, verb="provenance", request=GetProvenance, handle=lambda r: self.provenances.of(r)
        )
        answer_requests(broker, service=SERVICE, verb="facts.list", request=ListFacts, handle=lambda r: self.history.list(r))
        answer_requests(
            broker, service=SERVICE, verb="parked.count", request=CountParked, handle=lambda r: self.history.count_parked(r)
        )
        answer_requests(broker, service=SERVICE, verb="import.get", request=GetImport, handle=lambda r: self.imports.get(r))
        answer_requests(broker, service=SERVICE, verb="import.list", request=ListImports, handle=lambda r: self.imports.list(r))
        answer_requests(broker, service=SERVICE, verb="owner.add", request=AddOwner, handle=lambda r: self.owners.add(r))
        answer_requests(broker, service=SERVICE, verb="owner.set", request=SetOwner, handle=lambda r: self.owners.set(r))
        answer_requests(broker, service=SERVICE, verb="owner.list", request=ListOwners, handle=lambda r: self.owners.list(r))
        answer_requests(broker, service=SERVICE, verb="rebuild", request=Rebuild, handle=lambda r: self.rebuilding.rebuild(r))
        answer_backups(broker, service=SERVICE, backup=lambda: self.backup)

    async def _on_events(self, batch: Sequence[Received[CloudEvent]]) -> Sequence[Refused]:
        return await self.intake.take(batch)
