"""The instants that LinkedIn writes, each in its own form; None where one cannot be read."""

import re
from datetime import UTC, datetime

from shared.messages.values import FIRST_YEAR, LAST_YEAR

_ISO = re.compile(
    r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?\s*(?:UTC|Z|GMT|\+00:?00)?)?",
    re.IGNORECASE,
)
_AMERICAN = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{2}|\d{4})(?:,?\s+(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([AP]M)?)?", re.IGNORECASE)
_CENTURY = 2000
"""LinkedIn is younger."""


def read_instant(written: str) -> datetime | None:
    """
    Read `2024-05-06 07:08:09 UTC`, `2024/05/06 …` or `5/6/24, 7:08 AM`.

    The last form names no zone and is always written month first; it is taken as UTC.
    """
    text = " ".join(written.split())  # a narrow no-break space stands before AM in newer exports
    if found := _ISO.fullmatch(text):
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
    elif found := _AMERICAN.fullmatch(text):
        month, day, year, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
        year += _CENTURY if len(found[3]) == 2 else 0
        if found[7]:
            hour = hour % 12 + (12 if found[7].upper() == "PM" else 0)
    else:
        return None
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
