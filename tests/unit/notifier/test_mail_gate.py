"""What holds back all mail while the mail server lets none in."""

from datetime import timedelta

from services.notifier.use_cases.mail_gate import MailGate
from tests.unit.notifier.make import NOW

MOST = 100


def test_one_mail_tries_first() -> None:
    """Nothing goes beside the first mail, and everything once the server has spoken about one."""
    gate = MailGate()
    assert gate.admits(most=MOST, now=NOW) == 1
    gate.open()
    assert gate.admits(most=MOST, now=NOW) == MOST


def test_while_it_is_shut_nothing_goes_and_each_try_comes_later() -> None:
    """The pauses grow; after each, one mail tries; the reason is there to be shown, and gone when it opens."""
    gate, at = MailGate(), NOW
    pauses: list[timedelta] = []
    for _ in range(3):
        gate.shut(reason="535 wrong password", at=at)
        assert gate.admits(most=MOST, now=at) == 0
        began = at
        while not gate.admits(most=MOST, now=at):
            at += timedelta(seconds=30)
        assert gate.admits(most=MOST, now=at) == 1
        pauses.append(at - began)
    assert pauses == sorted(set(pauses))
    assert "535" in (gate.reason or "")
    gate.open()
    assert not gate.reason
    assert gate.admits(most=MOST, now=at) == MOST
