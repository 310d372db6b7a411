"""Edits of a person say what was changed and nothing else."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.person_edits import merged_lines, merged_words, statement_of
from shared.errors import InvalidMessage
from shared.messages.facts import ContactUpserted, CustomDate
from shared.messages.snapshots import Job
from shared.messages.values import Closeness, Occasion, PartialDate
from tests.unit.notifier.make import NOW, a_snapshot

WORDS = st.lists(st.sampled_from(["a", "b", "c", "d"]), unique=True, max_size=4)


def stated(wanted: dict[str, Any], **person: Any) -> dict[str, Any]:
    """Return what is said of Anna, which is always a fact that can be read."""
    data = statement_of(person=a_snapshot(**person), wanted=wanted)
    ContactUpserted.model_validate({"contact": {"id": "anna"}, **data})
    return data


def test_what_is_so_already_is_not_stated() -> None:
    """A form that changed nothing states nothing."""
    person = a_snapshot(
        closeness=Closeness.WELL,
        tags=("garden",),
        dates=(CustomDate(label="Wedding", on=PartialDate(month=6, day=1)),),
        muted=(Occasion.NEW_JOB,),
        job=Job(company="Acme", title="Baker", seen_at=NOW, source="crm"),
    )
    same = person.model_dump(mode="json", include={"name", "birthday", "emails", "tags", "dates", "muted", "closeness"})
    same |= {"company": "Acme", "title": "Baker", "notes": None, "deceased": False, "location": None, "started_on": None}
    assert statement_of(person=person, wanted=same) == {}


def test_a_change_carries_only_itself() -> None:
    """Fields that nobody touched are in no fact, so that what others say of them stays."""
    assert stated({"location": "Lisbon", "birthday": "1990-05-04"}) == {"location": "Lisbon"}


@pytest.mark.parametrize("name", ["birthday", "location", "nickname", "timezone", "cadence_days"])
def test_a_value_can_be_taken_away(name: str) -> None:
    """It is cleared where there is one, and nothing is said where there is none."""
    values = {"birthday": "1990-05-04", "location": "Rome", "nickname": "Annie", "timezone": "UTC", "cadence_days": 9}
    assert stated({name: None}, **{name: values[name]}) == {"cleared": [name]}
    assert stated({name: None}, **({} if name != "birthday" else {"birthday": None})) == {}


def test_lists_notes_and_marks_are_emptied() -> None:
    """They are stated empty."""
    person = {"tags": ("a",), "notes": "b", "deceased": True, "muted": (Occasion.BIRTHDAY,)}
    wanted = {"tags": None, "notes": None, "deceased": None, "muted": []}
    assert stated(wanted, **person) == {"tags": [], "notes": "", "deceased": False, "muted": []}


@pytest.mark.parametrize("name", ["name", "closeness"])
def test_what_everybody_has_cannot_be_taken_away(name: str) -> None:
    """A person without a name is refused, not made."""
    with pytest.raises(InvalidMessage, match=name):
        stated({name: None})


def test_addresses_are_added_put_in_order_and_removed() -> None:
    """The first is the one that is written to, so a new order is stated whole; a removal alone restates nothing."""
    two = {"emails": ("a@example.com", "b@example.com")}
    assert stated({"emails": ["a@example.com"]}, **two) == {"removed_emails": ["b@example.com"]}
    assert stated({"emails": ["b@example.com", "a@example.com"]}, **two) == {"emails": ["b@example.com", "a@example.com"]}
    assert stated({"emails": ["c@example.com", "A@example.com"]}, **two) == {
        "emails": ["c@example.com", "A@example.com"],
        "removed_emails": ["b@example.com"],
    }
    assert stated({"emails": []}, **two) == {"removed_emails": ["a@example.com", "b@example.com"]}


def test_dates_are_added_corrected_and_removed_by_their_label() -> None:
    """A date that stays as it is, is not stated."""
    person = {
        "dates": (
            CustomDate(label="Wedding", on=PartialDate(month=6, day=1)),
            CustomDate(label="Exam", on=PartialDate(year=2026, month=7, day=1)),
        )
    }
    wanted = [{"label": "Wedding", "on": "--06-02"}, {"label": "Garden", "on": "--04-01", "recurrence": "FREQ=MONTHLY"}]
    assert stated({"dates": wanted}, **person) == {"dates": wanted, "removed_dates": ["Exam"]}


def test_a_correction_of_a_job_names_the_whole_job() -> None:
    """A start alone would be that of another job."""
    job = Job(company="Acme", title="Baker", seen_at=NOW, source="crm", started_on=PartialDate(year=2020))
    assert stated({"started_on": "2020-06"}, job=job) == {"company": "Acme", "title": "Baker", "started_on": "2020-06"}
    with pytest.raises(InvalidMessage, match="started_on"):
        stated({"started_on": None}, job=job)
    with pytest.raises(InvalidMessage, match="company"):
        stated({"started_on": "2020-06"})
    with pytest.raises(InvalidMessage, match="company"):
        stated({"company": None, "title": None}, job=job)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://example.com/in/ada", "//linkedin.com.example.org/in/ada", "ada"])
def test_only_a_profile_is_taken_for_one(url: str) -> None:
    """Anything else is refused where the owner types it."""
    with pytest.raises(InvalidMessage, match="linkedin_url"):
        stated({"linkedin_url": url})


@given(present=WORDS, was=WORDS, now=WORDS)
def test_what_others_changed_meanwhile_stays(present: list[str], was: list[str], now: list[str]) -> None:
    """Of a list that changed elsewhere since the page was made, only the owner's own additions and removals are applied."""
    expected = (set(present) | (set(now) - set(was))) - (set(was) - set(now))
    for merge in (merged_words, merged_lines):
        merged = merge(present=present, was=was, now=now)
        assert set(merged) == expected
        assert len(merged) == len(expected)
    lines = merged_lines(present=present, was=was, now=now)
    assert [line for line in lines if line in now] == [line for line in now if line in expected]


def test_a_person_as_they_are_shown_is_not_changed_by_what_they_are() -> None:
    """Every field of a rich person, wanted as it is, states nothing."""
    person = a_snapshot(tags=("a", "b"), interests=("c",), phones=("+1 555 0100",), connected_on=PartialDate(year=2020, month=1))
    wanted = person.model_dump(mode="json", include={"tags", "interests", "phones", "emails", "connected_on", "birthday", "name"})
    assert statement_of(person=person, wanted=wanted) == {}
