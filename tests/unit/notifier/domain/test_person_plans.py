"""Why something is planned for a person, and why something else is not."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from services.notifier.domain.person_plans import Outlook, Unplanned, Why, WhyNot, outlook_of
from shared.messages.facts import CustomDate
from shared.messages.reminders import Planned, reminder_id
from shared.messages.snapshots import ContactSnapshot, Job, OwnerProfile, custom_dates
from shared.messages.values import Closeness, Occasion, PartialDate
from tests.unit.notifier.make import NOW, ON, a_snapshot

PROFILE = OwnerProfile(owner="sam", rev=1, name="Sam Example")


def a_line(occasion: Occasion, on: date, **changes: Any) -> Planned:
    """Return a line of Anna's agenda, due at nine."""
    values: dict[str, Any] = {"occasion": occasion, "key": occasion.value, "on": on} | changes
    values.setdefault("due_at", datetime.combine(on, time(9), tzinfo=UTC))
    return Planned(id=reminder_id(contact="anna", key=values["key"], on=on), **values)


def a_job(**changes: Any) -> Job:
    """Return a job that was heard of a year ago."""
    return Job(**({"company": "Acme", "seen_at": NOW - timedelta(days=365), "source": "linkedin"} | changes))


def look(person: ContactSnapshot, *lines: Planned, profile: OwnerProfile = PROFILE) -> Outlook:
    """Return the outlook on the day of the tests."""
    return outlook_of(person=person, profile=profile, lines=lines, today=ON)


def reasons(outlook: Outlook) -> dict[Occasion | None, WhyNot]:
    """Return why each occasion is not planned."""
    return {each.occasion: each.why for each in outlook.unplanned}


@pytest.mark.parametrize(
    ("changes", "line", "why"),
    [
        ({}, a_line(Occasion.BIRTHDAY, date(2027, 5, 4)), Why.BIRTHDAY),
        (
            {"job": a_job(started_on=PartialDate(year=2020, month=6))},
            a_line(Occasion.WORK_ANNIVERSARY, date(2026, 6, 1)),
            Why.JOB_START,
        ),
        ({"job": a_job(is_change=True)}, a_line(Occasion.WORK_ANNIVERSARY, date(2027, 5, 4)), Why.JOB_SEEN),
        ({"job": a_job(is_change=True)}, a_line(Occasion.NEW_JOB, date(2026, 5, 5)), Why.JOB_CHANGE),
        ({"connection_accepted_at": NOW}, a_line(Occasion.NEW_CONNECTION, ON), Why.CONNECTION),
        ({}, a_line(Occasion.STAY_IN_TOUCH, date(2026, 6, 1)), Why.NEVER_IN_TOUCH),
        ({"last_contact_at": NOW}, a_line(Occasion.STAY_IN_TOUCH, ON + timedelta(days=90)), Why.LAST_CONTACT),
        ({"last_contact_at": NOW - timedelta(days=900)}, a_line(Occasion.STAY_IN_TOUCH, date(2026, 6, 1)), Why.NOT_ANSWERED),
        ({}, a_line(Occasion.MEETING_PREP, date(2026, 6, 1)), Why.OTHER),
    ],
)
def test_what_is_planned_has_its_reason(changes: dict[str, Any], line: Planned, why: Why) -> None:
    """Each occasion names what it follows from."""
    (plan,) = look(a_snapshot(closeness=Closeness.WELL, **changes), line).planned
    assert plan.why is why
    assert plan.line == line


def test_the_last_contact_counts_on_the_owners_calendar() -> None:
    """Late in the evening in London is the next day in Auckland, and so is the check-in a cadence later."""
    at = datetime(2026, 5, 3, 20, tzinfo=UTC)
    person = a_snapshot(closeness=Closeness.WELL, last_contact_at=at)
    line = a_line(Occasion.STAY_IN_TOUCH, date(2026, 5, 4) + timedelta(days=90))
    auckland = PROFILE.model_copy(update={"timezone": "Pacific/Auckland"})
    assert look(person, line, profile=auckland).planned[0].why is Why.LAST_CONTACT
    assert look(person, line).planned[0].why is Why.NOT_ANSWERED


def test_a_cadence_of_ones_own_is_not_said_to_be_everybodys() -> None:
    """The person's setting counts for more than that of how close they are, and is told apart."""
    person = a_snapshot(closeness=Closeness.WELL, cadence_days=45, last_contact_at=NOW)
    (plan,) = look(person, a_line(Occasion.STAY_IN_TOUCH, ON + timedelta(days=45))).planned
    assert plan.why is Why.LAST_CONTACT
    assert plan.cadence is not None
    assert (plan.cadence.days, plan.cadence.closeness) == (45, None)


