"""Whether old messages still parse."""

from shared.contract.__main__ import ROOT, broken_messages
from shared.contract.compatibility import breaking_sentences, broken_examples, compatible_sentences, schema_changes
from shared.contract.examples import Example


def test_no_message_that_was_ever_published_is_broken() -> None:
    """Every committed example parses, and no committed schema was narrowed; otherwise the sentence says which and why."""
    assert broken_messages(ROOT) == []


def test_an_example_of_no_message_is_broken() -> None:
    """A message cannot be removed or renamed while examples of it exist."""
    example = Example(file="gone.v1.json", message="gone.v1", variant="", payload=b"{}")
    assert broken_examples([example]) == ["docs/contract/examples/gone.v1.json no longer parses: there is no message gone.v1"]


def test_a_message_that_is_no_more_breaks() -> None:
    """Its published schema says that somebody may still send it."""
    found = schema_changes(published={"gone.v1": {"type": "object"}}, present={})
    assert breaking_sentences(found) == [
        "gone.v1 breaks old messages: the message is no longer there; make it the next version beside this one"
    ]


def test_an_optional_field_is_told_and_breaks_nothing() -> None:
    """Whoever runs make contract sees that the change is compatible."""
    old = {"type": "object", "properties": {}}
    new = {"type": "object", "properties": {"note": {"type": "string"}}}
    found = schema_changes(published={"a.v1": old}, present={"a.v1": new})
    assert breaking_sentences(found) == []
    assert compatible_sentences(found) == ["a.v1 stays compatible: note is a new optional field"]
