"""
The smaller files of a LinkedIn export: who recommended the owner, the owner's notes, the uploaded address book.

Source:
    Headers as measured on exports of 2020-2026.
"""

from datetime import datetime

from services.contacts.importers.card import Card
from services.contacts.importers.csv_table import Record, Table
from services.contacts.importers.dates import DateOrder, read_date
from services.contacts.importers.instants import read_instant
from services.contacts.importers.linkedin_rows import each_row, name_id
from services.contacts.importers.linkedin_url import profile_url
from services.contacts.importers.people import csv_people
from services.contacts.importers.rows import ParsedFile, Row, Skipped, stated
from services.contacts.importers.text import MAX_TEXT_CHARS, long_text, one_line
from shared.messages.facts import ContactUpserted, FactName

RECOMMENDATIONS = "linkedin_recommendations"
NOTES = "linkedin_notes"
CONTACTS = "linkedin_contacts"


def is_recommendations(columns: frozenset[str]) -> bool:
    """Tell by the header; received and given ones share it, and only the file's name tells them apart."""
    return {"first name", "last name", "job title", "text", "creation date"} <= columns


def is_notes(columns: frozenset[str]) -> bool:
    """Tell by the header."""
    return {"connection first name", "connection profile url", "note"} <= columns


def is_uploaded_contacts(columns: frozenset[str]) -> bool:
    """Tell by the header."""
    return {"firstname", "lastname", "emails"} <= columns


def open_recommendations(table: Table) -> ParsedFile:
    """Return the people who recommended the owner, as references, whether the owner shows their words or not."""
    at = table.at
    first, last, company, title = at("first name"), at("last name"), at("company"), at("job title")
    created = at("creation date")

    def to_item(record: Record) -> Row | Skipped:
        cells = record.cells
        given, family = one_line(cells[first])[:MAX_TEXT_CHARS], one_line(cells[last])[:MAX_TEXT_CHARS]
        name = f"{given} {family}".strip()[:MAX_TEXT_CHARS]
        if not name:
            return Skipped(line=record.line, reason="no name")
        return stated(
            lambda: Row(
                line=record.line,
                name=FactName.CONTACT_UPSERTED,
                data=ContactUpserted(
                    name=name,
                    given_name=given or None,
                    family_name=family or None,
                    external_id=name_id(name),
                    company=one_line(cells[company])[:MAX_TEXT_CHARS] or None,
                    title=one_line(cells[title])[:MAX_TEXT_CHARS] or None,
                    is_reference=True,
                ),
                occurred_at=read_instant(cells[created]),
                by_name=True,
                full_name=name,
            ),
            line=record.line,
        )

    return ParsedFile(file=table.blob.name, format=RECOMMENDATIONS, read=lambda: each_row(table, to_item))


def open_notes(table: Table) -> ParsedFile:
    """Return what the owner wrote about connections."""
    at = table.at
    first, last, url = at("connection first name"), at("connection last name"), at("connection profile url")
    note, created, edited = at("note"), at("created on"), at("edited on")

    def to_item(record: Record) -> Row | Skipped:
        cells = record.cells
        name = one_line(f"{cells[first]} {cells[last]}")[:MAX_TEXT_CHARS]
        link = profile_url(cells[url])
        if not name:
            return Skipped(line=record.line, reason="no name")
        if not cells[note].strip():
            return Skipped(line=record.line, reason="the note is empty")
        return stated(
            lambda: Row(
                line=record.line,
                name=FactName.CONTACT_UPSERTED,
                data=ContactUpserted(
                    name=name,
                    linkedin_url=link,
                    external_id=None if link else name_id(name),
                    notes=long_text(cells[note]),
                ),
                occurred_at=_latest(cells[edited], cells[created]),
                by_name=link is None,
                full_name=name,
            ),
            line=record.line,
        )

    return ParsedFile(file=table.blob.name, format=NOTES, read=lambda: each_row(table, to_item))


def open_uploaded_contacts(table: Table, *, order: DateOrder | None) -> ParsedFile:
    """Return the address book that the owner once uploaded to LinkedIn; the one file of the export with birthdays."""
    at = table.at
    name, first, last = at("fullname"), at("firstname"), at("lastname")
    emails, phones, links = at("emails"), at("phonenumbers"), (at("profiles"), at("sites"))
    company, title, location, birthday = at("companies"), at("title"), at("location"), at("birthday")

    def to_card(cells: list[str], line: int, order: DateOrder | None) -> Card:
        return Card(
            line=line,
            name=cells[name] if cells[name].strip() else f"{cells[first]} {cells[last]}",
            given_name=cells[first],
            family_name=cells[last],
            emails=_several(cells[emails]),
            phones=_several(cells[phones]),
            links=tuple(link for index in links for link in _several(cells[index])),
            organisation=cells[company],
            title=cells[title],
            location=cells[location],
            birthdays=(read_date(cells[birthday], order=order),),
        )

    return csv_people(table, format=CONTACTS, given=order, dates=(birthday,), to_card=to_card)


def _several(cell: str) -> tuple[str, ...]:
    return tuple(cell.replace(";", ",").replace("\n", ",").split(","))


def _latest(*written: str) -> datetime | None:
    return max(filter(None, map(read_instant, written)), default=None)
