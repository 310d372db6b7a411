"""The example that watches a CSV file: what it reads, what it tells, what it remembers."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

SOURCE = "csv/staff.csv"
ROW = {"name": "Ada Quickwater", "company": "Foxglove Labs", "title": "Botanist", "emails": ["ada@example.com"]}


def load_script() -> ModuleType:
    """Import the script, which is no part of any package."""
    path = Path(__file__).parents[3] / "examples" / "emitters" / "watch_csv.py"
    spec = importlib.util.spec_from_file_location("watch_csv", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


watch_csv = load_script()
COLUMNS = watch_csv.Columns("No", {"birthday": "Born"}, "%d.%m.%Y")


def read(text: str) -> dict[str, dict[str, Any]]:
    """Read rows."""
    found: dict[str, dict[str, Any]] = watch_csv.read_rows(text, COLUMNS, delimiter=",")
    return found


def tell(row: dict[str, Any], told: dict[str, Any] | None) -> tuple[list[tuple[str, str]], dict[str, Any]]:
    """Return names and ids of the facts that tell of a row, and what is remembered."""
    facts, remembered = watch_csv.changes("7", row, told, source=SOURCE)
    return [(fact.name, fact.id) for fact in facts], remembered


def test_columns_are_found_by_name_and_by_mapping() -> None:
    """A column that is called like a field is that field, another one where it is mapped; empty cells say nothing."""
    text = "No,Name,emails,Born,Shoe size\n7,Ada,a@example.com;b@example.com,01.05.1985,38\n8,Bram,,,\n"
    assert read(text) == {
        "7": {"name": "Ada", "emails": ["a@example.com", "b@example.com"], "birthday": "1985-05-01"},
        "8": {"name": "Bram"},
    }


def test_a_bad_cell_costs_that_cell_and_a_row_without_key_that_row(capsys: pytest.CaptureFixture[str]) -> None:
    """Both are said, and the others are told."""
    assert read("No,Name,Born\n7,Ada,soon\n,Bram,01.05.1985\n8,Cleo,01.05.1985\n") == {
        "7": {"name": "Ada"},
        "8": {"name": "Cleo", "birthday": "1985-05-01"},
    }
    assert len(capsys.readouterr().err.splitlines()) == 2


@pytest.mark.parametrize("text", ["", "\n", "No,Name,Born\n7,Ada", 'No,Name,Born\n7,"Ada', 'No,Name,Born\n7,"Ada"x,'])
def test_a_file_that_is_not_whole_is_not_read(text: str) -> None:
    """Whoever writes it will be done in a moment: half a row tells nothing, nor do those before it."""
    with pytest.raises(watch_csv.NotWhole):
        read(text)


def test_a_missing_column_is_an_error() -> None:
    """It will not come by waiting."""
    with pytest.raises(ValueError, match="no column Born"):
        read("No,Name\n7,Ada\n")


def test_what_was_told_is_not_told_again() -> None:
    """A row that has not changed is no fact."""
    facts, remembered = tell(ROW, None)
    assert [name for name, _ in facts] == ["contact.upserted"]
    assert tell(ROW, remembered) == ([], remembered)


def test_after_a_crash_the_same_facts_have_the_same_ids() -> None:
    """What was told but not remembered is recognised by whoever hears it again."""
    _, remembered = tell(ROW, None)
    moved = {**ROW, "company": "Tidepool", "emails": []}
    assert tell(ROW, None) == tell(ROW, None)
    assert tell(moved, remembered) == tell(moved, remembered)


def test_a_change_and_its_reversal_are_three_facts() -> None:
    """Each has an id of its own, so that the last one is not taken for the first."""
    ids: list[str] = []
    told = None
    for company in ("Foxglove Labs", "Tidepool", "Foxglove Labs"):
        facts, told = tell({**ROW, "company": company}, told)
        ids += [fact_id for _, fact_id in facts]
    assert len(ids) == len(set(ids)) == 3


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"company": "Tidepool", "title": "Pilot"}, ["job.changed"]),
        ({"company": "Tidepool", "name": "Ada Deepwater"}, ["job.changed", "contact.upserted"]),
        ({"title": "Head of Botany"}, ["contact.upserted"]),
        ({"name": "Ada Deepwater"}, ["contact.upserted"]),
        ({"company": ""}, ["contact.upserted"]),
    ],
)
def test_another_company_is_a_job_change_and_all_else_an_update(change: dict[str, str], names: list[str]) -> None:
    """A title within the company, or a company that is left out, is no new job."""
    _, told = tell(ROW, None)
    row = {name: value for name, value in {**ROW, **change}.items() if value}
    facts, _ = watch_csv.changes("7", row, told, source=SOURCE)
    assert [fact.name for fact in facts] == names
    if "job.changed" in names:
        assert facts[0].data["contact"] == {"source": SOURCE, "id": "7"}
        assert all("company" not in fact.data for fact in facts[1:])


@given(rows=st.lists(st.fixed_dictionaries({}, optional={name: st.sampled_from("ab") for name in ("name", "company", "title")})))
def test_every_change_is_told_once(rows: list[dict[str, str]]) -> None:
    """However a row changes, each look that finds another row tells something new, and no other look does."""
    told, before, ids = None, None, list[str]()
    for row in rows:
        facts, told = tell(row, told)
        assert bool(facts) == (row != before)
        ids += [fact_id for _, fact_id in facts]
        before = row
    assert len(ids) == len(set(ids))


def test_what_is_remembered_is_no_personal_data(tmp_path: Path) -> None:
    """The state file has keys, counts and hashes; a reader of it learns no name."""
    _, remembered = tell(ROW, None)
    watch_csv.save_state(tmp_path / "state", {"7": remembered})
    text = (tmp_path / "state").read_text()
    assert watch_csv.load_state(tmp_path / "state") == {"7": remembered}
    assert watch_csv.load_state(tmp_path / "absent") == {}
    assert not any(str(value) in text for value in ("Ada", "Foxglove", "example.com"))
    assert [path.name for path in tmp_path.iterdir()] == ["state"]
