"""
LinkedIn's Connections.csv, of every era: with and without the `Notes:` preamble, with and without `URL`.

Every connection carries `external_id`, `<name>|<connected on>`, so that the same person in an export without URLs and in a
later one with URLs stays one. Two people of one name who connected on one day cannot be told apart that way: where the file
gives them different URLs, neither gets the id.

Source:
    Headers and date form (`02 Oct 2023`) as measured on exports of 2020-2026; re-saving in Excel turns them into `02-Oct-23`.
"""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from services.contacts.importers.addresses import valid_emails
from services.contacts.importers.csv_table import Record, Table
from services.contacts.importers.date_order import OrderDecision, OrderFinder
from services.contacts.importers.dates import FIRST_CONNECTION_CENTURY, DateOrder, Reading, problem_sentence, read_date
from services.contacts.importers.linkedin_url import profile_url
from services.contacts.importers.rows import Item, ParsedFile, Remark, Row, Skipped, stated
from services.contacts.importers.text import MAX_TEXT_CHARS, name_key, one_line, shortened
from shared.messages.facts import ContactUpserted, FactName
from shared.messages.values import PartialDate

FORMAT = "linkedin"


def is_connections(columns: frozenset[str]) -> bool:
    """Tell by the header."""
    return {"first name", "last name", "connected on"} <= columns


@dataclass(frozen=True, slots=True)
class _Survey:
    """What the first pass found."""

    decision: OrderDecision
    newest_on: date | None
    shared_keys: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Columns:
    first: int
    last: int
    url: int
    email: int
    company: int
    position: int
    connected: int


def open_connections(table: Table, *, order: DateOrder | None) -> ParsedFile:
    """Return the connections; reads the file once to learn the order of its dates and how new it is."""
    at = table.at
    columns = _Columns(
        first=at("first name"),
        last=at("last name"),
        url=at("url", "profile url"),
        email=at("email address", "email"),
        company=at("company"),
        position=at("position"),
        connected=at("connected on"),
    )
    survey = _survey(table, columns, given=order)

    def read() -> Iterator[Item]:
        yield from table.remarks()
        if survey.decision.remark:
            yield Remark(line=0, text=survey.decision.remark)
        is_empty = True
        for found in table.records():
            is_empty = False
            if isinstance(found, Record):
                yield from _connection(found, columns, survey)
            else:
                yield found
        if is_empty:
            yield Remark(line=0, text="the file has no entries")

    return ParsedFile(file=table.blob.name, format=FORMAT, read=read, evidence_on=survey.newest_on)


def _survey(table: Table, columns: _Columns, *, given: DateOrder | None) -> _Survey:
    finder = OrderFinder()
    newest: dict[DateOrder, date] = {}
    keys = array("q")  # eight bytes a row: a million connections fit
    urls = array("q")
    for record in table.only_records():
        cells = record.cells
        written = cells[columns.connected]
        finder.feed(line=record.line, text=written)
        for possible in ("dmy", "mdy", "ymd") if given is None else (given,):
            reading = _read(written, possible)
            if reading.on and (full := reading.on.full):
                newest[possible] = max(full, newest.get(possible, full))
        keys.append(hash((name_key(f"{cells[columns.first]} {cells[columns.last]}"), written.strip())))
        urls.append(hash(profile_url(cells[columns.url])))
    decision = finder.decide(given=given)
    sure = newest.get(decision.order) if decision.order else _agreed(newest)
    return _Survey(decision, sure, _shared(keys, urls))


def _agreed(newest: Mapping[DateOrder, date]) -> date | None:
    """Without a known order, only what holds in every order is proven: the earliest of the candidates."""
    return min((on for order, on in newest.items() if order != "ymd"), default=None)


def _shared(keys: Sequence[int], urls: Sequence[int]) -> frozenset[int]:
    repeated = {one for one, other in pairwise(sorted(keys)) if one == other}
    first_url: dict[int, int] = {}
    return frozenset(
        key for key, url in zip(keys, urls, strict=True) if key in repeated and first_url.setdefault(key, url) != url
    )


def _read(written: str, order: DateOrder | None) -> Reading:
    return read_date(written, order=order, century=FIRST_CONNECTION_CENTURY)


def _connection(record: Record, columns: _Columns, survey: _Survey) -> Iterator[Item]:
    cells, line = record.cells, record.line
    first, last = one_line(cells[columns.first]), one_line(cells[columns.last])
    written = cells[columns.connected]
    name = f"{first} {last}".strip()
    if not name:
        yield Skipped(line=line, reason=_nameless(cells, columns))
        return
    reading = _read(written, survey.decision.order)
    remarks = [text for text in (_date_remark(reading), *_cut_remarks(cells, columns)) if text]
    url, email = cells[columns.url], cells[columns.email].strip()
    link = profile_url(url) if url else None
    emails = valid_emails(email.split(";")) if email else ()
    if url.strip() and not link:
        remarks.append(f"{shortened(url)!r} is no LinkedIn profile and is left out")
    if email and not emails:
        remarks.append(f"{shortened(email)!r} is no email address and is left out")
    key = name_key(name)
    is_shared = link is not None and hash((key, written.strip())) in survey.shared_keys
    known_by_date = bool(reading.on) or not link
    yield stated(
        lambda: Row(
            line=line,
            name=FactName.CONTACT_UPSERTED,
            data=ContactUpserted(
                name=name[:MAX_TEXT_CHARS],
                given_name=first[:MAX_TEXT_CHARS] or None,
                family_name=last[:MAX_TEXT_CHARS] or None,
                emails=emails,
                linkedin_url=link,
                external_id=_external_id(key, reading.on) if known_by_date and not is_shared else None,
                company=one_line(cells[columns.company])[:MAX_TEXT_CHARS] or None,
                title=one_line(cells[columns.position])[:MAX_TEXT_CHARS] or None,
                connected_on=reading.on,
                notes=f"connected on: {one_line(written)}" if reading.problem else None,
            ),
        ),
        line=line,
    )
    for text in remarks:
        yield Remark(line=line, text=text)


def _external_id(key: str, connected_on: PartialDate | None) -> str:
    return f"{key[:400]}|{connected_on or ''}"


def _date_remark(reading: Reading) -> str | None:
    return problem_sentence("date of connection", reading) if reading.problem else None


def _cut_remarks(cells: list[str], columns: _Columns) -> Iterator[str]:
    for index in (columns.first, columns.last, columns.company, columns.position):
        if len(cells[index]) > MAX_TEXT_CHARS:
            yield f"{shortened(cells[index], 40)!r} is cut after {MAX_TEXT_CHARS} characters"


def _nameless(cells: list[str], columns: _Columns) -> str:
    if not any(map(str.strip, cells)):
        return "the row is empty"
    if cells[columns.connected].strip() and not any(cell.strip() for i, cell in enumerate(cells) if i != columns.connected):
        return "a member who hides their profile: only the date of the connection is given"
    return "no name"
