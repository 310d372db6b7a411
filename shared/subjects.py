"""
Every NATS subject of Hobnob, built and parsed. Nothing else in the project spells one.

Ids inside a subject are tokens: `[A-Za-z0-9_-]{1,64}`. Anything else is refused here with `InvalidToken`, so a dot, a
space or a wildcard in an id can never reach another owner's subjects.
"""

import re
from typing import NamedTuple

from shared.errors import InvalidMessage, InvalidToken

_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}")

OWNER_LEVEL = "_"
"""Stands for the contact in the subject of a timer that belongs to the owner (weekly picks, digest)."""

INTAKE = "hobnob.intake"
PEOPLE = "hobnob.people"
AGENDA = "hobnob.agenda"
TIMER = "hobnob.timer"
DUE = "hobnob.due"
INBOX = "hobnob.inbox"
DEAD = "hobnob.dead"
PROGRESS = "hobnob.progress"
CHANGED = "hobnob.changed"
"""Core NATS subject (not stored) on which notifiers tell each other whose inboxes changed; nobody else may listen or speak."""
RPC = "hobnob.rpc"

ALL_INTAKE = f"{INTAKE}.>"
ALL_PEOPLE = f"{PEOPLE}.>"
ALL_AGENDA = f"{AGENDA}.>"
ALL_TIMERS = f"{TIMER}.>"
ALL_DUE = f"{DUE}.>"
ALL_PROFILES = f"{PEOPLE}.*"
ALL_OWNER_TIMERS = f"{TIMER}.*.{OWNER_LEVEL}.*"
ALL_INBOX = f"{INBOX}.>"
ALL_DEAD = f"{DEAD}.>"


def token(value: str) -> str:
    """Return *value* unchanged when it can be one token of a subject; raise `InvalidToken` otherwise."""
    if not _TOKEN.fullmatch(value):
        raise InvalidToken(f"{value[:80]!r} cannot be an id: letters, digits, '_' and '-' only, 1 to 64 of them")
    return value


def intake(owner: str, fact: str) -> str:
    """Subject of one fact; *fact* is its dotted name, as in `job.changed`."""
    return f"{INTAKE}.{token(owner)}.{'.'.join(token(part) for part in fact.split('.'))}"


def intake_of(owner: str) -> str:
    """Filter for every fact of one owner."""
    return f"{INTAKE}.{token(owner)}.>"


def profile(owner: str) -> str:
    """Subject of an owner's profile snapshot."""
    return f"{PEOPLE}.{token(owner)}"


def person(owner: str, contact: str) -> str:
    """Subject of a contact's snapshot."""
    return f"{PEOPLE}.{token(owner)}.{token(contact)}"


def people_of(owner: str) -> str:
    """Filter for every contact snapshot of one owner, the profile not included."""
    return f"{PEOPLE}.{token(owner)}.*"


def agenda(owner: str, contact: str) -> str:
    """Subject of what is planned for a contact."""
    return f"{AGENDA}.{token(owner)}.{token(contact)}"


def timer(owner: str, contact: str, key: str) -> str:
    """Subject of an armed timer; *key* is the occasion, with a suffix where a contact can have several."""
    return f"{TIMER}.{token(owner)}.{token(contact)}.{token(key)}"


def due(owner: str, contact: str, key: str) -> str:
    """Subject on which the timer of the same name fires."""
    return f"{DUE}.{token(owner)}.{token(contact)}.{token(key)}"


def timers_of_owner(owner: str) -> str:
    """Filter for every armed timer of an owner: of the contacts, and of the owner."""
    return f"{TIMER}.{token(owner)}.>"


def timers_of_contact(owner: str, contact: str) -> tuple[str, str]:
    """Filters for every armed and every fired timer of a contact."""
    whose = f"{token(owner)}.{token(contact)}.>"
    return f"{TIMER}.{whose}", f"{DUE}.{whose}"


def cancelled(service: str) -> str:
    """Scratch subject inside the timers' stream that carries cancellations; nobody consumes it."""
    return f"{TIMER}._cancelled.{token(service)}"


def inbox(owner: str, state: str) -> str:
    """Subject on which a change of an inbox item's state is published."""
    return f"{INBOX}.{token(owner)}.{token(state)}"


