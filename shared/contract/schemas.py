"""JSON Schemas of the messages, as pydantic makes them, with a sentence of meaning for every field."""

from collections.abc import Mapping
from typing import Any, Final

from shared.contract.catalogue import ENTRIES
from shared.contract.entries import Entry
from shared.contract.meanings import meaning

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]


def schema_of(entry: Entry) -> Schema:
    """Return the JSON Schema (2020-12) of a message as its sender must write it."""
    schema = entry.model.model_json_schema(mode="validation")
    definitions = schema.pop("$defs", {})
    return {
        "$schema": DIALECT,
        "$id": f"urn:hobnob:schema:{entry.name}",
        **polished(schema, model=schema["title"]),
        "title": entry.name,
        "description": entry.explanation,
        **({"$defs": {name: polished(each, model=name) for name, each in sorted(definitions.items())}} if definitions else {}),
    }


def all_schemas() -> dict[str, Schema]:
    """Return the schema of every message, by the message's name."""
    return {entry.name: schema_of(entry) for entry in ENTRIES}


def polished(schema: Mapping[str, Any], *, model: str) -> Schema:
    """
    Return the schema of one model with the meaning of each field in it, and without the titles made from field names.

    Args:
        schema: As pydantic makes it.
        model: The name of the model's class.
    """
    result: Schema = dict(schema)
    if "description" in result:
        result["description"] = result["description"].partition("\n\nSource:")[0]
    if "properties" in result:
        owner = "CloudEvent" if "specversion" in result["properties"] else model
        result["properties"] = {name: _property(each, owner, name) for name, each in result["properties"].items()}
    return result


def _property(schema: Mapping[str, Any], model: str, name: str) -> Schema:
    untitled = {key: value for key, value in schema.items() if key != "title"}
    if "description" not in untitled and (sentence := meaning(model, name)):
        untitled["description"] = sentence
    return untitled
