"""A change of many people, and what takes it back."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.people_bulk import BulkChange, BulkKind, checked, statement_for, taking_back
from services.notifier.domain.people_list import folded
from shared.errors import InvalidMessage
from shared.messages.snapshots import ContactSnapshot
from shared.messages.values import Closeness, Occasion

TAGS = ("choir", "Chess", "chess", "müller")
OCCASIONS = (Occasion.BIRTHDAY, Occasion.NEW_JOB, Occasion.CUSTOM)


def person(**changes: Any) -> ContactSnapshot:
    """Return somebody."""
    return ContactSnapshot.model_validate({"owner": "me", "id": "ada", "rev": 1, "name": "Ada Example"} | changes)


people = st.builds(
    person,
    tags=st.lists(st.sampled_from(TAGS), unique_by=folded).map(tuple),
    muted=st.lists(st.sampled_from(OCCASIONS), unique=True).map(tuple),
    closeness=st.sampled_from(Closeness),
    closeness_stated=st.just(True),
)
changes = st.one_of(
    st.builds(BulkChange, kind=st.just(BulkKind.CLOSENESS), closeness=st.sampled_from(Closeness)),
    st.builds(BulkChange, kind=st.sampled_from([BulkKind.ADD_TAG, BulkKind.REMOVE_TAG]), tag=st.sampled_from(TAGS)),
    st.builds(
        BulkChange,
        kind=st.sampled_from([BulkKind.MUTE, BulkKind.UNMUTE]),
        occasions=st.lists(st.sampled_from(OCCASIONS), min_size=1).map(tuple),
    ),
)


def after(who: ContactSnapshot, data: dict[str, Any]) -> ContactSnapshot:
    """Return somebody as a fact leaves them."""
    return ContactSnapshot.model_validate(who.model_dump() | data)


def values(who: ContactSnapshot) -> tuple[Closeness, frozenset[str], frozenset[Occasion]]:
    """Return what a change can touch, without its order."""
    return who.closeness, frozenset(map(folded, who.tags)), frozenset(who.muted)


@given(who=people, change=changes)
def test_taking_back_restores_what_was(who: ContactSnapshot, change: BulkChange) -> None:
    """Changed and taken back, a person has the values of before; and what is so already is not stated again."""
    stated = statement_for(change, person=who)
    if stated is None:
        return
    changed = after(who, stated.data)
    assert statement_for(change, person=changed) is None
    back = taking_back(change, former=stated.former, person=changed)
    if back is None:
        assert values(changed) == values(who)
    else:
        assert values(after(changed, back)) == values(who)


@given(who=people, change=changes)
def test_what_was_stated_meanwhile_stays(who: ContactSnapshot, change: BulkChange) -> None:
    """A tag and a muted occasion that came between a change and its undo are there afterwards."""
    stated = statement_for(change, person=who)
    if stated is None:
        return
    changed = after(who, stated.data)
    meanwhile = after(changed, {"tags": [*changed.tags, "new"], "muted": [*changed.muted, Occasion.MEETING_PREP]})
    back = taking_back(change, former=stated.former, person=meanwhile)
    final = after(meanwhile, back or {})
    assert "new" in final.tags
    assert Occasion.MEETING_PREP in final.muted


def test_closeness_set_by_somebody_else_is_not_undone() -> None:
    """Whoever was placed anew since the change keeps that place."""
    change = BulkChange(kind=BulkKind.CLOSENESS, closeness=Closeness.WELL)
    stated = statement_for(change, person=person())
    assert stated is not None
    assert taking_back(change, former=stated.former, person=person(closeness="intimate")) is None


def test_a_closeness_nobody_stated_is_stated() -> None:
    """To be connected because nobody said anything is another thing than to be said to be."""
    change = BulkChange(kind=BulkKind.CLOSENESS, closeness=Closeness.CONNECTED)
    assert statement_for(change, person=person()) is not None
    assert statement_for(change, person=person(closeness_stated=True)) is None


@pytest.mark.parametrize(
    "change",
    [
        BulkChange(kind=BulkKind.CLOSENESS),
        BulkChange(kind=BulkKind.ADD_TAG, tag="  "),
        BulkChange(kind=BulkKind.REMOVE_TAG, tag="x" * 501),
        BulkChange(kind=BulkKind.ADD_TAG, tag="a\0"),
        BulkChange(kind=BulkKind.MUTE),
    ],
)
def test_a_change_without_its_value_is_refused(change: BulkChange) -> None:
    """Nothing is stated of anybody where it is not said what."""
    with pytest.raises(InvalidMessage):
        checked(change)
