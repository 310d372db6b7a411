"""What became of a fact."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.contacts.domain.changes import Outcome


@dataclass(frozen=True, slots=True)
class Applied:
    """It was applied: the contact it concerns, if it concerns one, and the outcome."""

    contact: str | None
    outcome: Outcome | None


@dataclass(frozen=True, slots=True)
class Parked:
    """It is about somebody unknown and waits until they appear."""


@dataclass(frozen=True, slots=True)
class Unresolvable:
    """It names nobody, or somebody who does not exist, or there is no room for it to wait."""

    reason: str


Result = Applied | Parked | Unresolvable


def combined(results: Sequence[tuple[str | None, Result]]) -> Result:
    """
    Return what became of a fact of whose parts these are the results, each with the place of the person it is about.

    One part that cannot be applied makes it a fact that cannot: its sender must learn of it, and stating it again does not
    change what the other parts did. It is parked as long as all of it is.
    """
    for place, result in results:
        if isinstance(result, Unresolvable):
            return Unresolvable(f"{place}: {result.reason}") if place else result
    return next((result for _, result in results if isinstance(result, Applied)), Parked())
