"""From a contact's state to what is published of it."""

from collections.abc import Mapping
from typing import Any

from services.contacts.domain.careers import jobs_from
from services.contacts.domain.fitting import (
    LABELS_BYTES,
    LIST_BYTES,
    MAX_ALIASES,
    NOTES_BYTES,
    WORDS_BYTES,
    notes_that_fit,
    that_fit,
)
from services.contacts.domain.meetings import meetings_from
from services.contacts.domain.searches import search_from
from services.contacts.domain.state import Register, State, interaction_order
from services.contacts.domain.statements import CONNECTION, REGISTERS, instant
from shared.messages.snapshots import ContactSnapshot, Interaction
from shared.messages.values import Direction


def snapshot_of(state: State, *, owner: str, id: str, rev: int) -> ContactSnapshot:  # noqa: A002  # the field's name
    """
    Return the snapshot of *state*, cut to what fits into a message.

    A removed contact is a tombstone and shows nothing but its ids.
    """
    aliases = tuple(sorted(state.keys - {id})[:MAX_ALIASES])
    if state.is_removed:
        return ContactSnapshot(owner=owner, id=id, rev=rev, deleted=True, aliases=aliases)
    stated: dict[str, Any] = {
        name: register.value for name in REGISTERS if (register := state.registers.get(name)) and register.value is not None
    }
    emails = that_fit(in_order(state.emails), room_bytes=LIST_BYTES)
    dates = [register.value for _, register in sorted(state.dates.items()) if register.value is not None]
    for name, room_bytes in (
        ("tags", LABELS_BYTES),
        ("interests", LABELS_BYTES),
        ("causes", WORDS_BYTES),
        ("schools", WORDS_BYTES),
    ):
        if name in stated:
            stated[name] = that_fit(stated[name], room_bytes=room_bytes)
    stated["name"] = _name(stated, emails)
    jobs = jobs_from(state.jobs)
    interactions = sorted(state.true_interactions, key=interaction_order, reverse=True)
    notes = notes_that_fit([entry.note for entry in interactions], room_bytes=NOTES_BYTES)
    accepted = state.registers.get(CONNECTION)
    return ContactSnapshot.model_validate(
        {
            **stated,
            "owner": owner,
            "id": id,
            "rev": rev,
            "closeness_stated": "closeness" in stated,
            "aliases": aliases,
            "emails": emails,
            "phones": that_fit(in_order(state.phones), room_bytes=LIST_BYTES),
            "dates": that_fit(dates, room_bytes=LABELS_BYTES),
            "job": jobs[0] if jobs else None,
            "jobs": jobs,
            "connection_accepted_at": accepted.value["at"] if accepted else None,
            "connection_deliver_now": accepted.value["deliver_now"] if accepted else False,
            "known_since": instant(state.birth.stamp[0]) if state.birth else None,
            "last_contact_at": instant(interactions[0].stamp[0]) if interactions else None,
            "interactions": tuple(
                Interaction(id=i.stamp[1], at=instant(i.stamp[0]), channel=i.channel, direction=Direction(i.direction), note=note)
                for i, note in zip(interactions, notes, strict=True)
            ),
            "meetings": meetings_from(state.meetings),
            "search": search_from(state.search),
        }
    )


def in_order(elements: Mapping[str, Register]) -> tuple[str, ...]:
    """Return values stated last first, those of one statement in its order; not those that were taken away."""

    def order(item: tuple[str, Register]) -> tuple[int, str, int, str]:
        key, register = item
        at_us, fact = register.stamp
        return -at_us, fact, register.value[0], key

    present = [(key, register) for key, register in elements.items() if register.value is not None]
    return tuple(register.value[1] for _, register in sorted(present, key=order))


def _name(stated: dict[str, Any], emails: tuple[str, ...]) -> str:
    parts = " ".join(part for part in (stated.get("given_name"), stated.get("family_name")) if part)
    return str(stated.get("name") or parts or (emails[0] if emails else ""))
