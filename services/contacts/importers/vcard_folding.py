"""
The lines of a vCard file put together again: folding, quoted-printable's soft breaks, and wrapping without any sign.

Bytes are carried as Latin-1 text, one character a byte, because each property may be in a character set of its own, and
folding may cut a letter in two.

Source:
    vCard 2.1 section 2.1.3, RFC 6350 section 3.2.
"""

import re
from collections.abc import Iterator

from services.contacts.importers.blob import Blob
from services.contacts.importers.encoding import UTF_8, Encoding, open_text
from services.contacts.importers.text import MAX_FIELD_CHARS

MAX_VALUE_BYTES = 4 * MAX_FIELD_CHARS
"""A longer value is cut; a character has at most four bytes."""
MAX_PARAM_CHARS = 4_000
"""Room for a property's name and parameters."""
WRAPPED_FROM_CHARS = 60
"""A line without indentation can continue one this long, as some programs wrap them; after a shorter one it is rubbish."""

_READ_CHARS = 256 * 1024
_BEGINS = re.compile(r"(?:[\w-]+\.)?[A-Za-z][\w/-]*[;:]")
_MARKER = re.compile(r"(?:BEGIN|END):VCARD", re.IGNORECASE)
_BOM = "\xef\xbb\xbf"
_BINARY = frozenset({"PHOTO", "LOGO", "SOUND", "KEY"})
"""Never kept: pictures would fill the memory, and nothing here looks at them."""
_BASE64_SIGNS = ("BASE64", ";ENCODING=B")
_FREE_TEXT = frozenset({"NOTE", "LABEL", "ADR"})


def logical_lines(blob: Blob, encoding: Encoding) -> Iterator[tuple[int, str, bool]]:
    """
    Unfold the file: yield the line on which a property begins, its bytes as Latin-1, and whether its end was seen.

    A line that cannot begin a property continues the one before, as in cards whose lines were wrapped without indentation.
    """
    current: _Folded | None = None
    is_line_open = False
    number = 0
    for piece in _physical_lines(blob, encoding):
        text = piece.rstrip("\r\n")
        number += not is_line_open
        if current and current.takes(text, is_same_line=is_line_open):
            current.append(text, is_same_line=is_line_open)
        elif text.strip():
            if current:
                yield current.line, current.text(), True
            current = _Folded(number, text)
        is_line_open = text == piece
    if current:
        yield current.line, current.text(), not is_line_open and not current.is_soft


def _physical_lines(blob: Blob, encoding: Encoding) -> Iterator[str]:
    """Yield lines, or pieces of very long ones, as Latin-1: one character is one byte, whatever it will turn out to mean."""
    is_bytewise = encoding.codec == UTF_8 or encoding.codec.startswith("cp")
    with open_text(blob, "latin-1" if is_bytewise else encoding.codec) as stream:
        is_first = True
        while piece := stream.readline(_READ_CHARS):
            raw = piece if is_bytewise else piece.encode("utf-8", "replace").decode("latin-1")
            yield raw.removeprefix(_BOM) if is_first else raw
            is_first = False


class _Folded:
    """A property while its lines are put together."""

    def __init__(self, line: int, text: str) -> None:
        head = text.split(":", 1)[0].upper()
        self.line = line
        self._is_quoted = "QUOTED-PRINTABLE" in head
        name = head.split(";", 1)[0].rpartition(".")[2]
        self._is_binary = name in _BINARY or any(sign in head for sign in _BASE64_SIGNS)
        self._parts = [text[:MAX_PARAM_CHARS] if self._is_binary else text]
        self._size = len(text)
        self._may_wrap = name in _FREE_TEXT or self._is_quoted or self._is_binary
        self._last = text

    @property
    def is_soft(self) -> bool:
        """Whether the text so far ends in quoted-printable's sign that it goes on."""
        return self._is_quoted and self._parts[-1].endswith("=")

    def takes(self, text: str, *, is_same_line: bool) -> bool:
        """Tell whether the next line belongs to this property."""
        if is_same_line:
            return True
        if _MARKER.fullmatch(text.strip()):
            return False
        if self.is_soft or text[:1] in (" ", "\t"):
            return True
        is_wrapped = self._may_wrap or len(self._last) >= WRAPPED_FROM_CHARS
        return bool(text) and is_wrapped and not _BEGINS.match(text) and not _MARKER.fullmatch(self._parts[0].strip())

    def append(self, text: str, *, is_same_line: bool) -> None:
        """Add one more line, or the next piece of a very long one."""
        self._last = text
        if self._is_binary or self._size > MAX_VALUE_BYTES + MAX_PARAM_CHARS:
            return
        self._size += len(text)
        if is_same_line:
            self._parts.append(text)
        elif self.is_soft:
            self._parts[-1] = self._parts[-1][:-1]
            self._parts.append(text)
        elif text[:1] in (" ", "\t"):
            self._parts.append(text[1:])
        else:
            self._parts.append("\n" + text)

    def text(self) -> str:
        """Return the whole."""
        return "".join(self._parts)
