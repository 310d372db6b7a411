"""Every document of the contract as text, by its path in the repository."""

import json
from pathlib import Path
from typing import Any, Final

from shared.contract.asyncapi import build_document
from shared.contract.events_page import events_page
from shared.contract.examples import DIGESTS, digest_lines, load_examples, read_digests, with_new_digests
from shared.contract.published import ASYNCAPI, SCHEMAS
from shared.contract.schemas import all_schemas

CONTRACT: Final = Path("docs/contract")
EVENTS: Final = Path("docs/events.md")


def build_documents(root: Path) -> dict[Path, str]:
    """
    Return what `make contract` writes below *root*, the repository: everything but the examples, which people write.

    Raises:
        ExampleChanged: a published example is no longer what it was.
        NoExampleName: a file among the examples is not named like one.
    """
    folder = root / CONTRACT
    examples = load_examples(folder)
    schemas = all_schemas()
    return {
        CONTRACT / ASYNCAPI: as_text(build_document(examples)),
        CONTRACT / DIGESTS: digest_lines(with_new_digests(examples, read_digests(folder))),
        EVENTS: events_page(schemas, examples),
        **{CONTRACT / SCHEMAS / f"{name}.json": as_text(schema) for name, schema in schemas.items()},
    }


def published_schemas(root: Path) -> dict[str, dict[str, Any]]:
    """Return the committed schemas below *root*, by the message's name."""
    folder = root / CONTRACT / SCHEMAS
    return {file.name.removesuffix(".json"): json.loads(file.read_bytes()) for file in sorted(folder.glob("*.json"))}


def outdated(root: Path, documents: dict[Path, str]) -> list[Path]:
    """Return the paths below *root* that are not what *documents* say, missing and surplus ones included."""
    stale = [path for path, text in documents.items() if _text_of(root / path) != text]
    surplus = {file.relative_to(root) for file in (root / CONTRACT / SCHEMAS).glob("*")} - documents.keys()
    return sorted([*stale, *surplus])


def as_text(document: dict[str, Any]) -> str:
    """Write a document in its own order, two spaces deep, so that a change shows as the lines it touches."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _text_of(file: Path) -> str | None:
    return file.read_text(encoding="utf-8") if file.is_file() else None
