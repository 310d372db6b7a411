"""Sixty obviously fictional people and when the owner was last in touch with them, for pictures of a network that is alive."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import product
from typing import Any, Final

from shared.messages.values import format_instant
from tests.e2e.conftest import Stack

GIVEN: Final = ("Alma", "Bruno", "Cosima", "Dario", "Edda", "Felix", "Greta", "Hugo", "Iris", "Jasper", "Kaia", "Leander")
FAMILY: Final = ("Appleyard", "Birdwhistle", "Cloudesley", "Dewhurst", "Elderflower")
CLOSENESS: Final = (
    "intimate",
    "well",
    "moderate",
    "moderate",
    "connected",
    "connected",
    "well",
    "connected",
    "moderate",
    "connected",
)
LAST_CONTACT_DAYS: Final = (2, 5, 9, 14, 21, 26, 33, 47, 60, 75, 88, 110, 140, 160, 200, 260, 340, 420, None, None, None)
WORK: Final = (
    ("Lantern & Quill", "Editor"),
    ("Tidemark Robotics", "Engineer"),
    ("Bramble Foods", "Buyer"),
    ("Northwind Rail", "Planner"),
    ("Paper Moon Theatre", "Stage manager"),
)
NOTES: Final = ("The allotment, and whose turn it is", "Her talk in Ghent", "The choir's spring concert", "Moving to the coast")


def gather(stack: Stack, owner: str, *, now: datetime) -> int:
    """Have *owner* know all of them, and return how many they are."""
    people, talks = zip(*_crowd(now), strict=True)
    for fact, lines in (("contact.upserted", people), ("interaction.logged", filter(None, talks))):
        text = "\n".join(json.dumps(line) for line in lines)
        stack.run("emit", fact, "--owner", owner, "--data", "-", stdin=text)
    return len(people)


def _crowd(now: datetime) -> Iterator[tuple[dict[str, Any], dict[str, Any] | None]]:
    for number, (family, given) in enumerate(product(FAMILY, GIVEN)):
        email = f"{given}.{family}@example.org".lower()
        company, title = WORK[number % len(WORK)]
        birthday = now.date() + timedelta(days=11 + number * 23 % 330)
        person = {
            "name": f"{given} {family}",
            "emails": [email],
            "closeness": CLOSENESS[number % len(CLOSENESS)],
            "company": company,
            "title": title,
            "birthday": f"--{birthday:%m-%d}",
            "tags": ["choir"] if number % 4 == 0 else ["former colleagues"] if number % 4 == 1 else [],
        }
        days_ago = LAST_CONTACT_DAYS[number * 5 % len(LAST_CONTACT_DAYS)]
        if days_ago is None:
            yield person, None
            continue
        at = now - timedelta(days=days_ago, hours=3)
        talk = {"channel": "call", "note": NOTES[number % len(NOTES)], "occurred_at": format_instant(at)}
        yield person, {"contact": {"email": email}, **talk}
