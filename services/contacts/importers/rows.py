"""What every importer yields: rows that state facts, rows that could not, and remarks about the file."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from pydantic import ValidationError

from shared.messages.cloudevents import describe
from shared.messages.facts import FactData, FactName


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """
    One row of a file, as the fact it states.

    `line` is where the row begins, from 1, as an editor shows it. `occurred_at` is None when the format does not say; the
    import then decides. `known_only` rows are skipped, with a reason, where they match nobody. `by_name` rows carry no
    identity key that is known elsewhere and may be matched to the only contact named `full_name`, which they always have.
    """

    line: int
    name: FactName
    data: FactData
    occurred_at: datetime | None = None
    known_only: bool = False
    by_name: bool = False
    full_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A row that states nothing we can use, and why, in words for the owner."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something the owner should know about the file (line 0) or about a row that was used all the same."""

    line: int
    text: str


Item = Row | Skipped | Remark
"""What `SourceFile.rows` yields."""


class SourceFile(Protocol):
    """One file to import, its format known. `rows` streams: the whole file is never in memory."""

    @property
    def file(self) -> str:
        """The name to show in the receipt; for a member of a ZIP, `<zip>/<member>`."""
        ...

    @property
    def format(self) -> str:
        """`linkedin`, `google`, `outlook`, `thunderbird`, `vcard`, `jcard`, `ics`, …: stable, it names the facts' source."""
        ...

    @property
    def evidence_on(self) -> date | None:
        """The newest date the file proves it was made on or after, where its format tells; None otherwise."""
        ...

    def rows(self) -> Iterator[Item]:
        """Yield every row of the file once."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFile:
    """The `SourceFile` of every importer; `read` makes a fresh iterator each time."""

    file: str
    format: str
    read: Callable[[], Iterator[Item]]
    evidence_on: date | None = None

    def rows(self) -> Iterator[Item]:
        """Yield every row of the file once."""
        return self.read()


def stated(build: Callable[[], Row], *, line: int) -> Row | Skipped:
    """Return the row that *build* makes, or, where its values do not fit the contract, why the row is left out."""
    try:
        return build()
    except ValidationError as exc:
        return Skipped(line=line, reason=f"a value does not fit: {describe(exc)}")
