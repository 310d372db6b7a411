"""What the receipt tells an owner to do about rows that were skipped."""

import pytest

from services.notifier.web.import_advice import NOTHING, OTHERWISE, advice_for, grouped
from shared.messages.imports import SkippedRow


@pytest.mark.parametrize(
    ("reason", "beginning"),
    [
        ("no name and no email address", "Give them a name"),
        ("no name", "Give them a name"),
        ("a member who hides their profile: only the date of the connection is given", "Nothing to do: LinkedIn"),
        ("the row is empty", "Nothing to do."),
        ("the note is empty", "Nothing to do."),
        ("a draft that was never sent", "Nothing to do: it was no contact"),
        ("a message in the spam folder", "Nothing to do: it was no contact"),
        ("neither side of the message is named", "Nothing to do."),
        ("the other side is not named", "Nothing to do."),
        ("Ann Example is not among your contacts", "Import Connections.csv"),
        ("you removed this person; an import does not bring them back", "Nothing to do: whom you removed"),
        ("the date '31/31/2020' cannot be read", "Correct the date"),
        ("a group (Book club), no person", "Nothing to do: only people"),
        ("an organisation (Initech), no person", "Nothing to do: only people"),
        ("the same event as in line 4", "Nothing to do: it is here once"),
        ("not a yearly event: Dentist", "Nothing to do: of a calendar"),
        ("the row has 9 cells, the header 7: is a ',' not in quotation marks?", "Export it again"),
        ("the JSON breaks off or is damaged from here on (x)", "Export the file again"),
        ("something that no importer says", OTHERWISE),
    ],
)
def test_each_reason_has_its_advice(reason: str, beginning: str) -> None:
    """Every reason that an importer gives leads to a sentence that says what can be done."""
    assert advice_for(reason).startswith(beginning)


def test_rows_of_one_reason_stand_together_and_none_is_lost() -> None:
    """Reasons come as the file has them, each with all of its lines."""
    rows = [SkippedRow(line=line, reason="the row is empty" if line % 2 else "no name") for line in range(2, 300)]
    first, second = grouped(rows)
    assert (first.reason, second.reason, second.advice) == ("no name", "the row is empty", NOTHING)
    assert sorted([*first.lines, *second.lines]) == [row.line for row in rows]
