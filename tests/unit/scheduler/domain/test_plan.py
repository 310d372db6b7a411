"""The plan of one contact: every date rule, and every way in which other programs get dates wrong."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scheduler.domain.memory import Memory, as_fired, item_key, recall
from services.scheduler.domain.plan import Plan, staleness
from shared.messages.reminders import Fired, ReminderKind, Snooze
from shared.messages.snapshots import ContactSnapshot, basis, custom_dates
from shared.messages.values import Closeness, Occasion
from tests.unit.scheduler.people import NOW, at, dated, job, lines, person, planned_for, reasons

ZONES = sorted(available_timezones())
DAY = timedelta(days=1)


def after_firing(found: Plan, *keys: str) -> Memory:
    """Return the memory once the timers of *keys* have fired."""
    return recall(fired=[as_fired(found.timers[key]) for key in keys], agenda=None, snoozes=())


# Birthdays


def test_a_birthday_today_whose_hour_has_passed_is_due_at_once() -> None:
    """Somebody imported on their very birthday is greeted today, not next year."""
    found = planned_for(person(birthday="1985-11-24"))
    timer = found.timers["birthday"]
    assert (timer.on, timer.due_at, timer.milestone) == (date(2026, 11, 24), at("2026-11-24T09:00"), 41)
    assert [line.on.year for line in lines(found, "birthday")] == [2026, 2027]


def test_a_birthday_today_whose_hour_is_to_come_waits_for_it() -> None:
    """Before the delivery hour the day's reminder lies ahead."""
    timer = planned_for(person(birthday="1985-11-24"), now=at("2026-11-24T06:00")).timers["birthday"]
    assert timer.due_at == at("2026-11-24T09:00")


@pytest.mark.parametrize(
    ("birthday", "year"), [("1985-11-21", 2026), ("1985-11-17", 2026), ("1985-11-16", 2027), ("1985-11-14", 2027)]
)
def test_a_belated_birthday(birthday: str, year: int) -> None:
    """Up to the grace of 7 days a birthday is made up for; an older one waits for next year."""
    assert planned_for(person(birthday=birthday)).timers["birthday"].on.year == year


def test_what_fired_is_not_armed_again() -> None:
    """After its firing the next year's is armed, on the same day, the next day and a week later."""
    snapshot = person(birthday="1985-11-24")
    memory = after_firing(planned_for(snapshot), "birthday")
    for days in (0, 1, 6, 8, 100):
        found = planned_for(snapshot, now=NOW + days * DAY, memory=memory)
        assert found.timers["birthday"].on == date(2027, 11, 24)
        assert [line.on for line in lines(found, "birthday")] == [date(2027, 11, 24)]


def test_what_fired_is_not_armed_again_when_the_hour_moves() -> None:
    """Moving the delivery hour, or the owner to the west, after the greeting of the day does not greet again."""
    snapshot = person(birthday="1985-11-24")
    memory = after_firing(planned_for(snapshot), "birthday")
    for changed in ({"deliver_at": time(18)}, {"timezone": "America/Los_Angeles"}):
        assert planned_for(snapshot, memory=memory, **changed).timers["birthday"].on.year == 2027


def test_a_corrected_birthday_counts_anew() -> None:
    """When the year is corrected right after the firing, the right age is armed: the same item, said rightly."""
    memory = after_firing(planned_for(person(birthday="1985-11-24")), "birthday")
    assert planned_for(person(birthday="1986-11-24"), memory=memory).timers["birthday"].milestone == 40


def test_without_a_year_there_is_no_age() -> None:
    """No year, no number: never 53, 122 or 422."""
    assert planned_for(person(birthday="--12-01")).timers["birthday"].milestone is None


def test_a_birthday_known_by_month_is_shown_on_its_first() -> None:
    """Of a month, the first day; the age is known."""
    timer = planned_for(person(birthday="1985-12")).timers["birthday"]
    assert (timer.on, timer.milestone) == (date(2026, 12, 1), 41)


def test_a_year_alone_plans_nothing() -> None:
    """A bare year is skipped by name."""
    found = planned_for(person(birthday="1985"))
    assert "birthday" not in found.timers
    assert "year_only" in reasons(found)


