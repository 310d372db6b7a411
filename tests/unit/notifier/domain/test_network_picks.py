"""Whom to reach out to this week, and why."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.network import Acquaintance
from services.notifier.domain.network_picks import LATELY, PICKS, Pick, Why, pick_people
from shared.messages.snapshots import DEFAULT_CADENCE_DAYS
from shared.messages.values import Closeness
from tests.unit.notifier.domain.test_network import NOW, person

WEEK = date(2026, 2, 25)


def picked(*people: Acquaintance, busy: tuple[str, ...] = (), week_of: date = WEEK) -> list[Pick]:
    """Return the picks among *people*."""
    return pick_people(people=people, busy=busy, cadence_days=DEFAULT_CADENCE_DAYS, now=NOW, week_of=week_of)


def names(picks: list[Pick]) -> list[str]:
    """Return whom they are about."""
    return [pick.person.contact for pick in picks]


def test_overdue_times_closeness_decides() -> None:
    """A close friend who waits two rhythms comes before an old connection, however old."""
    friend, old = person(90, Closeness.INTIMATE, who="friend"), person(9_000, Closeness.CONNECTED, who="old")
    assert names(picked(old, friend, person(10, who="fresh"))) == ["friend", "old"]


def test_who_is_to_be_left_alone_is_not_picked() -> None:
    """Nobody of whom the inbox spoke, who was in touch lately, who is never to be asked after, or who has picks muted."""
    people = [
        person(400, who="busy"),
        person(13, Closeness.INTIMATE, cadence=7, who="lately"),
        person(400, cadence=0, who="never"),
        person(None, Closeness.CONNECTED, cadence=0, who="muted"),
        Acquaintance(contact="unpicked", name="U", closeness=Closeness.WELL, last_contact_at=None, is_pickable=False),
        person(400, who="free"),
    ]
    assert names(picked(*people, busy=("busy",))) == ["free"]


def test_each_pick_says_why() -> None:
    """The reasons carry the values that they rest upon."""
    close, loose, new = picked(
        person(200, who="close"), person(800, Closeness.CONNECTED, who="loose"), person(None, Closeness.CONNECTED, who="new")
    )
    assert [(reason.why, reason.days, reason.rhythm_days) for reason in close.reasons] == [
        (Why.OVERDUE, 200, 90),
        (Why.CLOSE, None, None),
    ]
    assert [(reason.why, reason.days) for reason in loose.reasons] == [(Why.LONG_AGO, 800)]
    assert [reason.why for reason in new.reasons] == [Why.NEVER_NOTED]


def test_of_many_alike_each_week_takes_others() -> None:
    """Within a week the picks stay; the next week is another."""
    people = [person(None, Closeness.CONNECTED, who=f"c{number}") for number in range(200)]
    monday = names(picked(*people, week_of=date(2026, 2, 23)))
    assert monday == names(picked(*people, week_of=date(2026, 3, 1)))
    assert monday != names(picked(*people, week_of=date(2026, 3, 2)))


@given(
    st.lists(
        st.tuples(
            st.one_of(st.none(), st.integers(0, 5_000)), st.sampled_from(Closeness), st.one_of(st.none(), st.integers(0, 400))
        ),
        max_size=30,
    )
)
def test_picks_are_few_overdue_and_not_of_lately(drawn: list[tuple[int | None, Closeness, int | None]]) -> None:
    """Whatever the network: at most five, each with a reason, nobody twice, nobody of the last two weeks."""
    people = [person(days, closeness, cadence=own, who=f"c{place}") for place, (days, closeness, own) in enumerate(drawn)]
    picks = picked(*people)
    assert len(picks) <= PICKS
    assert len(set(names(picks))) == len(picks)
    for pick in picks:
        assert pick.reasons
        at = pick.person.last_contact_at
        assert at is None or NOW - at >= LATELY
        assert pick.person.cadence_days != 0
    assert [pick.score for pick in picks] == sorted((pick.score for pick in picks), reverse=True)
