"""
The ways to reach a person as links, or as nothing but text.

Whatever a contact's fields hold becomes a part of a link of a fixed scheme, or no link at all: a link never runs anything.
"""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from services.notifier.domain.addresses import InvalidAddress, parse_address
from shared.messages.snapshots import ContactSnapshot

DIGITS: Final = range(3, 21)
"""How many a number has that can be called; E.164 allows 15, some countries' prefixes come on top."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """An address or a number as it was stated, and a link where it can be one."""

    text: str
    url: str | None


def ways_to(person: ContactSnapshot) -> tuple[Way, ...]:
    """Return every address and number of *person*, addresses first, the one that is used first at the top."""
    emails = [Way(text=text, url=_mailto(text)) for text in person.emails]
    return (*emails, *(Way(text=text, url=_tel(text)) for text in person.phones))


def _mailto(text: str) -> str | None:
    try:
        local, _, domain = parse_address(text).rpartition("@")
    except InvalidAddress:
        return None
    return f"mailto:{quote(local, safe='')}@{domain}"


def _tel(text: str) -> str | None:
    """Return a link that dials (RFC 3966); a number with letters in it, such as an extension, is none."""
    if re.search(r"[^\d\s()+./-]", text):
        return None
    plus, digits = "+" if text.strip().startswith("+") else "", re.sub(r"\D", "", text)
    return f"tel:{plus}{digits}" if len(digits) in DIGITS else None
