"""What is said of meetings, in any order, becomes the meetings as they are."""

from collections.abc import Sequence
from functools import reduce
from itertools import permutations
from typing import Any

import pytest

from services.contacts.domain.meetings import MAX_MEETINGS
from services.contacts.domain.parts import parts_of
from services.contacts.domain.snapshot import snapshot_of
from services.contacts.domain.state import EMPTY, join
from services.contacts.domain.statements import state_of
from shared.errors import InvalidMessage
from shared.messages.cloudevents import Fact
from shared.messages.snapshots import ContactSnapshot, Meeting
from tests.unit.contacts.facts import fact, upserted
from tests.unit.contacts.test_merging import carried_out

ANN = {"email": "ann@example.com"}
BOB = {"email": "bob@example.com"}
PLAN: dict[str, Any] = {
    "contact": ANN,
    "meeting_id": "m1",
    "starts_at": "2026-05-01T10:00:00Z",
    "ends_at": "2026-05-01T11:00:00Z",
    "place": "Café Central",
    "purpose": "Ask about Vienna",
    "questions": ["How is the choir?"],
}
CANCEL: dict[str, Any] = {"contact": ANN, "meeting_id": "m1"}


def snapshot(facts: Sequence[Fact]) -> ContactSnapshot:
    """Return the contact that facts about one person make."""
    state = reduce(join, (state_of(part.fact) for each in facts for part in parts_of(each)), EMPTY)
    return snapshot_of(state, owner="me", id="a", rev=1)


def meetings(*facts: Fact) -> set[tuple[Meeting, ...]]:
    """Return the meetings that facts make, in every order in which they may arrive."""
    return {snapshot(order).meetings for order in permutations(facts)}


def test_a_meeting_is_shown_as_it_was_planned() -> None:
    """With everything that was said of it."""
    ((meeting,),) = meetings(fact("meeting.scheduled", PLAN))
    assert meeting == Meeting.model_validate({key: value for key, value in PLAN.items() if key != "contact"})


def test_a_meeting_that_moved_is_where_it_was_planned_last() -> None:
    """Whatever the later plan leaves out is not known any more."""
    moved = {"contact": ANN, "meeting_id": "m1", "starts_at": "2026-05-02T10:00:00Z"}
    ((meeting,),) = meetings(fact("meeting.scheduled", PLAN, day=0), fact("meeting.scheduled", moved, day=1))
    assert meeting == Meeting.model_validate(moved)


def test_a_cancelled_meeting_still_tells_what_it_was() -> None:
    """Though whoever cancels need not repeat it, and though the cancellation may arrive first."""
    ((meeting,),) = meetings(fact("meeting.scheduled", PLAN, day=0), fact("meeting.cancelled", CANCEL, day=1))
    assert (meeting.cancelled, meeting.place, meeting.starts_at) == (True, "Café Central", meeting.starts_at)
    assert meeting.starts_at is not None


def test_a_meeting_of_which_only_the_cancellation_is_known_is_one() -> None:
    """Its start is unknown, unless the cancellation says it."""
    planned = fact("meeting.scheduled", PLAN | {"meeting_id": "m2"})
    ((first, last),) = meetings(fact("meeting.cancelled", CANCEL, day=1), planned)
    assert (first.meeting_id, last.meeting_id, last.starts_at, last.cancelled) == ("m2", "m1", None, True)
    ((dated,),) = meetings(fact("meeting.cancelled", CANCEL | {"starts_at": PLAN["starts_at"]}, day=1))
    assert (dated.starts_at, dated.cancelled) == (first.starts_at, True)


def test_a_meeting_that_is_planned_again_after_it_was_cancelled_takes_place() -> None:
    """The later word holds, in any order."""
    again = fact("meeting.scheduled", PLAN, day=2)
    ((meeting,),) = meetings(fact("meeting.scheduled", PLAN, day=0), fact("meeting.cancelled", CANCEL, day=1), again)
    assert not meeting.cancelled


def test_a_snapshot_shows_the_meetings_that_were_stated_last_by_their_start() -> None:
    """A long list is cut at the statements that are oldest, not at those of the meetings that are."""
    start = "2026-05-{:02}T10:00:00Z"
    facts = [
        fact("meeting.scheduled", PLAN | {"meeting_id": str(n), "starts_at": start.format(28 - n % 28)}, day=n)
        for n in range(MAX_MEETINGS + 5)
    ]
    shown = snapshot(facts).meetings
    assert {meeting.meeting_id for meeting in shown} == {str(n) for n in range(5, MAX_MEETINGS + 5)}
    assert [meeting.starts_at for meeting in shown] == sorted(meeting.starts_at for meeting in shown if meeting.starts_at)


def test_a_meeting_is_no_contact_between_owner_and_person_yet() -> None:
    """It may be cancelled still: when they met last does not follow from it."""
    person = snapshot([upserted(name="Ann", emails=["ann@example.com"]), fact("meeting.scheduled", PLAN)])
    assert person.last_contact_at is None
    assert person.interactions == ()


def test_a_meeting_with_several_people_is_a_meeting_with_each_of_them() -> None:
    """In `contact`, in `contacts`, or in both; nobody becomes one person with somebody else by meeting them."""
    cy = {"source": "crm", "id": "7"}
    world = carried_out({}, [fact("meeting.scheduled", PLAN | {"contacts": [BOB, cy, ANN]})])
    assert len(world) == 3
    shown = [snapshot_of(each.state, owner="me", id=each.id, rev=1) for each in world.values()]
    assert all([meeting.meeting_id for meeting in person.meetings] == ["m1"] for person in shown)
    assert all(len(each.state.keys) == 1 for each in world.values())


def test_a_part_is_kept_without_the_others() -> None:
    """Who is forgotten must not stay in what was said of the others; what the emitter added of its own does."""
    data = PLAN | {"contacts": [BOB | {"crm_row": 7}], "room": "blue"}
    ann, bob = parts_of(fact("meeting.scheduled", data))
    assert (ann.place, bob.place) == ("contact", "contacts.0")
    assert ann.token != bob.token
    assert "bob" not in repr(ann.fact)
    assert "ann" not in repr(bob.fact)
    assert bob.fact.raw == PLAN | {"contact": BOB | {"crm_row": 7}, "room": "blue"}


def test_a_meeting_with_one_person_is_that_fact_itself() -> None:
    """However it is written, and also when the same reference is given twice."""
    one = fact("meeting.scheduled", PLAN)
    for data in (PLAN, {k: v for k, v in PLAN.items() if k != "contact"} | {"contacts": [ANN]}, PLAN | {"contacts": [ANN, ANN]}):
        (part,) = parts_of(fact("meeting.scheduled", data))
        assert part.token == parts_of(one)[0].token
        assert part.place is None
        assert state_of(part.fact) == state_of(one)


def test_what_concerns_no_meeting_has_one_part() -> None:
    """The fact as it is."""
    (part,) = parts_of(each := upserted(name="Ann"))
    assert part.fact is each


@pytest.mark.parametrize("name", ["meeting.scheduled", "meeting.cancelled"])
def test_a_meeting_with_nobody_is_no_fact(name: str) -> None:
    """Neither to plan nor to cancel."""
    with pytest.raises(InvalidMessage, match="name at least one contact"):
        fact(name, {"meeting_id": "m1", "starts_at": PLAN["starts_at"]})
