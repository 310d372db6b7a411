"""A JSON Schema in plain words, for people: what each field may hold."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import TypeAdapter

from shared.messages.facts import Email
from shared.messages.values import Id, Language, LocalTime, PartialDate

Schema = Mapping[str, Any]
Link = Callable[[str], str]
"""Writes the name of another model so that it leads to its description."""

INLINE_WORDS: Final = 5
"""A longer list of allowed words is described once and linked."""

_FORMS: Final = {
    TypeAdapter(kind).json_schema()["pattern"]: words
    for kind, words in (
        (Id, "id: letters, digits, `_` and `-`, 1 to 64"),
        (Email, "email address"),
        (PartialDate, "date: `YYYY-MM-DD`, `--MM-DD` without a year, `YYYY-MM` or `YYYY`"),
        (LocalTime, "time of day, `HH:MM`"),
        (Language, "language tag, such as `en` or `de-AT`"),
    )
}
_FORMATS: Final = {"date-time": "instant, RFC 3339 with its offset", "date": "date, `YYYY-MM-DD`"}
_PLAIN: Final = {"boolean": "`true` or `false`", "null": "null"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One row of a table of fields; `type` and `meaning` are text with `code` in backquotes."""

    name: str
    type: str
    is_required: bool
    meaning: str


def fields_of(schema: Schema, *, definitions: Mapping[str, Schema], link: Link) -> tuple[Field, ...]:
    """Return the fields of a model, required ones first, else in its own order."""
    required = schema.get("required", ())
    found = [
        Field(
            name=name,
            type=in_words(each, definitions=definitions, link=link),
            is_required=name in required,
            meaning=each.get("description", ""),
        )
        for name, each in schema.get("properties", {}).items()
    ]
    return tuple(sorted(found, key=lambda field: not field.is_required))


def model_of(schema: Schema) -> str:
    """Return the name of the model that a schema refers to, or nothing when it describes the value itself."""
    return str(schema.get("$ref", "")).rpartition("/")[2]


def in_words(schema: Schema, *, definitions: Mapping[str, Schema], link: Link) -> str:
    """Say in one phrase what a value may be; that an optional one may be null goes without saying."""
    if name := model_of(schema):
        target = definitions[name]
        is_short = 0 < len(target.get("enum", ())) <= INLINE_WORDS
        return in_words(target, definitions=definitions, link=link) if is_short else link(name)
    if "anyOf" in schema:
        ways = [each for each in schema["anyOf"] if each.get("type") != "null"]
        return " or ".join(in_words(each, definitions=definitions, link=link) for each in ways)
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return "one of " + ", ".join(f"`{word}`" for word in schema["enum"])
    match schema.get("type"):
        case "array":
            most = f" of at most {schema['maxItems']:,}" if "maxItems" in schema else ""
            return f"list{most}: {in_words(schema.get('items', {}), definitions=definitions, link=link)}"
        case "object":
            return _mapping(schema, definitions=definitions, link=link)
        case "string":
            return _text(schema)
        case "integer":
            return f"whole number{_range(schema)}"
        case "number":
            return f"number{_range(schema)}"
        case None:
            return "anything"
        case other:
            return _PLAIN[other]


def _mapping(schema: Schema, *, definitions: Mapping[str, Schema], link: Link) -> str:
    values = schema.get("additionalProperties", True)
    if values is True:
        return "JSON object"
    keys = in_words(schema.get("propertyNames", {"type": "string"}), definitions=definitions, link=link)
    return f"object: by {keys.removeprefix('one of ')}, {in_words(values, definitions=definitions, link=link)}"


def _text(schema: Schema) -> str:
    if known := _FORMS.get(schema.get("pattern", "")) or _FORMATS.get(schema.get("format", "")):
        return known
    longest = schema.get("maxLength")
    return f"text, up to {longest:,} characters" if longest else "text"


def _range(schema: Schema) -> str:
    lowest, highest = schema.get("minimum"), schema.get("maximum")
    if lowest is None and highest is None:
        return ""
    if highest is None:
        return f", {lowest:,} or more"
    return f", {lowest or 0:,.0f} to {highest:,.0f}"
