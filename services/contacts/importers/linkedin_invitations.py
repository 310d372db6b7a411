"""
LinkedIn's Invitations.csv: who asked whom to connect, when, and with which words.

An invitation is contact with somebody, but makes nobody a contact: it may never have been accepted.

Source:
    `Sent At` is written `M/D/YY, h:mm AM` without a zone, in every export measured.
"""

from collections.abc import Iterator

from services.contacts.importers.csv_table import Record, Table
from services.contacts.importers.instants import read_instant
from services.contacts.importers.linkedin_messages import Party
from services.contacts.importers.linkedin_rows import SOURCE, each_row
from services.contacts.importers.linkedin_url import find_slug
from services.contacts.importers.rows import Item, ParsedFile, Remark, Row, Skipped, stated
from services.contacts.importers.text import long_text, one_line, shortened
from shared.messages.facts import FactName, InteractionLogged

FORMAT = "linkedin_invitations"


def is_invitations(columns: frozenset[str]) -> bool:
    """Tell by the header."""
    return {"from", "to", "sent at", "direction"} <= columns


def open_invitations(table: Table) -> ParsedFile:
    """Return the invitations sent and received."""
    at = table.at
    names = {"outgoing": at("to"), "incoming": at("from")}
    urls = {"outgoing": at("inviteeprofileurl"), "incoming": at("inviterprofileurl")}
    sent_at, message, direction = at("sent at"), at("message"), at("direction")

    def to_item(record: Record) -> Row | Skipped:
        cells, way = record.cells, record.cells[direction].strip().casefold()
        if way not in names:
            said = shortened(cells[direction])
            return Skipped(line=record.line, reason=f"the direction {said!r} is neither INCOMING nor OUTGOING")
        other = Party(find_slug(cells[urls[way]]), one_line(cells[names[way]]))
        occurred_at = read_instant(cells[sent_at])
        if not other.is_somebody:
            return Skipped(line=record.line, reason="the other side is not named")
        if occurred_at is None:
            return Skipped(line=record.line, reason=f"the date {shortened(cells[sent_at])!r} cannot be read")
        return stated(
            lambda: Row(
                line=record.line,
                name=FactName.INTERACTION_LOGGED,
                data=InteractionLogged(
                    contact=other.ref(), channel=SOURCE, note=long_text(cells[message]) or None, occurred_at=occurred_at
                ),
                occurred_at=occurred_at,
                known_only=True,
                by_name=other.slug is None,
                full_name=other.name or None,
            ),
            line=record.line,
        )

    def read() -> Iterator[Item]:
        yield Remark(line=0, text="LinkedIn writes no time zone for invitations: their times are taken as UTC")
        yield from each_row(table, to_item)

    return ParsedFile(file=table.blob.name, format=FORMAT, read=read)
