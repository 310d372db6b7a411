"""The committed documents are those that the code makes."""

from pathlib import Path

from shared.contract.__main__ import ROOT
from shared.contract.documents import build_documents, outdated


def test_the_committed_documents_are_up_to_date(documents: dict[Path, str]) -> None:
    """A change of the contract is committed with its documents, so that review sees it."""
    stale = [str(path) for path in outdated(ROOT, documents)]
    assert not stale, f"run make contract: out of date are {', '.join(stale)}"


def test_a_document_that_is_missing_surplus_or_different_is_outdated(tmp_path: Path, documents: dict[Path, str]) -> None:
    """Each of the three is found by its path, and nothing else is."""
    for path, text in documents.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    assert outdated(tmp_path, documents) == []
    missing, different = Path("docs/contract/asyncapi.json"), Path("docs/events.md")
    surplus = Path("docs/contract/schemas/gone.v1.json")
    (tmp_path / missing).unlink()
    (tmp_path / different).write_text("other")
    (tmp_path / surplus).write_text("{}")
    assert outdated(tmp_path, documents) == sorted([missing, different, surplus])


def test_making_them_twice_makes_the_same(documents: dict[Path, str]) -> None:
    """The order of keys does not depend on anything but the code."""
    assert build_documents(ROOT) == documents
