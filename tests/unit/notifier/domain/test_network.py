"""How long ago somebody was in touch, and who is overdue."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.network import Acquaintance, Band, band_of, drift_of, drifting, rhythm_of, span_of
from shared.messages.snapshots import DEFAULT_CADENCE_DAYS
from shared.messages.values import Closeness

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def person(
    days: float | None, closeness: Closeness = Closeness.WELL, *, cadence: int | None = None, who: str = "a"
) -> Acquaintance:
    """Return somebody with whom the last contact was *days* ago."""
    at = None if days is None else NOW - timedelta(days=days)
    return Acquaintance(contact=who, name=who.upper(), closeness=closeness, last_contact_at=at, cadence_days=cadence)


@given(st.one_of(st.none(), st.timedeltas(min_value=timedelta(days=-30), max_value=timedelta(days=20_000))))
def test_everybody_is_in_the_one_band_whose_span_holds_them(age: timedelta | None) -> None:
    """Bands neither overlap nor leave a gap: what is counted by spans is what the picture draws."""
    at = None if age is None else NOW - age
    holding = []
    for band in Band:
        since, before = span_of(band=band, now=NOW)
        if band is Band.UNKNOWN:
            is_within = at is None
        else:
            is_within = at is not None and (since is None or since <= at) and (before is None or at < before)
        if is_within:
            holding.append(band)
    assert holding == [band_of(last_contact_at=at, now=NOW)]


def test_an_own_rhythm_comes_before_that_of_the_closeness() -> None:
    """Their own days count; 0 is never, for a person as for a closeness."""
    assert rhythm_of(person=person(1), cadence_days=DEFAULT_CADENCE_DAYS) == 90
    assert rhythm_of(person=person(1, cadence=14), cadence_days=DEFAULT_CADENCE_DAYS) == 14
    assert rhythm_of(person=person(1, cadence=0), cadence_days=DEFAULT_CADENCE_DAYS) is None
    assert rhythm_of(person=person(1, Closeness.CONNECTED), cadence_days=DEFAULT_CADENCE_DAYS) is None


def test_nobody_drifts_before_a_whole_day_too_many() -> None:
    """The ninetieth day is within; the ninety-first is beyond; who was never in touch does not drift."""
    assert drift_of(person=person(90.9), cadence_days=DEFAULT_CADENCE_DAYS, now=NOW) is None
    drift = drift_of(person=person(91), cadence_days=DEFAULT_CADENCE_DAYS, now=NOW)
    assert drift is not None
    assert (drift.days, drift.rhythm_days) == (91, 90)
    assert drift_of(person=person(None), cadence_days=DEFAULT_CADENCE_DAYS, now=NOW) is None
    assert drift_of(person=person(-3), cadence_days=DEFAULT_CADENCE_DAYS, now=NOW) is None


def test_the_most_overdue_comes_first_measured_in_rhythms() -> None:
    """Three months of a close friend weigh more than seven of somebody known well; equals go by closeness."""
    friend = person(90, Closeness.INTIMATE, who="friend")
    known = person(210, who="known")
    even = person(360, Closeness.MODERATE, who="even")
    also = person(180, who="also")
    found = drifting(people=[even, known, also, friend, person(5, who="fresh")], cadence_days=DEFAULT_CADENCE_DAYS, now=NOW)
    assert [drift.person.contact for drift in found] == ["friend", "known", "also", "even"]
