"""
Google Contacts CSV, old (`Given Name`, `E-mail 1 - Value`) and new (`First Name`, `Labels`, from 2024 on).

Source:
    The headers as Google writes them; several values of one cell are joined by ` ::: `, the main one's type begins with `* `.
"""

import re

from services.contacts.importers.card import Card, Labelled
from services.contacts.importers.csv_table import Table
from services.contacts.importers.dates import DateOrder, read_date
from services.contacts.importers.people import csv_people
from services.contacts.importers.rows import ParsedFile

FORMAT = "google"

_NUMBERED = re.compile(r"(e-mail|phone|event|address|website) (\d+) - (value|label|type|city)")
_SYSTEM_GROUPS = frozenset({"mycontacts", "starred", ""})


def is_google(columns: frozenset[str]) -> bool:
    """Tell by the header, old or new."""
    if {"given name", "family name"} <= columns:
        return bool({"group membership", "name prefix", "yomi name"} & columns) or any(map(_NUMBERED.fullmatch, columns))
    new = {"labels", "file as", "phonetic first name", "organization name"}
    return {"first name", "last name"} <= columns and (bool(new & columns) or any(map(_NUMBERED.fullmatch, columns)))


def open_google(table: Table, *, order: DateOrder | None) -> ParsedFile:
    """Return the people of a Google CSV."""
    at = table.at
    numbered = {}
    for index, column in enumerate(table.header.columns):
        if found := _NUMBERED.fullmatch(column):
            numbered[found[1], int(found[2]), "label" if found[3] == "type" else found[3]] = index
    name, given, family = at("name", "file as"), at("given name", "first name"), at("family name", "last name")
    middle, nickname = at("additional name", "middle name"), at("nickname")
    organisation = at("organization 1 - name", "organization name")
    title = at("organization 1 - title", "organization title")
    labels, notes, language = at("group membership", "labels"), at("notes"), at("language")
    birthday, location = at("birthday"), at("location")

    def columns(kind: str, part: str = "value") -> list[int]:
        return [index for (k, _, p), index in numbered.items() if k == kind and p == part]

    emails, phones, websites, cities = columns("e-mail"), columns("phone"), columns("website"), columns("address", "city")
    events = [(numbered.get(("event", n, "label"), -1), i) for (k, n, p), i in numbered.items() if (k, p) == ("event", "value")]

    def to_card(cells: list[str], line: int, order: DateOrder | None) -> Card:
        written = cells[name] if name >= 0 and table.header.columns[name] == "name" else ""
        parts = " ".join((cells[given], cells[middle], cells[family]))
        is_named = parts.strip() or written.strip()
        return Card(
            line=line,
            name=written or parts if is_named else "" if cells[organisation].strip() else cells[name],
            given_name=cells[given],
            family_name=cells[family],
            nickname=cells[nickname],
            emails=_values(cells, emails),
            phones=_values(cells, phones),
            links=_values(cells, websites),
            organisation=cells[organisation],
            title=cells[title],
            location=cells[location] or next((cells[index] for index in cities if cells[index]), ""),
            language=cells[language],
            birthdays=(read_date(cells[birthday], order=order),),
            dates=tuple(
                Labelled(label=cells[label].removeprefix("* "), reading=read_date(cells[value], order=order))
                for label, value in events
            ),
            notes=cells[notes],
            tags=tuple(tag for tag in _tags(cells[labels]) if tag.casefold() not in _SYSTEM_GROUPS),
        )

    dates = (birthday, *(value for _, value in events))
    return csv_people(table, format=FORMAT, given=order, dates=dates, to_card=to_card)


def _values(cells: list[str], indexes: list[int]) -> tuple[str, ...]:
    return tuple(value for index in indexes if cells[index] for value in cells[index].split(":::"))


def _tags(cell: str) -> list[str]:
    return [tag.strip().removeprefix("* ").strip() for tag in cell.split(":::")]
