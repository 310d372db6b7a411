"""The documents are there at run time."""

import pytest

from shared.contract.__main__ import ROOT
from shared.contract.documents import CONTRACT
from shared.contract.published import asyncapi_bytes, schema_bytes
from shared.errors import NotFound


def test_what_is_served_is_what_is_committed() -> None:
    """To the byte."""
    assert asyncapi_bytes() == (ROOT / CONTRACT / "asyncapi.json").read_bytes()
    assert schema_bytes("inbox.v1") == (ROOT / CONTRACT / "schemas" / "inbox.v1.json").read_bytes()


@pytest.mark.parametrize("name", ["", "nobody.v1", "../asyncapi", "inbox.v1.json", "/etc/passwd", "inbox.v1\0"])
def test_only_schemas_of_messages_can_be_asked_for(name: str) -> None:
    """A name is looked up among those there are; it never becomes a path."""
    with pytest.raises(NotFound):
        schema_bytes(name)
