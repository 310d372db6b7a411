"""
The committed documents, found at run time: `docs/contract/` of a checkout, or the copy that a wheel carries.

What is served is what was reviewed, to the byte: a test asserts that it is what the models make.
"""

import json
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

from shared.errors import NotFound

ASYNCAPI: Final = "asyncapi.json"
SCHEMAS: Final = "schemas"

_CHECKOUT: Final = Path(__file__).parents[2] / "docs" / "contract"


def contract_folder() -> Traversable:
    """Return the folder with the documents; pyproject.toml puts it into the wheel as `shared/contract/committed`."""
    packaged = files("shared.contract") / "committed"
    return packaged if packaged.is_dir() else _CHECKOUT


@cache
def asyncapi_bytes() -> bytes:
    """Return the AsyncAPI document as it was published."""
    return (contract_folder() / ASYNCAPI).read_bytes()


def asyncapi_document() -> dict[str, Any]:
    """Return the AsyncAPI document, parsed."""
    document: dict[str, Any] = json.loads(asyncapi_bytes())
    return document


@cache
def _schema_names() -> frozenset[str]:
    return frozenset(each.name.removesuffix(".json") for each in (contract_folder() / SCHEMAS).iterdir())


def schema_bytes(name: str) -> bytes:
    """
    Return the JSON Schema of a message.

    Raises:
        NotFound: there is no message of that name. It is looked up, never joined to a path unseen.
    """
    if name not in _schema_names():
        raise NotFound("there is no schema of that name")
    return (contract_folder() / SCHEMAS / f"{name}.json").read_bytes()
