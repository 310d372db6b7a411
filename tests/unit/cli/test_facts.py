"""Making events of what people type."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cli.facts import Statement, derive_id, to_event, to_message
from shared.errors import InvalidMessage
from shared.messages.cloudevents import CloudEvent, read_event
from shared.messages.facts import FactName

NOW = datetime(2026, 5, 6, 7, 8, tzinfo=UTC)
JOB = {"contact": {"email": "ada@example.com"}, "company": "ACME"}
STATEMENT = Statement(owner="me", fact=FactName.JOB_CHANGED, source="test")


def event(data: dict[str, Any], statement: Statement = STATEMENT, now: datetime = NOW) -> CloudEvent:
    """Make an event."""
    return to_event(data, statement, now=now)


def test_the_same_content_is_the_same_fact() -> None:
    """The id follows from the content, in any order of its fields, and from the fact's name."""
    assert event(JOB).id == event(dict(reversed(JOB.items()))).id
    assert event(JOB).id != event({**JOB, "company": "Other"}).id
    assert derive_id(FactName.CONTACT_REMOVED, JOB, now=NOW) != derive_id(FactName.JOB_CHANGED, JOB, now=NOW)


def test_what_may_happen_again_is_another_fact_on_another_day() -> None:
    """Without a time of its own the day is part of the id; with one, and for statements of fact, it is not."""
    call = {"contact": {"email": "ada@example.com"}, "channel": "phone"}
    dated = {**call, "occurred_at": "2026-05-01T10:00:00Z"}
    later = NOW + timedelta(days=30)
    assert derive_id(FactName.INTERACTION_LOGGED, call, now=NOW) != derive_id(FactName.INTERACTION_LOGGED, call, now=later)
    assert derive_id(FactName.INTERACTION_LOGGED, dated, now=NOW) == derive_id(FactName.INTERACTION_LOGGED, dated, now=later)
    person = {"name": "Ada"}
    assert derive_id(FactName.CONTACT_UPSERTED, person, now=NOW) == derive_id(FactName.CONTACT_UPSERTED, person, now=later)


def test_an_event_stays_what_it_is() -> None:
    """A CloudEvent keeps its type, source and id, whatever the command says about bare data."""
    given = {"specversion": "1.0", "id": "7", "source": "crm", "type": "hobnob.contact.upserted.v1", "data": {"name": "Ada"}}
    made = event(given)
    assert (made.id, made.source, made.type) == ("7", "crm", "hobnob.contact.upserted.v1")
    message = to_message(made, owner="me")
    assert message.subject == "hobnob.intake.me.contact.upserted"
    assert read_event(message.body).data == {"name": "Ada"}


def test_now_marks_the_facts_that_know_it() -> None:
    """`--now` asks for a reminder at once, and leaves facts alone that have none."""
    at_once = Statement(owner="me", fact=FactName.JOB_CHANGED, source="test", deliver_now=True)
    assert event(JOB, at_once).data["deliver_now"] is True
    given = {"specversion": "1.0", "id": "7", "source": "crm", "type": "hobnob.contact.upserted.v1", "data": {"name": "Ada"}}
    assert "deliver_now" not in event(given, at_once).data


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"contact": {}, "company": "ACME"},
        {**JOB, "occurred_at": "yesterday"},
        {"specversion": "1.0", "id": "7", "source": "crm", "type": "hobnob.nonsense.v1", "data": {}},
        {"specversion": "0.3", "id": "7", "source": "crm", "type": "hobnob.job.changed.v1", "data": JOB},
    ],
)
def test_what_is_no_fact_is_refused(data: dict[str, Any]) -> None:
    """A mistake is told here, in words, and not by a dead letter."""
    with pytest.raises(InvalidMessage):
        event(data)


def test_too_large_is_refused() -> None:
    """A fact that the intake would refuse is not sent."""
    with pytest.raises(InvalidMessage, match="bytes"):
        to_message(event({**JOB, "padding": "x" * 600_000}), owner="me")
