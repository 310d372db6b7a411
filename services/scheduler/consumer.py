"""What arrives over NATS: snapshots, fired timers, what the owner said of inbox items. Parse, call one use case, return."""

from collections.abc import Sequence

from faststream.nats import NatsBroker
from nats.aio.msg import Msg

from services.scheduler.domain.decision import ContactKey, Order
from services.scheduler.owner_planner import OwnerPlanner
from services.scheduler.state import SERVICE, Seen
from services.scheduler.use_cases import Planner, SettingsChanges
from shared import subjects
from shared.broker import Received, Refused, subscribe_batches
from shared.clock import Clock
from shared.errors import InvalidMessage
from shared.messages.reminders import InboxChanged, Reminder
from shared.messages.snapshots import ContactSnapshot, OwnerProfile
from shared.messages.telling import OwnerTimer
from shared.streams import SCHEDULER_DUE, SCHEDULER_INBOX, SCHEDULER_PEOPLE


class Consumer:
    """The handlers of the three streams."""

    def __init__(self, planner: Planner, changes: SettingsChanges, owners: OwnerPlanner, clock: Clock) -> None:
        self._planner = planner
        self._owners = owners
        self._changes = changes
        self._clock = clock

    def subscribe(self, broker: NatsBroker) -> None:
        """Register the handlers."""
        subscribe_batches(broker, service=SERVICE, consumer=SCHEDULER_PEOPLE, decode=read_person, handle=self.on_people)
        subscribe_batches(broker, service=SERVICE, consumer=SCHEDULER_DUE, decode=read_fired, handle=self.on_fired)
        subscribe_batches(broker, service=SERVICE, consumer=SCHEDULER_INBOX, decode=read_change, handle=self.on_changes)

    async def on_people(self, items: Sequence[Received[ContactSnapshot | OwnerProfile]]) -> Sequence[Refused]:
        """Plan the contacts whose snapshots came, and the owners whose settings came; note these for their contacts."""
        orders: dict[ContactKey, Order] = {}
        seen: dict[ContactKey, Seen] = {}
        for item in items:
            if isinstance(item.body, OwnerProfile):
                self._changes.note(item.body.owner)
                continue
            key = ContactKey(item.body.owner, item.body.id)
            sequence = item.raw.metadata.sequence.stream
            if key not in seen or seen[key].sequence < sequence:
                seen[key] = Seen(sequence, item.body, item.traceparent)
            _add(orders, key, Order(force_all=_is_again(item.raw)))
        await self._owners.plan({item.body.owner for item in items if isinstance(item.body, OwnerProfile)})
        await self._planner.replan(orders, now=self._clock(), seen=seen)
        return ()

    async def on_fired(self, items: Sequence[Received[Reminder | OwnerTimer]]) -> Sequence[Refused]:
        """Plan the contacts and owners whose timers fired: every firing arms again, stale or not (ADR 0001, rule 2)."""
        orders: dict[ContactKey, Order] = {}
        for item in items:
            if isinstance(item.body, OwnerTimer):
                continue
            timer = subjects.parse_timer(item.subject)
            order = Order(fired=(item.body,), force=frozenset({timer.key}), force_all=_is_again(item.raw))
            _add(orders, ContactKey(timer.owner, timer.contact), order)
        await self._owners.plan({item.body.owner for item in items if isinstance(item.body, OwnerTimer)})
        await self._planner.replan(orders, now=self._clock())
        return ()

    async def on_changes(self, items: Sequence[Received[InboxChanged]]) -> Sequence[Refused]:
        """Plan the contacts of whose inbox items something was said: it may be a snooze, or the end of one."""
        orders: dict[ContactKey, Order] = {}
        for item in items:
            _add(orders, ContactKey(item.body.owner, item.body.contact), Order(changes=(item.body,)))
        await self._planner.replan(orders, now=self._clock())
        return ()


def _add(orders: dict[ContactKey, Order], key: ContactKey, order: Order) -> None:
    orders[key] = orders[key].and_also(order) if key in orders else order


def _is_again(raw: Msg) -> bool:
    """Whether an earlier try may have published half of what it meant to."""
    return (raw.metadata.num_delivered or 1) > 1


def read_person(raw: Msg) -> ContactSnapshot | OwnerProfile:
    """Read a snapshot or a profile; raise `InvalidMessage` when it is of somebody else than its subject says."""
    subject = subjects.parse_person(raw.subject)
    if subject.contact is None:
        profile = OwnerProfile.model_validate_json(raw.data)
        if profile.owner != subject.owner:
            raise InvalidMessage("owner: not the one of the subject")
        return profile
    snapshot = ContactSnapshot.model_validate_json(raw.data)
    if (snapshot.owner, snapshot.id) != subject:
        raise InvalidMessage("owner, id: not those of the subject")
    return snapshot


def read_fired(raw: Msg) -> Reminder | OwnerTimer:
    """Read a fired timer; raise `InvalidMessage` when it is of somebody else than its subject says."""
    subject = subjects.parse_timer(raw.subject)
    if subject.contact == subjects.OWNER_LEVEL:
        timer = OwnerTimer.model_validate_json(raw.data)
        if (timer.owner, timer.key) != (subject.owner, subject.key):
            raise InvalidMessage("owner, key: not those of the subject")
        return timer
    reminder = Reminder.model_validate_json(raw.data)
    if (reminder.owner, reminder.contact) != subject[:2]:
        raise InvalidMessage("owner, contact: not those of the subject")
    return reminder


def read_change(raw: Msg) -> InboxChanged:
    """Read a change of an inbox item; raise `InvalidMessage` when it is another owner's than its subject says."""
    change = InboxChanged.model_validate_json(raw.data)
    if subjects.inbox(change.owner, change.state) != raw.subject:
        raise InvalidMessage("owner, state: not those of the subject")
    return change
