"""Which statement decided each value of a contact: every part of a state carries its stamp (`state.py`)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from services.contacts.domain.careers import jobs_from
from services.contacts.domain.state import Register, Stamp, State, interaction_order, job_order
from services.contacts.domain.statements import CONNECTION, MENTIONED, REGISTERS, SEARCH_REGISTERS, instant
from shared.messages.facts import MODELS, FactName, Person
from shared.messages.values import format_instant

LISTS: Final = ("emails", "phones", "dates")
"""Fields of which each entry is stated by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A value of a contact; `stamp` is of the fact that decided it, None of what a fact only referred by."""

    field: str
    value: Any
    stamp: Stamp | None


def decided(state: State) -> tuple[Decided, ...]:
    """Return each value that is shown of a contact; an entry of a list is named `<field>.<entry>`."""
    return tuple(_decided(state))


def stated_by(name: FactName, raw: dict[str, Any]) -> dict[str, Any]:
    """Return what the data of a fact says of the fields of a person, in the form of `decided`; nothing where it is no person."""
    model = MODELS[name]
    if not issubclass(model, Person):
        return {}
    person = model.model_validate(raw)
    said = person.model_dump(mode="json", include=set(REGISTERS), exclude_unset=True, exclude_none=True)
    job = {part: value for part in ("company", "title", "started_on") if (value := getattr(person, part))}
    return said | ({"job": {part: str(value) for part, value in job.items()}} if job else {})


def token_in(stamp: Stamp) -> str:
    """Return the token of the fact of a stamp."""
    return stamp[1]


def _decided(state: State) -> Iterator[Decided]:
    for name in REGISTERS:
        if register := state.registers.get(name):
            yield from _one(name, register.value, register)
    for field in LISTS:
        elements: dict[str, Register] = dict(getattr(state, field))
        for key, register in sorted(elements.items()):
            if register.value is not None:
                entry = register.value if field == "dates" else register.value[1]
                label = entry["label"] if field == "dates" else key
                yield from _one(f"{field}.{label}", entry["on"] if field == "dates" else entry, register)
    if accepted := state.registers.get(CONNECTION):
        yield from _one("connection_accepted_at", accepted.value["at"], accepted)
    if state.jobs:
        job = jobs_from(state.jobs)[0]
        told = {"company": job.company, "title": job.title, "started_on": str(job.started_on) if job.started_on else None}
        said = {part: value for part, value in told.items() if value}
        yield Decided(field="job", value=said, stamp=max(state.jobs, key=job_order).stamp)
    if happened := state.true_interactions:
        last = max(happened, key=interaction_order)
        yield Decided(field="last_contact_at", value=format_instant(instant(last.stamp[0])), stamp=last.stamp)
    for name in SEARCH_REGISTERS:
        if register := state.search.get(name):
            yield from _one(f"search.{name}", register.value, register)


def _one(field: str, value: Any, register: Register) -> Iterator[Decided]:
    if value is not None:
        yield Decided(field=field, value=value, stamp=None if register.stamp == MENTIONED else register.stamp)
