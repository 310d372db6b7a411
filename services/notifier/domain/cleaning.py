"""Text from anywhere, made harmless for where it is shown: one line, or several, and nothing that is not seen."""

import re
import unicodedata
from typing import Final

_UNSEEN: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Unicode categories that end a line, control a terminal or cannot be encoded."""
_DIRECTIONS: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Overrides of the writing direction: with them a name can show text that it does not contain."""


def clean_line(text: str, *, chars_max: int) -> str:
    """Return *text* as one line of at most *chars_max* characters: what breaks lines, controls or hides is a space."""
    # Most text is printable throughout, and then there is nothing to look for.
    if not text.isprintable():
        text = "".join(" " if unicodedata.category(char) in _UNSEEN or char in _DIRECTIONS else char for char in text)
    return " ".join(text.split())[:chars_max].rstrip()


def clean_text(text: str) -> str:
    """Return *text* with its line breaks as `\\n`, and without what controls or cannot be encoded."""
    unified = re.sub("\r\n|[\r\u0085\u2028\u2029]", "\n", text)
    if unified.replace("\n", "").isprintable():
        return unified
    return "".join(char for char in unified if char in "\n\t" or unicodedata.category(char) not in _UNSEEN)
