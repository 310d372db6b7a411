"""Who is asked about first when people are sorted, and why."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.sorting import Reason, guess, is_unsorted, owner_ties, ties, warmth
from shared.messages.snapshots import ContactSnapshot, Interaction, Job, Meeting, OwnerProfile
from shared.messages.values import Closeness, Direction, PartialDate
from tests.unit.notifier.make import NOW, a_snapshot

OWNER = OwnerProfile(owner="sam", rev=1, name="Sam Example", employers=("Initech",), schools=("Miskatonic",))


def somebody(**changes: Any) -> ContactSnapshot:
    """Return a person of whom hardly anything is known."""
    return a_snapshot(**{"birthday": None, **changes})


def talks(count: int, *, last: datetime = NOW, direction: Direction = Direction.NEUTRAL) -> dict[str, Any]:
    """Return the fields of somebody with that many interactions, the last of them at *last*."""
    talks = tuple(Interaction(at=last - timedelta(days=day), direction=direction) for day in range(count))
    return {"interactions": talks, "last_contact_at": last}


def score(person: ContactSnapshot) -> float:
    """Return the score of somebody."""
    return guess(person=person, profile=OWNER, now=NOW).score


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"closeness_stated": True}, False),
        ({"closeness": Closeness.WELL}, False),
        ({"deceased": True}, False),
        ({"do_not_greet": True}, False),
        ({"departed": True}, False),
        ({"deleted": True}, False),
    ],
)
def test_who_is_unsorted(changes: dict[str, Any], expected: bool) -> None:
    """Whoever may be greeted and of whom nobody has said how close they are; of old snapshots only the default is doubtful."""
    assert is_unsorted(somebody(**changes)) is expected


def job(company: str) -> Job:
    """Return a job at *company*."""
    return Job(company=company, seen_at=NOW, source="linkedin")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (talks(1), Reason.RECENT),
        (talks(3, last=NOW - timedelta(days=900)), Reason.OFTEN),
        ({"meetings": (Meeting(meeting_id="m1", starts_at=NOW),)}, Reason.MET),
        ({"job": job("INITECH")}, Reason.SHARED),
        ({"schools": ("miskatonic",)}, Reason.SHARED),
        ({"is_reference": True}, Reason.REFERENCE),
        ({"nickname": "Nan"}, Reason.NICKNAME),
        ({"birthday": PartialDate(month=5, day=4)}, Reason.BIRTHDAY),
        ({"notes": "likes tea"}, Reason.NOTES),
        ({"phones": ("+1 555 0100",)}, Reason.PHONE),
    ],
)
def test_each_sign_counts_and_is_told(changes: dict[str, Any], reason: Reason) -> None:
    """Every sign of closeness brings a person forward and is named."""
    found = guess(person=somebody(**changes), profile=OWNER, now=NOW)
    assert found.reasons == (reason,)
    assert found.score > score(somebody())


def test_what_says_nothing_is_no_reason() -> None:
    """A cancelled meeting, and a company that is not the owner's, bring nobody forward."""
    meeting = Meeting(meeting_id="m1", starts_at=NOW, cancelled=True)
    for changes in ({"meetings": (meeting,)}, {"job": job("Globex")}):
        found = guess(person=somebody(**changes), profile=OWNER, now=NOW)
        assert (found.score, found.reasons) == (score(somebody()), ())


def test_recent_before_long_ago_often_before_once_mutual_before_one_sided() -> None:
    """The order is the one that an owner expects of contact."""
    long_ago = NOW - timedelta(days=2000)
    assert score(somebody(**talks(1))) > score(somebody(**talks(1, last=long_ago))) > score(somebody())
    assert score(somebody(**talks(9))) > score(somebody(**talks(2)))
    both = (Interaction(at=NOW, direction=Direction.GAVE), Interaction(at=NOW, direction=Direction.RECEIVED))
    one = (Interaction(at=NOW, direction=Direction.GAVE), Interaction(at=NOW, direction=Direction.GAVE))
    assert score(somebody(interactions=both, last_contact_at=NOW)) > score(somebody(interactions=one, last_contact_at=NOW))


@given(
    count=st.integers(0, 60),
    age_days=st.integers(0, 9_000),
    has_birthday=st.booleans(),
    has_phone=st.booleans(),
    more=st.integers(1, 9_000),
)
def test_more_signs_never_bring_somebody_back(count: int, age_days: int, has_birthday: bool, has_phone: bool, more: int) -> None:
    """Whatever is known of a person, a birthday more, or a later contact, never makes them come later."""
    known: dict[str, Any] = {"phones": ("1",) if has_phone else ()}
    if has_birthday:
        known["birthday"] = PartialDate(month=1, day=1)
    last = NOW - timedelta(days=age_days)
    person = somebody(**known, **talks(count, last=last))
    later = somebody(**known, **talks(count, last=min(last + timedelta(days=more), NOW)))
    richer = person.model_copy(update={"birthday": PartialDate(month=1, day=1)})
    assert score(later) >= score(person)
    assert warmth(later) >= warmth(person)
    assert score(richer) >= score(person)
    assert warmth(richer) >= warmth(person)


def test_a_contact_before_the_epoch_counts_as_none() -> None:
    """An instant of long ago, as broken files have them, makes nobody colder than somebody never heard of."""
    last = datetime(1970, 1, 1, tzinfo=UTC)
    assert warmth(somebody(last_contact_at=last)) == warmth(somebody())


def test_ties_meet_whatever_the_spelling() -> None:
    """What an owner and a person share is found by equal words, as common ground is."""
    person = somebody(job=job("Initech."), schools=("MISKATONIC",), location="Arkham")
    assert set(ties(person)) & set(owner_ties(OWNER)) == {"initech", "miskatonic"}
    assert "arkham" in ties(person)
