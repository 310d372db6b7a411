"""What `contacts set` makes of its arguments."""

import pytest
import typer

from cli.edits import Edits, apply_edits, read_assignments
from shared.messages.snapshots import ContactSnapshot
from shared.messages.values import Occasion

ADA = ContactSnapshot(owner="me", id="c1", rev=3, name="Ada", tags=("friends", "choir"), muted=(Occasion.BIRTHDAY,))


def test_lists_gain_and_lose_members() -> None:
    """Tags and muted occasions are changed one by one; what was there stays, once."""
    edits = Edits(add_tags=("work", "choir"), remove_tags=("friends",), mute=(Occasion.NEW_JOB,), unmute=(Occasion.BIRTHDAY,))
    data = apply_edits(ADA, edits)
    assert data == {"contact": {"id": "c1"}, "tags": ["choir", "work"], "muted": ["new_job"]}


def test_plain_fields_and_dates() -> None:
    """Fields are taken by name, lists by commas, dates by label."""
    fields = read_assignments(["company=ACME = Sons", "interests=poetry, rowing", "deceased=true"])
    data = apply_edits(ADA, Edits(fields=fields, dates=("Wedding=2011-06-18",)))
    assert data["company"] == "ACME = Sons"
    assert data["interests"] == ["poetry", "rowing"]
    assert data["dates"] == [{"label": "Wedding", "on": "2011-06-18"}]


@pytest.mark.parametrize("assignment", ["company", "nonsense=1", "=1", "dates=2011-06-18"])
def test_unknown_fields_are_refused(assignment: str) -> None:
    """A field that no person has is a mistake, not a note that nobody reads."""
    with pytest.raises(typer.BadParameter):
        read_assignments([assignment])


@pytest.mark.parametrize(
    "edits",
    [
        Edits(fields={"birthday": "1999-02-30"}),
        Edits(fields={"closeness": "best"}),
        Edits(dates=("2011-06-18",)),
        Edits(dates=("X=never",)),
    ],
)
def test_bad_values_are_refused(edits: Edits) -> None:
    """A value that does not fit is told before anything is sent."""
    with pytest.raises(typer.BadParameter):
        apply_edits(ADA, edits)
