"""Which changes of a schema break old messages."""

from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, create_model

from shared.contract.schema_changes import changes


class Place(BaseModel):
    """Part of another model."""

    town: str
    street: str | None = None


class Wide(BaseModel):
    """Part of another model, with what `Place` had and more."""

    town: str
    street: str | None = None
    country: str | None = None


class Narrow(BaseModel):
    """Part of another model, without a field that `Place` had."""

    town: str


class Tree(BaseModel):
    """A model that holds itself."""

    name: str
    below: "list[Tree]" = []


def schema(**fields: Any) -> dict[str, Any]:
    """Return the schema of a model with these fields."""
    model: type[BaseModel] = create_model("Sample", **fields)
    return model.model_json_schema()


Text = Annotated[str, Field(max_length=500)]
Short = Annotated[str, Field(max_length=20)]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ({"a": (str, ...)}, {"a": (int, ...)}, "a was string and must be integer now"),
        ({"a": (str | None, None)}, {"a": (str, "x")}, "a may no longer be null"),
        ({"a": (str | None, None)}, {"a": (int | None, None)}, "a was string and must be integer now"),
        ({"a": (float, ...)}, {"a": (int, ...)}, "a was number and must be integer now"),
        ({"a": (Any, ...)}, {"a": (str, ...)}, "a was of any type and must be string now"),
        ({"a": (str | None, None)}, {"a": (str | None, ...)}, "a is required now"),
        ({}, {"a": (str, ...)}, "a is a new required field"),
        ({"a": (str, "x")}, {}, "a is no longer read"),
        ({"a": (Literal["x", "y"], ...)}, {"a": (Literal["x"], ...)}, "a may no longer be 'y'"),
        ({"a": (str, ...)}, {"a": (Literal["x", "y"], ...)}, "a may only be one of 'x', 'y' now"),
        ({"a": (Text, ...)}, {"a": (Short, ...)}, "a was narrowed: maxLength is 20, and was 500"),
        ({"a": (str, ...)}, {"a": (Text, ...)}, "a was narrowed: maxLength is 500, where there was none"),
        (
            {"a": (Annotated[int, Field(ge=0)], ...)},
            {"a": (Annotated[int, Field(ge=1)], ...)},
            "a was narrowed: minimum is 1, and was 0",
        ),
        (
            {"a": (str, ...)},
            {"a": (Annotated[str, Field(pattern="^x$")], ...)},
            "a was narrowed: pattern is '^x$', where there was none",
        ),
        ({"a": (list[str], ...)}, {"a": (list[int], ...)}, "a[] was string and must be integer now"),
        ({"a": (dict[str, str], ...)}, {"a": (dict[str, int], ...)}, "a.* was string and must be integer now"),
        ({"a": (Place, ...)}, {"a": (Narrow, ...)}, "a.street is no longer read"),
        ({"a": (list[Place], ...)}, {"a": (list[Narrow], ...)}, "a[].street is no longer read"),
        ({"a": (str | Place, ...)}, {"a": (Place, ...)}, "a was string and must be object now"),
    ],
)
def test_a_change_that_refuses_old_messages_breaks(old: dict[str, Any], new: dict[str, Any], sentence: str) -> None:
    """The sentence names the field and what became of it; nothing else is found."""
    assert [str(change) for change in changes(schema(**old), schema(**new)) if change.breaks] == [sentence]


@pytest.mark.parametrize(
    ("old", "new", "sentences"),
    [
        ({"a": (str, ...)}, {"a": (str, ...)}, []),
        ({}, {"a": (str | None, None)}, ["a is a new optional field"]),
        ({"a": (str, ...)}, {"a": (str | None, None)}, []),
        ({"a": (int, ...)}, {"a": (float, ...)}, []),
        ({"a": (Literal["x"], ...)}, {"a": (Literal["x", "y"], ...)}, ["a may be 'y' too"]),
        ({"a": (Short, ...)}, {"a": (Text, ...)}, []),
        ({"a": (Text, ...)}, {"a": (str, ...)}, []),
        ({"a": (Place, ...)}, {"a": (str | Place, ...)}, []),
        ({"a": (Place, ...)}, {"a": (Wide, ...)}, ["a.country is a new optional field"]),
        ({"a": (list[Place], ...)}, {"a": (list[Wide], ...)}, ["a[].country is a new optional field"]),
    ],
)
def test_a_change_that_takes_all_old_messages_is_compatible(
    old: dict[str, Any], new: dict[str, Any], sentences: list[str]
) -> None:
    """What was added is told, and nothing breaks."""
    found = changes(schema(**old), schema(**new))
    assert [str(change) for change in found] == sentences
    assert not any(change.breaks for change in found)


def test_a_change_behind_an_unchanged_reference_is_found() -> None:
    """Two schemas may refer to a model by the same name and mean another one."""
    old, new = schema(a=(dict[str, Place], ...)), schema(a=(dict[str, Place], ...))
    del new["$defs"]["Place"]["properties"]["street"]
    assert [str(change) for change in changes(old, new)] == ["a.*.street is no longer read"]


def test_a_recursive_schema_ends() -> None:
    """A model that holds itself is compared once, and its changes are found."""
    old, new = Tree.model_json_schema(), Tree.model_json_schema()
    assert changes(old, new) == ()
    del new["$defs"]["Tree"]["properties"]["name"]
    assert "name is no longer read" in {str(change) for change in changes(old, new)}


def test_a_field_that_is_kept_as_any_other_is_still_read() -> None:
    """Where a model keeps what it does not know, as the envelope does, a field that it no longer names is not lost."""
    old = schema(a=(str, ...), b=(str | None, None))
    new = {**schema(a=(str, ...)), "additionalProperties": True}
    assert changes(old, new) == ()
