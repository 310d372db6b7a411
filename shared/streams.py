"""
The streams and durable consumers of Hobnob, as data. `topology.py` creates them; no service declares any.

Why each setting is what it is stands beside it; docs/decisions/0001 has the reasons for the timers' stream.
"""

from dataclasses import dataclass
from typing import Final

from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)

from shared import subjects

DAY_S: Final = 86_400

INTAKE: Final = "HOBNOB_INTAKE"
PEOPLE: Final = "HOBNOB_PEOPLE"
AGENDA: Final = "HOBNOB_AGENDA"
TIMERS: Final = "HOBNOB_TIMERS"
INBOX: Final = "HOBNOB_INBOX"
DEAD: Final = "HOBNOB_DEAD"

IMPORTS_BUCKET: Final = "HOBNOB_IMPORTS"
IMPORTS_STREAM: Final = f"OBJ_{IMPORTS_BUCKET}"
"""What the broker keeps the bucket in."""
IMPORTS_TTL_S: Final = 7 * DAY_S
"""An uploaded file is of no use after its import; a week leaves time to look at one that failed."""

FIRED_TTL: Final = "720h"
"""A fired timer stays 30 days, so that a service that was down that long still finds it."""

ACK_WAIT_S: Final = 30.0
"""A killed consumer's batch comes back after this; it is at least twice the longest batch."""

BATCH_SIZE: Final = 1000
"""Measured best size of a pull: 0.87-0.95 of a raw pull with one bulk write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """A durable pull consumer: `<service>_<purpose>`."""

    durable: str
    stream: str
    subject: str
    batch_size: int = BATCH_SIZE
    ack_wait_s: float = ACK_WAIT_S

    def config(self) -> ConsumerConfig:
        """Return a fresh NATS configuration: the client mutates the object it is given."""
        return ConsumerConfig(
            durable_name=self.durable,
            filter_subject=self.subject,
            ack_policy=AckPolicy.EXPLICIT,
            deliver_policy=DeliverPolicy.ALL,
            ack_wait=self.ack_wait_s,
            # Poison is buried by our own code after its last try; the server must never give up in silence.
            max_deliver=-1,
            # Below the batch size every fetch would sit out its whole timeout.
            max_ack_pending=4 * self.batch_size,
            # As many as its stream has, now and whenever that changes.
            num_replicas=0,
        )


CONTACTS_INTAKE: Final = Consumer(durable="contacts_intake", stream=INTAKE, subject=subjects.ALL_INTAKE, batch_size=500)
SCHEDULER_PEOPLE: Final = Consumer(durable="scheduler_people", stream=PEOPLE, subject=subjects.ALL_PEOPLE, batch_size=500)
SCHEDULER_DUE: Final = Consumer(durable="scheduler_due", stream=TIMERS, subject=subjects.ALL_DUE, batch_size=500)
SCHEDULER_INBOX: Final = Consumer(durable="scheduler_inbox", stream=INBOX, subject=subjects.ALL_INBOX)
NOTIFIER_PEOPLE: Final = Consumer(durable="notifier_people", stream=PEOPLE, subject=subjects.ALL_PEOPLE)
NOTIFIER_AGENDA: Final = Consumer(durable="notifier_agenda", stream=AGENDA, subject=subjects.ALL_AGENDA)
NOTIFIER_DUE: Final = Consumer(durable="notifier_due", stream=TIMERS, subject=subjects.ALL_DUE)

CONSUMERS: Final = (
    CONTACTS_INTAKE,
    SCHEDULER_PEOPLE,
    SCHEDULER_DUE,
    SCHEDULER_INBOX,
    NOTIFIER_PEOPLE,
    NOTIFIER_AGENDA,
    NOTIFIER_DUE,
)


def stream_configs(*, replicas: int) -> tuple[StreamConfig, ...]:
    """Return the configuration of every stream, for *replicas* copies of each (1 or 3)."""
    streams = (
        StreamConfig(name=INTAKE, subjects=[subjects.ALL_INTAKE], max_age=30 * DAY_S, duplicate_window=600),
        # The last snapshot of each subject is the state. Direct get serves `last_messages`: one request for 500 people.
        StreamConfig(name=PEOPLE, subjects=[subjects.ALL_PEOPLE], max_msgs_per_subject=1, allow_direct=True),
        StreamConfig(name=AGENDA, subjects=[subjects.ALL_AGENDA], max_msgs_per_subject=1, allow_direct=True),
        # No limit of any kind: with one, the server would silently drop the oldest armed timers.
        StreamConfig(
            name=TIMERS,
            subjects=[subjects.ALL_TIMERS, subjects.ALL_DUE],
            allow_msg_schedules=True,
            allow_msg_ttl=True,
            allow_rollup_hdrs=True,
            discard=DiscardPolicy.OLD,
        ),
        StreamConfig(name=INBOX, subjects=[subjects.ALL_INBOX], max_age=30 * DAY_S),
        StreamConfig(name=DEAD, subjects=[subjects.ALL_DEAD], max_age=90 * DAY_S, duplicate_window=600),
    )
    for stream in streams:
        stream.storage = StorageType.FILE
        stream.retention = RetentionPolicy.LIMITS
        stream.num_replicas = replicas
    return streams
