"""Asks what the notifier stands on whether it is there, and reads the gauges that only the notifier shows."""

from collections.abc import Sequence
from functools import partial
from typing import Final

import nats.errors

from services.notifier.store.inbox import InboxStore
from services.notifier.wiring.ground import Ground
from shared.errors import BrokerUnavailable
from shared.exposition import Reading
from shared.health import CHECK_TIMEOUT_S
from shared.messages.rpc import GetHealth, HealthReply
from shared.metrics import DEAD_LETTERS, OUTBOX_OLDEST_S, OUTBOX_PENDING
from shared.mongo import ping
from shared.requests import ask
from shared.streams import DEAD

OUTBOX: Final = ("inbox",)


def watch_over(ground: Ground) -> None:
    """Add to the status what the notifier needs: its database, and the two services beside it."""
    client = ground.client

    async def answers(service: str) -> None:
        """Return when *service* answers; raise `BrokerUnavailable` when it does not."""
        request, reply = GetHealth(), HealthReply
        await ask(client, service=service, verb="health", request=request, reply=reply, timeout_s=CHECK_TIMEOUT_S)

    ground.status.readiness.add(
        {
            "mongodb": partial(ping, ground.database),
            "contacts": partial(answers, "contacts"),
            "scheduler": partial(answers, "scheduler"),
        }
    )
    inbox = InboxStore(ground.database)

    async def dead_letters() -> Sequence[Reading]:
        """Return how many dead letters wait."""
        try:
            info = await client.jetstream(timeout=CHECK_TIMEOUT_S).stream_info(DEAD)
        except (TimeoutError, nats.errors.Error) as exc:
            raise BrokerUnavailable(f"{DEAD} did not answer") from exc
        return [Reading(DEAD_LETTERS, info.state.messages)]

    async def outbox() -> Sequence[Reading]:
        """Return how many changes of items are not published, and how old the oldest is."""
        count, oldest_at = await inbox.unpublished_since()
        age_s = (ground.clock() - oldest_at).total_seconds() if oldest_at else 0.0
        return [Reading(OUTBOX_PENDING, count, OUTBOX), Reading(OUTBOX_OLDEST_S, max(age_s, 0.0), OUTBOX)]

    ground.status.reads.extend((dead_letters, outbox))
