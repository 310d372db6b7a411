"""A message is known to be about somebody by hashes alone, whether or not it is a fact."""

import json
from typing import Any

import pytest

from services.contacts.domain.identity import tokens_of
from services.contacts.domain.mentions import MAX_DEPTH, mentions
from tests.unit.contacts.facts import fact, upserted

ANN = upserted(
    name="Ann Doe",
    emails=["Ann@Example.com", "ann.ü@example.org"],
    linkedin_url="https://www.linkedin.com/in/Ann-Doe/",
    uid="urn:uuid:1",
    external_id="17",
)
KEYS = frozenset(tokens_of(ANN))
OWN_ID = tokens_of(ANN)[0]


def is_about_ann(document: Any, *, headers: dict[str, str] | None = None, owner: str = "me") -> bool:
    """Return whether a document is taken for one about Ann."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return mentions(body, headers=headers or {}, owner=owner, keys=KEYS)


@pytest.mark.parametrize(
    "contact",
    [
        {"email": " ann@example.COM"},
        {"email": "ann.ü@example.org"},
        {"linkedin_url": "http://linkedin.com/in/ann-doe?trk=x"},
        {"uid": "urn:uuid:1"},
        {"source": "crm", "id": "17"},
        {"id": OWN_ID},
    ],
)
def test_whatever_a_fact_can_name_them_by_is_found(contact: dict[str, str]) -> None:
    """Alone, among several people, and as the person of a fact themselves."""
    assert is_about_ann({"source": "other", "data": {"contact": contact}})
    assert is_about_ann({"source": "other", "data": {"contacts": [{"email": "bob@example.com"}, contact], "meeting_id": "1"}})


def test_the_emitters_own_id_is_found_in_either_mode() -> None:
    """With the source in the event, and with it in the headers."""
    assert is_about_ann({"source": "crm", "data": {"external_id": "17"}})
    assert is_about_ann({"external_id": "17"}, headers={"ce-source": "crm"})
    assert not is_about_ann({"source": "other", "data": {"external_id": "17"}})


def test_who_is_known_by_name_alone_is_found_by_it() -> None:
    """In one piece and in two."""
    keys = frozenset(tokens_of(upserted(name="Cy Poe")))
    for data in ({"name": "cy  POE"}, {"given_name": "Cy", "family_name": "Poe"}):
        assert mentions(json.dumps(data).encode(), headers={}, owner="me", keys=keys)


@pytest.mark.parametrize(
    "body",
    [
        b"not JSON, by ann@example.com.",
        b'{"cut off": "<ann@example.com>',
        b'[["ann@example.com"]]',
        b'{"deep": ' + b"[" * 5_000 + b'"ann@example.com"' + b"]" * 5_000 + b"}",
        b"\xff\xfe see https://www.linkedin.com/in/ann-doe, please",
    ],
)
def test_what_is_no_fact_is_looked_through_as_well(body: bytes) -> None:
    """A dead letter may be anything."""
    assert is_about_ann(body)


@pytest.mark.parametrize(
    "document",
    [
        {"data": {"contact": {"email": "bob@example.com"}, "note": "Ann Doe said hello"}},
        {"data": {"name": "Ann Doe", "emails": ["another.ann@example.com"]}},
        {"data": {"contact": {"uid": "17"}}},
        {},
        "Ann",
    ],
)
def test_others_are_left_alone(document: Any) -> None:
    """A name in a note names nobody, nor does the same name with another address."""
    assert not is_about_ann(document)


def test_another_owners_ann_is_another_person() -> None:
    """Keys are hashed with the owner."""
    assert not is_about_ann({"contact": {"email": "ann@example.com"}}, owner="you")


def test_every_kind_of_fact_is_recognised() -> None:
    """What `tokens_of` knows of a fact is found in its data, too."""
    for name, more in (("job.changed", {"company": "ACME"}), ("interaction.logged", {}), ("contact.removed", {})):
        stated = fact(name, {"contact": {"email": "ann@example.com"}, **more})
        assert KEYS.intersection(tokens_of(stated))
        assert is_about_ann(stated.raw)


def test_depth_is_bounded() -> None:
    """What is nested deeper than any fact is only searched as text."""
    nested: Any = {"uid": "urn:uuid:1"}
    for _ in range(MAX_DEPTH + 1):
        nested = {"more": nested}
    assert not is_about_ann(nested)
