"""A receipt counts every row and lists as many as fit into a message."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.contacts.domain.changes import Outcome
from services.contacts.use_cases.receipts import LISTED_BYTES, MORE_REMARKS, ReceiptWriter, listed_bytes
from shared.messages.imports import ImportProgress, ImportState, Receipt

MAX_PAYLOAD_BYTES = 1024**2
EMPTY = Receipt(file="f.csv", format="google")


@pytest.mark.parametrize("letter", ["a", "\N{CJK UNIFIED IDEOGRAPH-4E00}", "\x01", '"', "\N{GRINNING FACE}"])
def test_a_receipt_of_a_million_bad_rows_fits_a_message(letter: str) -> None:
    """Whatever the rows say: what has no room is counted, and no longer listed."""
    writer = ReceiptWriter(EMPTY)
    for line in range(20_000):
        writer.remark(line=line, text=letter * 500)
        writer.skip(line=line, reason=letter * 500)
        writer.count(Outcome.MERGED)
        writer.merge(line=line, name=letter * 500)
    receipt = writer.receipt()
    progress = ImportProgress(import_id="i", owner="me", state=ImportState.DONE, receipts=(receipt,))
    assert len(progress.model_dump_json().encode()) < MAX_PAYLOAD_BYTES
    assert receipt.read == receipt.merged + len(receipt.skipped) + receipt.skipped_more == 40_000
    assert receipt.skipped
    assert len(receipt.notes) > 1


def test_files_of_one_import_share_the_room() -> None:
    """What the first ones list, the later ones cannot."""
    first = ReceiptWriter(EMPTY)
    for line in range(100_000):
        first.skip(line=line, reason="x" * 100)
    taken = listed_bytes(first.receipt())
    second = ReceiptWriter(EMPTY, room_bytes=LISTED_BYTES - taken)
    second.skip(line=1, reason="x" * 300)
    assert second.receipt().skipped == ()
    assert second.receipt().skipped_more == 1


@settings(max_examples=50)
@given(st.lists(st.tuples(st.sampled_from(["skip", "merge", "remark"]), st.text(max_size=400)), max_size=30), st.integers(0, 30))
def test_a_receipt_that_is_gone_on_with_counts_like_one_written_in_one_go(rows: list[tuple[str, str]], cut: int) -> None:
    """After a crash between two rows each is still counted once, and the room is still kept to."""

    def written(writer: ReceiptWriter, part: list[tuple[str, str]]) -> Receipt:
        for line, (what, text) in enumerate(part):
            if what == "skip":
                writer.skip(line=line, reason=text)
            elif what == "merge":
                writer.merge(line=0, name=text)
            else:
                writer.remark(line=0, text=text)
        return writer.receipt()

    room_bytes = 1_500
    whole = written(ReceiptWriter(EMPTY, room_bytes=room_bytes), rows)
    begun = written(ReceiptWriter(EMPTY, room_bytes=room_bytes), rows[:cut])
    resumed = written(ReceiptWriter(begun, room_bytes=room_bytes), rows[cut:])
    assert len(resumed.skipped) + resumed.skipped_more == len(whole.skipped) + whole.skipped_more
    without_the_last_remark = resumed.model_copy(update={"notes": tuple(n for n in resumed.notes if n != MORE_REMARKS)})
    assert listed_bytes(without_the_last_remark) <= room_bytes
