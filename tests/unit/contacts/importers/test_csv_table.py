"""The bounds of a CSV row."""

from pathlib import Path

from services.contacts.importers.csv_table import headers
from tests.unit.contacts.importers.reading import people, read_bytes, remarks, rows, skipped

HEADER = "First Name,Last Name,E-mail Address,Notes\n"


def test_a_long_field_is_cut_with_a_remark(tmp_path: Path) -> None:
    """A field over 20,000 characters is cut and the row is used, also beyond the csv module's own limit."""
    items = read_bytes(tmp_path, HEADER + f"Ada,Example,ada@example.com,{'x' * 300_000}\n")
    assert people(items)[0].notes == "x" * 20_000
    assert "20,000 of 300,000" in remarks(items, 2)[0]


def test_a_row_of_thousands_of_columns_is_skipped(tmp_path: Path) -> None:
    """More than 2,000 cells are no row; the next row is read."""
    items = read_bytes(tmp_path, HEADER + "," * 2_500 + "\nAda,Example,,\n")
    assert "2,000 columns" in skipped(items)[2]
    assert len(people(items)) == 1


def test_a_shifted_row_is_skipped(tmp_path: Path) -> None:
    """A row with more cells than columns has its values in the wrong places: it is reported, not imported."""
    items = read_bytes(tmp_path, HEADER + "Ada,Example,ada@example.com,likes chess, go\n")
    assert not people(items)
    assert "5 cells under 4 columns" in skipped(items)[2]


def test_short_rows_and_trailing_delimiters_are_fine(tmp_path: Path) -> None:
    """A row may be shorter than the header, or end in empty cells."""
    items = read_bytes(tmp_path, HEADER + "Ada\nBruno,Sample,,,,,\n\nChloé,Fictive\n")
    assert [one.name for one in people(items)] == ["Ada", "Bruno Sample", "Chloé Fictive"]


def test_old_line_ends_are_lines(tmp_path: Path) -> None:
    """A file with bare carriage returns has the same rows on the same lines."""
    items = read_bytes(tmp_path, "sep=;\r" + HEADER.replace(",", ";").replace("\n", "\r") + "Ada;Example;;\rBruno;Sample;;\r")
    assert [(row.line, row.full_name) for row in rows(items)] == [(3, "Ada Example"), (4, "Bruno Sample")]


def test_an_empty_row_is_listed(tmp_path: Path) -> None:
    """A row of nothing but delimiters vanishes no more than any other."""
    assert skipped(read_bytes(tmp_path, HEADER + ",,,\n")) == {2: "the row is empty"}


def test_headers_are_found_whatever_their_case_and_delimiter() -> None:
    """Columns are known by name, not by case, place or delimiter."""
    found = [header.columns for header in headers("hello\n\ufeffFIRST NAME;last  name\n")]
    assert ("first name", "last name") in found
