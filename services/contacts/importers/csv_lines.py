"""
CSV records out of physical lines, so that one stray quotation mark costs at most its own line.

Python's reader takes everything up to the next quotation mark for one field. Here a record that breaks is undone: its
first line is read by itself, the lines after it are put back and read again.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

MAX_LINE_CHARS = 1024 * 1024
"""A longer physical line is dropped: no address book has one, and memory stays bounded."""
MAX_RECORD_CHARS = 4 * 1024 * 1024
"""A quotation mark that is still open after so much text is a stray one."""


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of one record and the physical line on which it begins."""

    line: int
    cells: list[str]
    is_repaired: bool = False


@dataclass(frozen=True, slots=True)
class BadLine:
    """A physical line that cannot be read as a record."""

    line: int
    reason: str


class _Lines:
    """Physical lines, counted, of which those of the present record can be put back."""

    def __init__(self, stream: TextIO) -> None:
        self._readline = stream.readline
        self._back: list[str] = []
        self.number = 0
        self.taken: list[str] = []
        self._chars = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._back.pop() if self._back else self._readline(MAX_LINE_CHARS)
        if not line:
            raise StopIteration
        self.number += 1
        self.taken.append(line)
        self._chars += len(line)
        if self._chars > MAX_RECORD_CHARS:
            raise csv.Error("a quotation mark is opened and never closed")
        if len(line) == MAX_LINE_CHARS and line[-1] not in "\r\n":
            self._drop_rest_of_line()
            raise csv.Error(f"the line has more than {MAX_LINE_CHARS} characters")
        return line

    def begin_record(self) -> None:
        self.taken.clear()
        self._chars = 0

    def put_back_all_but_first(self) -> str:
        """Undo the present record down to its first line, and return that."""
        first, rest = self.taken[0], self.taken[1:]
        self._back.extend(reversed(rest))
        self.number -= len(rest)
        return first

    def _drop_rest_of_line(self) -> None:
        self.taken[-1] = self.taken[-1][:1000]
        while (more := self._readline(MAX_LINE_CHARS)) and more[-1] not in "\r\n":
            pass


def read_records(stream: TextIO, *, delimiter: str, width: int, skip_lines: int) -> Iterator[Cells | BadLine]:
    """
    Yield every record below the first *skip_lines* physical lines; blank lines are none.

    Args:
        stream: Opened with `newline=""`.
        delimiter: Between cells.
        width: How many columns the header has; tells which reading of a line with a stray quotation mark is right.
        skip_lines: Preamble and header.
    """
    csv.field_size_limit(MAX_RECORD_CHARS)  # process-wide, and 128 KiB by default: a long note would break its record
    lines = _Lines(stream)
    for _ in range(skip_lines):
        next(lines, None)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    broken_at = 0
    while True:
        lines.begin_record()
        line = lines.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as exc:
            yield _read_alone(lines.put_back_all_but_first(), line=line, delimiter=delimiter, width=width, error=exc)
            broken_at = line
            continue
        if not cells:
            continue
        if broken_at and len(cells) < width:
            # The rest of a text that spanned lines: as a row of its own it would become a person who is none.
            yield BadLine(line, f"this belongs to the broken row of line {broken_at}")
            continue
        broken_at = 0
        yield Cells(line, cells)


def _read_alone(text: str, *, line: int, delimiter: str, width: int, error: csv.Error) -> Cells | BadLine:
    """Read one physical line whose quotation marks do not pair: forgiving them first, then taking them as letters."""
    for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE):
        try:
            cells = next(csv.reader([text.rstrip("\r\n")], delimiter=delimiter, quoting=quoting), [])
        except csv.Error:
            continue
        if len(cells) == width:
            return Cells(line, cells, is_repaired=True)
    return BadLine(line, f"the quotation marks or columns of this line do not pair ({error})")
