"""How the tests of the importers read a file: from the fixtures, or from text written in the test."""

from pathlib import Path

from services.contacts.importers import Remark, Row, Skipped, open_import
from services.contacts.importers.dates import DateOrder
from services.contacts.importers.rows import Item
from shared.messages.facts import ContactUpserted, InteractionLogged

FIXTURES = Path(__file__).parents[3] / "fixtures" / "imports"


def read(name: str, *, order: DateOrder | None = None) -> list[Item]:
    """Return every item of a fixture that holds one file."""
    (source,) = open_import(FIXTURES / name, filename=name, date_order=order)
    return list(source.rows())


def read_bytes(folder: Path, data: bytes | str, *, order: DateOrder | None = None) -> list[Item]:
    """Return every item of a file with this content."""
    path = folder / "upload"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    (source,) = open_import(path, filename="upload", date_order=order)
    return list(source.rows())


def rows(items: list[Item]) -> list[Row]:
    """Return the rows among *items*."""
    return [item for item in items if isinstance(item, Row)]


def people(items: list[Item]) -> list[ContactUpserted]:
    """Return the people that *items* state."""
    return [item.data for item in items if isinstance(item, Row) and isinstance(item.data, ContactUpserted)]


def person(items: list[Item], name: str) -> ContactUpserted:
    """Return the one person of that name."""
    (found,) = [one for one in people(items) if one.name == name]
    return found


def contacts(items: list[Item]) -> list[InteractionLogged]:
    """Return the interactions that *items* state."""
    return [item.data for item in items if isinstance(item, Row) and isinstance(item.data, InteractionLogged)]


def skipped(items: list[Item]) -> dict[int, str]:
    """Return the reason for every skipped line."""
    return {item.line: item.reason for item in items if isinstance(item, Skipped)}


def remarks(items: list[Item], line: int) -> list[str]:
    """Return the remarks upon a line; 0 is the file."""
    return [item.text for item in items if isinstance(item, Remark) and item.line == line]
