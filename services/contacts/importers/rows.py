"""What every importer yields: rows that state facts, rows that could not, and remarks about the file."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from shared.messages.facts import FactData, FactName


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """
    One row of a file, as the fact it states.

    `line` is where the row begins, from 1, as an editor shows it. `occurred_at` is None when the format does not say; the
    import then decides. `known_only` rows are skipped, with a reason, where they match nobody. `by_name` rows carry no
    identity key and may be matched to the only contact of that full name.
    """

    line: int
    name: FactName
    data: FactData
    occurred_at: datetime | None = None
    known_only: bool = False
    by_name: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A row that states nothing we can use, and why, in words for the owner."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something the owner should know about the file or a row that was used all the same."""

    line: int
    text: str


class SourceFile(Protocol):
    """One file to import, its format known. `rows` streams: the whole file is never in memory."""

    file: str
    format: str
    """`linkedin`, `google`, `outlook`, `thunderbird`, `vcard`, `jcard`, `ics`, …: stable, it names the facts' source."""
    evidence_on: date | None
    """The newest date the file proves it was made on or after, where its format tells; None otherwise."""

    def rows(self) -> Iterator[Row | Skipped | Remark]:
        """Yield every row of the file once."""
        ...
