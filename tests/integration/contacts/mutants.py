"""
Facts gone wrong by chance: the same ones in every run.

hypothesis finds the odd values, which is slow, and a seeded generator puts them into good facts, which is fast.
"""

import copy
import json
import random
from collections.abc import Iterator
from typing import Any, Final

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from shared.clock import system_clock
from shared.errors import InvalidMessage
from shared.messages.cloudevents import read_event, to_fact
from shared.messages.facts import FactName, upload_name

SEED: Final = 20_260_101
ODD_VALUES: Final = 400
AWKWARD: Final[tuple[Any, ...]] = (
    *(None, True, 0, -1, 2**31, 2**63, 2**80, -(10**300), 1e308, 0.1, "", " ", "\0", "a\0b", "\u202e", "\N{FAMILY}" * 200),
    *("a.b", "*", ">", "$JS.API.>", "../x", "0000-01-01", "99999-12-31", "--02-30", "--02-29", "1800-01-01", "2261-12-31"),
    *("2261-12-31T23:59:59.999999Z", "1800-01-01T00:00:00+00:00", "24:00", "x" * 500, "x" * 501, "x" * 20_001, [], {}, [[]]),
    *({"$set": {"a": 1}}, {"": ""}, {"id": "*"}, {"email": "a@b"}, ["a@b"] * 50, ["a@b"] * 51, "once", "FREQ=SECONDLY", "me"),
)
"""What people and programs really send, and what breaks programs."""
DATA: Final[dict[FactName, dict[str, Any]]] = {
    FactName.CONTACT_UPSERTED: {
        "name": "Ann Doe",
        "emails": ["ann@example.com"],
        "birthday": "1990-02-28",
        "dates": [{"label": "Wedding", "on": "2010-06-05", "recurrence": "once"}],
        "company": "Acme",
        "started_on": "2020-01",
        "closeness": "well",
        "timezone": "Europe/Berlin",
        "tags": ["choir"],
        "notes": "met in Graz",
        "cadence_days": 90,
        "muted": ["birthday"],
        "external_id": "7",
    },
    FactName.JOB_CHANGED: {"contact": {"email": "ann@example.com"}, "company": "Acme", "occurred_at": "2026-01-01T00:00:00Z"},
    FactName.CONNECTION_ACCEPTED: {"name": "Bob Roe", "emails": ["bob@example.com"], "connected_on": "2026-01-01"},
    FactName.INTERACTION_LOGGED: {"contact": {"email": "ann@example.com"}, "channel": "phone", "direction": "gave", "note": "hi"},
    FactName.MEETING_SCHEDULED: {
        "contacts": [{"email": "ann@example.com"}, {"email": "bob@example.com"}],
        "meeting_id": "m1",
        "starts_at": "2026-01-01T10:00:00Z",
        "questions": ["How?"],
    },
    FactName.OPPORTUNITY_POSTED: {"title": "Cellist", "deadline": "2026-02-01", "url": "https://example.com/7"},
    FactName.SEARCH_STARTED: {
        "contact": {"email": "ann@example.com"},
        "target": "Cellist",
        "radius_km": 50,
        "keywords": ["cello"],
    },
    FactName.IMPORT_UPLOADED: {"import_id": "i1", "object_name": "", "filename": "a.csv", "size_bytes": 10},
}


def odd_values() -> list[Any]:
    """Return values that hypothesis thinks of, and the awkward ones."""
    leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=30)
    values = st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3), max_leaves=8
    )
    found: list[Any] = list(AWKWARD)

    @settings(
        derandomize=True, database=None, max_examples=ODD_VALUES, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    @given(values)
    def collect(value: Any) -> None:
        found.append(value)

    collect()
    return found


def event(name: FactName, number: int, *, owner: str) -> dict[str, Any]:
    """Return a good event."""
    data = copy.deepcopy(DATA[name])
    if name is FactName.IMPORT_UPLOADED:
        data["object_name"] = upload_name(owner=owner, import_id=data["import_id"])
    return {
        "specversion": "1.0",
        "id": f"m{number}",
        "source": "https://crm.example.com",
        "type": f"hobnob.{name.value}.v1",
        "time": "2026-01-02T03:04:05Z",
        "data": data,
    }


def mutants(*, owner: str) -> Iterator[tuple[FactName, bytes]]:
    """Yield, without end, a fact's name and the body of an event that something happened to; it may still be a good one."""
    chance, values, names, number = random.Random(SEED), odd_values(), list(DATA), 0
    while True:
        number += 1
        name = chance.choice(names)
        made = event(name, number, owner=owner)
        for _ in range(chance.choice((1, 1, 1, 2, 4))):
            _change(
                made if chance.random() < 0.25 else made["data"] if isinstance(made.get("data"), dict) else made, chance, values
            )
        # Half of a surrogate pair, which only JSON's escapes can write, comes of cutting below.
        body = json.dumps(made, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")
        yield name, _damage(body, chance) if chance.random() < 0.3 else body


def _change(where: dict[str, Any], chance: random.Random, values: list[Any]) -> None:
    """Replace, drop or add one value, at the top or one level down."""
    value = copy.deepcopy(chance.choice(values))
    key = chance.choice([*where, "added"]) if where else "added"
    inner = where.get(key)
    if isinstance(inner, list) and inner and chance.random() < 0.3:
        inner[0] = value
    elif isinstance(inner, dict) and inner and key != "data" and chance.random() < 0.3:
        inner[chance.choice([*inner])] = value
    elif chance.random() < 0.2:
        where.pop(key, None)
    else:
        where[key] = value


def _damage(body: bytes, chance: random.Random) -> bytes:
    """Cut the bytes off, or change, insert, double or drop some of them."""
    at = chance.randrange(len(body) + 1)
    length = chance.choice((1, 1, 1, 3, 20))
    junk = bytes(chance.choice((0, 0x22, 0x5B, 0x5C, 0x7B, 0xC3, 0xED, 0xFF)) for _ in range(length))
    return chance.choice(
        (
            body[:at],
            body[:at] + junk + body[at:],
            body[:at] + junk + body[at + length :],
            body[:at] + body[at : at + length] + body[at:],
            body[:at] + body[at + length :],
            b"",
        )
    )


def is_good(name: FactName, body: bytes, *, owner: str) -> bool:
    """Whether *body* is a fact that contacts must take, of the subject of *name*."""
    try:
        made = read_event(body)
        return to_fact(made, owner=owner, stored_at=system_clock()).name is name
    except InvalidMessage:
        return False
