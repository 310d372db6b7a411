"""What is told of a permission that is lacking."""

import pytest
from nats.errors import Error

from shared.counters import Counters
from shared.violations import Violations, describe_violation


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('nats: permissions violation for publish to "hobnob.people.o1.c1"', ("publish", "hobnob.people")),
        ('nats: permissions violation for subscription to "hobnob.due.>"', ("subscription", "hobnob.due")),
        ('nats: permissions violation for publish to "$js.api.info"', ("publish", "$js.api.info")),
        ("nats: stale connection", None),
    ],
)
def test_a_violation_is_described_without_ids(text: str, told: tuple[str, str] | None) -> None:
    """Action and subject, of ours the family alone; other errors are none."""
    assert describe_violation(Error(text)) == told


async def test_only_violations_are_counted() -> None:
    """A timeout or a lost connection is somebody else's to tell."""
    counters = Counters()
    violations = Violations(counters)
    await violations.note(Error("nats: timeout"))
    await violations.note(Error('nats: permissions violation for publish to "a.b"'))
    assert counters.snapshot() == {"permissions.violated": 1}
