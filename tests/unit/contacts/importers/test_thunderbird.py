"""Thunderbird CSV."""

from tests.unit.contacts.importers.reading import person, read, remarks


def test_the_british_build() -> None:
    """British spellings and a trailing comma; the birthday stands in three columns, of which the year may be empty."""
    items = read("thunderbird_uk.csv")
    ada = person(items, "Ada Example")
    assert (ada.company, ada.location, str(ada.birthday)) == ("Acme", "York", "1985-04-12")
    assert ada.phones == ("+442079460000",)
    assert str(person(items, "Bruno Sample").birthday) == "--12-28"


def test_an_impossible_birthday_is_kept_as_text() -> None:
    """29 February of a common year is reported, and the person is there."""
    items = read("thunderbird_uk.csv")
    chloe = person(items, "Chloé Fictive")
    assert (chloe.birthday, chloe.notes) == (None, "birthday: 1985-2-29")
    assert len(remarks(items, 4)) == 1


def test_columns_in_any_order() -> None:
    """Older versions order the columns otherwise."""
    ada = person(read("thunderbird_old_order.csv"), "Ada Example")
    assert (ada.emails, str(ada.birthday), ada.notes) == (("ada@example.com",), "1985-04-12", "x")
