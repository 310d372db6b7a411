"""The smaller files of a LinkedIn export."""

from datetime import UTC, datetime

import pytest

from services.contacts.importers import UnknownFormat, open_import
from services.contacts.importers.instants import read_instant
from tests.unit.contacts.importers.reading import FIXTURES, contacts, person, read, remarks, rows, skipped


def test_recommendations_make_references() -> None:
    """Whoever recommended the owner is a reference, shown or hidden, matched by name."""
    items = read("linkedin_recommendations_received.csv")
    assert [(row.full_name, row.by_name, person(items, str(row.full_name)).is_reference) for row in rows(items)] == [
        ("Ada Example", True, True),
        ("Bruno Sample", True, True),
    ]
    assert person(items, "Ada Example").external_id == "name:ada example"
    assert rows(items)[0].occurred_at == datetime(2019, 3, 21, 22, 24, tzinfo=UTC)


def test_recommendations_given_are_refused() -> None:
    """People whom the owner recommended are no references of the owner, though the file looks the same."""
    name = "linkedin_recommendations_given.csv"
    with pytest.raises(UnknownFormat, match="recommendations that you gave"):
        open_import(FIXTURES / name, filename=name, date_order=None)


def test_notes_keep_their_lines_and_their_time() -> None:
    """A note belongs to the profile it names, and is as old as its last edit."""
    (row,) = rows(read("linkedin_notes.csv"))
    assert person([row], "Ada Example").notes == "Likes chess.\nMet in Oslo."
    assert person([row], "Ada Example").linkedin_url == "https://www.linkedin.com/in/ada-example"
    assert row.occurred_at == datetime(2026, 1, 5, 10, 0, tzinfo=UTC)


def test_the_uploaded_address_book_has_birthdays() -> None:
    """Birthdays in several forms are read, and an impossible one is kept as text."""
    items = read("linkedin_contacts.csv")
    assert str(person(items, "Ada Example").birthday) == "--04-12"
    assert person(items, "Ada Example").emails == ("ada@example.com", "ada@example.org")
    assert person(items, "Ada Example").phones == ("+49301234567",)
    assert str(person(items, "Chloé Fictive").birthday) == "1969-12-28"
    bruno = person(items, "Bruno Sample")
    assert (bruno.birthday, bruno.notes) == (None, "birthday: 1985-02-29")
    assert bruno.phones == ("030 12345",)
    assert "no day 29" in remarks(items, 3)[0]


def test_invitations_are_contact_with_the_other_side() -> None:
    """Sent and received invitations name the other person; their times are taken as UTC, which is said once."""
    items = read("linkedin_invitations_2024.csv")
    sent, received = contacts(items)
    assert sent.contact.linkedin_url == "https://www.linkedin.com/in/ada-example"
    assert sent.note == "We met at the fair"
    assert received.contact.linkedin_url == "https://www.linkedin.com/in/bruno-sample"
    assert [row.occurred_at for row in rows(items)] == [
        datetime(2024, 1, 2, 15, 4, tzinfo=UTC),
        datetime(2023, 12, 31, 0, 5, tzinfo=UTC),
    ]
    assert all(row.known_only for row in rows(items))
    assert ["UTC" in text for text in remarks(items, 0)] == [True]


def test_invitations_without_urls_go_by_name() -> None:
    """The older form has names only; a bad date or direction is listed."""
    items = read("linkedin_invitations_2020.csv")
    (row,) = rows(items)
    assert (row.by_name, row.full_name) == (True, "Ada Example")
    assert list(skipped(items)) == [3, 4]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2024-05-06 07:08:09 UTC", datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)),
        ("2024/05/06 07:08:09 UTC", datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)),
        ("5/6/24, 12:00 AM", datetime(2024, 5, 6, 0, 0, tzinfo=UTC)),
        ("5/6/24, 12:00\u202fPM", datetime(2024, 5, 6, 12, 0, tzinfo=UTC)),
        ("13/6/24, 1:00 PM", None),
        ("2024-02-30 00:00:00 UTC", None),
        ("0000-00-00 00:00:00 UTC", None),
        ("", None),
    ],
)
def test_linkedins_instants(written: str, meant: datetime | None) -> None:
    """Every form LinkedIn writes is read, and nothing else is."""
    assert read_instant(written) == meant