@pytest.mark.parametrize("birthday", ["2026-11-24", "2026-11-20", "2026-11-25", "2026-11"])
def test_no_birthday_before_the_first(birthday: str) -> None:
    """The day of birth is no birthday, nor is any day before it: an empty field that became today announces nothing."""
    timer = planned_for(person(birthday=birthday)).timers["birthday"]
    assert (timer.on.year, timer.milestone) == (2027, 1)


@pytest.mark.parametrize(("leap_day", "on"), [("feb28", date(2027, 2, 28)), ("mar1", date(2027, 3, 1))])
def test_29_february_is_the_owners_choice(leap_day: str, on: date) -> None:
    """In years without the day it is 28 February or 1 March, as the owner says; in leap years it is itself."""
    snapshot = person(birthday="2000-02-29")
    assert planned_for(snapshot, leap_day=leap_day).timers["birthday"].on == on
    assert planned_for(snapshot, leap_day=leap_day, now=at("2027-06-01")).timers["birthday"].on == date(2028, 2, 29)


def test_the_hour_is_the_owners_on_the_contacts_date() -> None:
    """Nine o'clock stays nine o'clock on both sides of a change of the clocks, on the date in the calendar."""
    winter = planned_for(person(birthday="--01-15"), timezone="Europe/Berlin").timers["birthday"]
    summer = planned_for(person(birthday="--07-15"), timezone="Europe/Berlin").timers["birthday"]
    assert (winter.due_at, summer.due_at) == (at("2027-01-15T08:00"), at("2027-07-15T07:00"))


def test_the_contacts_zone_plays_no_part() -> None:
    """A contact far away is greeted on their date at the owner's hour."""
    timer = planned_for(person(birthday="--12-01", timezone="Pacific/Auckland"), timezone="America/New_York").timers["birthday"]
    assert (timer.on, timer.due_at) == (date(2026, 12, 1), at("2026-12-01T14:00"))


# The lead


def test_close_people_have_an_early_reminder_of_the_same_item() -> None:
    """Seven days before an intimate's birthday, with the age they will have: also across the turn of the year."""
    found = planned_for(person(birthday="1985-01-03", closeness=Closeness.INTIMATE))
    day, ahead = found.timers["birthday"], found.timers["birthday-ahead"]
    assert (ahead.kind, ahead.due_at, ahead.milestone) == (ReminderKind.AHEAD, at("2026-12-27T09:00"), 42)
    assert (ahead.id, ahead.key, ahead.on) == (day.id, day.key, day.on)
    assert len(lines(found, "birthday")) == 1


def test_the_lead_of_a_person_goes_before_that_of_their_closeness() -> None:
    """An own lead counts, 0 included."""
    assert planned_for(person(birthday="--12-24", lead_days=3)).timers["birthday-ahead"].due_at == at("2026-12-21T09:00")
    assert "birthday-ahead" not in planned_for(person(birthday="--12-24", lead_days=0, closeness="intimate")).timers


def test_an_early_reminder_that_was_missed_comes_at_once_until_the_day() -> None:
    """Three days before the day it is still of use; on the day it is not, and next year's is armed once."""
    early = planned_for(person(birthday="--11-27", lead_days=7))
    assert early.timers["birthday-ahead"].due_at == at("2026-11-20T09:00")
    memory = after_firing(early, "birthday-ahead")
    later = planned_for(person(birthday="--11-27", lead_days=7), memory=memory)
    assert "birthday-ahead" not in later.timers
    assert later.timers["birthday"].on == date(2026, 11, 27)
    on_the_day = planned_for(person(birthday="--11-24", lead_days=7))
    assert on_the_day.timers["birthday-ahead"].on == date(2027, 11, 24)


# Work anniversaries and new jobs


def test_a_work_anniversary_counts_from_the_start() -> None:
    """Years at the company, exact where the start is known."""
    timer = planned_for(person(job=job(started_on="2020-12-01"))).timers["work_anniversary"]
    assert (timer.on, timer.milestone, timer.approximate) == (date(2026, 12, 1), 6, False)


@pytest.mark.parametrize(("started_on", "on"), [("2020-12", date(2026, 12, 1)), ("2024-02-29", date(2027, 2, 28))])
def test_a_start_by_month_or_on_a_leap_day(started_on: str, on: date) -> None:
    """Of a month, its first day; of a leap day, the owner's choice."""
    assert planned_for(person(job=job(started_on=started_on))).timers["work_anniversary"].on == on


