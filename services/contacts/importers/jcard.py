"""
jCard: vCard written in JSON, one card or a list of them.

Source:
    RFC 7095, sections 3.3 (properties as [name, parameters, type, value]) and 3.3.1.3 (structured values as arrays).
"""

import json
from collections.abc import Iterator
from typing import Any

from services.contacts.importers.blob import Blob
from services.contacts.importers.dates import DateOrder
from services.contacts.importers.encoding import Encoding, open_text
from services.contacts.importers.errors import TooLarge
from services.contacts.importers.people import CardItem, people
from services.contacts.importers.rows import Item, ParsedFile, Remark, Skipped
from services.contacts.importers.text import shortened
from services.contacts.importers.vcard import to_card
from services.contacts.importers.vcard_lines import Property, RawCard

FORMAT = "jcard"

MAX_CHARS = 64 * 1024 * 1024
"""JSON is read whole; this bounds it."""


def is_jcard(head: str) -> bool:
    """Tell by the first characters: `["vcard"` or `[["vcard"`."""
    packed = "".join(head[:2000].split())
    return packed.startswith(('["vcard"', '[["vcard"'))


def open_jcard(blob: Blob, encoding: Encoding, *, order: DateOrder | None) -> ParsedFile:
    """Return the people of a jCard file."""

    def cards() -> Iterator[CardItem]:
        for found in _elements(_read(blob, encoding)):
            yield found if isinstance(found, Skipped) else _card(*found, order=order)

    def read() -> Iterator[Item]:
        if encoding.remark:
            yield Remark(line=0, text=encoding.remark)
        yield from people(cards)

    return ParsedFile(file=blob.name, format=FORMAT, read=read)


def _read(blob: Blob, encoding: Encoding) -> str:
    with open_text(blob, encoding.codec) as stream:
        text = stream.read(MAX_CHARS + 1)
    if len(text) > MAX_CHARS:
        raise TooLarge(f"{blob.name} has more than {MAX_CHARS:,} characters; split it, or export vCard instead")
    return text


def _elements(text: str) -> Iterator[tuple[int, Any] | Skipped]:
    """Yield each card with the line on which it begins; the good ones before a break in the file are kept."""
    decoder = json.JSONDecoder()
    packed = text.lstrip()
    at = len(text) - len(packed)
    line, counted = 1, 0
    if not packed.startswith("[") or packed[1:].lstrip().startswith("["):
        at += 1
    while True:
        while at < len(text) and text[at] in " \t\r\n,":
            at += 1
        if at >= len(text) or text[at] == "]":
            return
        line, counted = line + text.count("\n", counted, at), at
        try:
            card, at = decoder.raw_decode(text, at)
        except (json.JSONDecodeError, RecursionError) as exc:
            yield Skipped(line=line, reason=f"the JSON breaks off or is damaged from here on ({exc})")
            return
        yield line, card


def _card(line: int, element: Any, *, order: DateOrder | None) -> CardItem:
    match element:
        case ["vcard", [*properties], *_]:
            found = tuple(prop for written in properties if (prop := _property(written)))
            lost = len(properties) - len(found)
            remarks = (f"{lost} properties are not written as RFC 7095 says and are left out",) if lost else ()
            return to_card(RawCard(line, found, remarks), order=order)
        case _:
            return Skipped(line=line, reason=f"this is no jCard: {shortened(json.dumps(element), 40)}")


def _property(written: Any) -> Property | None:
    match written:
        case [str(name), dict(params), str(kind), *values] if values:
            texts = {key.upper(): _texts(value) for key, value in params.items()}
            value = ",".join(map(_escaped, values))
            return Property(name.upper(), value, next(iter(texts.get("GROUP", ())), "").upper(), {"VALUE": (kind,), **texts})
        case _:
            return None


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else (str(value),)


def _escaped(value: Any) -> str:
    """Write a value as a vCard line would, so that both are read by the same rules."""
    if isinstance(value, list):
        return ";".join(" ".join(map(_escaped, part)) if isinstance(part, list) else _escaped(part) for part in value)
    text = "" if value is None else str(value)
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace(";", "\\;").replace(",", "\\,")
