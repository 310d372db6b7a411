"""Google Contacts CSV, old and new."""

from tests.unit.contacts.importers.reading import person, read, remarks, rows, skipped


def test_the_old_columns() -> None:
    """Values joined in one cell, system groups, marks of the main value and a leading space before a yearless birthday."""
    items = read("google_old.csv")
    ada = person(items, "Ada B. Example")
    assert ada.emails == ("ada@example.com", "ada@example.org")
    assert ada.phones == ("+4722123456",)
    assert ada.tags == ("Chess",)
    assert ada.closeness is None
    assert str(ada.birthday) == "--04-12"
    assert [(one.label, str(one.on)) for one in ada.dates] == [("Anniversary", "2010-01-02")]
    assert (ada.company, ada.title, ada.location, ada.nickname, ada.language) == ("Acme", "Director", "Oslo", "Addie", "en")
    assert ada.linkedin_url == "https://www.linkedin.com/in/ada-example"
    assert ada.notes == "two\nlines"


def test_lines_are_counted_where_a_row_begins() -> None:
    """A note of two lines moves the rows after it down, as an editor shows them."""
    assert [row.line for row in rows(read("google_old.csv"))] == [2, 4]


def test_a_bad_email_costs_a_remark_and_a_company_is_nobody() -> None:
    """What is no address is left out; an entry whose only name is the company's is skipped."""
    items = read("google_old.csv")
    assert person(items, "Bruno Sample").emails == ()
    assert "no email address" in remarks(items, 4)[0]
    assert "organisation" in skipped(items)[5]


def test_the_new_columns() -> None:
    """Labels, events with their own labels, 29 February without a year, and Apple's 1604."""
    items = read("google_new.csv")
    ada = person(items, "Ada B. Example")
    assert [(one.label, str(one.on)) for one in ada.dates] == [("First met", "2010-01-02"), ("Anniversary", "--02-29")]
    assert (ada.company, ada.location, ada.tags) == ("Acme", "Oslo", ("Chess",))
    assert str(person(items, "Bruno Sample").birthday) == "--05-06"


def test_without_a_key_the_name_is_the_identity() -> None:
    """An entry without an email is known again by its name, and may be matched by it."""
    items = read("google_new.csv")
    assert person(items, "Bruno Sample").external_id == "name:bruno sample"
    assert all(row.by_name and row.full_name for row in rows(items))
    assert person(items, "Ada B. Example").external_id is None
