"""vCards of every version, as programs really write them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.contacts.importers.vcard import split
from shared.messages.facts import ContactUpserted
from shared.messages.values import Occasion
from tests.unit.contacts.importers.reading import people, person, read, read_bytes, remarks, rows, skipped


def card(folder: Path, *lines: str, version: str = "3.0") -> tuple[ContactUpserted, list[str]]:
    """Return the person of one card with these lines, and the remarks upon it."""
    text = "\r\n".join(("BEGIN:VCARD", f"VERSION:{version}", "FN:Ada Example", *lines, "END:VCARD", ""))
    items = read_bytes(folder, text)
    return person(items, "Ada Example"), remarks(items, 1)


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("BDAY:1996-04-15", "1996-04-15"),
        ("BDAY;value=date:19960415", "1996-04-15"),
        ("BDAY:1953-10-15T23:10:00Z", "1953-10-15"),
        ("BDAY:1996-04-15T201243+04:00", "1996-04-15"),
        ("BDAY:--0415", "--04-15"),
        ("BDAY:--04-15", "--04-15"),
        ("BDAY;X-APPLE-OMIT-YEAR=1604:1604-04-15", "--04-15"),
        ("BDAY;X-APPLE-OMIT-YEAR=1604;VALUE=DATE:16040415", "--04-15"),
        ('BDAY;X-APPLE-OMIT-YEAR="1900":1900-04-15', "--04-15"),
        ("BDAY;X-APPLE-OMIT-YEAR=1604:1985-04-15", "1985-04-15"),
        ("BDAY:1604-04-15", "--04-15"),
        ("BDAY:1900-04-15", "1900-04-15"),
        ("BDAY:1985-04", "1985-04"),
        ("BDAY:1985", "1985"),
        ("item1.BDAY:1985-04-12", "1985-04-12"),
        ("bday:1985-04-12", "1985-04-12"),
    ],
)
def test_birthdays_that_are_read(tmp_path: Path, line: str, meant: str) -> None:
    """Every accepted spelling of a birthday gives that date, and no remark."""
    ada, said = card(tmp_path, line)
    assert (str(ada.birthday), ada.notes, said) == (meant, None, [])


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("BDAY;VALUE=text:circa 1800", "circa 1800"),
        ("BDAY:someday", "someday"),
        ("BDAY:19723101", "19723101"),
        ("BDAY:19020229", "19020229"),
        ("BDAY:1985-02-29", "1985-02-29"),
        ("BDAY:--0230", "--0230"),
        ("BDAY:---15", "---15"),
        ("BDAY:--04", "--04"),
        ("BDAY:03/04/1985", "03/04/1985"),
    ],
)
def test_birthdays_that_are_kept_as_text(tmp_path: Path, line: str, kept: str) -> None:
    """What is no date stays in the notes with a remark, and the person is there."""
    ada, said = card(tmp_path, line)
    assert (ada.birthday, ada.notes) == (None, f"birthday: {kept}")
    assert len(said) == 1


def test_an_empty_birthday_is_nothing(tmp_path: Path) -> None:
    """`BDAY:` is never today."""
    ada, said = card(tmp_path, "BDAY:", "BDAY;VALUE=date:")
    assert (ada.birthday, ada.notes, said) == (None, None, [])


def test_several_birthdays_are_one(tmp_path: Path) -> None:
    """Two spellings of one birthday are one date; a different second one is kept as text."""
    ada, said = card(tmp_path, "BDAY;ALTID=1:--0415", "BDAY;ALTID=1:1985-04-15")
    assert (str(ada.birthday), said) == ("--04-15", [])
    ada, said = card(tmp_path, "BDAY:1985-04-15", "BDAY:1986-05-16")
    assert (str(ada.birthday), ada.notes) == ("1985-04-15", "birthday: 1986-05-16")
    assert "two birthdays" in said[0]


def test_other_calendars_are_kept_and_marked(tmp_path: Path) -> None:
    """A lunar birthday is kept as text with its calendar, never taken for a Gregorian date."""
    ada, said = card(tmp_path, "BDAY;CALSCALE=chinese:19850415", "X-LUNAR-BDAY:0415")
    assert ada.birthday is None
    assert ada.notes == "birthday (chinese calendar): 19850415\nbirthday (lunar calendar): 0415"
    assert len(said) == 2


@pytest.mark.parametrize(
    "line",
    [
        "ANNIVERSARY:20090808T1430-0500",
        "X-ANNIVERSARY:2009-08-08",
        "X-MS-ANNIVERSARY:20090808",
        "X-EVOLUTION-ANNIVERSARY:2009-08-08",
        "X-KADDRESSBOOK-X-Anniversary:2009-08-08",
        "X-ABDATE:2009-08-08",
        "item1.X-ABDATE:2009-08-08\r\nitem1.X-ABLabel:_$!<Anniversary>!$_",
        "item1.X-ABLABEL:ANNIVERSARY\r\nITEM1.X-ABDATE;type=pref:2009-08-08",
    ],
)
def test_every_spelling_of_the_anniversary(tmp_path: Path, line: str) -> None:
    """Whatever a program calls it, the anniversary is one date with one label."""
    ada, said = card(tmp_path, line)
    assert [(one.label, str(one.on)) for one in ada.dates] == [("Anniversary", "2009-08-08")]
    assert not said


def test_one_day_in_two_spellings_is_one_date(tmp_path: Path) -> None:
    """The fuller spelling stays; the owner's own label wins over the bare word; other days stay."""
    ada, _ = card(
        tmp_path,
        "ANNIVERSARY:--0808",
        "X-ANNIVERSARY:2009-08-08",
        "item1.X-ABDATE:2011-01-01",
        "item1.X-ABLabel:Hochzeit",
        "X-EVOLUTION-ANNIVERSARY:2011-01-01",
    )
    assert [(one.label, str(one.on)) for one in ada.dates] == [("Anniversary", "2009-08-08"), ("Hochzeit", "2011-01-01")]


