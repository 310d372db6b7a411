"""A CSV whose header is found: which columns it has, and its rows with every bound kept."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from services.contacts.importers.blob import Blob
from services.contacts.importers.csv_lines import BadLine, Cells, read_records
from services.contacts.importers.encoding import Encoding, open_text
from services.contacts.importers.rows import Remark, Skipped
from services.contacts.importers.text import MAX_FIELD_CHARS, one_line, shortened

MAX_COLUMNS = 2_000
"""More cells than that in a row are no row of an address book."""
HEADER_WITHIN_LINES = 60
"""Preambles have 3 lines in real exports; re-saved ones gain a few."""
DELIMITERS = (",", ";", "\t")

MISSING = -1
"""The index of a column the file does not have; `Record.cells[MISSING]` is always empty."""


@dataclass(frozen=True, slots=True)
class Record:
    """A row: `cells` has one more entry than the header, the last always empty, so that a missing column reads as ''."""

    line: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Header:
    """Where the header is, from line 1, and its columns: case folded, in order."""

    line: int
    delimiter: str
    columns: tuple[str, ...]


def headers(text: str) -> Iterator[Header]:
    """Yield every way in which one of the first lines can be a header of two columns or more."""
    lines = io.StringIO(text.lstrip("\ufeff"), newline="")  # the same idea of a line as the reader of the file has
    for number, line in enumerate(islice(lines, HEADER_WITHIN_LINES), start=1):
        for delimiter in DELIMITERS:
            if delimiter not in line:
                continue
            try:
                cells = next(csv.reader([line], delimiter=delimiter), [])
            except csv.Error:
                continue
            if 2 <= len(cells) <= MAX_COLUMNS:
                yield Header(number, delimiter, tuple(one_line(cell).casefold() for cell in cells))


@dataclass(frozen=True, slots=True)
class Table:
    """One CSV, its format known."""

    blob: Blob
    encoding: Encoding
    header: Header

    def at(self, *names: str) -> int:
        """Return the index of the first of *names* that is a column, else `MISSING`."""
        columns = self.header.columns
        return next((columns.index(name) for name in names if name in columns), MISSING)

    def remarks(self) -> Iterator[Remark]:
        """Yield what was assumed about the file as a whole."""
        if self.encoding.remark:
            yield Remark(line=0, text=self.encoding.remark)

    def records(self) -> Iterator[Record | Skipped | Remark]:
        """Yield every row below the header, and what is wrong with those that are none."""
        header, width = self.header, len(self.header.columns)
        with open_text(self.blob, self.encoding.codec) as stream:
            for found in read_records(stream, delimiter=header.delimiter, width=width, skip_lines=header.line):
                if isinstance(found, BadLine):
                    yield Skipped(line=found.line, reason=found.reason)
                    continue
                cells = found.cells
                if len(cells) > width and (surplus := self._surplus(found)):
                    yield surplus
                    continue
                if found.is_repaired:
                    yield Remark(line=found.line, text="a quotation mark without its pair was taken as a letter")
                if max(map(len, cells)) > MAX_FIELD_CHARS:
                    yield from self._cut(found)
                cells[width:] = [""] * max(1, width + 1 - len(cells))
                yield Record(found.line, cells)

    def only_records(self) -> Iterator[Record]:
        """Yield the rows alone: for a first pass over the file."""
        return (found for found in self.records() if isinstance(found, Record))

    def _surplus(self, found: Cells) -> Skipped | None:
        if len(found.cells) > MAX_COLUMNS:
            return Skipped(line=found.line, reason=f"the row has more than {MAX_COLUMNS:,} columns")
        if any(found.cells[len(self.header.columns) :]):
            had = f"{len(found.cells)} cells under {len(self.header.columns)} columns"
            return Skipped(line=found.line, reason=f"the row has {had}: is a {self.header.delimiter!r} not in quotation marks?")
        return None

    def _cut(self, found: Cells) -> Iterator[Remark]:
        for index, cell in enumerate(found.cells):
            if len(cell) > MAX_FIELD_CHARS:
                found.cells[index] = cell[:MAX_FIELD_CHARS]
                name = self.header.columns[index] if index < len(self.header.columns) else ""
                said = f"{shortened(name)!r} is cut after {MAX_FIELD_CHARS:,} of {len(cell):,} characters"
                yield Remark(line=found.line, text=said)
