"""The contract as a page for people: the AsyncAPI document in, HTML out. No script, and no asset but one style sheet of ours."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from shared.contract.words import Field, fields_of, model_of

Node = Mapping[str, Any]

_CODE: Final = re.compile(r"`([^`]+)`")
_LINK: Final = re.compile(r"\[\[(\w+)\]\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelView:
    """The fields, or the words, of a model; `anchor` is empty where another place on the page is the one to link to."""

    name: str
    anchor: str
    description: str
    fields: tuple[Field, ...]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageView:
    """A message with the examples of it, each a name and JSON text."""

    name: str
    anchor: str
    title: str
    description: str
    model: ModelView
    examples: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelView:
    """A subject: its message, who is at the two ends, and for requests the replies as name and anchor."""

    address: str
    label: str
    role: str
    ends: tuple[str, ...]
    message: MessageView
    replies: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChapterView:
    """A family of channels, and the messages that answer them."""

    name: str
    anchor: str
    description: str
    channels: tuple[ChannelView, ...]
    replies: tuple[MessageView, ...]


def render_page(document: Node, *, style_url: str, document_url: str) -> str:
    """
    Return the page.

    Args:
        document: The AsyncAPI document, as `asyncapi.build_document` makes it.
        style_url: Where the style sheet is served.
        document_url: Where the document itself is served.
    """
    environment = Environment(
        loader=PackageLoader("shared.contract"), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    environment.filters["prose"] = prose
    environment.filters["paragraphs"] = paragraphs
    reader = _Reader(document)
    chapters = tuple(reader.chapters())
    return environment.get_template("asyncapi.html.j2").render(
        info=document["info"],
        envelope=reader.envelope(),
        chapters=chapters,
        models=tuple(reader.remaining_models()),
        style_url=style_url,
        document_url=document_url,
    )


def prose(text: str) -> Markup:
    """Write text as HTML: `code` in backquotes, [[Model]] as a link to its description."""
    marked = _CODE.sub(r"<code>\1</code>", str(escape(text)))
    return Markup(_LINK.sub(r'<a href="#model-\1">\1</a>', marked))  # noqa: S704  # escaped in the line above


def paragraphs(text: str) -> list[str]:
    """Take text apart at its empty lines."""
    return [" ".join(part.split()) for part in text.split("\n\n") if part.strip()]


def _link(model: str) -> str:
    return f"[[{model}]]"


class _Reader:
    """Walks the document in its own order; remembers which models were described, so that each has one anchor."""

    def __init__(self, document: Node) -> None:
        self._document = document
        self._schemas: Node = document["components"]["schemas"]
        self._described: set[str] = set()

    def chapters(self) -> Iterator[ChapterView]:
        """Yield the families."""
        for tag in self._document["info"]["tags"]:
            channels = [each for each in self._document["channels"].items() if each[1]["tags"][0]["name"] == tag["name"]]
            yield ChapterView(
                name=tag["name"],
                anchor=tag["name"].replace(" ", "-"),
                description=tag["description"],
                channels=tuple(self._channel(key, each) for key, each in channels if each["address"]),
                replies=tuple(
                    self._message(name) for _, each in channels if each["address"] is None for name in each["messages"]
                ),
            )

    def envelope(self) -> tuple[Field, ...]:
        """Return the fields around a fact's data."""
        event = next(each for each in self._schemas.values() if "specversion" in each.get("properties", {}))
        around = {name: each for name, each in event["properties"].items() if name not in ("type", "data")}
        return fields_of({**event, "properties": around}, definitions=self._schemas, link=_link)

    def remaining_models(self) -> Iterator[ModelView]:
        """Yield the models that no channel has shown: parts of others, and lists of words."""
        for name, schema in self._schemas.items():
            if name not in self._described and "specversion" not in schema.get("properties", {}):
                yield self._model(name)

    def _channel(self, key: str, channel: Node) -> ChannelView:
        reference = f"#/channels/{key}"
        operations = [each for each in self._document["operations"].values() if each["channel"]["$ref"] == reference]
        (name,) = channel["messages"]
        answers = [each for operation in operations for each in operation.get("reply", {}).get("messages", ())]
        replies = [each["$ref"].rpartition("/")[2] for each in answers]
        return ChannelView(
            address=channel["address"],
            label=key.removeprefix("intake.").removeprefix("rpc."),
            role=_role(operations),
            ends=tuple(_ends(channel, operations)),
            message=self._message(name, anchor=f"channel-{key}"),
            replies=tuple((self._document["components"]["messages"][each]["title"], _reply_anchor(each)) for each in replies),
        )

    def _message(self, name: str, *, anchor: str | None = None) -> MessageView:
        message = self._document["components"]["messages"][name]
        schema = self._schemas[model_of(message.get("headers") or message["payload"])]
        if "specversion" in schema.get("properties", {}):
            model = model_of(schema["properties"]["data"])
        else:
            model = model_of(message.get("headers") or message["payload"])
        shown = [(each["name"], each.get("headers") or each["payload"]) for each in message.get("examples", ())]
        return MessageView(
            name=name,
            anchor=anchor or _reply_anchor(name),
            title=message["title"],
            description=message["description"],
            model=self._model(model),
            examples=tuple((variant, json.dumps(example, ensure_ascii=False, indent=2)) for variant, example in shown),
        )

    def _model(self, name: str) -> ModelView:
        schema = self._schemas[name]
        anchor = "" if name in self._described else f"model-{name}"
        self._described.add(name)
        return ModelView(
            name=name,
            anchor=anchor,
            description=schema.get("description", ""),
            fields=fields_of(schema, definitions=self._schemas, link=_link),
            words=tuple(schema.get("enum", ())),
        )


def _reply_anchor(message: str) -> str:
    return f"reply-{message}"


def _role(operations: Sequence[Node]) -> str:
    if any("reply" in each for each in operations):
        return "request"
    return "Hobnob publishes" if any(each["action"] == "send" for each in operations) else "you send"


def _ends(channel: Node, operations: Sequence[Node]) -> Iterator[str]:
    if any("reply" in each for each in operations):
        return
    stream = channel.get("x-hobnob-stream")
    yield f"kept in `{stream}`" if stream else "not stored"
    readers = [each["x-hobnob-consumer"] for each in operations if "x-hobnob-consumer" in each]
    if readers:
        yield "read by " + ", ".join(f"`{reader}`" for reader in readers)