@pytest.mark.parametrize("started_on", ["2026-11-24", "2026-11-20", "2026-12-24", "2026-11"])
def test_there_is_no_anniversary_of_0_years(started_on: str) -> None:
    """Neither the first day, nor one that began days ago, nor one that is to begin."""
    found = planned_for(person(job=job(started_on=started_on, is_change=True)))
    assert (found.timers["work_anniversary"].on.year, found.timers["work_anniversary"].milestone) == (2027, 1)


def test_an_anniversary_without_a_start_is_approximate() -> None:
    """A change that was seen counts from the owner's date of that moment, and says that it is not sure."""
    seen = job(is_change=True, seen_at=at("2024-12-31T23:30"))
    timer = planned_for(person(job=seen), timezone="Europe/Berlin").timers["work_anniversary"]
    assert (timer.on, timer.milestone, timer.approximate) == (date(2027, 1, 1), 2, True)


def test_a_job_known_at_first_sight_has_no_anniversary() -> None:
    """The day of an import is nobody's anniversary."""
    found = planned_for(person(job=job()))
    assert {"work_anniversary", "new_job"}.isdisjoint(found.timers)
    assert "first_sight" in reasons(found)


def test_the_end_of_a_job_is_no_new_job() -> None:
    """Nobody is congratulated on having neither company nor title."""
    found = planned_for(person(job=job(company=None, title=None, is_change=True, seen_at=NOW)))
    assert {"work_anniversary", "new_job"}.isdisjoint(found.timers)
    assert reasons(found).count("no_job") == 2


@pytest.mark.parametrize(
    ("seen_at", "deliver_now", "due_at"),
    [
        ("2026-11-24T06:00", False, "2026-11-24T09:00"),
        ("2026-11-24T09:00", False, "2026-11-24T09:00"),
        ("2026-11-24T11:00:00.250", False, "2026-11-24T11:00:00.250"),
        ("2026-11-24T06:00", True, "2026-11-24T06:00"),
    ],
)
def test_a_new_job_waits_for_the_hour_only_before_it(seen_at: str, deliver_now: bool, due_at: str) -> None:
    """Seen after the delivery hour, or if so asked, it is due at once; else at that hour of the day."""
    seen = job(is_change=True, seen_at=at(seen_at), deliver_now=deliver_now)
    assert planned_for(person(job=seen)).timers["new_job"].due_at == at(due_at)


def test_a_new_job_is_told_once_and_only_while_it_is_news() -> None:
    """It does not come back after it fired, nor when it is older than the grace."""
    snapshot = person(job=job(is_change=True, seen_at=NOW))
    assert "new_job" not in planned_for(snapshot, memory=after_firing(planned_for(snapshot), "new_job")).timers
    old = planned_for(person(job=job(is_change=True, seen_at=NOW - 8 * DAY)))
    assert "new_job" not in old.timers
    assert "too_late" in reasons(old)


# New connections


def test_a_connection_is_told_at_the_hour_of_its_date() -> None:
    """With an instant as a new job is; with a date at that day's hour; with less, not at all."""
    accepted = person(connection_accepted_at=at("2026-11-24T10:30"), connected_on="2026-11-20")
    assert planned_for(accepted).timers["new_connection"].due_at == at("2026-11-24T10:30")
    assert planned_for(person(connected_on="2026-11-23")).timers["new_connection"].due_at == at("2026-11-23T09:00")
    assert "partial_date" in reasons(planned_for(person(connected_on="2026-11")))
    assert "too_late" in reasons(planned_for(person(connected_on="2019-05-01")))


def test_a_connection_can_be_told_at_once() -> None:
    """The owner may ask not to wait for the hour."""
    accepted = person(connection_accepted_at=at("2026-11-24T05:30"), connection_deliver_now=True)
    assert planned_for(accepted).timers["new_connection"].due_at == at("2026-11-24T05:30")


# Check-ins


def test_talking_to_somebody_moves_the_check_in() -> None:
    """The cadence of that closeness runs from the owner's date of the last contact."""
    talked = person(closeness="well", last_contact_at=at("2026-11-20T23:30"))
    assert planned_for(talked, timezone="Europe/Berlin").timers["stay_in_touch"].on == date(2027, 2, 19)
    assert planned_for(talked, cadence_days={"well": 10}).timers["stay_in_touch"].on == date(2026, 11, 30)
    own = person(closeness="well", cadence_days=20, last_contact_at=at("2026-11-20T12:00"))
    assert planned_for(own).timers["stay_in_touch"].on == date(2026, 12, 10)


