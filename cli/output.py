"""How the command speaks: one JSON document, or tables and panels for people. Errors are one line on stderr."""

import json
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text


def print_json(document: Any) -> None:
    """Print one JSON document on stdout."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")


def screen() -> Console:
    """Return the console for people's output."""
    return Console(highlight=False, soft_wrap=False)


def notices() -> Console:
    """Return the console on stderr, for progress and remarks."""
    return Console(highlight=False, stderr=True)


def say(line: str) -> None:
    """Print one plain line on stdout."""
    screen().print(safe(line), soft_wrap=True)


def complain(line: str) -> None:
    """Print one line on stderr that says what went wrong."""
    # Pydantic's own words for a reason that the message gives by itself.
    plain = safe(" ".join(line.split())).plain.replace("Value error, ", "")
    sys.stderr.write(f"hobnob: {plain}\n")


def safe(text: object, style: str = "") -> Text:
    """
    Return text for the terminal as it is: no markup is read from it, and control characters are taken out.

    Names and notes come from other people's files; an escape sequence among them must not reach the terminal.
    """
    cleaned = "".join(c for c in str(text) if c == "\n" or unicodedata.category(c) != "Cc")
    return Text(cleaned, style=style)


def print_table(headings: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """Print rows under their headings, or the sentence *empty* when there are none."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for heading in headings:
        # An id is for copying: it stays in one piece.
        table.add_column(heading, overflow="fold", no_wrap=heading == "Id")
    for row in rows:
        table.add_row(*("" if cell is None else safe(cell) for cell in row))
    if table.row_count:
        screen().print(table)
    else:
        say(empty)
