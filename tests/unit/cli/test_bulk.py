"""What is told of greetings that were sent together."""

import json
from datetime import UTC, datetime

import pytest

from cli import bulk
from shared.messages.rpc import SkippedItem, StandardSent

AT = datetime(2026, 5, 4, 9, 0, 10, tzinfo=UTC)
PAGES = [
    StandardSent(scheduled=("a", "b"), skipped=(SkippedItem(id="c", reason="close"),), send_at=AT, cursor="x"),
    StandardSent(
        scheduled=("d",), skipped=(SkippedItem(id="e", reason="close"), SkippedItem(id="f", reason="muted")), send_at=AT
    ),
]


def test_the_document_joins_all_pages(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever scripts against it need not know of pages."""
    bulk.report(PAGES, as_json=True)
    assert json.loads(capsys.readouterr().out) == {
        "scheduled": ["a", "b", "d"],
        "skipped": [{"id": "c", "reason": "close"}, {"id": "e", "reason": "close"}, {"id": "f", "reason": "muted"}],
        "send_at": "2026-05-04T09:00:10Z",
    }


def test_people_are_told_how_many_and_why_not(capsys: pytest.CaptureFixture[str]) -> None:
    """In a sentence for each reason, the most frequent first."""
    bulk.report(PAGES, as_json=False)
    told = capsys.readouterr()
    lines = (told.out + told.err).splitlines()
    assert lines[0].startswith("3 greetings leave")
    assert lines[1:] == ["2 were left: to people you know well.", "1 were left: muted."]
