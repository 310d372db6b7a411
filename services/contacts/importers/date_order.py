"""
The order of day and month in a CSV, decided by the whole file and never guessed.

`28/12/1969` anywhere shows that all of them are written day first. A file that shows nothing, or both, stays ambiguous.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from services.contacts.importers.dates import DateOrder, order_evidence

_SAID: dict[DateOrder, str] = {"dmy": "day first", "mdy": "month first", "ymd": "year first"}


@dataclass(frozen=True, slots=True)
class OrderDecision:
    """The order to read dates in, None when it is unknown, and what the owner should know about it."""

    order: DateOrder | None
    remark: str | None = None


class OrderFinder:
    """Collects what a file's dates show; feed it every date, then ask for the decision."""

    def __init__(self) -> None:
        self._shown: dict[DateOrder, tuple[int, str]] = {}

    def feed(self, *, line: int, text: str) -> None:
        """Take one written date into account."""
        if (shown := order_evidence(text)) is not None:
            self._shown.setdefault(shown, (line, text.strip()))

    def decide(self, *, given: DateOrder | None) -> OrderDecision:
        """Return the order: the owner's word first, else what every date of the file agrees on."""
        if given is not None:
            return OrderDecision(given, f"dates are read {_SAID[given]}, as told" if self._shown else None)
        if not self._shown:
            return OrderDecision(None)
        if len(self._shown) > 1:
            proof = " and ".join(f"{_SAID[order]} ({text}, line {line})" for order, (line, text) in self._shown.items())
            return OrderDecision(None, f"dates are written {proof}: only those that can be read one way are taken")
        order, (line, text) = next(iter(self._shown.items()))
        return OrderDecision(order, f"dates are read {_SAID[order]}, as line {line} shows: {text}")


def find_order(dates: Iterable[tuple[int, str]], *, given: DateOrder | None) -> OrderDecision:
    """Decide from every date of a file, each with its line."""
    finder = OrderFinder()
    for line, text in dates:
        if text:
            finder.feed(line=line, text=text)
    return finder.decide(given=given)
