"""Facts for tests."""

from datetime import UTC, datetime, timedelta
from typing import Any

from shared.messages.cloudevents import Fact, new_event, to_fact
from shared.messages.facts import FactName

START = datetime(2026, 1, 1, 12, tzinfo=UTC)


def fact(name: str, data: dict[str, Any], *, day: int = 0, id: str = "1", source: str = "crm", owner: str = "me") -> Fact:
    """Return a fact that happened *day* days after the start."""
    at = START + timedelta(days=day)
    event = new_event(name=FactName(name), source=source, id=f"{name}-{id}-{day}", data=data, time=at)
    return to_fact(event, owner=owner, stored_at=at)


def upserted(*, day: int = 0, id: str = "1", source: str = "crm", owner: str = "me", **data: Any) -> Fact:
    """Return a `contact.upserted`."""
    return fact("contact.upserted", data, day=day, id=id, source=source, owner=owner)
