"""The CSV formats we read, each known by its header; the more particular ones are asked first."""

from collections.abc import Callable
from dataclasses import dataclass

from services.contacts.importers.csv_table import Header, Table
from services.contacts.importers.dates import DateOrder
from services.contacts.importers.google import is_google, open_google
from services.contacts.importers.linkedin import is_connections, open_connections
from services.contacts.importers.linkedin_extras import (
    is_notes,
    is_recommendations,
    is_uploaded_contacts,
    open_notes,
    open_recommendations,
    open_uploaded_contacts,
)
from services.contacts.importers.linkedin_invitations import is_invitations, open_invitations
from services.contacts.importers.linkedin_messages import is_messages, open_messages
from services.contacts.importers.outlook import is_outlook, open_outlook
from services.contacts.importers.rows import ParsedFile
from services.contacts.importers.thunderbird import is_thunderbird, open_thunderbird


@dataclass(frozen=True, slots=True)
class CsvFormat:
    """How one format is known by its columns (case folded), and how it is opened."""

    matches: Callable[[frozenset[str]], bool]
    open: Callable[[Table, DateOrder | None], ParsedFile]


CSV_FORMATS = (
    CsvFormat(is_connections, lambda table, order: open_connections(table, order=order)),
    CsvFormat(is_messages, lambda table, _: open_messages(table)),
    CsvFormat(is_invitations, lambda table, _: open_invitations(table)),
    CsvFormat(is_recommendations, lambda table, _: open_recommendations(table)),
    CsvFormat(is_notes, lambda table, _: open_notes(table)),
    CsvFormat(is_uploaded_contacts, lambda table, order: open_uploaded_contacts(table, order=order)),
    CsvFormat(is_thunderbird, lambda table, order: open_thunderbird(table, order=order)),
    CsvFormat(is_google, lambda table, order: open_google(table, order=order)),
    CsvFormat(is_outlook, lambda table, order: open_outlook(table, order=order)),
)


def csv_format(header: Header) -> CsvFormat | None:
    """Return the format that has these columns, or None."""
    columns = frozenset(header.columns)
    return next((format_ for format_ in CSV_FORMATS if format_.matches(columns)), None)
