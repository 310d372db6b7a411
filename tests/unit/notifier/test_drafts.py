"""Tests of the greetings themselves: each occasion, tone and lateness reads as if somebody had written it."""

import itertools
import re
from datetime import timedelta

import pytest

from services.notifier.domain.wording import Tone
from services.notifier.drafts import NO_WORDS, Drafter
from shared.messages.facts import CustomDate
from shared.messages.reminders import ItemState
from shared.messages.rpc import Draft
from shared.messages.snapshots import ContactSnapshot, Interaction, Job, OwnerProfile
from shared.messages.values import Closeness, Confidence, Occasion, PartialDate
from tests.unit.notifier.make import NOW, ON, a_snapshot, an_item

DRAFTER = Drafter()
SAM = OwnerProfile(owner="sam", rev=1, name="Sam Sample")
OCCASIONS = [
    Occasion.BIRTHDAY,
    Occasion.WORK_ANNIVERSARY,
    Occasion.NEW_JOB,
    Occasion.NEW_CONNECTION,
    Occasion.STAY_IN_TOUCH,
    Occasion.CUSTOM,
]
DATED = {Occasion.BIRTHDAY, Occasion.WORK_ANNIVERSARY, Occasion.CUSTOM}


def person(*, closeness: Closeness, rich: bool, derived: bool = False) -> ContactSnapshot:
    """Return somebody about whom everything, or next to nothing, is known."""
    if not rich:
        return a_snapshot(closeness=closeness, name="", birthday=PartialDate.parse("--05-04"))
    job = Job(
        company="Acme & Söhne {{ 7*7 }}",
        title="Engineer",
        seen_at=NOW,
        source="test",
        is_change=True,
        confidence=Confidence.DERIVED if derived else Confidence.STATED,
    )
    return a_snapshot(
        closeness=closeness,
        job=job,
        interactions=(Interaction(at=NOW, note="the new garden"),),
        dates=(CustomDate(label="Wedding anniversary", on=PartialDate.parse("2005-05-04")),),
    )


def draft_of(occasion: Occasion, snapshot: ContactSnapshot, *, number: int = 0, **changes: object) -> Draft:
    """Render one item; *number* varies its id and with it the variant."""
    item = an_item(id=f"c{number}:{occasion.value}:{ON}", occasion=occasion, key=occasion.value, **changes)
    return DRAFTER.draft(item=item, snapshot=snapshot, profile=SAM, today=ON)


@pytest.mark.parametrize("occasion", OCCASIONS)
@pytest.mark.parametrize("closeness", Closeness)
@pytest.mark.parametrize("belated", [False, True])
@pytest.mark.parametrize("milestone", [None, 1, 2, 21])
@pytest.mark.parametrize("rich", [False, True])
def test_every_draft_is_fit_to_send(
    occasion: Occasion, closeness: Closeness, belated: bool, milestone: int | None, rich: bool
) -> None:
    """Whatever is known or not, every variant is whole, clean plain text with a salutation and a signature."""
    for number, approximate in itertools.product(range(12), (False, True)):
        draft = draft_of(
            occasion,
            person(closeness=closeness, rich=rich),
            number=number,
            belated=belated,
            milestone=milestone,
            approximate=approximate,
            label="Wedding anniversary" if rich else None,
        )
        text = f"{draft.subject}\n{draft.body}"
        assert draft.subject
        assert len(draft.subject.splitlines()) == 1
        assert not re.search(r"None|undefined|  |\n\n\n| [,.!?:;]|[,.!?]{2}|\{%|&amp;", text), text
        assert ("{{ 7*7 }}" in text) == ("Acme" in text), "a company is text, never a template"
        assert "49" not in text
        assert text == text.strip()
        salutation, *_, last = draft.body.split("\n")
        assert salutation.startswith(("Hi ", "Hello "))
        assert last in ("Sam", "Sam Sample")
        assert "there!" not in draft.subject


@pytest.mark.parametrize("occasion", OCCASIONS)
@pytest.mark.parametrize("tone", Tone)
def test_every_occasion_has_two_variants_and_uses_both(occasion: Occasion, tone: Tone) -> None:
    """People who know each other do not all get the same words."""
    assert len(DRAFTER.variants(occasion=occasion, tone=tone)) >= 2
    closeness = Closeness.WELL if tone is Tone.CLOSE else Closeness.MODERATE
    snapshot = person(closeness=closeness, rich=True)
    drafts = {draft_of(occasion, snapshot, number=number).body for number in range(30)}
    assert len(drafts) >= 2


