"""LinkedIn's Connections.csv of every era."""

from datetime import date
from pathlib import Path

import pytest

from services.contacts.importers import open_import
from services.contacts.importers.linkedin_url import find_slug, profile_url
from tests.unit.contacts.importers.reading import FIXTURES, people, person, read, read_bytes, remarks, rows, skipped

HEADER = "First Name,Last Name,URL,Email Address,Company,Position,Connected On\n"


@pytest.mark.parametrize(
    ("name", "first_line"),
    [
        ("linkedin_2020_connections.csv", 2),
        ("linkedin_2022_connections.csv", 5),
        ("linkedin_2024_connections.csv", 5),
        ("linkedin_two_blank_lines.csv", 4),
        ("linkedin_two_text_lines.csv", 4),
    ],
)
def test_every_era_is_read_alike(name: str, first_line: int) -> None:
    """The header is found by what it says, whatever stands before it, and lines are counted as an editor shows them."""
    items = read(name)
    ada = rows(items)[0]
    assert ada.line == first_line
    assert ada.data == person(items, "Ada Example")
    assert (person(items, "Ada Example").company, person(items, "Ada Example").title) == ("Acme Ltd", "Engineer")
    assert str(person(items, "Ada Example").connected_on) == "2023-10-02"
    bruno = person(items, "Bruno Sample, PhD")
    assert bruno.emails == ("bruno@example.com",)
    assert bruno.company == "Borealis, Inc."


def test_one_person_across_eras() -> None:
    """An export without URLs and a later one with URLs name the same person by the same id."""
    old = {one.name: one.external_id for one in people(read("linkedin_2020_connections.csv"))}
    new = {one.name: one.external_id for one in people(read("linkedin_2024_connections.csv"))}
    assert old["Ada Example"] == new["Ada Example"] == "ada example|2023-10-02"
    assert old.items() <= new.items()


def test_hidden_members_are_listed_not_created() -> None:
    """A row with only a date becomes nobody and says so."""
    items = read("linkedin_2024_connections.csv")
    assert list(skipped(items)) == [7]
    assert "hides their profile" in skipped(items)[7]
    assert [one.name for one in people(items)] == ["Ada Example", "Bruno Sample, PhD", "Chloé Fictive"]


def test_evidence_is_the_newest_connection() -> None:
    """The file proves that it was made on or after its newest connection; rows leave the instant to the import."""
    name = "linkedin_2024_connections.csv"
    (source,) = open_import(FIXTURES / name, filename=name, date_order=None)
    assert source.evidence_on == date(2024, 1, 15)
    assert all(row.occurred_at is None for row in rows(list(source.rows())))


def test_resaved_in_excel() -> None:
    """BOM, CRLF, semicolons and `02-Oct-23` change nothing."""
    items = read("linkedin_resaved_in_excel.csv")
    assert str(person(items, "Ada Example").connected_on) == "2023-10-02"
    assert person(items, "Ada Example").external_id == "ada example|2023-10-02"


def test_ambiguous_dates_are_kept_as_text() -> None:
    """Numeric dates that could be either way round are kept, reported, and settled by the owner's word."""
    items = read("linkedin_ambiguous_dates.csv")
    ada = person(items, "Ada Example")
    assert (ada.connected_on, ada.notes) == (None, "connected on: 03/04/2023")
    assert "--date-order" in remarks(items, 2)[0]
    told = read("linkedin_ambiguous_dates.csv", order="mdy")
    assert str(person(told, "Ada Example").connected_on) == "2023-03-04"
    assert person(told, "Ada Example").notes is None


def test_stray_quotes_cost_their_line_at_most() -> None:
    """A quotation mark without its pair is repaired or reported, and every other row is there."""
    items = read("linkedin_stray_quotes.csv")
    assert [row.line for row in rows(items)] == [2, 3, 4, 5, 7]
    assert list(skipped(items)) == [6]


def test_namesakes_of_one_day_stay_apart() -> None:
    """Two profiles of one name and day get no id in common; one profile listed twice keeps it."""
    items = read("linkedin_namesakes.csv")
    one, other, *same = people(items)
    assert one.external_id is other.external_id is None
    assert one.linkedin_url != other.linkedin_url
    assert {both.external_id for both in same} == {"bruno sample|2023-10-03"}


def test_no_date_no_url(tmp_path: Path) -> None:
    """Without a date only the URL can tell people apart; without both, the name must do."""
    items = read_bytes(
        tmp_path, HEADER + "Ada,Example,https://www.linkedin.com/in/ada,,,,\nAda,Example,,,,,\n,,,,Acme,,\n,,,,,,\n"
    )
    with_url, without = people(items)
    assert with_url.external_id is None
    assert without.external_id == "ada example|"
    assert skipped(items) == {4: "no name", 5: "the row is empty"}


def test_bad_values_are_left_out_not_the_person(tmp_path: Path) -> None:
    """A bad email, a URL that is no profile and an endless company cost a remark each."""
    items = read_bytes(tmp_path, HEADER + f"Ada,Example,https://example.com/ada,nobody,{'x' * 600},,02 Oct 2023\n")
    (ada,) = people(items)
    assert (ada.emails, ada.linkedin_url, ada.company) == ((), None, "x" * 500)
    assert len(remarks(items, 2)) == 3


def test_header_only(tmp_path: Path) -> None:
    """A file with a header and nothing below it says so."""
    assert remarks(read_bytes(tmp_path, HEADER), 0) == ["the file has no entries"]


@pytest.mark.parametrize(
    "url",
    [
        "https://www.linkedin.com/in/Zo%C3%AB-Example/",
        "http://linkedin.com/in/zoë-example?trk=abc",
        "de.linkedin.com/in/zo%c3%ab-example/de",
        "www.linkedin.com/in/ZOË-EXAMPLE#top",
    ],
)
def test_one_profile_has_one_address(url: str) -> None:
    """Scheme, country host, case, percent-encoding and what follows make no other profile."""
    assert find_slug(url) == "zoë-example"
    assert profile_url(url) == "https://www.linkedin.com/in/zo%C3%AB-example"


@pytest.mark.parametrize("url", ["", "https://example.com/in/ada", "https://www.linkedin.com/company/acme", "linkedin.com/in/"])
def test_other_addresses_are_no_profile(url: str) -> None:
    """Only `/in/` on LinkedIn names a person."""
    assert profile_url(url) is None
