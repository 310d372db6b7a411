"""jCard."""

from pathlib import Path

from tests.unit.contacts.importers.reading import people, person, read, read_bytes, remarks, rows, skipped


def test_a_list_of_cards() -> None:
    """Structured values, several values and parameters mean what they mean in a vCard; lines are where a card begins."""
    items = read("jcard.json")
    ada = person(items, "Ada Example")
    assert (ada.given_name, ada.family_name, ada.emails) == ("Ada", "Example", ("ada@example.com",))
    assert (str(ada.birthday), ada.tags) == ("--04-12", ("Chess", "Choir, old"))
    assert [row.line for row in rows(items)] == [2, 10]


def test_what_is_not_written_as_it_should_be() -> None:
    """A broken property costs a remark, and an element that is no card is listed."""
    items = read("jcard.json")
    assert len(remarks(items, 10)) == 1
    assert list(skipped(items)) == [11]


def test_a_single_card_and_a_file_that_breaks_off(tmp_path: Path) -> None:
    """One card needs no list around it; the cards before a break in the file are kept."""
    one = '["vcard", [["fn", {}, "text", "Ada Example"]], []]'
    assert person(read_bytes(tmp_path, one), "Ada Example")
    items = read_bytes(tmp_path, f'[{one},\n["vcard", [["fn", {{}}, "te')
    assert [someone.name for someone in people(items)] == ["Ada Example"]
    assert list(skipped(items)) == [2]
