"""From what was planned and cancelled to meetings, as they are now."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from services.contacts.domain.fitting import MEETINGS_BYTES, PLANS_BYTES, notes_that_fit, that_fit
from services.contacts.domain.state import Register
from services.contacts.domain.statements import CANCELLED, PLANNED
from shared.messages.snapshots import Meeting

MAX_MEETINGS = 50
"""Meetings that a snapshot shows: those of which something was stated last."""
WHEN = frozenset({"meeting_id", "starts_at", "ends_at", "cancelled"})
"""What reminders are computed from; the rest of a meeting gives way first where there is no room."""
_NEVER = datetime.max.replace(tzinfo=UTC)


def meetings_from(elements: Mapping[str, Register]) -> tuple[Meeting, ...]:
    """
    Return the meetings that *elements* tell of, by when they start; those of which that is unknown come last.

    Each plan replaces the one before as a whole. A meeting is cancelled when that was said after it was planned: planned
    again under its id, it takes place.
    """
    ids = {key.partition(":")[2] for key in elements}
    newest = sorted(ids, key=lambda each: (_last_stated(elements, each).order, each), reverse=True)[:MAX_MEETINGS]
    meetings = [_meeting(elements, each) for each in newest]
    when = that_fit([_part(meeting, of_when=True) for meeting in meetings], room_bytes=MEETINGS_BYTES)
    what = notes_that_fit([_part(meeting, of_when=False) for meeting in meetings[: len(when)]], room_bytes=PLANS_BYTES)
    shown = [Meeting.model_validate(bare | (rest or {})) for bare, rest in zip(when, what, strict=True)]
    return tuple(sorted(shown, key=lambda each: (each.starts_at or _NEVER, each.meeting_id)))


def _last_stated(elements: Mapping[str, Register], meeting_id: str) -> Register:
    stated = (elements.get(PLANNED + meeting_id), elements.get(CANCELLED + meeting_id))
    return max((register for register in stated if register), key=lambda register: register.order)


def _meeting(elements: Mapping[str, Register], meeting_id: str) -> dict[str, Any]:
    planned, cancelled = elements.get(PLANNED + meeting_id), elements.get(CANCELLED + meeting_id)
    is_cancelled = cancelled is not None and (planned is None or cancelled.order > planned.order)
    said = (cancelled.value if cancelled and is_cancelled else {}) | (planned.value if planned else {})
    return {"meeting_id": meeting_id, **said, "cancelled": is_cancelled}


def _part(meeting: dict[str, Any], *, of_when: bool) -> dict[str, Any]:
    return {name: value for name, value in meeting.items() if (name in WHEN) == of_when}