@pytest.mark.parametrize("occasion", OCCASIONS)
@pytest.mark.parametrize("closeness", Closeness)
def test_belated_is_said_exactly_where_the_day_matters(occasion: Occasion, closeness: Closeness) -> None:
    """Late wishes say so; those in time do not; a check-in has no day to be late for."""
    snapshot = person(closeness=closeness, rich=True)
    for number in range(12):
        late = draft_of(occasion, snapshot, number=number, belated=True, label="Wedding anniversary")
        in_time = draft_of(occasion, snapshot, number=number, label="Wedding anniversary")
        assert ("belated" in f"{late.subject} {late.body}".lower()) == (occasion in DATED)
        assert "belated" not in f"{in_time.subject} {in_time.body}".lower()


def test_a_birthday_left_overnight_is_wished_belatedly() -> None:
    """The words follow the day on which they are read."""
    item = an_item()
    tomorrow = DRAFTER.draft(item=item, snapshot=a_snapshot(), profile=SAM, today=ON + timedelta(days=1))
    assert "belated" in f"{tomorrow.subject} {tomorrow.body}".lower()


@pytest.mark.parametrize("closeness", Closeness)
def test_an_age_is_said_only_when_known(closeness: Closeness) -> None:
    """The age stands in the draft as an ordinal, or there is no number at all."""
    for number in range(12):
        known = draft_of(Occasion.BIRTHDAY, person(closeness=closeness, rich=False), number=number, milestone=41)
        unknown = draft_of(Occasion.BIRTHDAY, person(closeness=closeness, rich=False), number=number, milestone=None)
        assert "41st birthday" in known.body
        assert not re.search(r"\d", f"{unknown.subject}{unknown.body}")


@pytest.mark.parametrize("closeness", Closeness)
def test_an_approximate_anniversary_states_no_number_as_certain(closeness: Closeness) -> None:
    """Years counted from when somebody was first seen are "around", and never stand in the subject."""
    for number in range(12):
        snapshot = person(closeness=closeness, rich=True)
        draft = draft_of(Occasion.WORK_ANNIVERSARY, snapshot, number=number, milestone=5, approximate=True)
        assert "5" not in draft.subject
        assert "around 5 years" in draft.body


@pytest.mark.parametrize("closeness", Closeness)
def test_a_derived_job_change_asks_the_owner_first(closeness: Closeness) -> None:
    """A change that nobody stated begins with a line for the owner; a stated one does not."""
    derived = draft_of(Occasion.NEW_JOB, person(closeness=closeness, rich=True, derived=True))
    stated = draft_of(Occasion.NEW_JOB, person(closeness=closeness, rich=True))
    assert derived.body.startswith("(Check first: ")
    assert "Check first" not in stated.body


@pytest.mark.parametrize("occasion", OCCASIONS)
def test_friends_are_asked_for_one_personal_line(occasion: Occasion) -> None:
    """A warm note leaves room for the owner's own words and reminds of the last conversation; a standard one does not."""
    for number in range(12):
        warm = draft_of(occasion, person(closeness=Closeness.WELL, rich=True), number=number)
        plain = draft_of(occasion, person(closeness=Closeness.CONNECTED, rich=False), number=number)
        assert warm.body.count("[Add a personal line; last time: the new garden]") == 1
        assert "[" not in plain.body


def test_a_check_in_mentions_what_is_known() -> None:
    """A check-in has something to talk about: the company, and for the owner the last conversation."""
    bodies = [draft_of(Occasion.STAY_IN_TOUCH, person(closeness=Closeness.MODERATE, rich=True), number=n).body for n in range(12)]
    assert all("Acme" in body and "last time: the new garden" in body for body in bodies)


def test_a_custom_date_is_called_by_its_label() -> None:
    """The owner's own words for the date stand in the draft."""
    for number, closeness in itertools.product(range(12), Closeness):
        draft = draft_of(Occasion.CUSTOM, person(closeness=closeness, rich=True), number=number, label="First\n meeting")
        assert "First meeting" in draft.body


def test_the_owners_own_words_win() -> None:
    """An edited draft is shown as it was edited."""
    mine = Draft(subject="Hey", body="  as I wrote it  ")
    assert DRAFTER.draft(item=an_item(draft=mine), snapshot=a_snapshot(), profile=SAM, today=ON) == mine


@pytest.mark.parametrize("occasion", OCCASIONS)
@pytest.mark.parametrize("silencing", ["deceased", "departed", "do_not_greet", "deleted"])
def test_there_are_no_words_for_the_silenced(occasion: Occasion, silencing: str) -> None:
    """Nothing is drafted for people who must not be greeted, whatever the state of the item."""
    assert draft_of(occasion, a_snapshot(**{silencing: True})) == NO_WORDS


def test_there_are_no_words_for_a_withdrawn_item() -> None:
    """Once the reason is gone, so are the words."""
    assert draft_of(Occasion.BIRTHDAY, a_snapshot(), state=ItemState.WITHDRAWN) == NO_WORDS


def test_occasions_of_later_versions_have_no_words_yet() -> None:
    """An occasion without a template shows an empty draft instead of failing the list."""
    assert draft_of(Occasion.MEETING_PREP, a_snapshot()) == NO_WORDS
