"""Reports of imports lose what names somebody who is forgotten, and nothing else."""

import pytest

from services.contacts.domain.redaction import ERASED, is_about, redacted, words_about
from services.contacts.domain.statements import state_of
from shared.messages.imports import ImportProgress, ImportState, MergedRow, Receipt, SkippedRow
from tests.unit.contacts.facts import upserted

ANN = state_of(upserted(name="Ann Doe", given_name="Ann", family_name="Doe", emails=["ann@example.com"], phones=["+1 555 0100"]))


@pytest.mark.parametrize(
    "text", ["Ann Doe", "ann  DOE", "Ann_Doe-2.vcf", "no date for Ann Doe: 31 February", "mail <Ann@example.com>", "+1 555 0100"]
)
def test_what_names_them_is_found(text: str) -> None:
    """By name, address or number, as a whole or inside a text or a file's name."""
    assert is_about(text, words_about(ANN))


@pytest.mark.parametrize("text", ["", "Annabel Doering", "planned", "Bob Roe", "joanndoe"])
def test_what_names_others_is_left(text: str) -> None:
    """Part of another word is not their name."""
    assert not is_about(text, words_about(ANN))


def test_a_report_keeps_its_counts() -> None:
    """Only texts are erased: every row is still accounted for."""
    receipt = Receipt(
        file="Ann Doe.vcf",
        format="vcard",
        read=3,
        merged=2,
        skipped=(SkippedRow(line=3, reason="nothing names Ann Doe"),),
        merges=(MergedRow(line=1, name="Ann Doe"), MergedRow(line=2, name="Bob Roe")),
        notes=("line 1: Ann Doe has no day 31", "read as UTF-8"),
    )
    report = ImportProgress(
        import_id="i", owner="me", filename="Ann Doe.vcf", state=ImportState.DONE, rows_done=3, receipts=(receipt,)
    )
    clean = redacted(report, words=words_about(ANN))
    assert "Ann" not in clean.model_dump_json()
    (left,) = clean.receipts
    assert (left.file, clean.filename, left.skipped[0].reason) == (ERASED, ERASED, ERASED)
    assert [row.name for row in left.merges] == [ERASED, "Bob Roe"]
    assert left.notes == (ERASED, "read as UTF-8")
    assert (left.read, left.merged, clean.rows_done) == (3, 2, 3)
