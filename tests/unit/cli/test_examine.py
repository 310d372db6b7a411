"""What the doctor makes of services that answer, and say that they cannot."""

from typing import Any, cast

import pytest

from cli import examine
from cli.checks import State
from cli.client import Hobnob
from shared.errors import TransientError


class Refusing:
    """A stack whose services answer that their database does not."""

    client = None

    async def ask(self, *_: Any, **__: Any) -> None:
        raise TransientError("the database does not answer")


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> Hobnob:
    """Return that stack."""
    stack = Refusing()
    monkeypatch.setattr(examine, "ask", stack.ask)
    return cast(Hobnob, stack)


async def test_a_service_without_its_database_is_a_finding(refusing: Hobnob) -> None:
    """What cannot be looked at is a check that failed, and the others are still made."""
    [notifier] = await examine._from_notifier(refusing)
    contacts = await examine._digests(refusing)
    for check in (notifier, contacts):
        assert check.state is State.FAIL
        assert "database" in check.summary


@pytest.mark.parametrize(
    ("subject", "owners"),
    [("hobnob.timer.sam._.digest", {"sam"}), ("hobnob.timer.sam._.other", set()), ("hobnob.timer.a b._.digest", set())],
)
def test_only_a_digest_is_a_digest(subject: str, owners: set[str]) -> None:
    """Whatever else lies among the timers of owners stands for no digest, and breaks nothing."""
    assert examine._owners([subject]) == owners


def test_whose_timer_it_is() -> None:
    """A timer is of its contact's owner; an owner's own, and what is none, are of nobody's contact."""
    assert examine._owner_of_contact("hobnob.timer.sam.c1.birthday") == "sam"
    assert examine._owner_of_contact("hobnob.timer.sam._.digest") is None
    assert examine._owner_of_contact("hobnob.timer.x") is None
