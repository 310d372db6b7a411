"""The cron of the digest, as the owner's settings say."""

from datetime import time
from typing import Any

import pytest

from services.scheduler.domain.owner_timers import ArmedCron, digest_schedule, is_right, wanted_timers
from shared.messages.snapshots import OwnerProfile
from shared.messages.telling import DIGEST_KEY, OwnerTimer, Telling, Weekday


def a_profile(**telling: Any) -> OwnerProfile:
    """Return an owner with settings of their own."""
    return OwnerProfile(
        owner="sam", rev=1, name="Sam", timezone="Asia/Kolkata", deliver_at=time(8, 30), telling=Telling(**telling)
    )


@pytest.mark.parametrize(
    ("telling", "expected"),
    [
        ({}, "0 30 8 * * *"),
        ({"digest_at": time(7, 5)}, "0 5 7 * * *"),
        ({"digest_at": time(0, 0)}, "0 0 0 * * *"),
        ({"digest_days": (Weekday.SUNDAY, Weekday.TUESDAY), "heartbeat_on": "never"}, "0 30 8 * * TUE,SUN"),
        ({"digest_days": (Weekday.TUESDAY,)}, "0 30 8 * * MON,TUE"),
        ({"digest_days": ()}, "0 30 8 * * MON"),
        ({"digest_days": (), "heartbeat_on": "never"}, None),
    ],
)
def test_the_cron(telling: dict[str, Any], expected: str | None) -> None:
    """Six fields, seconds first; the days of the digest and of the heartbeat; none where the owner wants neither."""
    assert digest_schedule(profile=a_profile(**telling)) == expected


def test_what_is_wanted() -> None:
    """The timer says what it was armed with, so that it can be compared."""
    timer = OwnerTimer(owner="sam", key=DIGEST_KEY, schedule="0 30 8 * * *", timezone="Asia/Kolkata")
    assert wanted_timers(profile=a_profile()) == {DIGEST_KEY: timer}
    assert wanted_timers(profile=a_profile(digest_days=(), heartbeat_on="never")) == {}


@pytest.mark.parametrize(
    ("armed", "expected"),
    [
        (ArmedCron(schedule="0 30 8 * * *", timezone="Asia/Kolkata"), True),
        (ArmedCron(schedule="0 30 8 * * MON", timezone="Asia/Kolkata"), False),
        (ArmedCron(schedule="0 30 8 * * *", timezone="UTC"), False),
        (None, False),
    ],
)
def test_what_is_right(armed: ArmedCron | None, expected: bool) -> None:
    """Armed is right when cron and zone are the same; nothing is right where nothing is wanted."""
    assert is_right(wanted=wanted_timers(profile=a_profile())[DIGEST_KEY], armed=armed) is expected
    assert is_right(wanted=None, armed=None)
    assert not is_right(wanted=None, armed=ArmedCron(schedule="x", timezone="UTC"))