@pytest.mark.parametrize("values", [{"closeness": "connected"}, {"closeness": "intimate", "cadence_days": 0}])
def test_never_is_never(values: dict[str, object]) -> None:
    """A cadence of 0 plans nothing and says so."""
    found = planned_for(person(**values))
    assert "stay_in_touch" not in found.timers
    assert "no_cadence" in reasons(found)


def test_a_check_in_nobody_followed_comes_back_a_cadence_later() -> None:
    """After it fired the next is one cadence on, today, tomorrow and when its own date is long past."""
    snapshot = person(closeness="intimate", last_contact_at=NOW - 33 * DAY)
    first = planned_for(snapshot)
    assert first.timers["stay_in_touch"].on == date(2026, 11, 21)
    memory = after_firing(first, "stay_in_touch")
    for days in (0, 1, 20):
        assert planned_for(snapshot, now=NOW + days * DAY, memory=memory).timers["stay_in_touch"].on == date(2026, 12, 21)


def test_only_the_next_check_in_is_listed() -> None:
    """What comes after it depends on the owner; a year of check-ins would only be noise."""
    found = planned_for(person(closeness="intimate", last_contact_at=NOW))
    assert len(lines(found, "stay_in_touch")) == 1


# Custom dates


def only(snapshot: ContactSnapshot) -> str:
    """Return the key of the snapshot's only custom date."""
    (key,) = custom_dates(snapshot)
    return key


def test_custom_dates_are_yearly_unless_they_say_otherwise() -> None:
    """A wedding day comes every year and counts them; on the day itself there is nothing to count."""
    snapshot = person(dates=[dated("wedding", "2016-12-05")])
    timer = planned_for(snapshot).timers[only(snapshot)]
    assert (timer.on, timer.milestone, timer.label) == (date(2026, 12, 5), 10, "wedding")
    future = person(dates=[dated("wedding", "2027-06-05")])
    assert (planned_for(future).timers[only(future)].on, planned_for(future).timers[only(future)].milestone) == (
        date(2027, 6, 5),
        None,
    )


def test_once_is_once() -> None:
    """A single date is armed however far away, made up for within the grace, and does not come back."""
    far = person(dates=[dated("reunion", "2031-05-01", "once")])
    assert planned_for(far).timers[only(far)].on == date(2031, 5, 1)
    assert [line.on for line in planned_for(far).planned] == [date(2031, 5, 1)]
    passed = person(dates=[dated("reunion", "2026-11-20", "ONCE")])
    first = planned_for(passed)
    assert first.timers[only(passed)].on == date(2026, 11, 20)
    assert planned_for(passed, memory=after_firing(first, only(passed))).timers == {}
    assert "once_without_year" in reasons(planned_for(person(dates=[dated("reunion", "--05-01", "once")])))
    assert "too_late" in reasons(planned_for(person(dates=[dated("reunion", "2020-05-01", "once")])))


def test_a_rule_fires_day_after_day() -> None:
    """The latest day that was missed first, then the one ahead; sixty of them are listed."""
    snapshot = person(dates=[dated("call", "2026-11-01", "FREQ=DAILY")])
    now = at("2026-11-24T08:00")
    found = planned_for(snapshot, now=now)
    assert found.timers[only(snapshot)].on == date(2026, 11, 23)
    assert len(found.planned) == 61
    later = planned_for(snapshot, now=now, memory=after_firing(found, only(snapshot)))
    assert later.timers[only(snapshot)].on == date(2026, 11, 24)


def test_day_31_of_each_month_does_not_drift() -> None:
    """A monthly rule from a 31st comes on 31sts only, whatever fired before."""
    snapshot = person(dates=[dated("rent", "2026-01-31", "FREQ=MONTHLY")])
    found = planned_for(snapshot)
    assert [line.on for line in found.planned][:3] == [date(2026, 12, 31), date(2027, 1, 31), date(2027, 3, 31)]


