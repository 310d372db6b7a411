"""Stating facts: publish CloudEvents to an owner's intake and know that they are stored."""

from collections.abc import Sequence

from nats.aio.client import Client
from nats.js.api import PubAck
from nats.js.errors import APIError

from shared import subjects
from shared.errors import BrokerUnavailable
from shared.jetstream import Outgoing, jetstream, publish_all
from shared.messages.cloudevents import CloudEvent, dump_event, fact_name
from shared.streams import INTAKE
from shared.trace_context import TRACEPARENT


class Emitter:
    """Publishes facts; the same one twice changes nothing."""

    def __init__(self, client: Client) -> None:
        self._js = jetstream(client)

    async def emit(self, events: Sequence[CloudEvent], *, owner: str, traceparent: str | None = None) -> list[PubAck]:
        """
        Publish *events*, which belong to the trace of *traceparent*, and return once the stream has all of them.

        Raises:
            BrokerUnavailable: some may not be stored; emit the same ones again.
            InvalidMessage: an event is of no type that Hobnob knows.
        """
        if not events:
            return []
        headers = {TRACEPARENT: traceparent} if traceparent else {}
        messages = [Outgoing(subjects.intake(owner, fact_name(event.type).value), dump_event(event), headers) for event in events]
        results = await publish_all(self._js, messages, stream=INTAKE)
        for result in results:
            if isinstance(result, APIError):
                raise BrokerUnavailable(f"{INTAKE} refused a fact: {result}") from result
        return [result for result in results if isinstance(result, PubAck)]