def inbox_of(owner: str) -> str:
    """Filter for every change of one owner's inbox."""
    return f"{INBOX}.{token(owner)}.>"


def dead(service: str, original: str) -> str:
    """Subject of a dead letter: the service that gave up, then the original subject in full."""
    return f"{DEAD}.{token(service)}.{original}"


def dead_filters(*, service: str | None, owner: str | None) -> list[str]:
    """Filters for the dead letters of one service or all, and of one owner or all."""
    if service is None and owner is None:
        return [ALL_DEAD]
    by = f"{DEAD}.{token(service) if service is not None else '*'}"
    if owner is None:
        return [f"{by}.>"]
    # The original subject is `hobnob.<family>.<owner>`, which is a profile's, or longer.
    whose = f"{by}.hobnob.*.{token(owner)}"
    return [whose, f"{whose}.>"]


def progress_of_owner(owner: str) -> str:
    """Return the filter of every import's progress of one owner."""
    return f"{PROGRESS}.{token(owner)}.*"


def progress(owner: str, import_id: str) -> str:
    """Core NATS subject (not stored) of an import's progress."""
    return f"{PROGRESS}.{token(owner)}.{token(import_id)}"


def rpc(service: str, verb: str) -> str:
    """Subject of a request; *verb* may be dotted, as in `owner.set`."""
    return f"{RPC}.{token(service)}.{'.'.join(token(part) for part in verb.split('.'))}"


class IntakeSubject(NamedTuple):
    """The parts of `hobnob.intake.<owner>.<fact>`."""

    owner: str
    fact: str


class PersonSubject(NamedTuple):
    """The parts of `hobnob.people.<owner>` (the profile: no contact) and of `hobnob.people.<owner>.<contact>`."""

    owner: str
    contact: str | None


class TimerSubject(NamedTuple):
    """The parts of `hobnob.timer.<owner>.<contact>.<key>` and of `hobnob.due.…`."""

    owner: str
    contact: str
    key: str


class DeadSubject(NamedTuple):
    """The parts of `hobnob.dead.<service>.<original subject>`."""

    service: str
    original: str


def parse_intake(subject: str) -> IntakeSubject:
    """Split an intake subject; raise `InvalidMessage` when it is none."""
    parts = subject.split(".")
    if len(parts) < 4 or ".".join(parts[:2]) != INTAKE:
        raise InvalidMessage(f"{subject[:200]!r} is not {INTAKE}.<owner>.<fact>")
    return IntakeSubject(token(parts[2]), ".".join(token(part) for part in parts[3:]))


def parse_person(subject: str) -> PersonSubject:
    """Split the subject of a profile or a contact's snapshot; raise `InvalidMessage` when it is neither."""
    parts = subject.split(".")
    if len(parts) not in (3, 4) or ".".join(parts[:2]) != PEOPLE:
        raise InvalidMessage(f"{subject[:200]!r} is not {PEOPLE}.<owner> or {PEOPLE}.<owner>.<contact>")
    return PersonSubject(token(parts[2]), token(parts[3]) if len(parts) == 4 else None)


def parse_timer(subject: str) -> TimerSubject:
    """Split an armed or fired timer's subject; raise `InvalidMessage` when it is none."""
    parts = subject.split(".")
    if len(parts) != 5 or ".".join(parts[:2]) not in (TIMER, DUE):
        raise InvalidMessage(f"{subject[:200]!r} is not {TIMER}.<owner>.<contact>.<key>")
    return TimerSubject(token(parts[2]), token(parts[3]), token(parts[4]))


def parse_dead(subject: str) -> DeadSubject:
    """
    Split a dead letter's subject; raise `InvalidMessage` when it is none.

    The original may be any subject, and is empty where a stranger left it out: whatever the stream keeps can be shown.
    """
    parts = subject.split(".", 3)
    if len(parts) < 3 or ".".join(parts[:2]) != DEAD:
        raise InvalidMessage(f"{subject[:200]!r} is not {DEAD}.<service>.<original subject>")
    return DeadSubject(parts[2], parts[3] if len(parts) == 4 else "")