def test_a_rule_without_a_year_starts_this_year() -> None:
    """DTSTART is this year's date, on 29 February the last leap year's."""
    snapshot = person(dates=[dated("garden", "--03-01", "FREQ=MONTHLY")])
    assert planned_for(snapshot).timers[only(snapshot)].on == date(2026, 12, 1)
    leap = person(dates=[dated("leap", "--02-29", "FREQ=YEARLY")])
    assert planned_for(leap).timers[only(leap)].on == date(2028, 2, 29)


@pytest.mark.parametrize(
    ("rule", "reason"),
    [("FREQ=SECONDLY", "bad_rule"), ("whenever", "bad_rule"), ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "no_day_ahead")],
)
def test_a_bad_rule_is_a_counted_skip(rule: str, reason: str) -> None:
    """It plans nothing, by name, and does not disturb the other dates."""
    snapshot = person(birthday="--12-01", dates=[dated("odd", "2026-01-01", rule)])
    found = planned_for(snapshot)
    assert reason in reasons(found)
    assert list(found.timers) == ["birthday"]


def test_dates_that_share_a_label_have_keys_of_their_own() -> None:
    """Two dates called the same are two; the same date twice is one; correcting a lone date keeps its key."""
    twice = person(dates=[dated("name day", "--03-01"), dated("name day", "--09-01"), dated("name day", "--09-01")])
    found = planned_for(twice)
    assert len(found.timers) == 2
    assert {timer.on for timer in found.timers.values()} == {date(2027, 3, 1), date(2027, 9, 1)}
    assert only(person(dates=[dated("name day", "--03-01")])) == only(person(dates=[dated("name day", "--04-01")]))


# Silence


@pytest.mark.parametrize(
    ("values", "reason"),
    [({"deceased": True}, "deceased"), ({"departed": True}, "departed"), ({"do_not_greet": True}, "do_not_greet")],
)
def test_the_silenced_get_nothing(values: dict[str, object], reason: str) -> None:
    """Nothing from any path, snoozes included, and the reason by name."""
    snooze = Snooze(item="bo:birthday:2026-11-20", occasion="birthday", key="birthday", on="2026-11-20", at=NOW, until=NOW)
    full = person(birthday="1985-11-24", closeness="intimate", dates=[dated("x", "--12-01")], **values)
    found = planned_for(full, memory=Memory(snoozes=(snooze,)))
    assert (found.planned, found.timers, reasons(found)) == ((), {}, [reason])


def test_a_muted_occasion_leaves_the_others() -> None:
    """Only what was muted is left out, its snoozes too."""
    snooze = Snooze(item="bo:birthday:2026-11-20", occasion="birthday", key="birthday", on="2026-11-20", at=NOW, until=NOW)
    snapshot = person(birthday="1985-11-24", dates=[dated("x", "--12-01")], muted=["birthday"])
    found = planned_for(snapshot, memory=Memory(snoozes=(snooze,)))
    assert list(found.timers) == [only(snapshot)]
    assert reasons(found).count("muted") == 2


def test_a_snooze_keeps_the_date_of_its_occasion() -> None:
    """The item comes back at its instant as itself, beside what is planned anyway."""
    item = "bo:birthday:2026-11-20"
    until = at("2026-11-26T18:00")
    snooze = Snooze(item=item, occasion="birthday", key="birthday", on="2026-11-20", at=NOW, until=until)
    memory = Memory(fired=frozenset(), snoozes=(snooze,))
    timer = planned_for(person(birthday="1985-11-20"), memory=memory).timers[item_key(item, kind=ReminderKind.SNOOZE)]
    assert (timer.id, timer.kind, timer.on, timer.due_at) == (item, ReminderKind.SNOOZE, date(2026, 11, 20), until)


# What holds for all


def test_nothing_is_armed_beyond_the_brokers_calendar() -> None:
    """A timer from 2262 on would fire at once: it is left out, by name."""
    snapshot = person(dates=[dated("far", "2261-12-31", "once")])
    found = planned_for(snapshot, timezone="America/Los_Angeles", deliver_at=time(23))
    assert found.timers == {}
    assert "beyond_calendar" in reasons(found)


