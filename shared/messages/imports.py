"""Import progress and receipts."""

from enum import StrEnum
from typing import Literal

from shared.messages.values import Id, Instant, Message


class SkippedRow(Message):
    """A row that became nobody, and why. `line` counts from 1, as an editor shows it; 0 is the file as a whole."""

    line: int
    reason: str


class MergedRow(Message):
    """A row that joined somebody who was known already, and by what name."""

    line: int
    name: str


class Receipt(Message):
    """
    What became of one file: `read = created + updated + merged + unchanged + len(skipped) + skipped_more`, nothing vanishes.

    `created` rows became a person; `updated` rows changed one that an earlier import of this format had brought; `merged`
    rows joined one known from elsewhere, or from another row of this file (`merges` says whom); `unchanged` rows said nothing
    new. Of a file with very many rows to skip or merge the first are listed and the rest counted. `notes` says what was
    assumed (encoding, date order) and lists values that could not be read and were kept as text.
    """

    file: str
    format: str
    read: int = 0
    created: int = 0
    updated: int = 0
    merged: int = 0
    unchanged: int = 0
    skipped: tuple[SkippedRow, ...] = ()
    skipped_more: int = 0
    merges: tuple[MergedRow, ...] = ()
    notes: tuple[str, ...] = ()


class ImportState(StrEnum):
    """How far an import is."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class ImportProgress(Message):
    """Published on `hobnob.progress.<owner>.<import>` while an import runs; answers `import.get` too."""

    type: Literal["import"] = "import"
    import_id: Id
    owner: Id
    filename: str | None = None
    state: ImportState
    rows_done: int = 0
    rows_total: int | None = None
    receipts: tuple[Receipt, ...] = ()
    error: str | None = None


class ImportSummary(Message):
    """
    One import in a list: the counts of all its receipts together.

    `read = created + updated + merged + unchanged + skipped`. `filename` is what the upload was called.
    """

    import_id: Id
    filename: str
    uploaded_at: Instant
    state: ImportState
    rows_done: int = 0
    rows_total: int | None = None
    read: int = 0
    created: int = 0
    updated: int = 0
    merged: int = 0
    unchanged: int = 0
    skipped: int = 0
    error: str | None = None


class ImportPage(Message):
    """One page of an owner's imports, the newest upload first."""

    type: Literal["imports"] = "imports"
    imports: tuple[ImportSummary, ...]
    cursor: str | None = None
