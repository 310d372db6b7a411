"""The snapshot of a contact of whom everything is said that facts can say still fits into a message."""

from functools import reduce

import pytest

from services.contacts.domain.changes import content_of
from services.contacts.domain.fitting import notes_that_fit, that_fit
from services.contacts.domain.snapshot import snapshot_of
from services.contacts.domain.state import EMPTY, join
from services.contacts.domain.statements import state_of
from tests.unit.contacts.facts import fact, upserted

MAX_PAYLOAD_BYTES = 1024**2
ROOM_FOR_ENVELOPE_BYTES = 32 * 1024


@pytest.mark.parametrize("letter", ["a", "\N{CJK UNIFIED IDEOGRAPH-4E00}", "\x01", "\N{GRINNING FACE}"])
def test_the_largest_contact_fits_a_message(letter: str) -> None:
    """In letters of one byte, of many, and in those that JSON has to spell out."""
    text = letter * 490
    printable = text.replace("\x01", "a")
    email = {"emails": ["ann@example.com"]}
    facts = [
        upserted(
            id=str(part),
            day=part,
            source=f"{part}{printable}",
            name=text,
            given_name=text,
            family_name=text,
            nickname=text,
            location=text,
            external_id=f"{part}",
            linkedin_url=f"https://linkedin.com/in/ann?{letter * 1_900}",
            emails=[*email["emails"], *(f"{part}-{n}{letter * 200}@example.com" for n in range(49))],
            phones=[f"{part}-{n}{text}" for n in range(50)],
            dates=[{"label": f"{part}-{n}{text}", "on": "--01-01", "recurrence": text} for n in range(50)],
            tags=[f"{n}{text}" for n in range(200)],
            interests=[f"{n}{text}" for n in range(200)],
            causes=[f"{n}{text}" for n in range(200)],
            schools=[f"{n}{text}" for n in range(200)],
            company=f"{part}{text}",
            title=text,
            notes=letter * 20_000,
        )
        for part in range(12)
    ]
    facts += [
        fact("interaction.logged", {"contact": {"email": "ann@example.com"}, "channel": text, "note": letter * 20_000}, day=n)
        for n in range(20)
    ]
    facts += [
        fact(
            "meeting.scheduled",
            {
                "contact": {"email": "ann@example.com"},
                "meeting_id": f"{n}{text}",
                "starts_at": "2026-05-01T10:00:00Z",
                "ends_at": "2026-05-01T11:00:00Z",
                "place": text,
                "purpose": letter * 20_000,
                "questions": [text] * 50,
            },
            day=n,
        )
        for n in range(60)
    ]
    search = {"target": text, "keywords": [f"{n}{text}" for n in range(100)], "location": text, "resume_url": letter * 2_000}
    facts.append(fact("search.started", {"contact": {"email": "ann@example.com"}, "radius_km": 1.5, "until": "2027"} | search))
    state = reduce(join, map(state_of, facts), EMPTY)
    content, _ = content_of(state, owner="me", id="a" * 20)
    assert len(content) < MAX_PAYLOAD_BYTES - ROOM_FOR_ENVELOPE_BYTES
    snapshot = snapshot_of(state, owner="me", id="a" * 20, rev=1)
    assert len(snapshot.interactions) == 20
    assert snapshot.interactions[0].note
    assert len(snapshot.meetings) > 5
    assert snapshot.search is not None
    assert len(snapshot.search.keywords) > 3
    assert min(len(snapshot.emails), len(snapshot.phones), len(snapshot.dates), len(snapshot.tags), len(snapshot.interests)) > 5


def test_what_comes_first_fits_first() -> None:
    """A list ends where the room does; a note without room is left out, and all older ones with it."""
    assert that_fit(["aa", "bb", "cc"], room_bytes=10) == ("aa", "bb")
    assert notes_that_fit(["new", None, "x" * 100, "old"], room_bytes=50) == ("new", None, None, None)
    assert notes_that_fit(["new", "old"], room_bytes=50) == ("new", "old")
