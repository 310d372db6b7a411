"""The OpenAPI document as a page for people: no script, and no asset but the style sheet of the contract's page."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from shared.contract.page import paragraphs, prose
from shared.contract.words import Field, fields_of, in_words, model_of

Node = Mapping[str, Any]

_METHODS: Final = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationView:
    """One operation: how it is called, what it takes and what it answers; `body` and `reply` are phrases with links."""

    anchor: str
    method: str
    path: str
    title: str
    description: str
    is_open: bool
    parameters: tuple[Field, ...]
    body: str
    answers: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChapterView:
    """The operations of one tag."""

    name: str
    operations: tuple[OperationView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelView:
    """A shape that operations take or answer."""

    name: str
    description: str
    fields: tuple[Field, ...]
    words: tuple[str, ...]


def render_api_page(document: Node, *, style_url: str, document_url: str) -> str:
    """
    Return the page.

    Args:
        document: The OpenAPI document.
        style_url: Where the style sheet is served.
        document_url: Where the document itself is served.
    """
    environment = Environment(
        loader=PackageLoader("services.notifier.web"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters["prose"] = prose
    environment.filters["paragraphs"] = paragraphs
    return environment.get_template("api.html").render(
        info=document["info"],
        chapters=tuple(_chapters(document)),
        models=tuple(_models(document["components"]["schemas"])),
        style_url=style_url,
        document_url=document_url,
    )


def _chapters(document: Node) -> Iterator[ChapterView]:
    found: dict[str, list[OperationView]] = {}
    for path, methods in document["paths"].items():
        for method in _METHODS:
            if operation := methods.get(method):
                tag = next(iter(operation.get("tags", ())), "door")
                found.setdefault(tag, []).append(_operation(document, path, method, operation))
    for name, operations in sorted(found.items()):
        yield ChapterView(name=name, operations=tuple(operations))


def _operation(document: Node, path: str, method: str, operation: Node) -> OperationView:
    schemas = document["components"]["schemas"]
    body = operation.get("requestBody", {}).get("content", {})
    return OperationView(
        anchor=f"{method}{path}".replace("/", "-").replace("{", "").replace("}", ""),
        method=method.upper(),
        path=path,
        title=operation.get("summary", path),
        description=operation.get("description", ""),
        is_open="security" not in operation,
        parameters=tuple(_parameter(each, schemas) for each in operation.get("parameters", ())),
        body="; ".join(f"`{kind}`: {_phrase(each['schema'], schemas)}" for kind, each in body.items() if "schema" in each),
        answers=tuple(_answers(operation, schemas)),
    )


def _parameter(parameter: Node, schemas: Node) -> Field:
    place = {"path": "in the path", "query": "in the query", "header": "header", "cookie": "cookie"}[parameter["in"]]
    schema = parameter.get("schema", {})
    told = parameter.get("description") or schema.get("description", "")
    return Field(
        name=parameter["name"],
        type=f"{_phrase(schema, schemas)}, {place}.",
        is_required=parameter.get("required", False),
        meaning=told,
    )


def _answers(operation: Node, schemas: Node) -> Iterator[tuple[str, str, str]]:
    for status, response in operation["responses"].items():
        content = [_phrase(each["schema"], schemas) for each in response.get("content", {}).values() if each.get("schema")]
        yield status, response.get("description", ""), "; ".join(content)


def _models(schemas: Node) -> Iterator[ModelView]:
    for name, schema in schemas.items():
        yield ModelView(
            name=name,
            description=schema.get("description", ""),
            fields=fields_of(schema, definitions=schemas, link=_link),
            words=tuple(schema.get("enum", ())),
        )


def _phrase(schema: Node, schemas: Node) -> str:
    return _link(name) if (name := model_of(schema)) else in_words(schema, definitions=schemas, link=_link)


def _link(model: str) -> str:
    return f"[[{model}]]"
