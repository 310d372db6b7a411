"""What an owner can do about a row of an import that became nobody."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from shared.messages.imports import SkippedRow

NOTHING: Final = "Nothing to do."

_ADVICE: Final[tuple[tuple[str, str], ...]] = (
    (r"no name\b", "Give them a name or an address where the file comes from, and import it again."),
    (r"hides their profile", "Nothing to do: LinkedIn says nothing else of them."),
    (r"draft that was never sent|spam folder|sponsored", "Nothing to do: it was no contact between you two."),
    (r"row is empty|note is empty|(side|neither side).* not named|neither side", NOTHING),
    (r"not among your contacts", "Import Connections.csv, or the whole ZIP, then this file again."),
    (r"you removed this person", "Nothing to do: whom you removed stays removed."),
    (r"^the date .* cannot be read", "Correct the date in the file, and import it again."),
    (r"^a group|^an organisation", "Nothing to do: only people are kept."),
    (r"same event as", "Nothing to do: it is here once."),
    (r"no birthday|not a yearly event", "Nothing to do: of a calendar, only yearly birthdays are taken."),
    (r"a value does not fit", "Correct the value in the file, and import it again."),
    (
        r"quotation marks|more than .* columns|the row has",
        "Export it again and do not save it anew in a spreadsheet.",
    ),
    (r"breaks off|damaged|cannot be read|no jCard|more than .* characters", "Export the file again, and import that."),
    (r"neither INCOMING nor OUTGOING", "Export the file again, unchanged, and import that."),
)
_PATTERNS: Final = tuple((re.compile(pattern), advice) for pattern, advice in _ADVICE)
OTHERWISE: Final = "Correct it in the file, and import it again; all other rows stay as they are."


@dataclass(frozen=True, slots=True, kw_only=True)
class SkippedGroup:
    """Rows that were skipped for the same reason, by their lines."""

    reason: str
    advice: str
    lines: tuple[int, ...]


def advice_for(reason: str) -> str:
    """Return what can be done about a row that was skipped for *reason*."""
    return next((advice for pattern, advice in _PATTERNS if pattern.search(reason)), OTHERWISE)


def grouped(rows: Iterable[SkippedRow]) -> Sequence[SkippedGroup]:
    """Return skipped rows by their reason, in the order in which the reasons appear in the file."""
    by_reason: dict[str, list[int]] = {}
    for row in rows:
        by_reason.setdefault(row.reason, []).append(row.line)
    return [SkippedGroup(reason=reason, advice=advice_for(reason), lines=tuple(lines)) for reason, lines in by_reason.items()]
