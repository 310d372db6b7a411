"""Day and month order is decided by the whole file."""

from services.contacts.importers.date_order import find_order


def test_one_clear_date_decides_for_all() -> None:
    """A day above 12 anywhere settles the file, and the remark names the line that shows it."""
    decision = find_order([(2, "03/04/1985"), (3, ""), (9, "28/12/1969")], given=None)
    assert decision.order == "dmy"
    assert decision.remark
    assert "line 9" in decision.remark


def test_the_owners_word_comes_first() -> None:
    """What the owner says overrides what the file shows."""
    assert find_order([(2, "28/12/1969")], given="mdy").order == "mdy"


def test_contradiction_and_silence_decide_nothing() -> None:
    """A file that shows both orders, or none, stays undecided; only the first is worth a remark."""
    both = find_order([(2, "28/12/1969"), (3, "12/28/1969")], given=None)
    assert both.order is None
    assert both.remark
    silent = find_order([(2, "03/04/1985"), (3, "0/0/00"), (4, "1985-12-28")], given=None)
    assert (silent.order, silent.remark) == (None, None)