def test_a_fired_timer_is_stale_exactly_when_its_ground_moved() -> None:
    """The basis decides, not the revision."""
    fired = planned_for(person(birthday="1985-11-24")).timers["birthday"]
    assert staleness(fired=fired, snapshot=person(birthday="1985-11-24", rev=9)) is None
    changed: dict[str, dict[str, object]] = {
        "stale": {"birthday": "1985-11-25"},
        "muted": {"birthday": "1985-11-24", "muted": ["birthday"]},
        "deleted": {"deleted": True},
    }
    assert {name: staleness(fired=fired, snapshot=person(**values)) for name, values in changed.items()} == {
        name: name for name in changed
    }


def test_a_fired_custom_date_is_told_from_its_namesake() -> None:
    """Of two dates with one label each fired timer is compared with its own."""
    snapshot = person(dates=[dated("name day", "--12-01"), dated("name day", "--12-02")])
    timers = planned_for(snapshot).timers
    assert [staleness(fired=timer, snapshot=snapshot) for timer in timers.values()] == [None, None]
    told = {basis(snapshot, occasion=Occasion.CUSTOM, label="name day", key=key) for key in timers}
    assert told == {"--12-01/yearly", "--12-02/yearly"}


FULL = {
    "birthday": "1985-04-12",
    "closeness": "intimate",
    "job": job(started_on="2020-02-29", is_change=True),
    "dates": [dated("wedding", "2016-12-05"), dated("rent", "2026-01-31", "FREQ=MONTHLY")],
}


@given(st.integers(0, 14 * 366 * 24 * 60).map(lambda n: NOW + timedelta(minutes=n)), st.sampled_from(ZONES))
def test_plans_are_sorted_deterministic_and_armed_with_their_next(now: datetime, zone: str) -> None:
    """The same question has the same answer; under each key the earliest line is armed, and nothing repeats."""
    found = planned_for(person(**FULL), now=now, timezone=zone)
    assert found == planned_for(person(**FULL), now=now, timezone=zone)
    assert [line.due_at for line in found.planned] == sorted(line.due_at for line in found.planned)
    assert len({line.id for line in found.planned}) == len(found.planned)
    for key, timer in found.timers.items():
        if timer.kind is ReminderKind.DAY:
            assert timer.due_at == min(line.due_at for line in found.planned if line.key == key)


def live_through(snapshot: ContactSnapshot, *, zone: str, hour: time, key: str, years: int) -> list[date]:
    """Fire the timer of *key* whenever it is due, for some years from 2027 on, and check the hour of each firing."""
    place = ZoneInfo(zone)
    now = datetime(2027, 1, 1, tzinfo=place).astimezone(UTC)
    end = datetime(2027 + years, 1, 1, tzinfo=place).astimezone(UTC)
    fired: list[Fired] = []
    days: list[date] = []
    while True:
        memory = recall(fired=fired[-8:], agenda=None, snoozes=())
        found = planned_for(snapshot, now=now, memory=memory, timezone=zone, deliver_at=hour, belated_grace_days=0)
        timer = found.timers[key]
        if timer.due_at >= end:
            return days
        now = max(now, timer.due_at)
        shown = now.astimezone(place).replace(tzinfo=None)
        assert shown >= datetime.combine(timer.on, hour)
        before = (now - timedelta(seconds=1)).astimezone(place).replace(tzinfo=None)
        assert before < datetime.combine(timer.on, hour)
        fired.append(as_fired(timer))
        days.append(shown.date())


def test_ten_years_in_every_zone() -> None:
    """In each IANA zone a birthday comes exactly once a year, on its date, at nine on the owner's wall."""
    for zone in ZONES:
        days = live_through(person(birthday="1985-07-15"), zone=zone, hour=time(9), key="birthday", years=10)
        assert days == [date(year, 7, 15) for year in range(2027, 2037)], zone


@settings(max_examples=60, deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    born=st.dates(date(1940, 1, 1), date(2020, 12, 31)),
    hour=st.times().map(lambda t: t.replace(second=0, microsecond=0)),
)
def test_ten_years_on_any_date_at_any_hour(zone: str, born: date, hour: time) -> None:
    """Exactly one occurrence a year, on the right date at the right hour, whatever the date, the hour and the zone."""
    days = live_through(person(birthday=born.isoformat()), zone=zone, hour=hour, key="birthday", years=10)
    leap = (born.month, born.day) == (2, 29)
    expected = [
        date(year, 2, 28) if leap and (year % 4 or year % 100 == 0) else date(year, born.month, born.day)
        for year in range(2027, 2037)
    ]
    assert days == expected
