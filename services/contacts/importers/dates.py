"""
Every way a date is written in the files we import, read without guessing.

A reading is a date, nothing at all (an empty cell, `00/00/0000`), or a problem; a problem never becomes a date, and its
text is kept.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from services.contacts.importers.month_names import FILLERS, MONTHS
from services.contacts.importers.text import one_line, shortened
from shared.messages.values import PartialDate

DateOrder = Literal["dmy", "mdy", "ymd"]

YEARLESS = frozenset({0, 1604})
"""Years that stand for none: 0000, and the leap year in which Apple files a birthday without a year."""
OUTLOOK_NONE = 4501
"""Outlook's year for "no date"."""
FIRST_CONNECTION_CENTURY = 2000
"""LinkedIn opened in 2003: a two-digit year of a connection belongs to this century."""

_ZEROS = re.compile(r"[-0\s./:TZ]*")
_TIME = r"(?:[T ]+\d{1,2}(?::?\d{2}){0,2}(?:[.,]\d+)?(?:\s*[AaPp][Mm])?\s*(?:Z|UTC|[-+]\d{2}:?\d{2}|[-+]\d{2})?)?"
_FULL = re.compile(rf"(\d{{4}})(-?)(\d{{2}})\2(\d{{2}}){_TIME}")
_NO_YEAR = re.compile(rf"--(\d{{2}})-?(\d{{2}}){_TIME}")
_MONTH = re.compile(r"(\d{4})-(\d{2})")
_YEAR = re.compile(r"\d{4}")
_ONE_PART = re.compile(r"---?\d{2}")
_NUMERIC = re.compile(rf"(\d{{1,4}})\s*([./-])\s*(\d{{1,2}})\s*\2\s*(\d{{1,4}})\.?{_TIME}")
_TIME_TAIL = re.compile(r"[T ,]+\d{1,2}:\d{2}.*$")
_TOKEN = re.compile(r"\d+|[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Reading:
    """
    What a written date says. At most one of `on` and `problem` is set; neither means that nothing was written.

    `loss` says what of the text is not in `on`.
    """

    text: str
    on: PartialDate | None = None
    problem: str | None = None
    is_ambiguous: bool = False
    loss: str | None = None


@lru_cache(maxsize=16_384)
def read_date(text: str, *, order: DateOrder | None = None, century: int | None = None) -> Reading:
    """
    Read a written date: ISO 8601 full and reduced, numbers in any order, or a month's name in a dozen languages.

    The time of day and its zone are dropped, never applied: the written calendar date is the date. A year of 0000 or 1604
    is no year. A two-digit year is taken only where *century* is known; without it the day and month are kept.

    Args:
        text: As written.
        order: Of day, month and year where all are numbers and the year is not first; None leaves `03/04/1985` ambiguous.
        century: To which a two-digit year belongs, such as 2000.
    """
    written = one_line(text)
    if not written or _ZEROS.fullmatch(written):
        return Reading(written)
    if found := _FULL.fullmatch(written):
        return _reading(written, found[1], int(found[3]), int(found[4]))
    if found := _NO_YEAR.fullmatch(written):
        return _reading(written, None, int(found[1]), int(found[2]))
    if found := _MONTH.fullmatch(written):
        return _reading(written, found[1], int(found[2]), None)
    if _YEAR.fullmatch(written):
        return _reading(written, written, None, None)
    if _ONE_PART.fullmatch(written):
        return Reading(written, problem="a day or a month alone is no date to remember")
    if found := _NUMERIC.fullmatch(written):
        return _numeric(written, found[1], found[3], found[4], order=order, century=century)
    return _named(written, century=century)


def order_evidence(text: str) -> DateOrder | None:
    """Return the only order in which a numeric date can be meant, or None when it does not tell."""
    found = _NUMERIC.fullmatch(one_line(text))
    if not found or _ZEROS.fullmatch(found[0]) or len(found[1]) > 2:
        return None
    first, second = int(found[1]), int(found[3])
    if first > 31:
        return "ymd" if len(found[4]) <= 2 else None
    if 12 < first <= 31 and 1 <= second <= 12:
        return "dmy"
    if 12 < second <= 31 and 1 <= first <= 12:
        return "mdy"
    return None


def _numeric(text: str, first: str, second: str, third: str, *, order: DateOrder | None, century: int | None) -> Reading:
    if len(first) == 3 or len(third) == 3:
        return Reading(text, problem="that year has three digits")
    if len(first) == 4 and len(third) <= 2:
        return _reading(text, first, int(second), int(third))
    if len(first) == 4:
        return Reading(text, problem="it has two years")
    named = None if order == "ymd" and len(third) == 4 else order
    meant = order_evidence(text) or named
    if meant == "ymd" and len(third) <= 2:
        return _reading(text, first, int(second), int(third), century=century)
    if meant is None and int(first) != int(second) and 1 <= int(first) <= 12 and 1 <= int(second) <= 12:
        return Reading(text, problem="day and month could be either way round", is_ambiguous=True)
    if order in ("dmy", "mdy"):
        meant = order  # the owner's word, also where it makes the date impossible
    day, month = (second, first) if meant == "mdy" else (first, second)
    return _reading(text, third, int(month), int(day), century=century)


def _named(text: str, *, century: int | None) -> Reading:
    tokens = [token for token in _TOKEN.findall(_TIME_TAIL.sub("", text).casefold()) if token not in FILLERS]
    months = [i for i, token in enumerate(tokens) if token in MONTHS]
    if len(months) != 1 or not all(token.isdigit() or token in MONTHS for token in tokens):
        return Reading(text, problem="it is no date that can be read")
    month = MONTHS[tokens[months[0]]]
    match months[0], [token for token in tokens if token.isdigit()]:
        case ((0 | 1), [day, year]) if len(day) <= 2 and len(year) in (2, 4):
            return _reading(text, year, month, int(day), century=century)
        case 1, [year, day] if len(year) == 4 and len(day) <= 2:
            return _reading(text, year, month, int(day))
        case 0, [year] if len(year) == 4:
            return _reading(text, year, month, None)
        case ((0 | 1), [day]) if len(day) <= 2 and "-" not in text:
            return _reading(text, None, month, int(day))
        case _:
            return Reading(text, problem="it is no date that can be read")


def _reading(text: str, year: str | None, month: int | None, day: int | None, *, century: int | None = None) -> Reading:
    number = int(year) if year else None
    loss = None
    if number is not None and year and len(year) == 2:
        loss = "the century is not written, so its day and month are taken without a year" if century is None else None
        number = None if century is None else century + number
    if number == OUTLOOK_NONE:
        return Reading(text)
    if number in YEARLESS:
        number = None
    try:
        return Reading(text, on=PartialDate(year=number, month=month, day=day), loss=loss)
    except ValueError as exc:
        return Reading(text, problem=str(exc))


def problem_sentence(what: str, reading: Reading) -> str:
    """Say why a date was kept as text, and what the owner can do about it."""
    said = f"the {what} {shortened(reading.text)!r} is kept as text: {reading.problem}"
    return f"{said}; import the file again with --date-order dmy or --date-order mdy" if reading.is_ambiguous else said