def test_a_date_labelled_birthday_is_one(tmp_path: Path) -> None:
    """A free date called birthday is no second occasion beside it."""
    ada, said = card(tmp_path, "item1.X-ABDATE:1985-04-12", "item1.X-ABLabel:Geburtstag", "BDAY:1985-04-12")
    assert (str(ada.birthday), ada.dates, said) == ("1985-04-12", (), [])


def test_a_year_alone_is_no_date_to_remember(tmp_path: Path) -> None:
    """An anniversary of which only the year is known is kept as text."""
    ada, said = card(tmp_path, "ANNIVERSARY:2009", version="4.0")
    assert (ada.dates, ada.notes) == ((), "Anniversary: 2009")
    assert len(said) == 1


def test_vcard_21_quoted_printable() -> None:
    """Soft line breaks, declared character sets, bare parameters, wrapped pictures and odd property names."""
    items = read("vcard_21_quoted_printable.vcf")
    juergen = person(items, "Jürgen Müster")
    assert (juergen.given_name, juergen.family_name, juergen.notes) == ("Jürgen", "Müster", "first line\nsecond line")
    assert (juergen.phones, juergen.emails) == (("+491701234567",), ("juergen@example.com",))
    assert str(juergen.birthday) == "1985-04-12"
    assert person(items, "René Samplé").company == "Acme"
    assert [row.line for row in rows(items)] == [1, 16]


def test_apples_card() -> None:
    """Groups, labels, omitted years, a folded picture and escapes."""
    items = read("vcard_30_apple.vcf")
    ada = person(items, "Ada Example")
    assert str(ada.birthday) == "--04-15"
    assert [(one.label, str(one.on)) for one in ada.dates] == [("Kennenlerntag", "2012-03-04"), ("Anniversary", "2012-11-17")]
    assert ada.linkedin_url == "https://www.linkedin.com/in/ada-example"
    assert ada.notes == "a folded note, with a comma\nand a line"
    assert (ada.uid, ada.external_id) == ("urn:uuid:11111111-2222-3333-4444-555555555555", None)
    assert rows(items)[0].occurred_at == datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)


def test_organisations_and_groups_are_no_people() -> None:
    """A card without a person in it is skipped by name, though it has an email address."""
    assert skipped(read("vcard_30_apple.vcf")) == {22: "an organisation (Acme Ltd), no person"}
    assert skipped(read("vcard_40_nextcloud.vcf")) == {20: "a group (Choir), no person"}


def test_nextclouds_cards() -> None:
    """Death, exclusion from the birthday calendar, lists with escaped commas, zones and languages."""
    items = read("vcard_40_nextcloud.vcf")
    bruno = person(items, "Bruno Sample")
    assert (bruno.deceased, bruno.tags, bruno.location) == (True, ("Chess", "Choir, old"), "Bergen")
    assert (bruno.timezone, bruno.language) == ("Europe/Oslo", "nb")
    chloe = person(items, "Chloé Fictive")
    assert chloe.muted == (Occasion.BIRTHDAY,)
    assert chloe.linkedin_url == "https://www.linkedin.com/in/chloe-fictive"
    assert (chloe.deceased, chloe.timezone) == (None, None)


def test_a_file_that_is_cut_off() -> None:
    """The good cards are kept, and the last one without the property that is not whole."""
    items = read("vcard_cut_off.vcf")
    assert person(items, "Ada Example").emails == ("ada@example.com",)
    bruno = person(items, "Bruno Sample")
    assert (bruno.phones, bruno.birthday) == (("+4722123456",), None)
    assert "cut off" in remarks(items, 6)[0]


