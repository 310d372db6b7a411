"""What arrives over NATS: facts on the intake, and requests."""

from collections.abc import Sequence

from faststream.nats import NatsBroker
from nats.aio.msg import Msg

from services.contacts.use_cases.history import History
from services.contacts.use_cases.imports import Imports
from services.contacts.use_cases.intake import Intake
from services.contacts.use_cases.owners import Owners
from services.contacts.use_cases.reading import Contacts
from services.contacts.use_cases.rebuilding import Rebuilding
from shared.broker import Received, Refused, answer_requests, subscribe_batches
from shared.messages.cloudevents import CloudEvent, read_event
from shared.messages.rpc import (
    AddOwner,
    ApplyFact,
    CountParked,
    ForgetContact,
    GetContact,
    GetImport,
    ListContacts,
    ListFacts,
    ListOwners,
    SetOwner,
)
from shared.messages.telling import Rebuild
from shared.streams import CONTACTS_INTAKE

SERVICE = "contacts"


def decode(raw: Msg) -> CloudEvent:
    """Read one event from the intake; raise `InvalidMessage` when it is none."""
    return read_event(raw.data, raw.headers)


class Handlers:
    """
    Connects subjects to use cases.

    The use cases are attached once the service has its database: until then nothing is delivered.
    """

    intake: Intake
    contacts: Contacts
    history: History
    owners: Owners
    imports: Imports
    rebuilding: Rebuilding

    def register(self, broker: NatsBroker) -> None:
        """Subscribe everything on *broker*, which is not started yet."""
        subscribe_batches(broker, service=SERVICE, consumer=CONTACTS_INTAKE, decode=decode, handle=self._on_events)
        answer_requests(broker, service=SERVICE, verb="get", request=GetContact, handle=lambda r: self.contacts.get(r))
        answer_requests(broker, service=SERVICE, verb="list", request=ListContacts, handle=lambda r: self.contacts.list(r))
        answer_requests(broker, service=SERVICE, verb="apply", request=ApplyFact, handle=lambda r: self.contacts.apply(r))
        answer_requests(broker, service=SERVICE, verb="forget", request=ForgetContact, handle=lambda r: self.contacts.forget(r))
        answer_requests(broker, service=SERVICE, verb="facts.list", request=ListFacts, handle=lambda r: self.history.list(r))
        answer_requests(
            broker, service=SERVICE, verb="parked.count", request=CountParked, handle=lambda r: self.history.count_parked(r)
        )
        answer_requests(broker, service=SERVICE, verb="import.get", request=GetImport, handle=lambda r: self.imports.get(r))
        answer_requests(broker, service=SERVICE, verb="owner.add", request=AddOwner, handle=lambda r: self.owners.add(r))
        answer_requests(broker, service=SERVICE, verb="owner.set", request=SetOwner, handle=lambda r: self.owners.set(r))
        answer_requests(broker, service=SERVICE, verb="owner.list", request=ListOwners, handle=lambda r: self.owners.list(r))
        answer_requests(broker, service=SERVICE, verb="rebuild", request=Rebuild, handle=lambda r: self.rebuilding.rebuild(r))

    async def _on_events(self, batch: Sequence[Received[CloudEvent]]) -> Sequence[Refused]:
        return await self.intake.take(batch)
