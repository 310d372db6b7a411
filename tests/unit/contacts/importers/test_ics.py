"""Birthday calendars."""

from pathlib import Path

import pytest

from services.contacts.importers.birthday_titles import birth_year_in, name_in
from tests.unit.contacts.importers.reading import people, person, read, read_bytes, remarks, skipped


def test_googles_feed_is_one_person_a_series() -> None:
    """A series with changed single dates and a doubled event is one person, without a year that nobody stated."""
    items = read("ics_google_birthday.ics")
    birthdays = {one.name: str(one.birthday) for one in people(items)}
    assert birthdays == {"Ada Example": "--04-12", "Bruno Sample": "1984-02-29"}
    assert len(people(items)) == 2
    assert "same event as in line 21" in skipped(items)[29]
    assert any("changed single dates" in text for text in remarks(items, 0))


def test_other_events_are_listed() -> None:
    """A meeting and a yearly holiday are skipped, each with its title."""
    reasons = skipped(read("ics_google_birthday.ics"))
    assert "Stand-up" in reasons[36]
    assert "New Year's Day" in reasons[42]


def test_nextclouds_calendar() -> None:
    """The year is what the calendar states, and none where it says that it is unknown."""
    items = read("ics_nextcloud_birthday.ics")
    assert str(person(items, "Ada Example").birthday) == "1980-04-12"
    assert str(person(items, "Bruno Sample").birthday) == "--05-06"
    assert "Chloé" in skipped(items)[26]


def test_an_impossible_start_and_a_file_that_is_cut_off() -> None:
    """A start that is no date is kept as text, and the last event of a cut file counts."""
    items = read("ics_nextcloud_birthday.ics")
    dora = person(items, "Dora Madeup")
    assert (dora.birthday, dora.notes) == (None, "birthday: 19850231")
    assert str(person(items, "Emil Invented").birthday) == "1985-04-12"


def test_a_start_of_long_ago_is_a_birth(tmp_path: Path) -> None:
    """A start far from every stamp of the file is the day of birth; one within five years is an occurrence."""
    event = (
        "BEGIN:VEVENT\nUID:{0}\nDTSTART;VALUE=DATE:{1}\nDTSTAMP:20260101T000000Z\nRRULE:FREQ=YEARLY\n"
        "SUMMARY:{0}'s birthday\nEND:VEVENT\n"
    )
    text = "BEGIN:VCALENDAR\n" + event.format("Ada", "20210412") + event.format("Bo", "20220412") + "END:VCALENDAR\n"
    assert {one.name: str(one.birthday) for one in people(read_bytes(tmp_path, text))} == {"Ada": "2021-04-12", "Bo": "--04-12"}


def test_a_start_before_any_feed_is_a_birth(tmp_path: Path) -> None:
    """Without a stamp in the file, a start of the last century is still a year of birth."""
    event = "BEGIN:VEVENT\nDTSTART;VALUE=DATE:{1}\nRRULE:FREQ=YEARLY\nSUMMARY:{0}'s birthday\nEND:VEVENT\n"
    text = "BEGIN:VCALENDAR\n" + event.format("Ada", "19850412") + event.format("Bo", "19900412") + "END:VCALENDAR\n"
    assert {one.name: str(one.birthday) for one in people(read_bytes(tmp_path, text))} == {
        "Ada": "1985-04-12",
        "Bo": "1990-04-12",
    }


def test_a_windows_zone_moves_no_birthday(tmp_path: Path) -> None:
    """A start with a time in a zone of Windows' naming is the written day."""
    start = 'DTSTART;TZID="Eastern Standard Time":19850412T230000'
    event = f"BEGIN:VEVENT\nUID:1\n{start}\nRRULE:FREQ=YEARLY\nSUMMARY:Ada's birthday\nEND:VEVENT\n"
    text = f"BEGIN:VCALENDAR\n{event}END:VCALENDAR\n"
    assert str(person(read_bytes(tmp_path, text), "Ada").birthday) == "1985-04-12"


def test_one_broken_event_costs_itself(tmp_path: Path) -> None:
    """Events around one that cannot be read are there."""
    good = "BEGIN:VEVENT\nUID:{0}\nDTSTART;VALUE=DATE:19850412\nRRULE:FREQ=YEARLY\nSUMMARY:{0}'s birthday\nEND:VEVENT\n"
    bad = "BEGIN:VEVENT\nBEGIN:VALARM\nEND:VEVENT\n"
    items = read_bytes(tmp_path, "BEGIN:VCALENDAR\n" + good.format("Ada") + bad + good.format("Bo") + "END:VCALENDAR\n")
    assert [one.name for one in people(items)] == ["Ada", "Bo"]
    assert list(skipped(items)) == [8]


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Anna's birthday", "Anna"),
        ("Anna Muster’s Birthday", "Anna Muster"),
        ("James' birthday", "James"),
        ("Birthday of Anna Muster", "Anna Muster"),
        ("Birthday: Anna Muster", "Anna Muster"),
        ("Anna Muster - Birthday", "Anna Muster"),
        ("Happy birthday, Anna!", "Anna"),
        ("Anna Muster hat Geburtstag", "Anna Muster"),
        ("Geburtstag von Anna Muster", "Anna Muster"),
        ("Anna Muster Geburtstag", "Anna Muster"),
        ("Anniversaire de Anna", "Anna"),
        ("Anniversaire d’Anna", "Anna"),
        ("Cumpleaños de Ana", "Ana"),
        ("Compleanno di Anna", "Anna"),
        ("Aniversário de Ana", "Ana"),
        ("Verjaardag van Anna", "Anna"),
        ("Anna is jarig", "Anna"),
        ("Anna fyller år", "Anna"),
        ("Anna har fødselsdag", "Anna"),
        ("День рождения: Анна", "Анна"),
        ("🎂 Anna Muster (1980)", "Anna Muster"),
        ("🎂 Anna Muster (40)", "Anna Muster"),
        ("Anna Muster (*1980) Geburtstag", "Anna Muster"),
        ("Anna的生日", "Anna"),
    ],
)
def test_titles_that_name_somebody(title: str, name: str) -> None:
    """A birthday's title gives the name, in the languages of the calendars we met."""
    assert name_in(title) == name


@pytest.mark.parametrize(
    "title",
    [
        "Birthday",
        "My birthday",
        "Buy a birthday cake",
        "Birthday of the cake",
        "Anniversaire de mariage",
        "Dentist",
        "",
        "🎂 party",
        "🎂",
    ],
)
def test_titles_that_name_nobody(title: str) -> None:
    """What only mentions a birthday, or is none, makes no person."""
    assert name_in(title) is None


@pytest.mark.parametrize(
    ("title", "description", "year"),
    [
        ("🎂 Anna (1980)", "", 1980),
        ("Anna", "Born 29 February 1984", 1984),
        ("Anna", "geboren am 12.4.1985", 1985),
        ("Anna", "Née en 1990", 1990),
        ("Anna (40)", "See you in 2025", None),
        ("Anna", "", None),
    ],
)
def test_the_year_of_birth_is_stated_or_unknown(title: str, description: str, year: int | None) -> None:
    """Only words that state a birth give a year."""
    assert birth_year_in(title, description) == year
