"""From what was said of somebody's search for a job to the search as it is now."""

from collections.abc import Mapping
from datetime import datetime

from services.contacts.domain.fitting import KEYWORDS_BYTES, that_fit
from services.contacts.domain.state import SEARCH_STARTED, Register
from services.contacts.domain.statements import SEARCH_CHANGED, SEARCH_ENDED, SEARCH_REGISTERS, instant
from shared.messages.snapshots import JobSearch


def search_from(registers: Mapping[str, Register]) -> JobSearch | None:
    """
    Return the search that *registers* tell of, None when nobody said anything of one.

    It is active from its start, told or not, until it ended: what changes after the end does not begin it anew, only another
    start does. Each field has the value stated last since the start.
    """
    if not registers:
        return None
    stated = {name: registers[name].value for name in SEARCH_REGISTERS if name in registers}
    if "keywords" in stated:
        stated["keywords"] = that_fit(stated["keywords"], room_bytes=KEYWORDS_BYTES)
    ended_at = _when(registers, SEARCH_ENDED)
    return JobSearch.model_validate(
        {
            **stated,
            "status": "ended" if ended_at else "active",
            "since": _when(registers, SEARCH_STARTED),
            "changed_at": _when(registers, SEARCH_CHANGED),
            "ended_at": ended_at,
        }
    )


def _when(registers: Mapping[str, Register], mark: str) -> datetime | None:
    return instant(registers[mark].stamp[0]) if mark in registers else None
