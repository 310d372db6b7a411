"""What the use cases work with, built once by the composition root."""

from dataclasses import dataclass

from nats.aio.client import Client

from services.notifier.drafts import Drafter
from services.notifier.relay import Relay
from services.notifier.store.agenda import AgendaStore
from services.notifier.store.inbox import InboxStore
from services.notifier.store.people import PeopleStore
from shared.clock import Clock
from shared.counters import Counters


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """Adapters, counters and the clock."""

    client: Client
    inbox: InboxStore
    people: PeopleStore
    agenda: AgendaStore
    relay: Relay
    drafter: Drafter
    counters: Counters
    clock: Clock
