"""The documents as the code makes them now, once for all tests."""

from pathlib import Path
from typing import Any

import pytest

from shared.contract.__main__ import ROOT
from shared.contract.documents import CONTRACT, build_documents
from shared.contract.examples import Example, load_examples
from shared.contract.published import asyncapi_document
from shared.contract.schemas import Schema, all_schemas


@pytest.fixture(scope="package")
def documents() -> dict[Path, str]:
    """Every generated document, by its path."""
    return build_documents(ROOT)


@pytest.fixture(scope="package")
def schemas() -> dict[str, Schema]:
    """The schema of every message, by its name."""
    return all_schemas()


@pytest.fixture(scope="package")
def examples() -> tuple[Example, ...]:
    """Every committed example."""
    return load_examples(ROOT / CONTRACT)


@pytest.fixture(scope="package")
def document() -> dict[str, Any]:
    """The committed AsyncAPI document."""
    return asyncapi_document()