def test_only_the_next_of_each_occasion_is_explained() -> None:
    """An agenda also holds the years, or months, after it."""
    dates = (CustomDate(label="Rent", on=PartialDate(year=2026, month=1, day=1), recurrence="FREQ=MONTHLY"),)
    person = a_snapshot(dates=dates)
    (key,) = custom_dates(person)
    months = [a_line(Occasion.CUSTOM, date(2026, month, 1), key=key, label="Rent") for month in (7, 6, 8)]
    planned = look(person, *months).planned
    assert [(plan.line.on, plan.why) for plan in planned] == [(date(2026, 6, 1), Why.OWN_DATE)]


def test_a_birthday_that_is_announced_ahead_says_when() -> None:
    """As long as that is to come; the day itself is not announced ahead."""
    line = a_line(Occasion.BIRTHDAY, date(2026, 5, 20))
    person = a_snapshot(closeness=Closeness.INTIMATE, birthday=PartialDate(month=5, day=20))
    assert look(person, line).planned[0].ahead_on == date(2026, 5, 13)
    assert look(person.model_copy(update={"lead_days": 0}), line).planned[0].ahead_on is None
    assert look(person.model_copy(update={"lead_days": 30}), line).planned[0].ahead_on is None


@pytest.mark.parametrize(
    ("changes", "occasion", "why"),
    [
        ({"birthday": None}, Occasion.BIRTHDAY, WhyNot.NO_BIRTHDAY),
        ({"birthday": PartialDate(year=1990)}, Occasion.BIRTHDAY, WhyNot.BIRTHDAY_YEAR_ONLY),
        ({}, Occasion.BIRTHDAY, WhyNot.SOON),
        ({}, Occasion.WORK_ANNIVERSARY, WhyNot.NO_JOB),
        ({"job": a_job(company=None)}, Occasion.WORK_ANNIVERSARY, WhyNot.NO_JOB),
        ({"job": a_job()}, Occasion.WORK_ANNIVERSARY, WhyNot.NO_JOB_START),
        ({"job": a_job(started_on=PartialDate(year=2020))}, Occasion.WORK_ANNIVERSARY, WhyNot.JOB_YEAR_ONLY),
        ({"job": a_job(is_change=True)}, Occasion.WORK_ANNIVERSARY, WhyNot.SOON),
        ({}, Occasion.STAY_IN_TOUCH, WhyNot.NO_CADENCE),
        ({"cadence_days": 0}, Occasion.STAY_IN_TOUCH, WhyNot.OWN_NO_CADENCE),
        ({"closeness": Closeness.WELL}, Occasion.STAY_IN_TOUCH, WhyNot.SOON),
        ({"muted": (Occasion.BIRTHDAY,)}, Occasion.BIRTHDAY, WhyNot.MUTED),
        ({"muted": (Occasion.NEW_JOB,)}, Occasion.NEW_JOB, WhyNot.MUTED),
    ],
)
def test_what_is_not_planned_has_its_reason(changes: dict[str, Any], occasion: Occasion, why: WhyNot) -> None:
    """Every occasion that somebody would look for says why it is not there."""
    assert reasons(look(a_snapshot(**changes)))[occasion] is why


def test_a_date_of_ones_own_without_a_day_ahead_is_named() -> None:
    """By its label, for there may be several."""
    dates = (CustomDate(label="Exam", on=PartialDate(year=2020, month=1, day=1), recurrence="once"),)
    found = look(a_snapshot(dates=dates)).unplanned
    assert Unplanned(occasion=Occasion.CUSTOM, why=WhyNot.NO_DAY_AHEAD, label="Exam") in found


def test_a_muted_occasion_is_explained_once_and_not_shown_as_planned() -> None:
    """The agenda may be a moment behind."""
    outlook = look(a_snapshot(muted=(Occasion.BIRTHDAY,)), a_line(Occasion.BIRTHDAY, date(2027, 5, 4)))
    assert outlook.planned == ()
    assert [each.occasion for each in outlook.unplanned].count(Occasion.BIRTHDAY) == 1


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"deceased": True, "do_not_greet": True}, WhyNot.DECEASED),
        ({"departed": True}, WhyNot.DEPARTED),
        ({"do_not_greet": True}, WhyNot.DO_NOT_GREET),
    ],
)
def test_nothing_is_planned_for_whom_nobody_greets(changes: dict[str, Any], why: WhyNot) -> None:
    """There is one reason, the gravest, whatever the agenda still says."""
    outlook = look(a_snapshot(**changes), a_line(Occasion.BIRTHDAY, date(2027, 5, 4)))
    assert outlook.planned == ()
    assert reasons(outlook) == {None: why}
