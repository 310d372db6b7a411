"""What an uploaded file is, told by its content, and the door to every importer."""

import re
from pathlib import Path, PurePosixPath

from services.contacts.importers.archive import is_office_document, is_zip, members
from services.contacts.importers.blob import Blob
from services.contacts.importers.csv_formats import csv_format
from services.contacts.importers.csv_table import Table, headers
from services.contacts.importers.dates import DateOrder
from services.contacts.importers.encoding import find_encoding, marked_codec
from services.contacts.importers.errors import READABLE, BrokenFile, UnknownFormat
from services.contacts.importers.ics import open_ics
from services.contacts.importers.jcard import is_jcard, open_jcard
from services.contacts.importers.linkedin import FORMAT as LINKEDIN
from services.contacts.importers.linkedin_extras import RECOMMENDATIONS
from services.contacts.importers.linkedin_invitations import FORMAT as INVITATIONS
from services.contacts.importers.linkedin_messages import FORMAT as MESSAGES
from services.contacts.importers.rows import SourceFile
from services.contacts.importers.text import shortened
from services.contacts.importers.vcard import open_vcard

_MAGIC = (
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Outlook document: open it and export CSV"),
    (b"!BDN", "an Outlook data file: export CSV from Outlook"),
    (b"\x1f\x8b", "packed with gzip: unpack it first"),
    (b"7z\xbc\xaf", "packed with 7-Zip: unpack it first"),
    (b"Rar!", "packed with RAR: unpack it first"),
    (b"SQLite format 3", "a database"),
)
MAX_CONTROLS = 0.05
"""A text with a larger share of control characters is none."""

_ORDER = {LINKEDIN: 0, MESSAGES: 2, INVITATIONS: 2}
"""In which members of a ZIP are read: the people first, then what only counts for people who are known."""
_ORDER_OF_OTHERS = 1
_VCARD = re.compile(r"^\s*BEGIN:VCARD\s*$", re.IGNORECASE | re.MULTILINE)
_CALENDAR = re.compile(r"^\s*BEGIN:(?:VCALENDAR|VEVENT)\s*$", re.IGNORECASE | re.MULTILINE)
_PAGE = re.compile(r"\s*<(?:!doctype html|html|\?xml)", re.IGNORECASE)


def open_import(path: Path, *, filename: str, date_order: DateOrder | None = None) -> list[SourceFile]:
    """
    Return what can be imported from an uploaded file: one source, or one for every usable member of a ZIP.

    Args:
        path: Where the file is. It must stay there while the sources are read; each pass opens it anew.
        filename: What the owner calls it; for messages. It never decides the format, but for LinkedIn's
            recommendations, where received and given ones differ in nothing else.
        date_order: The order of numeric dates, where the owner says it.

    Raises:
        UnknownFormat: nothing in it is in a format that Hobnob reads.
        BrokenFile: it is empty, damaged, encrypted or unreadable.
        TooLarge: it exceeds a bound.
    """
    name = shortened(PurePosixPath(filename.replace("\\", "/")).name or "the file", 200)
    blob = Blob(path=path, name=name)
    head = blob.head()
    if not head.strip():
        raise BrokenFile(f"{name} is empty")
    if is_office_document(head):
        raise UnknownFormat(f"{name} is a workbook or text document: open it and save it as CSV. {READABLE}.")
    if not is_zip(head):
        if (found := _open(blob, head, date_order=date_order)) is None:
            raise UnknownFormat(f"{name} is {_describe(head)}. {READABLE}.")
        return [found]
    sources = [found for member in members(path, name=name) if (found := _open(member, member.head(), date_order=date_order))]
    if not sources:
        raise UnknownFormat(f"{name} is a ZIP with nothing in it to import. {READABLE}.")
    return sorted(sources, key=lambda source: _ORDER.get(source.format, _ORDER_OF_OTHERS))


def _open(blob: Blob, head: bytes, *, date_order: DateOrder | None) -> SourceFile | None:
    if _magic(head):
        return None
    text = _text(head)
    if is_jcard(text):
        return open_jcard(blob, find_encoding(blob), order=date_order)
    if _CALENDAR.search(text[:4_000]):
        return open_ics(blob, find_encoding(blob), order=date_order)
    if _VCARD.search(text):
        return open_vcard(blob, find_encoding(blob), order=date_order)
    for header in headers(text):
        if found := csv_format(header):
            source = found.open(Table(blob, find_encoding(blob), header), date_order)
            return None if source.format == RECOMMENDATIONS and _is_given(blob.name) else source
    return None


def _text(head: bytes) -> str:
    return head.decode(marked_codec(head) or "utf-8", "replace")


def _magic(head: bytes) -> str | None:
    return next((what for magic, what in _MAGIC if head.startswith(magic)), None)


def _is_binary(text: str) -> bool:
    start = text[:2_000]
    return sum(char < " " and char not in "\t\r\n\f\v" for char in start) > len(start) * MAX_CONTROLS


def _is_given(name: str) -> bool:
    return "given" in PurePosixPath(name).name.casefold()


def _describe(head: bytes) -> str:
    """Say what the owner gave us instead."""
    if what := _magic(head):
        return what
    text = _text(head)
    if _is_binary(text):
        return "no text"
    if _PAGE.match(text):
        return "a web page or XML; perhaps the download page was saved, not the file"
    header = next(iter(headers(text)), None)
    if header is None:
        return f"a text that begins {shortened(text, 60)!r}, in no known format"
    if csv_format(header):
        return "a list of recommendations that you gave; only those you received tell who is a reference"
    return f"a CSV with the columns {shortened(', '.join(header.columns), 160)}, which belong to no known format"
