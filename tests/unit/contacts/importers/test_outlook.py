"""Outlook CSV, of the desktop program and of outlook.com."""

from tests.unit.contacts.importers.reading import person, read, remarks


def test_windows_1252_and_day_first() -> None:
    """The code page is assumed and said; one date above 12 settles the order of all others, and that is said too."""
    items = read("outlook_desktop_cp1252.csv")
    juergen = person(items, "Jürgen Beispiel")
    assert (juergen.company, juergen.location, juergen.notes) == ("Müller GmbH", "Köln", "Grüße")
    assert juergen.tags == ("Freunde", "Chor")
    assert juergen.phones == ("0221 1234", "+491701234567")
    assert str(juergen.birthday) == "1969-12-28"
    said = remarks(items, 0)
    assert "windows-1252" in said[0]
    assert "day first" in said[1]


def test_rows_shorter_than_the_header() -> None:
    """A row may end early, and the inferred order applies to its dates."""
    aenne = person(read("outlook_desktop_cp1252.csv"), "Änne Muster")
    assert str(aenne.birthday) == "1985-04-03"
    assert [(one.label, str(one.on)) for one in aenne.dates] == [("Anniversary", "1990-02-01")]


def test_empty_dates_are_nothing() -> None:
    """Outlook's spellings of "no date" give no date, no note and no remark."""
    items = read("outlook_desktop_cp1252.csv")
    for name in ("Ohne Datum", "Nie Gesetzt"):
        one = person(items, name)
        assert (one.birthday, one.dates, one.notes) == (None, (), None)
    assert not remarks(items, 4)
    assert not remarks(items, 5)


def test_ambiguous_dates_are_kept_until_told() -> None:
    """Without any date above 12 nothing is guessed; with the owner's word all are read."""
    items = read("outlook_ambiguous.csv")
    ada = person(items, "Ada Example")
    assert (ada.birthday, ada.dates) == (None, ())
    assert ada.notes == "Plays chess\nbirthday: 03/04/1985\nAnniversary: 05/06/2010"
    assert all("--date-order" in text for text in remarks(items, 2))
    assert len(remarks(items, 2)) == 2
    told = person(read("outlook_ambiguous.csv", order="dmy"), "Ada Example")
    assert (str(told.birthday), told.notes) == ("1985-04-03", "Plays chess")


def test_outlook_com_in_utf16_with_tabs() -> None:
    """UTF-16 and tabs are recognised by content."""
    items = read("outlook_com_utf16.csv")
    zoe = person(items, "Zoë Example")
    assert (str(zoe.birthday), str(zoe.dates[0].on), zoe.nickname) == ("1969-12-28", "1999-02-03", "Zo")
    assert "UTF-16" in remarks(items, 0)[0]
