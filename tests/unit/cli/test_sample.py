"""The sample network."""

import json
from datetime import UTC, datetime, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from cli.facts import Statement, to_event
from cli.sample import FOLDER, MANIFEST, build_sample, load_sample
from shared.messages.facts import FactName
from shared.messages.values import PartialDate


@given(st.integers(0, 6000))
@example(59)
def test_it_is_valid_on_any_day(days: int) -> None:
    """On every day, 29 February included, the dates exist, the facts are valid and somebody has a birthday."""
    now = datetime(2024, 1, 1, 23, 59, tzinfo=UTC) + timedelta(days=days)
    sample = build_sample(json.loads((FOLDER / MANIFEST).read_text(encoding="utf-8")), now=now)
    for fact in sample.facts:
        name = FactName(fact.fact)
        to_event(fact.data, Statement(owner="me", fact=name, source="test"), now=now + timedelta(seconds=1))
    cards = next(file for file in sample.files if file.name.endswith(".vcf")).content.decode()
    written = [line.removeprefix("BDAY:") for line in cards.splitlines() if line.startswith("BDAY:")]
    birthdays = [PartialDate.parse(text) for text in written]
    assert (now.month, now.day) in [(day.month, day.day) for day in birthdays]


def test_people_are_fictional() -> None:
    """Every address of the examples is one that nobody can have."""
    sample = load_sample(now=datetime(2026, 1, 1, tzinfo=UTC))
    text = "".join(file.content.decode() for file in sample.files) + (FOLDER / "address-book.vcf").read_text()
    addresses = [word for line in text.splitlines() for word in line.replace(":", " ").split() if "@" in word]
    assert addresses
    assert all(address.endswith(("@example.com", "@example.org")) for address in addresses)


def test_the_address_book_always_has_a_birthday_near() -> None:
    """Whenever the static example is imported, somebody in it had a birthday within the last seven days."""
    text = (FOLDER / "address-book.vcf").read_text()
    days = [line.rpartition(":")[2].replace("-", "")[-4:] for line in text.splitlines() if line.startswith("BDAY")]
    year = [datetime(2027, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(365)]
    for day in year:
        last_week = {f"{day - timedelta(days=back):%m%d}" for back in range(7)}
        assert last_week & set(days), day
