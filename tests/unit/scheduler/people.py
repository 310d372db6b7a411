"""Fictional people and settings for the scheduler's tests."""

from datetime import UTC, datetime, time
from typing import Any

from services.scheduler.domain.memory import Memory
from services.scheduler.domain.plan import Plan, plan
from shared.messages.facts import CustomDate
from shared.messages.reminders import Planned
from shared.messages.snapshots import ContactSnapshot, Job, OwnerProfile
from shared.messages.values import PartialDate

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
"""A Tuesday, noon in London and 13:00 in Berlin."""


def at(text: str) -> datetime:
    """Read an instant; without an offset it is UTC."""
    parsed = datetime.fromisoformat(text)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def owner(**values: Any) -> OwnerProfile:
    """Return the settings of an owner in UTC who is reminded at nine."""
    return OwnerProfile.model_validate({"owner": "ada", "rev": 1, "name": "Ada Example", "deliver_at": time(9)} | values)


def person(**values: Any) -> ContactSnapshot:
    """Return a contact about whom nothing is known but the name; dates may be text."""
    return ContactSnapshot.model_validate({"owner": "ada", "id": "bo", "rev": 1, "name": "Bo Sample"} | values)


def job(**values: Any) -> Job:
    """Return a job that was simply known at first sight."""
    base = {"company": "Example Works", "title": "Baker", "seen_at": at("2026-01-05T10:00"), "source": "test"}
    return Job.model_validate(base | values)


def dated(label: str, on: str, recurrence: str | None = None) -> CustomDate:
    """Return a date that the owner added."""
    return CustomDate(label=label, on=PartialDate.parse(on), recurrence=recurrence)


def planned_for(snapshot: ContactSnapshot, *, now: datetime = NOW, memory: Memory | None = None, **settings: Any) -> Plan:
    """Plan *snapshot* under an owner's *settings*."""
    return plan(snapshot=snapshot, profile=owner(**settings), now=now, memory=memory or Memory())


def lines(found: Plan, key: str) -> list[Planned]:
    """Return the planned lines of one key."""
    return [line for line in found.planned if line.key == key]


def reasons(found: Plan) -> list[str]:
    """Return the names of what was skipped."""
    return [skip.reason.value for skip in found.skips]
