"""
Whether a message is about a person of whom nothing but hashed keys is left.

It need be no valid fact: a dead letter is none. So everything in it that could be an identity key is hashed as one, and
compared with the person's.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from services.contacts.domain.identity import emitters_key, fold, profile_slug, token

_EMAIL: Final = re.compile(r"[^\s@\"'<>(),;:\[\]{}\\]+@[^\s@\"'<>(),;:\[\]{}\\]+")
_PROFILE: Final = re.compile(r"[^\s\"'<>]*linkedin\.com/[^\s\"'<>\\]+", re.IGNORECASE)
_AFTER_WORDS: Final = ".,;:!?"
MAX_DEPTH: Final = 40
"""How deep a document is looked into; no fact is half as deep."""


def mentions(body: bytes, *, headers: Mapping[str, str], owner: str, keys: Collection[str]) -> bool:
    """
    Whether *body* names the person who has these *keys*, anywhere and in any way in which a fact of *owner* can name them.

    Words that merely tell of them, in a note about somebody else, name nobody.
    """
    return any(token(owner=owner, key=key) in keys or key in keys for key in _candidates(body, headers))


def _candidates(body: bytes, headers: Mapping[str, str]) -> Iterator[str]:
    text = body.decode("utf-8", "replace")
    for found in (*_EMAIL.findall(text), *_EMAIL.findall(_plain(text))):
        yield f"email:{fold(found.rstrip(_AFTER_WORDS))}"
    for found in _PROFILE.findall(text):
        if slug := profile_slug(found.rstrip(_AFTER_WORDS)):
            yield f"linkedin:{slug}"
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return
    sources = {value for name, value in headers.items() if name.lower() == "ce-source"}
    pairs = list(_pairs(document, depth=0))
    sources |= {value.strip() for name, value in pairs if name == "source"}
    for name, value in pairs:
        yield from _keys_of(name, value.strip(), sources)


def _plain(text: str) -> str:
    """Undo the escapes of JSON, in which an address may be written."""
    return text.encode("latin-1", "replace").decode("unicode-escape", "replace") if "\\u" in text else ""


def _keys_of(name: str, value: str, sources: Collection[str]) -> Iterator[str]:
    if "@" in value:
        yield f"email:{fold(value)}"
    if "linkedin.com/" in value and (slug := profile_slug(value)):
        yield f"linkedin:{slug}"
    match name:
        case "name":
            yield f"name:{fold(value)}"
        case "uid":
            yield f"uid:{value}"
        case "id" | "external_id":
            yield value  # our own id is a key as it is
            for source in sources:
                yield emitters_key(source=source, id=value)
        case _:
            return


def _pairs(node: Any, *, depth: int, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text of a document with the name of its field; a name in two parts comes as one as well."""
    if depth > MAX_DEPTH:
        return
    match node:
        case str():
            yield name, node
        case list():
            for each in node:
                yield from _pairs(each, depth=depth + 1, name=name)
        case dict():
            for key, each in node.items():
                yield from _pairs(each, depth=depth + 1, name=str(key))
            parts = (node.get("given_name"), node.get("family_name"))
            yield "name", " ".join(part for part in parts if isinstance(part, str))
        case _:
            return
