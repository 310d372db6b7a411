"""Which characters the bytes of a file stand for. What is assumed, not known, comes with a remark for the receipt."""

import codecs
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TextIO

from charset_normalizer import from_bytes

from services.contacts.importers.blob import Blob

UTF_8 = "utf-8-sig"
"""UTF-8 with or without a byte order mark."""
WESTERN = "cp1252"
"""What is assumed when the letters do not tell."""

_CHUNK_BYTES = 1024 * 1024
_SAMPLE_BYTES = 64 * 1024
_MARKS = (
    (codecs.BOM_UTF8, UTF_8),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: its mark begins with that of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WINDOWS = [f"cp125{n}" for n in range(9)]
_SYMBOL_IN_WORD = re.compile(r"[^\W\d_][£¥§¦¨©¬¯°±²³´µ¶¸¹º¼½¾¿×÷\ufffd][^\W\d_]|\b[£³¹¼¾¿¯][a-z]")
"""A sign of the wrong code page: `Wi³niewski`."""
_WESTERN_LETTERS = frozenset("äöüÄÖÜßéèêëÉÈÊáàâÁÀÂçÇíîïÍÎóôÓÔúùûÚñÑãõÃÕåÅæÆøØœ’‘“”„–—…€´°·©®\xa0«»¡¿")


@dataclass(frozen=True, slots=True)
class Encoding:
    """The name of a Python codec, and what the owner should know about the choice."""

    codec: str
    remark: str | None = None


def marked_codec(head: bytes) -> str | None:
    """Return the codec that a byte order mark, or UTF-16's pattern of zeros, gives away; None when nothing does."""
    for mark, codec in _MARKS:
        if head.startswith(mark):
            return codec
    even, odd = head[0:4096:2].count(0), head[1:4096:2].count(0)
    half = len(head[:4096]) // 2
    if odd > half * 0.4 and even < half * 0.1:
        return "utf-16-le"
    if even > half * 0.4 and odd < half * 0.1:
        return "utf-16-be"
    return None


def find_encoding(blob: Blob) -> Encoding:
    """
    Decide by reading the whole file once.

    Bytes that are valid UTF-8 throughout are UTF-8. A few stray bytes among much UTF-8 stay UTF-8 with those characters
    lost; else one of the Windows code pages is assumed, by the letters it yields.
    """
    valid = broken = 0
    sample = bytearray()
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    with blob.open() as stream:
        first = stream.read(_CHUNK_BYTES)
        if codec := marked_codec(first):
            return Encoding(codec, None if codec == UTF_8 else f"read as {codec.upper()}")
        chunk = first
        while chunk:
            text = decoder.decode(chunk)
            if not chunk.isascii():
                lost = max(0, text.count("\ufffd") - chunk.count(b"\xef\xbf\xbd"))
                broken += lost
                valid += len(text) - len(text.encode("ascii", "ignore")) - lost
                if lost and len(sample) < _SAMPLE_BYTES:
                    sample += b"\n".join(line for line in chunk.splitlines() if not line.isascii())[:_SAMPLE_BYTES]
            chunk = stream.read(_CHUNK_BYTES)
        broken += decoder.decode(b"", final=True).count("\ufffd")
    if not broken:
        return Encoding(UTF_8)
    if broken * 10 <= valid:
        return Encoding(UTF_8, f"{broken} bytes are not UTF-8, as the rest of the file is; they are shown as \ufffd")
    codec = _guess_windows(bytes(sample))
    return Encoding(codec, f"not UTF-8: read as windows-{codec.removeprefix('cp')}; if names look wrong, save the file as UTF-8")


def _guess_windows(sample: bytes) -> str:
    western = sample.decode(WESTERN, "replace")
    if all(char.isascii() or char in _WESTERN_LETTERS for char in western):
        return WESTERN
    plausible = [codec for codec in _WINDOWS if not _SYMBOL_IN_WORD.search(sample.decode(codec, "replace"))]
    best = from_bytes(sample, cp_isolation=plausible or _WINDOWS).best()
    return best.encoding if best else WESTERN


@contextmanager
def open_text(blob: Blob, codec: str) -> Iterator[TextIO]:
    """Open as text, line endings kept; bytes outside the codec become the replacement character."""
    with blob.open() as stream, io.TextIOWrapper(stream, encoding=codec, errors="replace", newline="") as text:
        yield text
