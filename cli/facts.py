"""Making CloudEvents out of what people type: checked here, so that a mistake is told at once and not by a dead letter."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from shared import subjects
from shared.errors import InvalidMessage
from shared.jetstream import Outgoing
from shared.messages.cloudevents import (
    MAX_EVENT_BYTES,
    CloudEvent,
    check_event,
    describe,
    dump_event,
    fact_name,
    new_event,
)
from shared.messages.facts import MODELS, FactName

AT_ONCE = (FactName.JOB_CHANGED, FactName.CONNECTION_ACCEPTED)
"""Facts whose reminder may come before the owner's delivery hour."""
EVENT_MARK = "specversion"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What the command line says about every fact it emits."""

    owner: str
    fact: FactName
    source: str
    id: str | None = None
    deliver_now: bool = False


def derive_id(fact: FactName, data: dict[str, Any], *, now: datetime) -> str:
    """
    Return an id for a fact that has none: the same for the same content.

    So the same command twice adds nothing. A fact that may happen again and does not say when it did (`occurred_at`) gets
    the day into its id: another call to the same person next month is another fact.
    """
    repeats = "occurred_at" in MODELS[fact].model_fields and data.get("occurred_at") is None
    day = now.date().isoformat() if repeats else ""
    content = json.dumps([fact.value, data, day], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def to_event(item: dict[str, Any], statement: Statement, *, now: datetime) -> CloudEvent:
    """
    Return the event that one JSON object stands for: a CloudEvent as it is, anything else as the data of one.

    Raises:
        InvalidMessage: it is neither a valid event nor valid data of the fact.
    """
    try:
        if EVENT_MARK in item:
            event = CloudEvent.model_validate(item)
        else:
            identifier = statement.id or derive_id(statement.fact, item, now=now)
            event = new_event(name=statement.fact, source=statement.source, id=identifier, data=item, time=now)
    except ValidationError as exc:
        raise InvalidMessage(describe(exc)) from exc
    if statement.deliver_now and fact_name(event.type) in AT_ONCE:
        event = event.model_copy(update={"data": {**event.data, "deliver_now": True}})
    check_event(event, owner=statement.owner)
    return event


def to_outgoing(item: dict[str, Any], statement: Statement, *, now: datetime, written: bytes) -> Outgoing:
    """
    Return the message that states one JSON object. An event goes out to the byte as it was written, whatever else it holds.

    Args:
        written: The text that *item* was read from; empty where it was no text of its own.

    Raises:
        InvalidMessage: it is neither a valid event nor valid data of the fact, or too large.
    """
    event = to_event(item, statement, now=now)
    is_unchanged = EVENT_MARK in item and not statement.deliver_now
    return to_message(event, owner=statement.owner, payload=written if is_unchanged else b"")


def to_message(event: CloudEvent, *, owner: str, payload: bytes = b"") -> Outgoing:
    """
    Return the event as a message for the intake.

    It carries no message id for the broker: contacts recognises a fact it has, for ever and not just for ten minutes.

    Args:
        payload: The event as it was written, where it is to go out like that.

    Raises:
        InvalidMessage: it is too large.
    """
    payload = payload or dump_event(event)
    if len(payload) > MAX_EVENT_BYTES:
        raise InvalidMessage(f"the event has {len(payload)} bytes; the most is {MAX_EVENT_BYTES}")
    return Outgoing(subjects.intake(owner, fact_name(event.type).value), payload)
