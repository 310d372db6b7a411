"""What becomes of an address-book entry."""

import pytest

from services.contacts.importers.addresses import phone, sort_emails
from services.contacts.importers.card import Card, Labelled
from services.contacts.importers.card_facts import card_items
from services.contacts.importers.dates import read_date
from services.contacts.importers.rows import Item
from tests.unit.contacts.importers.reading import people, remarks, skipped


def items(card: Card) -> list[Item]:
    """Return what a card alone becomes."""
    return list(card_items(card, shared_names=frozenset()))


def test_beyond_the_contract_is_cut_and_said() -> None:
    """Whatever an entry holds too much of is cut to what the contract takes, each with a remark."""
    card = Card(
        line=7,
        name="n" * 600,
        emails=tuple(f"a{n}@example.com" for n in range(60)),
        phones=tuple(f"+47221234{n:02d}" for n in range(60)),
        tags=tuple(f"tag {n}" for n in range(300)),
        dates=tuple(Labelled(label=f"day {n}", reading=read_date("2010-01-02")) for n in range(150)),
        notes="x" * 30_000,
        birthdays=(read_date("someday"),),
    )
    found = items(card)
    (one,) = people(found)
    assert (len(str(one.name)), len(one.emails), len(one.phones), len(one.tags or ()), len(one.dates)) == (500, 50, 50, 200, 100)
    assert one.notes
    assert len(one.notes) <= 20_000
    assert one.notes.endswith("birthday: someday")
    assert len(remarks(found, 7)) == 6


def test_nobody() -> None:
    """An entry without a name or an address, or with an organisation's alone, is skipped with the reason."""
    assert skipped(items(Card(line=3, notes="x"))) == {3: "no name and no email address"}
    assert "organisation" in skipped(items(Card(line=4, organisation="Acme", emails=("info@example.com",))))[4]
    assert people(items(Card(line=5, emails=("ada@example.com",))))


def test_names_lose_what_nobody_sees() -> None:
    """White space is collapsed, and zero-width marks, direction marks and NULs are dropped."""
    (one,) = people(items(Card(line=1, name=" Ada\u200b \t Ex\x00ample\u202c\ufeff ")))
    assert one.name == "Ada Example"


def test_the_same_name_in_two_compositions_is_one_identity() -> None:
    """A letter written as one character or as two gives the same id."""
    ids = [people(items(Card(line=1, name=name)))[0].external_id for name in ("Zoë", "Zoe\u0308", "ZOË")]
    assert len(set(ids)) == 1


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("+47 22 12 34 56", "+4722123456"),
        ("tel:+1-201-555-0123", "+12015550123"),
        ("030 12345", "030 12345"),
        ("+1", "+1"),
        ("+999 call me", "+999 call me"),
        ("0047 22 12 34 56", "0047 22 12 34 56"),
    ],
)
def test_phones_get_no_country_they_did_not_state(written: str, kept: str) -> None:
    """Only a number with a plus sign and a country is normalised; others stay as written."""
    assert phone(written) == kept


def test_emails_are_sorted() -> None:
    """Addresses are kept once, in order, free of `mailto:` and display names; the rest is returned as bad."""
    written = ("B@example.com", "mailto:a@example.com", "b@example.com", "Ada <ada@example.com>", "/o=Exchange/cn=ada", "")
    assert sort_emails(written) == (("B@example.com", "a@example.com", "ada@example.com"), ("/o=Exchange/cn=ada",))
