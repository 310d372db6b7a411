"""Cleaning of written text: one line, no invisible characters, and the form in which names are compared."""

import unicodedata

MAX_FIELD_CHARS = 20_000
"""A longer field is cut, with a remark: the contract's long texts hold no more."""
MAX_TEXT_CHARS = 500
"""What the contract's one-line texts hold."""

_INVISIBLE = dict.fromkeys([0x0, 0xAD, 0x200B, 0x200E, 0x200F, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
"""NUL, soft hyphen, zero-width space, byte order marks and direction marks: pasted along with names, never meant."""


def one_line(text: str) -> str:
    """Collapse white space and drop what cannot be seen."""
    if not text.isascii() or "\0" in text:
        text = text.translate(_INVISIBLE)
    return " ".join(text.split())


def long_text(text: str) -> str:
    """Keep line breaks, as `\\n`; drop what cannot be seen and the white space around."""
    return text.translate(_INVISIBLE).replace("\r\n", "\n").replace("\r", "\n").strip()


def name_key(name: str) -> str:
    """Return the form in which two spellings of one name are equal: composed, case folded, single spaces."""
    return unicodedata.normalize("NFC", one_line(name)).casefold()


def shortened(text: str, limit: int = 80) -> str:
    """Return *text* fit for a sentence about it."""
    flat = one_line(text)
    return flat if len(flat) <= limit else f"{flat[: limit - 1]}…"
