"""What the doctor makes of what it saw."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cli import checks
from cli.checks import Check, Fired, Lag, State
from shared.messages.snapshots import OwnerProfile
from shared.messages.telling import ChannelInfo, ChannelState, Diagnosis, OwnerWatch, StuckDelivery, Telling

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
FAILING = ChannelInfo(
    owner="sam", name="phone", shown="ntfy", order=1, state=ChannelState.FAILING, added_at=NOW, failures=3, last_error="no answer"
)


def a_diagnosis(**changes: Any) -> Diagnosis:
    """Return what a notifier says that has nothing to do."""
    values: dict[str, Any] = {"at": NOW, "database_at": NOW, "database_version": "6.0.5", "owners": ()} | changes
    return Diagnosis(**values)


def test_a_late_timer_is_not_blamed_on_the_broker_alone() -> None:
    """After a restore or an import a reminder is armed when its time has already come: it fires late by design."""
    check = checks.check_fired(Fired(due_at=NOW, fired_at=NOW + timedelta(hours=3)))
    assert check.advice is not None
    assert "a restore" in check.advice
    assert "an import" in check.advice


def test_the_whole_is_as_well_as_its_worst_part() -> None:
    """One failure fails, one remark warns, nothing at all is well."""
    parts = {state: Check(name="x", state=state, summary="") for state in State}
    assert checks.worst([]) is State.OK
    assert checks.worst([parts[State.OK], parts[State.WARN]]) is State.WARN
    assert checks.worst(parts.values()) is State.FAIL


@pytest.mark.parametrize(
    ("check", "state"),
    [
        (checks.check_services({"contacts": True, "scheduler": True}), State.OK),
        (checks.check_services({"contacts": True, "scheduler": False}), State.FAIL),
        (checks.check_fired(None), State.OK),
        (checks.check_fired(Fired(due_at=NOW, fired_at=NOW + timedelta(seconds=0.2))), State.OK),
        (checks.check_fired(Fired(due_at=None, fired_at=NOW)), State.OK),
        (checks.check_fired(Fired(due_at=NOW, fired_at=NOW + timedelta(hours=3))), State.WARN),
        (checks.check_armed(armed={"sam": 10}, expected={"sam": 10, "kim": 0}), State.OK),
        (checks.check_armed(armed={"sam": 11}, expected={"sam": 10}), State.WARN),
        (checks.check_armed(armed={"nobody": 1}, expected={}), State.WARN),
        (checks.check_armed(armed={"sam": 9}, expected={"sam": 10}), State.FAIL),
        (checks.check_armed(armed={"sam": 9, "kim": 3}, expected={"sam": 10, "kim": 1}), State.FAIL),
        (checks.check_channels([]), State.OK),
        (checks.check_channels([FAILING]), State.WARN),
        (checks.check_deliveries(a_diagnosis()), State.OK),
        (
            checks.check_deliveries(a_diagnosis(stuck=(StuckDelivery(owner="sam", what="digest:x", since=NOW, attempts=2),))),
            State.WARN,
        ),
        (checks.check_mail(a_diagnosis()), State.OK),
        (checks.check_mail(a_diagnosis(overdue=3)), State.WARN),
        (checks.check_mail(a_diagnosis(mail_trouble="logging in was refused: 535", overdue=3)), State.FAIL),
        (checks.check_greetings({}), State.OK),
        (checks.check_greetings({"unconfirmed": 1}), State.WARN),
        (checks.check_dead(0), State.OK),
        (checks.check_dead(2), State.WARN),
        (checks.check_lag([]), State.OK),
        (checks.check_lag([Lag(durable="a", waiting=1_000, in_hand=0)]), State.OK),
        (checks.check_lag([Lag(durable="a", waiting=1_000, in_hand=1)]), State.WARN),
        (checks.check_lag([Lag(durable="a", waiting=200_000, in_hand=0)]), State.FAIL),
        (checks.check_clocks({"broker": timedelta(seconds=-1)}), State.OK),
        (checks.check_clocks({"broker": timedelta(seconds=-3)}), State.WARN),
        (checks.check_clocks({"broker": timedelta(), "database": timedelta(minutes=2)}), State.FAIL),
        (checks.check_disk(free_bytes=10**10, total_bytes=10**11), State.OK),
        (checks.check_disk(free_bytes=10**9, total_bytes=10**11), State.WARN),
        (checks.check_disk(free_bytes=10**8, total_bytes=10**11), State.FAIL),
        (checks.check_versions({"hobnob": "0.1.0"}), State.OK),
    ],
)
def test_each_is_judged_and_says_what_to_do(check: Check, state: State) -> None:
    """Each thing is judged by what was seen; whatever is not well says what to do, whatever is well says nothing more."""
    assert check.state is state
    assert check.summary
    assert (check.advice is None) == (state is State.OK)


def test_what_comes_next() -> None:
    """The next reminder of all owners is told, and the next digest of those who have a channel."""
    owners = (
        OwnerWatch(owner="a", people=1, dates=1, timers=1, next_due_at=NOW, next_digest_at=NOW),
        OwnerWatch(owner="b", people=0, dates=0, timers=0, next_digest_at=NOW + timedelta(days=1), channels=1),
    )
    check = checks.check_next(a_diagnosis(owners=owners))
    assert check.data == {"next_due_at": "2026-05-04T09:00:00Z", "next_digest_at": "2026-05-05T09:00:00Z"}
    assert checks.check_next(a_diagnosis()).summary == "no reminder is planned"


def test_digests_that_are_not_armed() -> None:
    """Everybody who wants a digest has its timer, whoever wants none needs none."""
    wants = OwnerProfile(owner="sam", rev=1, name="Sam")
    wants_none = OwnerProfile(owner="kim", rev=1, name="Kim", telling=Telling(digest_days=(), heartbeat_on="never"))
    assert checks.check_digests(owners=(wants, wants_none), armed=("sam",)).state is State.OK
    missing = checks.check_digests(owners=(wants, wants_none), armed=("kim",))
    assert missing.state is State.WARN
    assert missing.data["missing"] == ["sam"]
