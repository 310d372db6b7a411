"""Tests of whether a firing, or an item that waits, still says something true."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.staleness import (
    Amend,
    Keep,
    Skip,
    Withdraw,
    is_doubled,
    judge_firing,
    judge_item,
    same_occasion_ids,
)
from shared.messages.facts import CustomDate
from shared.messages.reminders import ItemState
from shared.messages.snapshots import Job, basis, custom_dates
from shared.messages.values import Occasion, PartialDate
from tests.unit.notifier.make import NOW, ON, a_reminder, a_snapshot, an_item

SILENCING: list[tuple[dict[str, Any], Skip]] = [
    ({"muted": (Occasion.BIRTHDAY,)}, Skip.MUTED),
    ({"deceased": True}, Skip.DECEASED),
    ({"departed": True}, Skip.DEPARTED),
    ({"do_not_greet": True}, Skip.OPTED_OUT),
    ({"deleted": True}, Skip.REMOVED),
    ({"deleted": True, "merged_into": "other"}, Skip.SUPERSEDED),
]


@pytest.mark.parametrize(("change", "reason"), SILENCING)
def test_nobody_silenced_is_greeted_from_any_path(change: dict[str, Any], reason: Skip) -> None:
    """Each way of silencing somebody stops a firing and an open item, under its own name, same basis or not."""
    snapshot = a_snapshot(rev=2, **change)
    assert judge_firing(reminder=a_reminder(), snapshot=snapshot) is reason
    assert judge_item(item=an_item(), snapshot=snapshot) == Withdraw(reason)


def test_somebody_unknown_is_removed() -> None:
    """Without any snapshot there is nobody to greet."""
    assert judge_firing(reminder=a_reminder(), snapshot=None) is Skip.REMOVED
    assert judge_item(item=an_item(), snapshot=None) == Withdraw(Skip.REMOVED)


@given(
    rev=st.integers(1, 10**9),
    notes=st.text(max_size=20),
    tags=st.lists(st.text(min_size=1, max_size=5), max_size=3),
    muted=st.lists(st.sampled_from([o for o in Occasion if o is not Occasion.BIRTHDAY]), max_size=3),
    company=st.text(min_size=1, max_size=9),
)
def test_an_unrelated_edit_stales_nothing(rev: int, notes: str, tags: list[str], muted: list[Occasion], company: str) -> None:
    """Whatever else changes about somebody, their birthday stays right."""
    job = Job(company=company, seen_at=NOW, source="test")
    snapshot = a_snapshot(rev=rev, notes=notes, tags=tuple(tags), muted=tuple(muted), job=job, last_contact_at=NOW)
    assert judge_firing(reminder=a_reminder(), snapshot=snapshot) is None
    assert judge_item(item=an_item(), snapshot=snapshot) == Keep()


@pytest.mark.parametrize(
    ("birthday", "verdict"),
    [
        ("1989-05-04", Amend(basis="1989-05-04", milestone=37)),
        ("--05-04", Amend(basis="--05-04", milestone=None)),
        ("1990-05-05", Withdraw(Skip.SUPERSEDED)),
        ("1990-05", Withdraw(Skip.SUPERSEDED)),
        (None, Withdraw(Skip.SUPERSEDED)),
    ],
)
def test_a_corrected_birthday_amends_or_withdraws(birthday: str | None, verdict: object) -> None:
    """A corrected year keeps today's greeting with the right age; a corrected day withdraws it."""
    snapshot = a_snapshot(rev=2, birthday=PartialDate.parse(birthday) if birthday else None)
    assert judge_firing(reminder=a_reminder(), snapshot=snapshot) is Skip.SUPERSEDED
    assert judge_item(item=an_item(), snapshot=snapshot) == verdict


