"""CSV records: faithful to well-formed files, and damage stays where it is."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contacts.importers import csv_lines
from services.contacts.importers.csv_lines import BadLine, Cells, read_records

CELL = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def records(text: str, *, width: int, delimiter: str = ",", skip_lines: int = 0) -> list[Cells | BadLine]:
    """Read *text* as a file."""
    stream = io.StringIO(text, newline="")
    return list(read_records(stream, delimiter=delimiter, width=width, skip_lines=skip_lines))


@given(st.lists(st.tuples(CELL, CELL, CELL), max_size=8), st.sampled_from([",", ";", "\t"]), st.sampled_from(["\n", "\r\n"]))
def test_reads_back_what_python_writes(table: list[tuple[str, str, str]], delimiter: str, ending: str) -> None:
    """Whatever a CSV writer writes is read back cell by cell, with the line on which each record begins."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter, lineterminator=ending, quoting=csv.QUOTE_ALL)
    begins = []
    for row in table:
        begins.append(len(io.StringIO(stream.getvalue(), newline="").readlines()) + 1)
        writer.writerow(row)
    found = records(stream.getvalue(), width=3, delimiter=delimiter)
    assert [cells.cells for cells in found if isinstance(cells, Cells)] == [list(row) for row in table]
    assert [cells.line for cells in found] == begins


@given(st.text(alphabet='ab",\n', max_size=30), st.integers(1, 4))
def test_damage_is_local(damage: str, good: int) -> None:
    """However quotation marks are strewn into one line, the well-formed lines after its next one are all there."""
    broken = damage.replace("\n", " ")
    tail = "".join(f"{n},x,y\n" for n in range(good))
    found = records(f"{broken}\n{tail}", width=3)
    read = [cells.cells for cells in found if isinstance(cells, Cells)]
    assert read[-good:] == [[str(n), "x", "y"] for n in range(good)]


def test_an_open_quote_costs_its_own_line() -> None:
    """A quotation mark that is never closed does not swallow the rest of the file."""
    found = records('a,"b,c\n1,2,3\n4,5,6\n', width=3)
    assert found == [Cells(1, ["a", '"b', "c"], is_repaired=True), Cells(2, ["1", "2", "3"]), Cells(3, ["4", "5", "6"])]


def test_the_rest_of_a_broken_text_is_no_row() -> None:
    """Lines left over from a broken text of several lines are reported, never taken for people."""
    found = records('1,2,"he said "hi" to\nme"\n4,5,6\n', width=3)
    assert [type(record) for record in found] == [Cells, BadLine, Cells]


def test_a_line_that_cannot_be_repaired_is_reported() -> None:
    """Where no reading fits the header, the line is a bad one with its number, and the next is read."""
    found = records('a,b,c\n"x"y"z,1\nd,e,f\n', width=3)
    assert [type(record) for record in found] == [Cells, BadLine, Cells]
    assert found[1].line == 2


def test_an_endless_line_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line beyond the bound is dropped without holding it, and the lines after it keep their numbers."""
    monkeypatch.setattr(csv_lines, "MAX_LINE_CHARS", 100)
    found = records("a,b\n" + "x" * 1050 + "\nc,d\n", width=2)
    assert isinstance(found[1], BadLine)
    assert found[2] == Cells(3, ["c", "d"])


def test_an_endless_record_is_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A quotation mark still open after the bound is a stray one."""
    monkeypatch.setattr(csv_lines, "MAX_RECORD_CHARS", 200)
    found = records('a,"b\n' + "c,d\n" * 200, width=2)
    assert len(found) == 201
    assert found[-1] == Cells(201, ["c", "d"])
