"""The messages that the catalogue lists."""

from datetime import UTC, datetime

from shared.contract.catalogue import ENTRIES
from shared.contract.entries import FACTS, DeadLetterHeaders
from shared.dead_letters import burial
from shared.messages.cloudevents import event_type
from shared.messages.facts import FactName


def test_names_are_unique_and_versioned() -> None:
    """A name is one message's, so that its examples and its schema are."""
    names = [entry.name for entry in ENTRIES]
    assert len(names) == len(set(names))
    assert all(name.rpartition(".v")[2].isdigit() for name in names)


def test_every_fact_is_listed_under_its_type() -> None:
    """The catalogue follows the models by itself."""
    assert {entry.name for entry in FACTS} == {event_type(name) for name in FactName}


def test_every_message_explains_itself() -> None:
    """The docstring of a model is what the documents say; internals such as its sources stay out."""
    for entry in ENTRIES:
        assert entry.summary, entry.name
        assert "\n" not in entry.summary
        assert "Source:" not in entry.explanation


def test_dead_letters_have_the_headers_that_the_contract_says() -> None:
    """What `burial` writes is what is documented, kept whole or cut."""
    for size, room in ((10, 100_000), (90_000, 50_000)):
        letter = burial(
            service="contacts",
            subject="hobnob.intake.me.job.changed",
            headers={"ce-id": "1", "not a token": "x"},
            body=b"x" * size,
            reason="data.company: Field required",
            attempts=1,
            stream="HOBNOB_INTAKE",
            sequence=7,
            stored_at=datetime(2026, 3, 1, tzinfo=UTC),
            most_bytes=room,
        )
        read = DeadLetterHeaders.model_validate(letter.headers)
        assert read.reason == "data.company: Field required"
        written = {field.alias for field in DeadLetterHeaders.model_fields.values()}
        assert {name for name in letter.headers if name.startswith("Hobnob-")} <= written
