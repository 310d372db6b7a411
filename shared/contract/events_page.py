"""`docs/events.md`: how to tell Hobnob something, made from the models and the examples."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from shared.contract.entries import FACTS, Entry
from shared.contract.examples import Example
from shared.contract.schemas import polished
from shared.contract.words import Field, fields_of
from shared.messages.cloudevents import MAX_EVENT_BYTES, CloudEvent
from shared.messages.facts import FactName

SHARED_MODELS: Final = ("ContactRef", "CustomDate")
SHARED_WORDS: Final = ("Occasion",)
"""Described once, at the end: what the tables of several facts lead to. A test asserts that no link leads nowhere."""
MINIMAL: Final = "minimal"
NOTES: Final = {FactName.IMPORT_UPLOADED: "Not taken over HTTP. `hobnob import` uploads the file and states this itself."}
SHOWN: Final = "hobnob.job.changed.v1"
"""The fact that the ways of sending are shown with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactChapter:
    """What the page says of one fact: JSON of the whole event with every field, of the smallest one, and of its data."""

    entry: Entry
    note: str
    fields: tuple[Field, ...]
    full: str
    small: str
    least: str


def events_page(schemas: Mapping[str, Mapping[str, Any]], examples: Sequence[Example]) -> str:
    """Return the page as Markdown."""
    environment = Environment(
        loader=PackageLoader("shared.contract"),
        autoescape=False,  # noqa: S701  # Markdown, of our own texts
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
    )
    environment.filters["cell"] = _cell
    environment.filters["line"] = _line
    by_file = {example.file: example for example in examples}
    chapters = [_chapter(entry, schemas[entry.name], by_file) for entry in FACTS]
    definitions = {name: each for schema in schemas.values() for name, each in schema.get("$defs", {}).items()}
    envelope = polished(CloudEvent.model_json_schema(), model="CloudEvent")
    return environment.get_template("events.md.j2").render(
        envelope=fields_of(envelope, definitions=definitions, link=_link),
        facts=chapters,
        shared=[_shared(name, definitions) for name in SHARED_MODELS],
        words=[(name, definitions[name]) for name in SHARED_WORDS],
        shown=next(chapter for chapter in chapters if chapter.entry.name == SHOWN),
        most_bytes=MAX_EVENT_BYTES,
    )


def _shared(name: str, definitions: Mapping[str, Mapping[str, Any]]) -> tuple[str, str, tuple[Field, ...]]:
    schema = definitions[name]
    return name, schema["description"], fields_of(schema, definitions=definitions, link=_link)


def _chapter(entry: Entry, schema: Mapping[str, Any], examples: Mapping[str, Example]) -> FactChapter:
    definitions = schema["$defs"]
    data = definitions[schema["properties"]["data"]["$ref"].rpartition("/")[2]]
    small = examples[f"{entry.name}.{MINIMAL}.json"]
    return FactChapter(
        entry=entry,
        note=NOTES.get(entry.fact, "") if entry.fact else "",
        fields=fields_of(data, definitions=definitions, link=_link),
        full=_text(examples[f"{entry.name}.json"]),
        small=_text(small),
        least=json.dumps(small.document["data"], ensure_ascii=False),
    )


def _text(example: Example) -> str:
    return example.payload.decode().rstrip()


def _link(model: str) -> str:
    return f"[{model}](#{model.lower()})"


def _cell(text: str) -> str:
    """Write text into a cell of a table."""
    return text.replace("|", "\\|").replace("\n", " ")


def _line(text: str) -> str:
    """Write text in one line."""
    return " ".join(text.split())
