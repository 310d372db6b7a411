"""
Outlook CSV: the desktop program's 80 to 90 columns, and outlook.com's.

Source:
    The English headers of both; dates are written in the exporter's locale, so the whole file decides their order.
"""

import re

from services.contacts.importers.card import ANNIVERSARY, Card, Labelled
from services.contacts.importers.csv_table import Table
from services.contacts.importers.dates import DateOrder, read_date
from services.contacts.importers.people import csv_people
from services.contacts.importers.rows import ParsedFile

FORMAT = "outlook"

_PHONE = re.compile(r"(?:.* phone(?: 2)?|mobile phone)")
_EMAIL = re.compile(r"e-mail(?: \d)? address")
_SIGNS = ("e-mail address", "e-mail 2 address", "home phone", "business phone", "mobile phone", "anniversary", "business street")


def is_outlook(columns: frozenset[str]) -> bool:
    """Tell by the header."""
    return {"first name", "last name"} <= columns and any(sign in columns for sign in _SIGNS)


def open_outlook(table: Table, *, order: DateOrder | None) -> ParsedFile:
    """Return the people of an Outlook CSV."""
    at, columns = table.at, table.header.columns
    given, middle, family, nickname = at("first name"), at("middle name"), at("last name"), at("nickname")
    emails = [index for index, column in enumerate(columns) if _EMAIL.fullmatch(column)]
    phones = [index for index, column in enumerate(columns) if _PHONE.fullmatch(column)]
    links = [at("web page"), at("personal web page")]
    company, title, notes, categories = at("company"), at("job title"), at("notes"), at("categories")
    cities = [at("home city"), at("business city"), at("other city"), at("location")]
    birthday, anniversary = at("birthday"), at("anniversary")

    def to_card(cells: list[str], line: int, order: DateOrder | None) -> Card:
        return Card(
            line=line,
            name=" ".join((cells[given], cells[middle], cells[family])),
            given_name=cells[given],
            family_name=cells[family],
            nickname=cells[nickname],
            emails=tuple(cells[index] for index in emails),
            phones=tuple(cells[index] for index in phones),
            links=tuple(cells[index] for index in links),
            organisation=cells[company],
            title=cells[title],
            location=next((cells[index] for index in cities if cells[index].strip()), ""),
            birthdays=(read_date(cells[birthday], order=order),),
            dates=(Labelled(label=ANNIVERSARY, reading=read_date(cells[anniversary], order=order)),),
            notes=cells[notes],
            tags=tuple(cells[categories].split(";")),
        )

    return csv_people(table, format=FORMAT, given=order, dates=(birthday, anniversary), to_card=to_card)
