"""Counts what becomes of the rows of one file, within bounds."""

from collections import Counter

from services.contacts.domain.changes import Outcome
from services.contacts.domain.fitting import json_bytes
from shared.messages.imports import MergedRow, Receipt, SkippedRow

MAX_REASON_CHARS = 300
LISTED_BYTES = 640 * 1024
"""Room for all that the receipts of one import list, so that a message of them stays below NATS' limit of 1 MiB."""
NOTES_BYTES = 64 * 1024
MAX_FILE_CHARS = 200
MORE_REMARKS = "there are more remarks than these"
LINE_BYTES = 40
"""What a listed row takes beside its text, at most."""


def listed_bytes(receipt: Receipt) -> int:
    """Return how much room what a receipt lists takes."""
    texts = [*(row.reason for row in receipt.skipped), *(merge.name for merge in receipt.merges), *receipt.notes]
    return sum(_size(text) for text in texts)


def _size(text: str) -> int:
    return json_bytes(text) + LINE_BYTES


class ReceiptWriter:
    """
    A receipt that is being written; starts from an earlier one when an import goes on after a crash.

    Every row is counted. Rows are listed as long as there is room, then only counted.
    """

    def __init__(self, receipt: Receipt, *, room_bytes: int = LISTED_BYTES) -> None:
        self._file = receipt.file[:MAX_FILE_CHARS]
        self._format = receipt.format
        self._room_bytes = room_bytes - listed_bytes(receipt)
        self._notes_bytes = NOTES_BYTES - sum(_size(note) for note in receipt.notes)
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
        text = reason[:MAX_REASON_CHARS]
        if self._has_room(text):
            self._skipped.append(SkippedRow(line=line, reason=text))
        else:
            self._counts["skipped_more"] += 1

    def count(self, outcome: Outcome) -> None:
        """Note what a row did."""
        self._counts["read"] += 1
        self._counts[outcome.value] += 1

    def merge(self, *, line: int, name: str) -> None:
        """Note whom a merged row joined; the row itself is counted by `count`."""
        text = name[:MAX_REASON_CHARS]
        if self._has_room(text):
            self._merges.append(MergedRow(line=line, name=text))

    def remark(self, *, line: int, text: str) -> None:
        """Note something the owner should know."""
        note = f"line {line}: {text}"[:MAX_REASON_CHARS] if line else text[:MAX_REASON_CHARS]
        if self._notes and self._notes[-1] == MORE_REMARKS:
            return
        if self._notes_bytes >= _size(note) and self._has_room(note):
            self._notes_bytes -= _size(note)
            self._notes.append(note)
        else:
            self._notes.append(MORE_REMARKS)

    def _has_room(self, text: str) -> bool:
        """Whether *text* may be listed, for which room is then taken."""
        if (size := _size(text)) > self._room_bytes:
            self._room_bytes = 0  # nothing later is listed either: a list that skips the long ones would mislead
            return False
        self._room_bytes -= size
        return True

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
