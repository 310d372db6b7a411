"""What the row-by-row files of a LinkedIn export share."""

from collections.abc import Callable, Iterator

from services.contacts.importers.csv_table import Record, Table
from services.contacts.importers.rows import Item, Remark, Row, Skipped
from services.contacts.importers.text import name_key

SOURCE = "linkedin"
"""The `source` of references by name, and the channel of messages and invitations."""


def each_row(table: Table, to_item: Callable[[Record], Row | Skipped]) -> Iterator[Item]:
    """Yield one item for every row, after the remarks about the file."""
    yield from table.remarks()
    is_empty = True
    for found in table.records():
        is_empty = False
        yield to_item(found) if isinstance(found, Record) else found
    if is_empty:
        yield Remark(line=0, text="the file has no entries")


def name_id(name: str) -> str:
    """Return the `external_id` of somebody who is known by name only."""
    return f"name:{name_key(name)}"[:500]
