"""A contact as a MongoDB document, and back."""

from typing import Any

from services.contacts.domain.changes import Change, Stored
from services.contacts.domain.identity import fold
from services.contacts.domain.snapshot import in_order
from services.contacts.domain.state import Birth, InteractionEntry, JobStatement, Register, Stamp, State

Document = dict[str, Any]

SEARCHED_CHARS = 2_000
"""What of a contact's words the search looks through."""
SORTED_CHARS = 500
"""What of a name lists are sorted by: folding may make it longer, and a page's cursor holds it."""


def to_document(change: Change, *, version: int) -> Document:
    """Return the document of a changed contact, without `keys` and `pending`: the store knows when to set those."""
    snapshot = change.state
    registers = snapshot.registers
    trace = {"traceparent": change.traceparent} if change.traceparent else {}
    name = _text(registers, "name") or f"{_text(registers, 'given_name')} {_text(registers, 'family_name')}".strip()
    emails = in_order(snapshot.emails)
    companies = sorted({job.company for job in snapshot.jobs if job.company})
    tags = list(registers["tags"].value) if "tags" in registers else []
    words = fold(" ".join([name, *emails, *companies, *tags]))[:SEARCHED_CHARS]
    return trace | {
        "_id": change.id,
        "owner": change.owner,
        "version": version,
        "rev": change.rev,
        "digest": change.digest,
        "created_by": change.created_by,
        "deleted": snapshot.is_removed,
        "name_key": fold(name or (emails[0] if emails else ""))[:SORTED_CHARS],
        "words": words,
        "closeness": _text(registers, "closeness") or "connected",
        "tags": [fold(tag) for tag in tags],
        "companies": sorted({fold(company) for company in companies}),
        "state": dump_state(snapshot),
    }


def from_document(document: Document) -> Stored:
    """Return a stored contact as the rules see it."""
    return Stored(
        id=document["_id"],
        owner=document["owner"],
        version=document["version"],
        rev=document["rev"],
        digest=document.get("digest", ""),
        state=load_state(document.get("state") or {}),
        indexed=frozenset(document.get("keys", ())),
        created_by=document.get("created_by"),
        merged_into=document.get("merged_into"),
        published_sequence=document.get("published_sequence", 0),
        is_unpublished="pending" in document,
        traceparent=document.get("traceparent"),
    )


def dump_state(state: State) -> Document:
    """Write a state as plain values; the inverse of `load_state`."""
    document: Document = {
        "keys": sorted(state.keys),
        "sources": sorted(state.sources),
        "birth": [*state.birth.stamp, state.birth.token] if state.birth else None,
        "present": list(state.present) if state.present else None,
        "removed": list(state.removed) if state.removed else None,
        "registers": {name: _dump_register(register) for name, register in state.registers.items()},
        # MongoDB's field names may not hold every character an email or a label may: these are lists.
        "emails": [[key, *_dump_register(register)] for key, register in state.emails.items()],
        "phones": [[key, *_dump_register(register)] for key, register in state.phones.items()],
        "dates": [[key, *_dump_register(register)] for key, register in state.dates.items()],
        "jobs": [_dump_job(job) for job in state.jobs],
        "interactions": [[*e.stamp, e.channel, e.direction, e.note] for e in state.interactions],
    }
    # Of most people there are none.
    if state.retracted:
        document["retracted"] = [[key, *_dump_register(register)] for key, register in state.retracted.items()]
    if state.meetings:
        document["meetings"] = [[key, *_dump_register(register)] for key, register in state.meetings.items()]
    if state.search:
        document["search"] = {name: _dump_register(register) for name, register in state.search.items()}
    return document


def load_state(document: Document) -> State:
    """Read what `dump_state` wrote."""
    birth = document.get("birth")
    return State(
        keys=frozenset(document.get("keys", ())),
        sources=frozenset(document.get("sources", ())),
        birth=Birth((birth[0], birth[1]), birth[2]) if birth else None,
        present=_stamp(document.get("present")),
        removed=_stamp(document.get("removed")),
        registers={name: _load_register(value) for name, value in document.get("registers", {}).items()},
        emails={key: _load_register(value) for key, *value in document.get("emails", ())},
        phones={key: _load_register(value) for key, *value in document.get("phones", ())},
        dates={key: _load_register(value) for key, *value in document.get("dates", ())},
        jobs=frozenset(_load_job(value) for value in document.get("jobs", ())),
        interactions=frozenset(InteractionEntry((v[0], v[1]), *v[2:]) for v in document.get("interactions", ())),
        retracted={key: _load_register(value) for key, *value in document.get("retracted", ())},
        meetings={key: _load_register(value) for key, *value in document.get("meetings", ())},
        search={name: _load_register(value) for name, value in document.get("search", {}).items()},
    )


def _text(registers: Any, name: str) -> str:
    return str(registers[name].value or "") if name in registers else ""


def _stamp(value: list[Any] | None) -> Stamp | None:
    return (value[0], value[1]) if value else None


def _dump_register(register: Register) -> list[Any]:
    return [register.value, *register.stamp]


def _load_register(value: list[Any]) -> Register:
    return Register(value[0], (value[1], value[2]))


def _dump_job(job: JobStatement) -> list[Any]:
    return [*job.stamp, job.company, job.title, job.started_on, job.source, job.is_change, job.derived, job.deliver_now]


def _load_job(value: list[Any]) -> JobStatement:
    return JobStatement((value[0], value[1]), *value[2:])
