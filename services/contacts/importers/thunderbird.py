"""
Thunderbird CSV: the birthday stands in three columns; columns come in different orders and spellings (`Organisation`).

Source:
    The headers of the American and British builds.
"""

from services.contacts.importers.card import Card
from services.contacts.importers.csv_table import Table
from services.contacts.importers.dates import YEARLESS, DateOrder, Reading
from services.contacts.importers.people import csv_people
from services.contacts.importers.rows import ParsedFile
from shared.messages.values import PartialDate

FORMAT = "thunderbird"

_PHONES = ("work phone", "home phone", "mobile number")


def is_thunderbird(columns: frozenset[str]) -> bool:
    """Tell by the header."""
    return "display name" in columns and bool({"primary email", "birth year", "secondary email"} & columns)


def open_thunderbird(table: Table, *, order: DateOrder | None) -> ParsedFile:
    """Return the people of a Thunderbird CSV."""
    at = table.at
    name, given, family, nickname = at("display name"), at("first name"), at("last name"), at("nickname")
    emails = [at("primary email"), at("secondary email")]
    phones = [at(column) for column in _PHONES]
    links = [at("web page 1"), at("web page 2"), at("web page")]
    company, title, notes = at("organization", "organisation"), at("job title"), at("notes")
    cities = [at("home city"), at("work city")]
    year, month, day = at("birth year"), at("birth month"), at("birth day")

    def to_card(cells: list[str], line: int, _order: DateOrder | None) -> Card:
        return Card(
            line=line,
            name=cells[name],
            given_name=cells[given],
            family_name=cells[family],
            nickname=cells[nickname],
            emails=tuple(cells[index] for index in emails),
            phones=tuple(cells[index] for index in phones),
            links=tuple(cells[index] for index in links),
            organisation=cells[company],
            title=cells[title],
            location=next((cells[index] for index in cities if cells[index].strip()), ""),
            birthdays=(read_parts(cells[year], cells[month], cells[day]),),
            notes=cells[notes],
        )

    return csv_people(table, format=FORMAT, given=order, dates=(), to_card=to_card)


def read_parts(year: str, month: str, day: str) -> Reading:
    """Read a date whose parts stand apart; an empty or zero part is unknown."""
    parts = [part.strip() for part in (year, month, day)]
    text = "-".join(part or "?" for part in parts)
    if not any(part.strip("0") for part in parts):
        return Reading("")
    if not all(part.isdecimal() or not part for part in parts):
        return Reading(text, problem="it is no date that can be read")
    number, month_number, day_number = (int(part) if part else None for part in parts)
    known_year = None if number in YEARLESS else number
    try:
        return Reading(text, on=PartialDate(year=known_year, month=month_number or None, day=day_number or None))
    except ValueError as exc:
        return Reading(text, problem=str(exc))
