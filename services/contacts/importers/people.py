"""Address books of every format: cards in, facts out, in two passes over the file."""

from collections.abc import Callable, Iterator

from services.contacts.importers.card import Card, namesakes
from services.contacts.importers.card_facts import card_items
from services.contacts.importers.csv_table import Record, Table
from services.contacts.importers.date_order import find_order
from services.contacts.importers.dates import DateOrder
from services.contacts.importers.rows import Item, ParsedFile, Remark, Skipped

CardItem = Card | Skipped | Remark
"""What a format's reader yields."""
ToCard = Callable[[list[str], int, DateOrder | None], Card]
"""How a CSV format reads one row: its cells, its line, and the order of its dates."""


def people(cards: Callable[[], Iterator[CardItem]]) -> Iterator[Item]:
    """
    Yield the facts of an address book.

    Args:
        cards: Starts a pass over the file; called twice, because people of one name are told apart by all of the file.
    """
    shared_names = namesakes(item for item in cards() if isinstance(item, Card))
    is_empty = True
    for item in cards():
        is_empty = False
        if isinstance(item, Card):
            yield from card_items(item, shared_names=shared_names)
        else:
            yield item
    if is_empty:
        yield Remark(line=0, text="the file has no entries")


def csv_people(table: Table, *, format: str, given: DateOrder | None, dates: tuple[int, ...], to_card: ToCard) -> ParsedFile:  # noqa: A002  # SourceFile's own word
    """
    Make the source of a CSV address book.

    Args:
        table: The file.
        format: Its name.
        given: The order of day and month, as the owner said it.
        dates: The columns that hold dates; all of them together show the order.
        to_card: Reads one row.
    """

    def read() -> Iterator[Item]:
        written = ((record.line, record.cells[index]) for record in table.only_records() for index in dates)
        decision = find_order(written, given=given)
        yield from table.remarks()
        if decision.remark:
            yield Remark(line=0, text=decision.remark)

        def cards() -> Iterator[CardItem]:
            for found in table.records():
                if not isinstance(found, Record):
                    yield found
                elif any(map(str.strip, found.cells)):
                    yield to_card(found.cells, found.line, decision.order)
                else:
                    yield Skipped(line=found.line, reason="the row is empty")

        yield from people(cards)

    return ParsedFile(file=table.blob.name, format=format, read=read)
