"""A person's jobs one after the other, each with when it began and ended, as far as anybody told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.messages.snapshots import Job
from shared.messages.values import Confidence, PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class Stint:
    """
    One job.

    `since` is its start as it was stated; where nobody stated it, `seen_at` is when it was first heard of. `until` is the start
    of what came after it, `until_by` when that was first heard of, where its start is not known; both are None of a job that
    they still have.
    """

    company: str | None
    title: str | None
    since: PartialDate | None
    seen_at: datetime
    until: PartialDate | None
    until_by: datetime | None
    is_present: bool
    is_derived: bool
    source: str


def stints_of(jobs: Sequence[Job]) -> tuple[Stint, ...]:
    """
    Return *jobs*, which are the newest first, as stints.

    An entry with neither a company nor a title is the end of the job before it: it ends that one, and is none itself.
    """
    found: list[Stint] = []
    following: Job | None = None
    for job in jobs:
        if job.company or job.title:
            found.append(_stint(job, following))
        following = job
    return tuple(found)


def _stint(job: Job, following: Job | None) -> Stint:
    until = following.started_on if following else None
    if until and job.started_on and _earliest(until) < _earliest(job.started_on):
        until = None  # Jobs are in the order in which they were heard of: such a start tells nothing of an end.
    return Stint(
        company=job.company,
        title=job.title,
        since=job.started_on,
        seen_at=job.seen_at,
        until=until,
        until_by=following.seen_at if following and until is None else None,
        is_present=following is None,
        is_derived=job.confidence is Confidence.DERIVED,
        source=job.source,
    )


def _earliest(value: PartialDate) -> tuple[int, int, int]:
    """Return the first day that it may be; a start without its year, which nobody states, is the earliest of all."""
    return value.year or 0, value.month or 1, value.day or 1
