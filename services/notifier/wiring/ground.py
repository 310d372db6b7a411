"""What every part of the notifier is built upon."""

from contextlib import AsyncExitStack
from dataclasses import dataclass

from nats.aio.client import Client

from services.notifier.settings import NotifierSettings
from shared.clock import Clock
from shared.counters import Counters
from shared.mongo import Database
from shared.status import Status
from shared.tracing import Tracing


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """
    The connections, the settings and the clock.

    Whoever opens something hands it to `stack`, which closes it at the end.
    """

    settings: NotifierSettings
    client: Client
    database: Database
    stack: AsyncExitStack
    status: Status
    tracing: Tracing | None
    clock: Clock

    @property
    def counters(self) -> Counters:
        """What everything counts with."""
        return self.status.counters
