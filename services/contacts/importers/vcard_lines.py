"""
vCards as they are found: 2.1, 3.0 and 4.0, quoted-printable, in mixed character sets, damaged, cut off.

Reads property by property and never gives up a card for one bad line. vobject 0.9.9 refuses 8 of 39 real cards, among
them quoted-printable ones of Android and Outlook, so these lines are read here.

Source:
    vCard 2.1 section 2.1.5 (CHARSET) and 2.1.4 (ENCODING); RFC 6350 sections 3.3 and 3.4; RFC 6868 (^n ^' ^^).
"""

import quopri
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from services.contacts.importers.blob import Blob
from services.contacts.importers.encoding import WESTERN, Encoding
from services.contacts.importers.text import shortened
from services.contacts.importers.vcard_folding import MAX_VALUE_BYTES, logical_lines

MAX_PROPERTIES = 2_000
"""More than that in one card are dropped, with a remark."""
_START = re.compile(r"(?:([\w-]+)\.)?([A-Za-z0-9-]+(?:/[\w-]+)?)((?:;(?:\"[^\"]*\"|[^\";:])*)*):(.*)", re.DOTALL)
_LOOSE = re.compile(r"(?:([\w-]+)\.)?([A-Za-z0-9-]+)((?:;[^:]*)?):(.*)", re.DOTALL)
_PARAM = re.compile(r";((?:\"[^\"]*\"|[^;\"])*)")
_BARE = {"QUOTED-PRINTABLE": "ENCODING", "BASE64": "ENCODING", "B": "ENCODING", "8BIT": "ENCODING", "7BIT": "ENCODING"}
_CARETS = {"^n": "\n", "^'": '"', "^^": "^"}


@dataclass(frozen=True, slots=True)
class Property:
    """One property: `value` is decoded, its backslash escapes still in place; names and groups are upper case."""

    name: str
    value: str
    group: str = ""
    params: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def param(self, name: str) -> str:
        """Return the first value of a parameter, or ''."""
        return next(iter(self.params.get(name, ())), "")


@dataclass(frozen=True, slots=True)
class RawCard:
    """The properties of one card, in order, and what is wrong with it. `line` is that of BEGIN:VCARD."""

    line: int
    properties: tuple[Property, ...]
    remarks: tuple[str, ...] = ()


@dataclass(slots=True)
class _Open:
    """The card being read."""

    line: int
    properties: list[Property] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def close(self, *remarks: str) -> RawCard:
        return RawCard(self.line, tuple(self.properties), (*dict.fromkeys(self.remarks), *remarks))


def read_cards(blob: Blob, encoding: Encoding) -> Iterator[RawCard]:
    """Yield every card of the file; one that is cut off comes without its last, unfinished property."""
    card: _Open | None = None
    agents = 0
    for line, raw, is_finished in logical_lines(blob, encoding):
        marker = raw.strip().upper()
        if marker == "BEGIN:VCARD":
            if card and card.properties and card.properties[-1].name == "AGENT" and not card.properties[-1].value:
                agents += 1  # vCard 2.1 puts the card of somebody's agent inside
            elif card:
                yield card.close("the card has no END:VCARD; it ends where the next one begins")
                card = _Open(line)
            else:
                card = _Open(line)
        elif card is None:
            continue
        elif marker == "END:VCARD":
            if agents:
                agents -= 1
            else:
                yield card.close()
                card = None
        elif agents == 0 and is_finished:
            _add(card, raw, encoding)
    if card:
        yield card.close("the file is cut off inside this card")


def _add(card: _Open, raw: str, encoding: Encoding) -> None:
    found = _START.fullmatch(raw) or _LOOSE.fullmatch(raw)
    if not found:
        if raw.strip():
            card.remarks.append(f"a line that is no property is left out: {shortened(_decode(raw, '', encoding)[0], 40)!r}")
        return
    if len(card.properties) >= MAX_PROPERTIES:
        card.remarks.append(f"only the first {MAX_PROPERTIES:,} properties are read")
        return
    group, name, written_params, value = found.groups()
    params = _params(written_params)
    if len(value) > MAX_VALUE_BYTES:
        card.remarks.append(f"{shortened(name)} is cut after {MAX_VALUE_BYTES:,} bytes")
        value = value[:MAX_VALUE_BYTES]
    if "QUOTED-PRINTABLE" in (text.upper() for text in params.get("ENCODING", ())):
        value = quopri.decodestring(value.encode("latin-1")).decode("latin-1")
    decoded, remark = _decode(value, next(iter(params.get("CHARSET", ())), ""), encoding)
    if remark:
        card.remarks.append(remark)
    card.properties.append(Property(name.upper(), decoded, (group or "").upper(), params))


def _params(written: str) -> dict[str, tuple[str, ...]]:
    params: dict[str, tuple[str, ...]] = {}
    for part in _PARAM.findall(written):
        name, equals, value = part.partition("=")
        if not equals:
            bare = name.strip().upper()
            name, value = _BARE.get(bare, "TYPE"), bare
        values = tuple(_uncaret(text.strip().strip('"')) for text in re.findall(r'"[^"]*"|[^,]+', value))
        params[name.strip().upper()] = params.get(name.strip().upper(), ()) + values
    return params


def _uncaret(text: str) -> str:
    return re.sub(r"\^[n'^]", lambda found: _CARETS[found[0]], text) if "^" in text else text


def _decode(raw: str, charset: str, encoding: Encoding) -> tuple[str, str | None]:
    """Turn bytes, carried as Latin-1, into text: as the property says, else UTF-8, else as the file seems to be."""
    if raw.isascii() and not charset.upper().startswith(("UTF-16", "UTF-7", "ISO-2022")):
        return raw, None
    data = raw.encode("latin-1")
    if charset:
        try:
            return data.decode(charset), None
        except (LookupError, ValueError):  # no such encoding of text, a name with a NUL in it, or other bytes than it says
            pass  # the declared character set is unknown or wrong: the bytes decide, as if it were not there
    try:
        return data.decode("utf-8"), None
    except UnicodeDecodeError:
        codec = encoding.codec if encoding.codec.startswith("cp") else WESTERN
        remark = f"letters that are not UTF-8 were read as windows-{codec.removeprefix('cp')}"
        return data.decode(codec, "replace"), remark
