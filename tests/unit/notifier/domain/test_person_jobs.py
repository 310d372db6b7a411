"""A person's jobs, each with when it began and ended."""

from datetime import timedelta
from typing import Any

from services.notifier.domain.person_jobs import stints_of
from shared.messages.snapshots import Job
from shared.messages.values import Confidence, PartialDate
from tests.unit.notifier.make import NOW


def a_job(company: str | None, days_ago: int, **changes: Any) -> Job:
    """Return a job that was heard of some days ago."""
    return Job(**({"company": company, "seen_at": NOW - timedelta(days=days_ago), "source": "linkedin"} | changes))


def test_a_job_ends_when_the_next_begins() -> None:
    """The newest is the present one; where a start is not known, it ended before the next was heard of."""
    jobs = [a_job("New", 1), a_job("Mid", 100, started_on=PartialDate(year=2024, month=3)), a_job("Old", 900)]
    new, mid, old = stints_of(jobs)
    assert (new.is_present, new.until, new.until_by) == (True, None, None)
    assert (mid.is_present, mid.until, mid.until_by) == (False, None, NOW - timedelta(days=1))
    assert (old.until, old.until_by) == (PartialDate(year=2024, month=3), None)


def test_the_end_of_a_job_is_no_job() -> None:
    """Who left has no present job, and the one they left has an end."""
    (only,) = stints_of([a_job(None, 5), a_job("Acme", 400)])
    assert (only.company, only.is_present, only.until_by) == ("Acme", False, NOW - timedelta(days=5))


def test_what_was_concluded_is_told_apart() -> None:
    """A job that Hobnob found by comparing two exports is to be checked."""
    derived, stated = stints_of([a_job("New", 1, confidence=Confidence.DERIVED), a_job("Old", 2)])
    assert (derived.is_derived, stated.is_derived) == (True, False)
    assert stints_of([]) == ()


def test_a_job_never_ends_before_it_began() -> None:
    """Where the later entry began earlier, as two sources tell it, only when it was heard of counts."""
    _, old = stints_of([a_job("New", 1, started_on=PartialDate(year=2019)), a_job("Old", 9, started_on=PartialDate(year=2024))])
    assert (old.until, old.until_by) == (None, NOW - timedelta(days=1))
