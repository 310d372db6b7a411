"""The schemas of `/openapi.json` are whole, and the example that everybody copies is right."""

import json
from typing import Any

import jsonschema
import pytest

from services.notifier.web.acceptance import TAKEN, check
from services.notifier.web.openapi import PARAMETERS, REQUEST_BODY, RESPONSES, schemas
from shared.clock import system_clock
from shared.messages.cloudevents import CloudEvent, event_type
from shared.messages.facts import FactName


def references(node: Any) -> set[str]:
    """Return every schema that is referred to."""
    if isinstance(node, dict):
        own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*(references(value) for value in node.values()))
    return set().union(*(references(value) for value in node)) if isinstance(node, list) else set()


def validator(model: str) -> Any:
    """Return what validates against one of the schemas."""
    document = {"components": {"schemas": schemas()}, "$ref": f"#/components/schemas/{model}"}
    return jsonschema.Draft202012Validator(document)


def test_every_reference_leads_to_a_schema() -> None:
    """Nothing is referred to that is not there."""
    found = schemas()
    wanted = references([found, REQUEST_BODY, PARAMETERS, list(RESPONSES.values())])
    assert wanted <= {f"#/components/schemas/{name}" for name in found}


def test_every_fact_but_uploads_has_its_event() -> None:
    """A type selects exactly one schema, whose `type` is that constant."""
    found = schemas()
    mapping = found["Event"]["discriminator"]["mapping"]
    assert set(mapping) == {event_type(name) for name in FactName} - {event_type(FactName.IMPORT_UPLOADED)}
    assert [{"$ref": reference} for reference in mapping.values()] == found["Event"]["oneOf"]
    for kind, reference in mapping.items():
        assert found[reference.rsplit("/", 1)[1]]["properties"]["type"]["const"] == kind


def test_the_examples_are_accepted() -> None:
    """What the document shows is what the door takes."""
    for content_type, body in REQUEST_BODY["content"].items():
        jsonschema.Draft202012Validator({"components": {"schemas": schemas()}, **body["schema"]}).validate(body["example"])
        if content_type == "application/cloudevents+json":
            check(CloudEvent.model_validate_json(json.dumps(body["example"])), owner="ann", now=system_clock())


@pytest.mark.parametrize(
    "change",
    [
        {"type": event_type(FactName.IMPORT_UPLOADED)},
        {"specversion": "0.3"},
        {"Bad": "x"},
        {"extra": {"a": 1}},
        {"id": "a\0b"},
        {"owner": "a.b"},
        {"data": {"company": "Acme"}},
    ],
)
def test_the_schema_refuses_what_the_door_refuses(change: dict[str, Any]) -> None:
    """The document says so beforehand."""
    example = REQUEST_BODY["content"]["application/cloudevents+json"]["example"]
    assert not list(validator("Event").iter_errors(example))
    assert list(validator("Event").iter_errors(example | change))


def test_taken_facts_are_all_but_uploads() -> None:
    """A fact that is added to Hobnob is taken here as well."""
    assert set(FactName) - set(TAKEN) == {FactName.IMPORT_UPLOADED}
