"""
What `/openapi.json` says of `POST /events`: every content type, every fact, every answer, taken from the models themselves.
The routes of the API describe themselves.
"""

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from services.notifier.web.acceptance import TAKEN
from services.notifier.web.problems import PROBLEM_TYPE, Problem
from shared.cloudevents_binary import BATCH_TYPE, STRUCTURED_TYPE
from shared.messages.cloudevents import CloudEvent, event_type
from shared.messages.facts import MODELS, FactName

Schema = dict[str, Any]

REF: Final = "#/components/schemas/{model}"
VERSION: Final = "1"
EVENT: Final = "Event"
DATA: Final = "Data"

_PROBLEMS: Final = {
    400: "No JSON, or no CloudEvent that Hobnob reads",
    401: "No token, or none that is valid",
    403: "The event is about another owner than the token speaks for",
    408: "The body took too long to come",
    413: "Larger than what is taken at once: 512 KiB an event, 4 MiB or 1000 events a batch",
    415: "Neither a CloudEvent in JSON nor JSON data with `ce-` headers",
    422: "The data does not fit the fact that the type names; or a fact that is not taken over HTTP",
    500: "An unexpected error",
    503: "The broker or the database is away: send the same again",
}
_ATTRIBUTES: Final = ("specversion", "id", "source", "type", "time", "subject", "dataschema", "owner")

_EXAMPLE: Final[Schema] = {
    "specversion": "1.0",
    "id": "crm-4711",
    "source": "https://crm.example.com",
    "type": event_type(FactName.JOB_CHANGED),
    "time": "2026-03-02T09:30:00Z",
    "data": {"contact": {"email": "ada@example.com"}, "company": "Foxglove Labs", "title": "Chief Botanist"},
}


def _ref(model: str) -> Schema:
    return {"$ref": REF.format(model=model)}


def _parameter(attribute: str) -> Schema:
    """Describe the header of an attribute, which only binary mode has."""
    schema = {"type": "string"} if attribute != "type" else {"type": "string", "enum": [event_type(name) for name in TAKEN]}
    if attribute == "specversion":
        schema = {"type": "string", "const": "1.0"}
    example = {"example": _EXAMPLE[attribute]} if attribute in _EXAMPLE else {}
    return {
        **example,
        "name": f"ce-{attribute}",
        "in": "header",
        "required": False,
        "description": f"With `application/json`: the event's `{attribute}`, percent-encoded where it is not printable ASCII.",
        "schema": schema,
    }


PARAMETERS: Final[list[Schema]] = [_parameter(attribute) for attribute in _ATTRIBUTES]

REQUEST_BODY: Final[Schema] = {
    "required": True,
    "content": {
        STRUCTURED_TYPE: {"schema": _ref(EVENT), "example": _EXAMPLE},
        BATCH_TYPE: {"schema": {"type": "array", "items": _ref(EVENT), "maxItems": 1000}, "example": [_EXAMPLE]},
        "application/json": {"schema": _ref(DATA), "example": _EXAMPLE["data"]},
    },
}

RESPONSES: Final[dict[int | str, Schema]] = {
    202: {
        "description": "The facts are stored; `sequence` is the place of each in the intake stream.",
        "content": {"application/json": {"schema": _ref("Accepted"), "example": {"sequence": 42}}},
    },
    **{
        status: {"description": description, "content": {PROBLEM_TYPE: {"schema": _ref("Problem")}}}
        for status, description in _PROBLEMS.items()
    },
}


class Door(FastAPI):
    """The HTTP application; its OpenAPI document has the schemas of all messages."""

    def openapi(self) -> Schema:
        """Return the document, made at the first request."""
        if self.openapi_schema is None:
            document = get_openapi(title=self.title, version=self.version, description=self.description, routes=self.routes)
            shapes = document.setdefault("components", {}).setdefault("schemas", {})
            # What both have is written the same way, or more strictly as an answer than as a fact that is stated.
            document["components"]["schemas"] = dict(sorted({**shapes, **schemas()}.items()))
            self.openapi_schema = document
        return self.openapi_schema


def schemas() -> Schema:
    """Return the schema of every message by name."""
    models = [CloudEvent, Problem, *(MODELS[name] for name in TAKEN)]
    _, found = models_json_schema([(model, "validation") for model in models], ref_template=REF)
    defined: Schema = found["$defs"]
    envelope = defined.pop("CloudEvent")
    by_fact = {name: MODELS[name].__name__ for name in TAKEN}
    events = {f"{model}{EVENT}": _event(envelope, name, model) for name, model in by_fact.items()}
    one_of: Schema = {
        "oneOf": [_ref(event) for event in events],
        "discriminator": {
            "propertyName": "type",
            "mapping": {event_type(name): REF.format(model=f"{model}{EVENT}") for name, model in by_fact.items()},
        },
    }
    data = {"description": "What `ce-type` says it is.", "anyOf": [_ref(model) for model in by_fact.values()]}
    return dict(sorted({**defined, **events, EVENT: one_of, DATA: data, "Accepted": _ACCEPTED}.items()))


_SEQUENCE: Final[Schema] = {"type": "integer", "minimum": 1}
_ACCEPTED: Final[Schema] = {
    "oneOf": [
        {"type": "object", "required": ["sequence"], "properties": {"sequence": _SEQUENCE}},
        {
            "type": "object",
            "required": ["sequences"],
            "properties": {"sequences": {"type": "array", "items": _SEQUENCE}},
            "description": "Of a batch, in its order.",
        },
    ]
}


def _event(envelope: Schema, name: FactName, model: str) -> Schema:
    """Return the schema of the event that carries a fact."""
    properties = {
        **envelope["properties"],
        "type": {"type": "string", "const": event_type(name)},
        "data": _ref(model),
    }
    return {**envelope, "title": f"{model}{EVENT}", "description": f"The fact `{name}`.", "properties": properties}
