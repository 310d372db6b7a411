"""
Whether today's models still read what was written before: every published example, and what the published schemas allowed.

Each finding is one sentence that names the example or the message, the field and the reason.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from shared.contract.catalogue import ENTRIES
from shared.contract.entries import Entry
from shared.contract.examples import Example
from shared.contract.schema_changes import Change, changes
from shared.errors import InvalidMessage
from shared.messages.cloudevents import describe


def broken_examples(examples: Sequence[Example], *, entries: Sequence[Entry] = ENTRIES) -> list[str]:
    """Return a sentence for every example that today's models do not read."""
    by_name = {entry.name: entry for entry in entries}
    found: list[str] = []
    for example in examples:
        entry = by_name.get(example.message)
        if entry is None:
            found.append(f"{example.path} no longer parses: there is no message {example.message}")
        elif reason := _why_not(entry, example.payload):
            found.append(f"{example.path} no longer parses: {reason}")
    return found


def _why_not(entry: Entry, payload: bytes) -> str | None:
    try:
        entry.read(payload)
    except ValidationError as exc:
        return describe(exc)
    except InvalidMessage as exc:
        return str(exc)
    return None


def schema_changes(
    *, published: Mapping[str, Mapping[str, Any]], present: Mapping[str, Mapping[str, Any]]
) -> dict[str, tuple[Change, ...]]:
    """Return what changed in every message that was published before, by its name; unchanged ones are left out."""
    found = {
        name: changes(old, present[name]) if name in present else (Change(field="", what="is no longer there", breaks=True),)
        for name, old in published.items()
    }
    return {name: each for name, each in found.items() if each}


def breaking_sentences(found: Mapping[str, Sequence[Change]]) -> list[str]:
    """Return a sentence for each change that breaks old messages."""
    return [
        f"{name} breaks old messages: {change}; make it the next version beside this one"
        for name, each in found.items()
        for change in each
        if change.breaks
    ]


def compatible_sentences(found: Mapping[str, Sequence[Change]]) -> list[str]:
    """Return a sentence for each change that old messages do not notice."""
    return [f"{name} stays compatible: {change}" for name, each in found.items() for change in each if not change.breaks]
