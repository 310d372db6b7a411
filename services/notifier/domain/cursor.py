"""Where a page of a list ends, as opaque text: an instant and an id."""

import base64
import binascii
import json
from datetime import UTC, datetime

from shared.errors import InvalidMessage
from shared.messages.values import format_instant

Place = tuple[datetime, str]


def write_cursor(place: Place) -> str:
    """Return *place* as text that can be passed back."""
    at, last = place
    return base64.urlsafe_b64encode(json.dumps([format_instant(at), last]).encode()).decode()


def read_cursor(cursor: str | None) -> Place | None:
    """
    Return the place that `write_cursor` wrote, None for no cursor.

    Raises:
        InvalidMessage: it is not one of ours.
    """
    if cursor is None:
        return None
    try:
        at, last = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        return datetime.fromisoformat(at).astimezone(UTC), str(last)
    except (binascii.Error, ValueError, TypeError, OverflowError) as exc:
        raise InvalidMessage("cursor: this is not the cursor of an earlier page") from exc
