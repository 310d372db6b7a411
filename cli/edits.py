"""What `contacts set` makes of its arguments: the data of one `contact.upserted` fact."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import typer
from pydantic import ValidationError

from shared.messages.cloudevents import describe
from shared.messages.facts import ContactUpserted, Person
from shared.messages.snapshots import ContactSnapshot
from shared.messages.values import Occasion

LISTS = ("emails", "phones", "tags", "interests", "causes", "schools", "muted")
"""Fields that `FIELD=VALUE` takes as words separated by commas."""
BY_OPTION_ONLY = ("dates",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edits:
    """Changes to one contact: plain fields are replaced, lists gain and lose members."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    dates: tuple[str, ...] = ()
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    mute: tuple[Occasion, ...] = ()
    unmute: tuple[Occasion, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to change."""
        return not (self.fields or self.dates or self.add_tags or self.remove_tags or self.mute or self.unmute)


def read_assignments(assignments: Sequence[str]) -> dict[str, Any]:
    """
    Read `FIELD=VALUE` arguments.

    Raises:
        typer.BadParameter: one is not of that form, or names no field of a person.
    """
    known = [name for name in Person.model_fields if name not in BY_OPTION_ONLY]
    found: dict[str, Any] = {}
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        if not equals or name not in known:
            raise typer.BadParameter(f"{assignment!r} is not FIELD=VALUE; fields are {', '.join(known)}")
        found[name] = [word.strip() for word in value.split(",") if word.strip()] if name in LISTS else value
    return found


def apply_edits(present: ContactSnapshot, edits: Edits) -> dict[str, Any]:
    """
    Return the fact's data that turns *present* into what was asked for.

    Raises:
        typer.BadParameter: a value does not fit its field.
    """
    data: dict[str, Any] = {"contact": {"id": present.id}, **edits.fields}
    if edits.add_tags or edits.remove_tags:
        tags = [*data.get("tags", present.tags), *edits.add_tags]
        data["tags"] = [tag for tag in dict.fromkeys(tags) if tag not in edits.remove_tags]
    if edits.mute or edits.unmute:
        muted = [*data.get("muted", present.muted), *edits.mute]
        data["muted"] = [str(occasion) for occasion in dict.fromkeys(muted) if occasion not in edits.unmute]
    if edits.dates:
        data["dates"] = [_read_date(text) for text in edits.dates]
    try:
        ContactUpserted.model_validate(data)
    except ValidationError as exc:
        raise typer.BadParameter(describe(exc)) from exc
    return data


def _read_date(text: str) -> dict[str, str]:
    label, equals, on = text.rpartition("=")
    if not equals or not label:
        raise typer.BadParameter(f"{text!r} is not LABEL=DATE, such as Wedding=2011-06-18")
    return {"label": label, "on": on}
