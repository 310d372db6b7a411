"""
Arm and cancel timers on JetStream, and record agendas beside them.

A timer is a scheduled message (ADR-51 of NATS). The rules that make it safe are in the design; here are two of them:
timers carry no `Nats-Msg-Id`, which would swallow a timer armed again, and a cancel is a message that purges, never a bare
tombstone, below which a restart would find the old timer again.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from nats.js.errors import APIError

from services.scheduler.state import SERVICE
from shared import subjects
from shared.errors import BrokerUnavailable, HobnobError, PermanentError
from shared.jetstream import WRONG_LAST_SEQUENCE, Outgoing, PipelinedJetStream, publish_all
from shared.messages.reminders import Agenda, Reminder
from shared.messages.telling import OwnerTimer
from shared.messages.values import format_instant
from shared.streams import AGENDA, FIRED_TTL, TIMERS
from shared.trace_context import TRACEPARENT

CANCEL_TTL = "1s"
"""A cancel has done its work when it is stored; the server's least TTL."""

SERVER_FAULT = 500
"""Least `code` of an error that is the server's own."""


class TimerRefused(PermanentError):
    """The broker refused a timer."""


class AgendaRefused(PermanentError):
    """The broker refused an agenda."""


class Recorded(NamedTuple):
    """An agenda, the sequence that the last one on its subject must have (0: there is none), and the trace it belongs to."""

    agenda: Agenda
    sequence: int
    traceparent: str | None = None


def arm(*, key: str, reminder: Reminder, traceparent: str | None = None) -> Outgoing:
    """
    Return the message that has *reminder* fire at its instant; it replaces what is armed under *key*.

    The broker hands our own headers on when it fires: so the trace survives the days in between.
    """
    headers = {
        "Nats-Schedule": f"@at {format_instant(reminder.due_at)}",
        "Nats-Schedule-Target": subjects.due(reminder.owner, reminder.contact, key),
        "Nats-Schedule-TTL": FIRED_TTL,
    }
    if traceparent:
        headers[TRACEPARENT] = traceparent
    return Outgoing(
        subjects.timer(reminder.owner, reminder.contact, key),
        reminder.model_dump_json().encode(),
        headers,
    )


def arm_cron(timer: OwnerTimer) -> Outgoing:
    """Return the message that has *timer* fire again and again, at the hours of its cron in its zone (ADR 0009)."""
    return Outgoing(
        subjects.timer(timer.owner, subjects.OWNER_LEVEL, timer.key),
        timer.model_dump_json().encode(),
        {
            "Nats-Schedule": timer.schedule,
            "Nats-Schedule-Time-Zone": timer.timezone,
            "Nats-Schedule-Target": subjects.due(timer.owner, subjects.OWNER_LEVEL, timer.key),
            "Nats-Schedule-TTL": FIRED_TTL,
        },
    )


def cancel(*, subject: str) -> Outgoing:
    """
    Return the message that removes the timer on *subject*, armed or not.

    Source:
        NATS ADR-51; measured on nats-server 2.15.1: atomic, survives a restart, needs only the right to publish.
    """
    headers = {"Nats-Schedule-Next": "purge", "Nats-Scheduler": subject, "Nats-TTL": CANCEL_TTL}
    return Outgoing(subjects.cancelled(SERVICE), b"", headers)


async def publish_timers(js: PipelinedJetStream, messages: Sequence[Outgoing]) -> None:
    """
    Publish arm and cancel messages.

    Raises:
        TimerRefused: at least one was refused.
        BrokerUnavailable: no answer in time; publish them again.
    """
    for message, result in zip(messages, await publish_all(js, messages, stream=TIMERS), strict=True):
        if isinstance(result, APIError):
            raise _refusal(result, TimerRefused, message.headers.get("Nats-Schedule", "a cancel"))


async def publish_agendas(js: PipelinedJetStream, agendas: Iterable[Recorded]) -> list[bool]:
    """
    Publish agendas, each only if the last one on its subject still has the sequence beside it.

    Returns:
        For each, whether it was stored; if not, somebody else planned that contact meanwhile.

    Raises:
        AgendaRefused: one was refused for another reason.
        BrokerUnavailable: no answer in time.
    """
    messages = [
        Outgoing(
            subjects.agenda(agenda.owner, agenda.contact),
            agenda.model_dump_json(exclude_defaults=True).encode(),
            {"Nats-Expected-Last-Subject-Sequence": str(sequence)} | ({TRACEPARENT: traceparent} if traceparent else {}),
        )
        for agenda, sequence, traceparent in agendas
    ]
    results = await publish_all(js, messages, stream=AGENDA)
    for result in results:
        if isinstance(result, APIError) and result.err_code != WRONG_LAST_SEQUENCE:
            raise _refusal(result, AgendaRefused, "an agenda")
    return [not isinstance(result, APIError) for result in results]


def _refusal(error: APIError, kind: type[PermanentError], what: str) -> HobnobError:
    """Tell a broker in trouble (a full disk, no leader) from a message that it will never take."""
    detail = f"the broker refused {what}: {error}"
    return BrokerUnavailable(detail) if (error.code or 0) >= SERVER_FAULT else kind(detail)