@pytest.mark.parametrize("occasion", [Occasion.WORK_ANNIVERSARY, Occasion.NEW_JOB])
def test_another_title_is_the_same_job_and_another_company_is_not(occasion: Occasion) -> None:
    """A title that is filled in later keeps the congratulation; a move to another company withdraws it."""
    first = Job(company="Acme", seen_at=NOW, source="test", is_change=True)
    item = an_item(
        occasion=occasion,
        key=occasion.value,
        basis=basis(a_snapshot(job=first), occasion=occasion, label=None),
        milestone=None,
    )
    titled = a_snapshot(job=first.model_copy(update={"title": "Engineer"}))
    assert judge_item(item=item, snapshot=a_snapshot(job=first)) == Keep()
    assert isinstance(judge_item(item=item, snapshot=titled), Amend)
    moved = a_snapshot(job=first.model_copy(update={"company": "Globex"}))
    assert judge_item(item=item, snapshot=moved) == Withdraw(Skip.SUPERSEDED)


def test_being_in_touch_settles_a_check_in() -> None:
    """A conversation withdraws the open check-in: it is done."""
    before = datetime(2026, 1, 1, tzinfo=UTC)
    item = an_item(occasion=Occasion.STAY_IN_TOUCH, key="stay_in_touch", basis=before.isoformat(), milestone=None)
    assert judge_item(item=item, snapshot=a_snapshot(last_contact_at=before)) == Keep()
    since = a_snapshot(last_contact_at=before + timedelta(days=1))
    assert judge_item(item=item, snapshot=since) == Withdraw(Skip.SUPERSEDED)


def test_a_custom_date_is_judged_by_itself() -> None:
    """Removing one custom date withdraws its item and no other's."""
    dates = (
        CustomDate(label="Name day", on=PartialDate.parse("--05-04")),
        CustomDate(label="Wedding", on=PartialDate.parse("2010-05-04")),
    )
    snapshot = a_snapshot(dates=dates)
    for key, custom in custom_dates(snapshot).items():
        item = an_item(
            occasion=Occasion.CUSTOM,
            key=key,
            label=custom.label,
            basis=basis(snapshot, occasion=Occasion.CUSTOM, label=custom.label, key=key),
            milestone=None,
        )
        only_wedding = a_snapshot(dates=dates[1:])
        expected = Keep() if custom.label == "Wedding" else Withdraw(Skip.SUPERSEDED)
        assert judge_item(item=item, snapshot=snapshot) == Keep()
        assert judge_item(item=item, snapshot=only_wedding) == expected


@given(
    states=st.dictionaries(
        st.sampled_from(["anna", "old1", "old2", "old3"]),
        st.sampled_from([ItemState.UNREAD, ItemState.SNOOZED]),
        min_size=1,
    )
)
def test_of_several_open_items_of_one_person_exactly_one_stays(states: dict[str, ItemState]) -> None:
    """However many ids were merged, one greeting remains: never none, never two."""
    person = a_snapshot(aliases=("old1", "old2", "old3"))
    items = [an_item(contact=contact, state=state) for contact, state in states.items()]
    others = {item.id: item.state for item in items}
    assert sum(not is_doubled(item=item, person=person, others=others) for item in items) == 1


@pytest.mark.parametrize("state", [ItemState.SENT, ItemState.DISMISSED])
@pytest.mark.parametrize("contact", ["anna", "old"])
def test_what_was_acted_upon_under_another_id_leaves_no_second_greeting(state: ItemState, contact: str) -> None:
    """A person greeted under a former id is not greeted under the present one, nor the other way round."""
    person = a_snapshot(aliases=("old",))
    other = an_item(contact="old" if contact == "anna" else "anna", state=state)
    assert is_doubled(item=an_item(contact=contact), person=person, others={other.id: state})


def test_ids_of_the_same_occasion_begin_with_the_contacts_own() -> None:
    """Each id of the person gives one id of an item."""
    ids = same_occasion_ids(contact="anna", aliases=["old"], key="birthday", on=ON)
    assert ids == ["anna:birthday:2026-05-04", "old:birthday:2026-05-04"]
