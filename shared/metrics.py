"""
Every metric of Hobnob, as data: docs/observability.md has the same list for people, and a test compares the two.

No label ever holds what is an owner's: no id, no address, no name. Each has values from a short list in the code.
"""

from dataclasses import dataclass
from typing import Final

from shared.counters import Count, Durations
from shared.messages.values import Occasion

CONTACTS: Final = "contacts"
SCHEDULER: Final = "scheduler"
NOTIFIER: Final = "notifier"
ALL: Final = (CONTACTS, SCHEDULER, NOTIFIER)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Gauge:
    """A metric that is read when somebody asks."""

    name: str
    help: str
    labels: tuple[str, ...] = ()


Metric = Count | Durations | Gauge

QUICK_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
LATE_S: Final = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 3_600.0, 86_400.0)

# --- every service ----------------------------------------------------------------------------------------------------

EVENTS: Final = Count(name="hobnob_events", help="Everything that the service counts, by its name in the code.", labels=("name",))
BUILD: Final = Gauge(name="hobnob_build_info", help="Always 1; the labels say what runs.", labels=("service", "version"))
CHECK_FAILING: Final = Gauge(
    name="hobnob_check_failing", help="1 while a check of the service's readiness fails.", labels=("check",)
)
CONSUMER_PENDING: Final = Gauge(
    name="hobnob_consumer_pending", help="Messages that a consumer has not been given yet.", labels=("consumer",)
)
CONSUMER_ACK_PENDING: Final = Gauge(
    name="hobnob_consumer_ack_pending", help="Messages that were given and not settled yet.", labels=("consumer",)
)
MESSAGES: Final = Count(
    name="hobnob_messages",
    help="What became of messages: done, returned to come again, or buried as dead letters.",
    labels=("consumer", "result"),
)
BATCH_S: Final = Durations(
    name="hobnob_batch_seconds", help="How long a batch of messages took.", bounds_s=QUICK_S, labels=("consumer",)
)
RPC_S: Final = Durations(
    name="hobnob_rpc_seconds", help="How long an answer over NATS took.", bounds_s=QUICK_S, labels=("verb", "result")
)
VIOLATIONS: Final = Count(
    name="hobnob_permission_violations",
    help="What the broker did not permit this service.",
    counted_as="permissions.violated",
)

# --- contacts ---------------------------------------------------------------------------------------------------------

FACTS: Final = Count(name="hobnob_facts", help="Facts that came in, by what they did.", labels=("type", "result"))
FACTS_RELEASED: Final = Count(
    name="hobnob_facts_released", help="Parked facts that found their person.", counted_as="facts.released"
)
SNAPSHOTS: Final = Count(name="hobnob_snapshots_published", help="Snapshots of people and owners that went out.")
OUTBOX_PENDING: Final = Gauge(
    name="hobnob_outbox_pending", help="Changes that are stored and not published yet.", labels=("outbox",)
)
OUTBOX_OLDEST_S: Final = Gauge(
    name="hobnob_outbox_oldest_seconds", help="For how long the oldest of them has been waiting.", labels=("outbox",)
)

# --- scheduler --------------------------------------------------------------------------------------------------------

PLANS: Final = Count(name="hobnob_plans", help="Times that a person was planned.", counted_as="planned")
PLANS_SKIPPED: Final = Count(
    name="hobnob_plans_skipped", help="What was not planned, by reason.", labels=("reason",), counted_as="skipped.*"
)
PLANS_CONTENDED: Final = Count(
    name="hobnob_plans_contended", help="Plans that another scheduler had made first.", counted_as="contended"
)
TIMERS_ARMED: Final = Count(name="hobnob_timers_armed", help="Timers given to the broker.", counted_as="armed")
TIMERS_CANCELLED: Final = Count(name="hobnob_timers_cancelled", help="Timers taken back.", counted_as="cancelled")
TIMERS_FIRED: Final = Count(name="hobnob_timers_fired", help="Fired timers that were heard.", counted_as="fired")
SWEEP_MENDED: Final = Count(
    name="hobnob_sweep_mended", help="What the sweep found amiss and mended.", labels=("what",), counted_as="swept.*"
)

# --- notifier ---------------------------------------------------------------------------------------------------------

LATENESS_S: Final = Durations(
    name="hobnob_reminder_lateness_seconds",
    help="From the instant a reminder was due to its item in the inbox.",
    bounds_s=LATE_S,
)
TIMERS_STALE: Final = Count(
    name="hobnob_timers_stale",
    help="Fired timers of which no item came, by reason.",
    labels=("reason",),
    counted_as="skipped.*",
)
ITEMS: Final = Count(
    name="hobnob_inbox_items",
    help="New inbox items.",
    labels=("occasion",),
    known=tuple((occasion.value,) for occasion in Occasion),
)
ITEM_CHANGES: Final = Count(name="hobnob_inbox_changes", help="States that inbox items took.", labels=("state",))
DELIVERIES: Final = Count(
    name="hobnob_deliveries",
    help="Messages to owners, by the kind of channel and what became of them.",
    labels=("channel", "result"),
    known=tuple((channel, result) for channel in ("email", "push") for result in ("delivered", "failed")),
)
GREETINGS: Final = Count(
    name="hobnob_greetings",
    help="Greetings handed to the mail server, by the state they took.",
    labels=("result",),
    known=(("sent",), ("failed",), ("unconfirmed",), ("scheduled",)),
)
SIGN_INS: Final = Count(name="hobnob_sign_ins", help="Attempts to sign in.", labels=("result",), counted_as="sign_in.*")
HTTP_REQUESTS: Final = Count(name="hobnob_http_requests", help="Requests at the HTTP door.", labels=("method", "route", "status"))
HTTP_S: Final = Durations(
    name="hobnob_http_request_seconds",
    help="How long the first byte of an answer took.",
    bounds_s=QUICK_S,
    labels=("method", "route"),
)
DEAD_LETTERS: Final = Gauge(name="hobnob_dead_letters", help="Messages that could not be processed and wait for somebody.")

COMMON: Final[tuple[Metric, ...]] = (
    EVENTS,
    BUILD,
    CHECK_FAILING,
    CONSUMER_PENDING,
    CONSUMER_ACK_PENDING,
    MESSAGES,
    BATCH_S,
    RPC_S,
    VIOLATIONS,
)
OUTBOX: Final[tuple[Metric, ...]] = (OUTBOX_PENDING, OUTBOX_OLDEST_S)
CATALOGUE: Final[dict[str, tuple[Metric, ...]]] = {
    CONTACTS: (*COMMON, *OUTBOX, FACTS, FACTS_RELEASED, SNAPSHOTS),
    SCHEDULER: (
        *COMMON,
        PLANS,
        PLANS_SKIPPED,
        PLANS_CONTENDED,
        TIMERS_ARMED,
        TIMERS_CANCELLED,
        TIMERS_FIRED,
        SWEEP_MENDED,
    ),
    NOTIFIER: (
        *COMMON,
        *OUTBOX,
        LATENESS_S,
        TIMERS_STALE,
        ITEMS,
        ITEM_CHANGES,
        DELIVERIES,
        GREETINGS,
        SIGN_INS,
        HTTP_REQUESTS,
        HTTP_S,
        DEAD_LETTERS,
    ),
}
"""What each service shows."""


def full_name(metric: Metric) -> str:
    """Return the name under which Prometheus knows *metric*: what only grows ends in `_total`."""
    return f"{metric.name}_total" if isinstance(metric, Count) else metric.name
