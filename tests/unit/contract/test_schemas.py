"""What the schemas say of each field."""

from typing import Any

from shared.contract.catalogue import ENTRIES
from shared.contract.meanings import MEANINGS
from shared.contract.schemas import Schema, polished


def models_of(schema: Schema) -> dict[str, Any]:
    """Return every model of a message's schema."""
    return {"": schema, **schema.get("$defs", {})}


def test_every_field_has_a_meaning(schemas: dict[str, Schema]) -> None:
    """No table of the documents has an empty line; shared/contract/meanings.py is where a sentence is added."""
    missing = {
        f"{name or message}.{field}"
        for message, schema in schemas.items()
        for name, model in models_of(schema).items()
        for field, each in model.get("properties", {}).items()
        if not each.get("description")
    }
    assert missing == set()


def test_no_meaning_is_for_a_field_that_is_no_more() -> None:
    """The table does not outlive what it is about."""
    fields: set[str] = set()
    for entry in ENTRIES:
        schema = entry.model.model_json_schema()
        for name, model in {schema["title"]: schema, **schema.get("$defs", {})}.items():
            owner = "CloudEvent" if "specversion" in model.get("properties", {}) else name
            for field in model.get("properties", {}):
                fields.add(f"{owner}.{field}" if f"{owner}.{field}" in MEANINGS else field)
    assert set(MEANINGS) - fields == set()


def test_titles_made_from_field_names_go_and_fields_named_title_stay() -> None:
    """`title` is a keyword of JSON Schema and a field of a job."""
    schema = {"title": "Job", "properties": {"title": {"type": "string", "title": "Title", "description": "Own words."}}}
    assert polished(schema, model="Job") == {
        "title": "Job",
        "properties": {"title": {"type": "string", "description": "Own words."}},
    }


def test_a_schema_knows_its_name(schemas: dict[str, Schema]) -> None:
    """Each says which dialect and which message it is, and a fact's names its own type."""
    schema = schemas["hobnob.job.changed.v1"]
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == "urn:hobnob:schema:hobnob.job.changed.v1"
    assert schema["properties"]["type"]["const"] == "hobnob.job.changed.v1"
    assert schema["properties"]["data"]["$ref"] == "#/$defs/JobChanged"
