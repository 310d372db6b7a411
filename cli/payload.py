"""A payload that may be anything, as text that a person can read."""

import json
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """A payload made readable: as JSON with a line for each value, as the text it is, or in hexadecimal."""

    format: Literal["json", "text", "hex"]
    text: str
    size_bytes: int
    is_whole: bool


def readable(body: bytes, *, most_chars: int) -> Payload:
    """Return *body* as text of at most *most_chars* characters; no bytes raise."""
    shown_as, text = _to_text(body, most_chars=most_chars)
    return Payload(format=shown_as, text=text[:most_chars], size_bytes=len(body), is_whole=len(text) <= most_chars)


def _to_text(body: bytes, *, most_chars: int) -> tuple[Literal["json", "text", "hex"], str]:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return "hex", body[: most_chars // 2 + 1].hex()
    if len(text) > most_chars:
        return "text", text  # laid out, it would only grow
    try:
        pretty = json.dumps(json.loads(text), ensure_ascii=False, indent=2)
        pretty.encode()  # half a surrogate pair can be written in JSON, but not on a terminal
    except (ValueError, RecursionError):
        return "text", text
    return "json", pretty
