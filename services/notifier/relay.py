"""
The outbox: what the inbox says to others is published from the item's own document.

A change of state and its entry in `pending` are one atomic write. Publishing follows at once; after a crash, or while the
broker is away, the periodic relay does it. Publishing twice does no harm: the message ids are derived, the readers
idempotent.
"""

from collections.abc import Iterable, Sequence

from nats.js.api import PubAck
from nats.js.errors import APIError

from services.notifier.domain.items import Change, Item
from services.notifier.store.inbox import InboxStore
from shared import subjects
from shared.counters import Counters
from shared.errors import BrokerUnavailable
from shared.jetstream import Outgoing, PipelinedJetStream, publish_all
from shared.logging import get_logger
from shared.messages.cloudevents import dump_event, new_event
from shared.messages.facts import FactName
from shared.messages.reminders import InboxChanged, ItemState
from shared.messages.values import Direction, format_instant
from shared.metrics import ITEM_CHANGES
from shared.streams import INBOX, INTAKE

log = get_logger(__name__)

SOURCE = "hobnob/notifier"
CHANNEL = "greeting"
BATCH = 500
"""Items published in one go."""


class Relay:
    """Publishes what items have in their outbox."""

    def __init__(self, *, inbox: InboxStore, js: PipelinedJetStream, counters: Counters) -> None:
        self._inbox = inbox
        self._js = js
        self._counters = counters

    async def publish_soon(self, ids: Iterable[str]) -> None:
        """Publish the changes of these items now; when the broker is away they wait for the periodic relay."""
        try:
            await self._publish([item for item in await self._inbox.with_ids(ids) if item.pending])
        except BrokerUnavailable as exc:
            log.warning("publishing_deferred", reason=str(exc))

    async def publish_left_over(self) -> None:
        """
        Publish every change that is not known to be published.

        Raises:
            BrokerUnavailable: the broker is away.
            StoreUnavailable: the database is.
        """
        while items := await self._inbox.unpublished(limit=BATCH):
            published = await self._publish(items)
            self._counters.add("relay.published", published)
            if published < len(items):
                return  # The broker refused some: they stay, and the next turn tries again.

    async def _publish(self, items: Sequence[Item]) -> int:
        refused = await self._publish_to(INBOX, [(item, changed_message(item, c)) for item in items for c in item.pending])
        facts = [(item, sent_fact(item, c)) for item in items for c in item.pending if c.state is ItemState.SENT]
        refused |= await self._publish_to(INTAKE, facts)
        done = [item for item in items if item.id not in refused]
        for change in (change for item in done for change in item.pending):
            self._counters.count(ITEM_CHANGES, change.state.value)
        await self._inbox.mark_published(done)
        return len(done)

    async def _publish_to(self, stream: str, messages: Sequence[tuple[Item, Outgoing]]) -> set[str]:
        """Publish to one stream and return the ids of the items whose message it refused."""
        if not messages:
            return set()
        answers: list[PubAck | APIError] = await publish_all(self._js, [message for _, message in messages], stream=stream)
        refused = {
            item.id: str(answer) for (item, _), answer in zip(messages, answers, strict=True) if isinstance(answer, APIError)
        }
        if refused:
            self._counters.add("relay.refused", len(refused))
            log.error("publishing_refused", stream=stream, items=len(refused), reason=next(iter(refused.values())))
        return set(refused)


def changed_message(item: Item, change: Change) -> Outgoing:
    """Return the message that says which state *item* took."""
    body = InboxChanged(
        item=item.id,
        owner=item.owner,
        contact=item.contact,
        occasion=item.occasion,
        key=item.key,
        on=item.on,
        state=change.state,
        at=change.at,
        snoozed_until=change.until if change.state is ItemState.SNOOZED else None,
        send_at=change.until if change.state is ItemState.SCHEDULED else None,
        via=change.via,
        reason=change.reason,
    )
    return Outgoing(
        subjects.inbox(item.owner, change.state.value),
        body.model_dump_json(exclude_none=True).encode(),
        {"Nats-Msg-Id": f"{item.owner}:{item.id}:{change.number}"},
    )


def sent_fact(item: Item, change: Change) -> Outgoing:
    """Return the fact that the owner greeted the contact; it resets the cadence of staying in touch."""
    event = new_event(
        name=FactName.INTERACTION_LOGGED,
        source=SOURCE,
        id=f"{item.id}:sent",
        time=change.at,
        data={
            "contact": {"id": item.contact},
            "channel": CHANNEL,
            "direction": Direction.GAVE.value,
            "occurred_at": format_instant(change.at),
        },
    )
    # No message id: the intake would compare it with those of all owners, and one could swallow another's.
    return Outgoing(subjects.intake(item.owner, FactName.INTERACTION_LOGGED.value), dump_event(event))
