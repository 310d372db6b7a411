"""
What the properties of a vCard mean to us, whatever their version and whoever wrote them.

Source:
    RFC 2426, RFC 6350, RFC 6474 (DEATHDATE), RFC 9554; the X- properties of Apple, Evolution, KAddressBook, Microsoft and
    Nextcloud as their programs write them. X-APPLE-OMIT-YEAR names the year that stands for none.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from services.contacts.importers.blob import Blob
from services.contacts.importers.card import ANNIVERSARY, Card, Labelled
from services.contacts.importers.dates import DateOrder, Reading, read_date
from services.contacts.importers.encoding import Encoding
from services.contacts.importers.instants import read_instant
from services.contacts.importers.people import CardItem, people
from services.contacts.importers.rows import Item, ParsedFile, Remark, Skipped
from services.contacts.importers.text import one_line, shortened
from services.contacts.importers.vcard_lines import Property, RawCard, read_cards
from shared.messages.values import PartialDate

FORMAT = "vcard"

_ANNIVERSARIES = frozenset(
    {"ANNIVERSARY", "X-ANNIVERSARY", "X-MS-ANNIVERSARY", "X-EVOLUTION-ANNIVERSARY", "X-KADDRESSBOOK-X-ANNIVERSARY"}
)
_OTHER_CALENDARS = frozenset({"X-ALTBDAY", "X-LUNAR-BDAY"})
_BIRTHDAY_LABELS = frozenset({"birthday", "geburtstag", "anniversaire", "cumpleaños", "compleanno", "aniversário", "verjaardag"})
_BUILT_IN_LABEL = re.compile(r"_\$!<(.*)>!\$_")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_PART = {mark: re.compile(rf"((?:[^\\{mark}]|\\.?)*)({mark}|$)", re.DOTALL) for mark in ";,"}
"""Up to a separator that no backslash precedes; a backslash at the very end stands for itself."""


def open_vcard(blob: Blob, encoding: Encoding, *, order: DateOrder | None) -> ParsedFile:
    """Return the people of a vCard file."""

    def cards() -> Iterator[CardItem]:
        return (to_card(raw, order=order) for raw in read_cards(blob, encoding))

    def read() -> Iterator[Item]:
        if encoding.remark:
            yield Remark(line=0, text=encoding.remark)
        yield from people(cards)

    return ParsedFile(file=blob.name, format=FORMAT, read=read)


def to_card(raw: RawCard, *, order: DateOrder | None) -> Card | Skipped:
    """Read one card; groups and organisations are no people."""
    of = _Properties(raw.properties)
    name, company = of.first("FN"), next(iter(of.parts("ORG")), "")
    family, given, middle = (*of.parts("N"), "", "", "")[:3]
    kind = (of.first("KIND") or of.first("X-ADDRESSBOOKSERVER-KIND")).strip().casefold()
    if kind == "group":
        return Skipped(line=raw.line, reason=f"a group ({shortened(name)}), no person")
    has_person = bool(one_line(given + family))
    is_company = kind == "org" or of.first("X-ABSHOWAS").strip().upper() == "COMPANY" or (bool(company) and _same(name, company))
    if is_company and not has_person:
        return Skipped(line=raw.line, reason=f"an organisation ({shortened(company or name)}), no person")
    birthdays, dates, notes, remarks = _dates(raw.properties, order=order)
    return Card(
        line=raw.line,
        name=f"{given} {middle} {family}" if has_person and (is_company or not one_line(name)) else name,
        given_name=given,
        family_name=family,
        nickname=next(iter(of.lists("NICKNAME")), ""),
        emails=of.all("EMAIL"),
        phones=of.all("TEL"),
        links=(*of.all("URL"), *of.all("X-SOCIALPROFILE"), *of.all("SOCIALPROFILE"), *of.all("X-LINKEDIN")),
        uid=of.first("UID"),
        organisation=company,
        title=of.first("TITLE"),
        location=_city(of.parts("ADR")),
        language=of.first("LANG"),
        timezone=_zone(of.first("TZ")),
        birthdays=birthdays,
        dates=dates,
        notes="\n".join((*of.all("NOTE"), *notes)),
        tags=of.lists("CATEGORIES"),
        is_deceased="DEATHDATE" in of,
        is_birthday_muted=of.first("X-NC-EXCLUDE-FROM-BIRTHDAY-CALENDAR").strip().casefold() in ("true", "1"),
        occurred_at=_revised_at(of.first("REV")),
        remarks=(*raw.remarks, *remarks),
    )


class _Properties:
    """Properties by name, unescaped."""

    def __init__(self, properties: Iterable[Property]) -> None:
        self._found: dict[str, list[Property]] = {}
        for prop in properties:
            self._found.setdefault(prop.name, []).append(prop)

    def __contains__(self, name: str) -> bool:
        return name in self._found

    def all(self, name: str) -> tuple[str, ...]:
        return tuple(text for prop in self._found.get(name, ()) if (text := unescaped(prop.value)).strip())

    def first(self, name: str) -> str:
        return next(iter(self.all(name)), "")

    def parts(self, name: str) -> tuple[str, ...]:
        """Return the components of the first structured value, such as those of N."""
        return next((split(prop.value, ";") for prop in self._found.get(name, ()) if prop.value.strip(" ;")), ())

    def lists(self, name: str) -> tuple[str, ...]:
        """Return every entry of every list, such as those of CATEGORIES."""
        return tuple(text for prop in self._found.get(name, ()) for text in split(prop.value, ",") if text.strip())


def unescaped(value: str) -> str:
    """Undo backslash escapes."""
    return _ESCAPE.sub(lambda found: "\n" if found[1] in "nN" else found[1], value) if "\\" in value else value


def split(value: str, separator: str) -> tuple[str, ...]:
    """Split at *separator* where it is not escaped, and undo the escapes of each part."""
    if "\\" not in value:
        return tuple(value.split(separator))
    parts = []
    for found in _PART[separator].finditer(value):
        parts.append(unescaped(found[1]))
        if not found[2]:
            break
    return tuple(parts)


def _dates(
    properties: tuple[Property, ...], *, order: DateOrder | None
) -> tuple[tuple[Reading, ...], tuple[Labelled, ...], list[str], list[str]]:
    """Return birthdays, other dates, what is kept as text of calendars we do not count in, and remarks."""
    labels = {prop.group: _label(unescaped(prop.value)) for prop in properties if prop.name == "X-ABLABEL" and prop.group}
    birthdays: list[Reading] = []
    dates: list[Labelled] = []
    notes: list[str] = []
    remarks: list[str] = []
    for prop in properties:
        if prop.name == "BDAY" or prop.name in _OTHER_CALENDARS:
            calendar = prop.param("CALSCALE").casefold()
            if prop.name == "BDAY" and calendar in ("", "gregorian"):
                birthdays.append(_reading(prop, order))
            elif prop.value.strip():
                notes.append(f"birthday ({calendar or 'lunar'} calendar): {unescaped(prop.value).strip()}")
                remarks.append(f"a birthday in the {calendar or 'lunar'} calendar is kept as text")
        elif prop.name in _ANNIVERSARIES:
            dates.append(Labelled(label=ANNIVERSARY, reading=_reading(prop, order)))
        elif prop.name == "X-ABDATE":
            label = labels.get(prop.group, ANNIVERSARY) if prop.group else ANNIVERSARY
            if label.casefold() in _BIRTHDAY_LABELS:
                birthdays.append(_reading(prop, order))
            else:
                dates.append(Labelled(label=label, reading=_reading(prop, order)))
    return tuple(birthdays), tuple(dates), notes, remarks


def _reading(prop: Property, order: DateOrder | None) -> Reading:
    reading = read_date(unescaped(prop.value), order=order)
    omitted = prop.param("X-APPLE-OMIT-YEAR")
    if omitted and (on := reading.on) and on.month and on.day and str(on.year) == omitted:
        return Reading(reading.text, on=PartialDate(month=on.month, day=on.day))
    return reading


def _label(written: str) -> str:
    found = _BUILT_IN_LABEL.fullmatch(written.strip())
    label = one_line(found[1] if found else written)
    return ANNIVERSARY if label.casefold() == ANNIVERSARY.casefold() or not label else label


def _city(address: tuple[str, ...]) -> str:
    return address[3] if len(address) > 3 else ""


def _zone(written: str) -> str:
    """Return an IANA name; an offset, which most cards hold, says nothing about the summer."""
    return written.strip() if "/" in written else ""


def _same(name: str, company: str) -> bool:
    return one_line(name).casefold() == one_line(company).casefold()


def _revised_at(written: str) -> datetime | None:
    text = one_line(written)
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return read_instant(text)
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
