"""What a receipt of an import says of somebody who is forgotten, taken out of it."""

import re
from collections.abc import Collection
from typing import Final

from services.contacts.domain.identity import fold
from services.contacts.domain.snapshot import in_order
from services.contacts.domain.state import State
from shared.messages.imports import ImportProgress, Receipt

ERASED: Final = "(erased)"
LEAST_CHARS: Final = 5
"""Of a word that is looked for inside a text: `Ann` is in `planned`. A name of its own is compared as a whole."""

_BETWEEN_WORDS: Final = re.compile(r"[\W_]+")


def words_about(state: State) -> frozenset[str]:
    """Return the texts, folded, by which somebody can be recognised in what an import reports."""
    said = {name: str(register.value) for name, register in state.registers.items() if register.value}
    names = [said[name] for name in ("name", "nickname", "linkedin_url") if name in said]
    parts = [said[name] for name in ("given_name", "family_name") if name in said]
    values = [*names, " ".join(parts), *in_order(state.emails), *in_order(state.phones)]
    return frozenset(folded for value in values if (folded := fold(value)))


def is_about(text: str, words: Collection[str]) -> bool:
    """Whether *text* is, or contains, one of the folded *words*; a name is found in `Ann_Example-2.vcf` too."""
    folded = fold(text)
    spaced = " ".join(_BETWEEN_WORDS.split(folded))
    return any(folded == word or (len(word) >= LEAST_CHARS and (word in folded or word in spaced)) for word in words)


def redacted(progress: ImportProgress, *, words: Collection[str]) -> ImportProgress:
    """Return what is reported of an import, with each text that is about them erased; the counts stay true."""

    def clean(text: str) -> str:
        return ERASED if is_about(text, words) else text

    return progress.model_copy(
        update={
            "filename": clean(progress.filename) if progress.filename else progress.filename,
            "error": clean(progress.error) if progress.error else progress.error,
            "receipts": tuple(_clean_receipt(receipt, words) for receipt in progress.receipts),
        }
    )


def _clean_receipt(receipt: Receipt, words: Collection[str]) -> Receipt:
    def clean(text: str) -> str:
        return ERASED if is_about(text, words) else text

    return receipt.model_copy(
        update={
            "file": clean(receipt.file),
            "skipped": tuple(row.model_copy(update={"reason": clean(row.reason)}) for row in receipt.skipped),
            "merges": tuple(row.model_copy(update={"name": clean(row.name)}) for row in receipt.merges),
            "notes": tuple(clean(note) for note in receipt.notes),
        }
    )
