"""
One fact about several people, as one fact about each of them.

A meeting with Ann and Bob says something of both, and not that they are one person. So it is applied, logged, parked and
forgotten in parts: each has the identity of the whole in time and source, the reference to one person, and a token of its own.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.contacts.domain.statements import fact_token
from shared.messages.cloudevents import Fact
from shared.messages.facts import ContactRef, MeetingFact


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a fact says of one person, or of nobody; `place` is the field that names them, where a fact names several."""

    token: str
    fact: Fact
    place: str | None = None


def parts_of(fact: Fact) -> tuple[Part, ...]:
    """Return *fact* as it is when it names one person or none, else one part for each reference; the same twice is one."""
    whole = fact_token(owner=fact.owner, source=fact.source, id=fact.id)
    if not isinstance(fact.data, MeetingFact):
        return (Part(token=whole, fact=fact),)
    references = _references(fact.data)
    if len(references) == 1:
        return (Part(token=whole, fact=_about(fact, references[0][1])),)
    return tuple(_part(fact, reference, place=place, whole=whole) for place, reference in references)


def _references(meeting: MeetingFact) -> Sequence[tuple[str, ContactRef]]:
    named = [("contact", meeting.contact)] if meeting.contact else []
    named += [(f"contacts.{index}", reference) for index, reference in enumerate(meeting.contacts)]
    first: dict[str, tuple[str, ContactRef]] = {}
    for place, reference in named:
        first.setdefault(reference.model_dump_json(), (place, reference))
    return list(first.values())


def _part(fact: Fact, reference: ContactRef, *, place: str, whole: str) -> Part:
    """What is kept of it is narrowed too: who is forgotten must not stay in what was said of the others."""
    token = hashlib.sha256(f"{whole}\0{reference.model_dump_json()}".encode()).hexdigest()[:24]
    others = {name: value for name, value in fact.raw.items() if name != "contacts"}
    raw = others | {"contact": _raw_reference(fact.raw, place)}
    return Part(token=token, fact=_about(fact, reference).model_copy(update={"raw": raw}), place=place)


def _raw_reference(raw: Mapping[str, Any], place: str) -> Any:
    name, _, index = place.partition(".")
    return raw[name][int(index)] if index else raw[name]


def _about(fact: Fact, reference: ContactRef) -> Fact:
    assert isinstance(fact.data, MeetingFact)
    return fact.model_copy(update={"data": fact.data.model_copy(update={"contact": reference, "contacts": ()})})