def test_a_card_without_an_end() -> None:
    """A missing END:VCARD costs a remark, and no person."""
    items = read("vcard_missing_end.vcf")
    assert [one.name for one in people(items)] == ["Ada Example", "Bruno Sample"]
    assert len(remarks(items, 1)) == 2


def test_character_sets_may_differ_from_card_to_card() -> None:
    """UTF-8, declared Latin-1 and undeclared Latin-1 in one file are each read right."""
    items = read("vcard_mixed_charsets.vcf")
    assert [one.name for one in people(items)] == ["Chloé Fictive", "Jürgen Muster", "Käthe Muster"]
    assert "windows-1252" in remarks(items, 9)[0]


def test_utf16() -> None:
    """A card in UTF-16 is recognised by content."""
    assert str(person(read("vcard_utf16.vcf"), "Chloé Fictive").birthday) == "1985-04-12"


def test_folding_inside_a_letter(tmp_path: Path) -> None:
    """A line folded between the two bytes of one letter is put together again."""
    data = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Jürgen Muster\r\nEND:VCARD\r\n".encode()
    cut = data.index(b"\xc3") + 1
    assert person(read_bytes(tmp_path, data[:cut] + b"\r\n " + data[cut:]), "Jürgen Muster")


def test_a_soft_break_does_not_swallow_the_end(tmp_path: Path) -> None:
    """A quoted-printable value that ends in `=` before END:VCARD does not eat the next card."""
    text = "BEGIN:VCARD\nVERSION:2.1\nFN:Ada\nNOTE;ENCODING=QUOTED-PRINTABLE:abc=\nEND:VCARD\nBEGIN:VCARD\nFN:Bruno\nEND:VCARD\n"
    assert [one.name for one in people(read_bytes(tmp_path, text))] == ["Ada", "Bruno"]


def test_an_agents_card_is_not_another_contact(tmp_path: Path) -> None:
    """The card inside AGENT belongs to its owner and ends nothing."""
    text = "BEGIN:VCARD\nFN:Ada\nAGENT:\nBEGIN:VCARD\nFN:Agent\nEND:VCARD\nEMAIL:ada@example.com\nEND:VCARD\n"
    assert [(one.name, one.emails) for one in people(read_bytes(tmp_path, text))] == [("Ada", ("ada@example.com",))]


def test_a_name_only_in_its_parts(tmp_path: Path) -> None:
    """A card without FN has the name that N makes."""
    assert person(read_bytes(tmp_path, "BEGIN:VCARD\nVERSION:3.0\nN:Example;Ada;B.;;\nEND:VCARD\n"), "Ada B. Example")


def test_two_of_one_name_are_told_apart_by_birthday(tmp_path: Path) -> None:
    """Without any other key the birthday joins the identity, where the file shows two; otherwise it does not."""
    cards = [("Ada", "1985-01-01"), ("Ada", "1990-02-02"), ("Bo", "--0303")]
    text = "".join(f"BEGIN:VCARD\nFN:{name}\nBDAY:{birthday}\nEND:VCARD\n" for name, birthday in cards)
    ids = [one.external_id for one in people(read_bytes(tmp_path, text))]
    assert ids == ["name:ada|1985-01-01", "name:ada|1990-02-02", "name:bo"]


@pytest.mark.parametrize("line", [";" * 5_000 + "x", 'TEL;X="' + ";" * 5_000 + "x", "A" * 300_000, "NOTE:" + "x" * 300_000])
def test_hostile_lines_are_quick(tmp_path: Path, line: str) -> None:
    """A line made to be slow is read in a moment, and the person is there."""
    ada, _ = card(tmp_path, line, "TITLE:Director")
    assert ada.title == "Director"


@given(st.lists(st.text(alphabet="ab;,\\", max_size=5), min_size=1, max_size=5))
def test_escaped_parts_are_split_where_they_were_joined(parts: list[str]) -> None:
    """Parts joined with their separators escaped come back as they were."""
    joined = ";".join(part.replace("\\", "\\\\").replace(";", "\\;") for part in parts)
    assert split(joined, ";") == tuple(parts)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.binary(max_size=200))
def test_rubbish_inside_a_card_never_loses_its_neighbours(tmp_path: Path, rubbish: bytes) -> None:
    """Whatever bytes stand between two cards, both are there."""
    data = b"BEGIN:VCARD\nFN:Ada\nEND:VCARD\nX:" + rubbish + b"\nBEGIN:VCARD\nFN:Bo\nEND:VCARD\n"
    names = [one.name for one in people(read_bytes(tmp_path, data))]
    assert names[0] == "Ada"
    assert names[-1] == "Bo"
