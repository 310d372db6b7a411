"""What is wrong with a message, field by field: paths and reasons, never the values."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError

from shared.errors import InvalidMessage

FAULTS_TOLD: Final = 5
"""A sentence that names more fields helps nobody."""
NAME_CHARS: Final = 80
"""As much of a field's name as is repeated; whoever sends nonsense chooses the names as well."""

Path = tuple[str | int, ...]
"""Names and positions that lead from the root of a message to one of its fields; empty for the message as a whole."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One field that is wrong, and why."""

    path: Path
    reason: str

    def __str__(self) -> str:
        return f"{'.'.join(str(part) for part in self.path) or 'message'}: {self.reason}"


class InvalidEvent(InvalidMessage):
    """An event is no CloudEvent, or none that Hobnob reads; *faults* has the fields."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(tell(faults))
        self.faults = tuple(faults)


class InvalidData(InvalidEvent):
    """The data of an event does not fit the fact that its type names."""


def one_fault(field: str, reason: str) -> InvalidEvent:
    """Return the error that one attribute, or with "" the whole event, is wrong."""
    return InvalidEvent((Fault((field,) if field else (), reason),))


def faults_of(error: ValidationError, *, document: object = None, within: Path = ()) -> tuple[Fault, ...]:
    """
    Return what pydantic found, without the values it found it in.

    Args:
        error: Its paths name the members of unions as well, beside what is in the message.
        document: What was validated; where it is given, paths name only what is there, or what is missing there.
        within: The path of *document*, where that is a part of the message.
    """
    found = []
    for each in error.errors(include_url=False, include_input=False, include_context=False):
        path = each["loc"] if document is None else _real(each["loc"], document, is_missing=each["type"] == "missing")
        short = (part[:NAME_CHARS] if isinstance(part, str) else part for part in path)
        found.append(Fault((*within, *short), each["msg"].removeprefix("Value error, ")))
    return tuple(found)


def tell(faults: Sequence[Fault]) -> str:
    """Say in one line which fields are wrong and why."""
    more = f" (+{len(faults) - FAULTS_TOLD} more)" if len(faults) > FAULTS_TOLD else ""
    return "; ".join(str(fault) for fault in faults[:FAULTS_TOLD]) + more


def _real(path: Path, document: object, *, is_missing: bool) -> Path:
    kept: list[str | int] = []
    here = document
    for position, part in enumerate(path, start=1):
        if isinstance(here, dict) and part in here:  # noqa: SIM114  # each branch narrows its own type
            here = here[part]
        elif isinstance(here, list | tuple) and isinstance(part, int) and part < len(here):
            here = here[part]
        elif not (is_missing and position == len(path)):
            continue
        kept.append(part)
    return tuple(kept)
