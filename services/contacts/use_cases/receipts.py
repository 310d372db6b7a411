"""Counts what becomes of the rows of one file, within bounds."""

from collections import Counter

from services.contacts.domain.changes import Outcome
from shared.messages.imports import MergedRow, Receipt, SkippedRow

MAX_SKIPPED = 5_000
MAX_MERGES = 2_000
MAX_NOTES = 500
MAX_REASON_CHARS = 300
"""With these a receipt stays below half a megabyte, and a message of it below NATS' limit."""


class ReceiptWriter:
    """A receipt that is being written; starts from an earlier one when an import goes on after a crash."""

    def __init__(self, receipt: Receipt) -> None:
        self._file = receipt.file
        self._format = receipt.format
        self._counts = Counter(
            {
                "read": receipt.read,
                "created": receipt.created,
                "updated": receipt.updated,
                "merged": receipt.merged,
                "unchanged": receipt.unchanged,
                "skipped_more": receipt.skipped_more,
            }
        )
        self._skipped = list(receipt.skipped)
        self._merges = list(receipt.merges)
        self._notes = list(receipt.notes)

    def skip(self, *, line: int, reason: str) -> None:
        """Note a row that became nobody."""
        self._counts["read"] += 1
        if len(self._skipped) < MAX_SKIPPED:
            self._skipped.append(SkippedRow(line=line, reason=reason[:MAX_REASON_CHARS]))
        else:
            self._counts["skipped_more"] += 1

    def count(self, outcome: Outcome) -> None:
        """Note what a row did."""
        self._counts["read"] += 1
        self._counts[outcome.value] += 1

    def merge(self, *, line: int, name: str) -> None:
        """Note whom a merged row joined; the row itself is counted by `count`."""
        if len(self._merges) < MAX_MERGES:
            self._merges.append(MergedRow(line=line, name=name))

    def remark(self, *, line: int, text: str) -> None:
        """Note something the owner should know."""
        if len(self._notes) < MAX_NOTES:
            where = f"line {line}: " if line else ""
            self._notes.append(f"{where}{text}"[:MAX_REASON_CHARS])
        elif len(self._notes) == MAX_NOTES:
            self._notes.append("there are more remarks than these")

    @property
    def rows(self) -> int:
        """Rows read so far."""
        return self._counts["read"]

    def receipt(self) -> Receipt:
        """Return the receipt as it now is."""
        counts = {name: self._counts[name] for name in ("read", "created", "updated", "merged", "unchanged", "skipped_more")}
        return Receipt(
            file=self._file,
            format=self._format,
            skipped=tuple(self._skipped),
            merges=tuple(self._merges),
            notes=tuple(self._notes),
            **counts,
        )
