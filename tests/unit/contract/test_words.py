"""A schema in plain words."""

from typing import Annotated, Any, Literal

import pytest
from pydantic import AwareDatetime, Field, TypeAdapter

from shared.contract.words import fields_of, in_words
from shared.messages.facts import ContactRef, Email, JobChanged
from shared.messages.values import Closeness, Id, LocalTime, Occasion, PartialDate, Text


def words(kind: Any) -> str:
    """Say what a type may hold."""
    schema = TypeAdapter(kind).json_schema()
    return in_words(schema, definitions=schema.get("$defs", {}), link=lambda name: f"<{name}>")


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (str, "text"),
        (Text, "text, up to 500 characters"),
        (Id, "id: letters, digits, `_` and `-`, 1 to 64"),
        (Email, "email address"),
        (LocalTime, "time of day, `HH:MM`"),
        (PartialDate, "date: `YYYY-MM-DD`, `--MM-DD` without a year, `YYYY-MM` or `YYYY`"),
        (AwareDatetime | None, "instant, RFC 3339 with its offset"),
        (bool, "`true` or `false`"),
        (int, "whole number"),
        (Annotated[int, Field(ge=0)], "whole number, 0 or more"),
        (Annotated[float, Field(ge=0, le=25_000)], "number, 0 to 25,000"),
        (Literal["me"], "`me`"),
        (ContactRef | Literal["me"], "<ContactRef> or `me`"),
        (list[ContactRef], "list: <ContactRef>"),
        (Annotated[list[str], Field(max_length=50)], "list of at most 50: text"),
        (dict[str, int], "object: by text, whole number"),
        (dict[str, Any], "JSON object"),
        (Any, "anything"),
    ],
)
def test_a_type_in_words(kind: Any, said: str) -> None:
    """What people read in a table is what the model takes."""
    assert words(kind) == said


def test_short_lists_of_words_are_said_and_long_ones_linked() -> None:
    """A table stays readable."""
    assert words(list[Closeness]) == "list: one of `intimate`, `well`, `moderate`, `connected`"
    assert words(list[Occasion]) == "list: <Occasion>"


def test_required_fields_come_first() -> None:
    """A reader sees at once what a fact needs at least."""
    schema = JobChanged.model_json_schema()
    found = fields_of(schema, definitions=schema["$defs"], link=str)
    assert [field.name for field in found[:2]] == ["contact", "company"]
    assert [field.is_required for field in found] == sorted([field.is_required for field in found], reverse=True)
