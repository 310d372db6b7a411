"""From statements about jobs to jobs: one after the other, each with when it was first seen."""

from collections.abc import Iterable, Sequence

from services.contacts.domain.identity import fold
from services.contacts.domain.state import JobStatement, job_order
from services.contacts.domain.statements import instant
from shared.messages.snapshots import Job
from shared.messages.values import Confidence, PartialDate

MAX_JOBS = 10
"""Jobs that a snapshot shows, the present one first."""


def jobs_from(statements: Iterable[JobStatement]) -> tuple[Job, ...]:
    """
    Return the jobs that *statements* tell of, newest first.

    Consecutive statements of one company and title are one job. A missing company or title fits any: `job.changed` without a
    title and a later export with one speak of the same job. Somebody who returns to a former company has a new job.
    """
    runs: list[list[JobStatement]] = []
    for statement in sorted(statements, key=job_order):
        if runs and _is_same_job(runs[-1], statement):
            runs[-1].append(statement)
        else:
            runs.append([statement])
    return tuple(_job(run) for run in reversed(runs[-MAX_JOBS:]))


def last_stated_by(source: str, statements: Iterable[JobStatement]) -> JobStatement | None:
    """Return the newest plain statement of *source*, which is what its next one is compared with."""
    of_source = [statement for statement in statements if statement.source == source and not statement.is_change]
    return max(of_source, key=job_order, default=None)


def is_same(left: str | None, right: str | None) -> bool:
    """Whether two names of a company or a title are one, an unknown one fitting any."""
    return left is None or right is None or fold(left) == fold(right)


def _is_same_job(run: Sequence[JobStatement], statement: JobStatement) -> bool:
    company = next((job.company for job in reversed(run) if job.company), None)
    title = next((job.title for job in reversed(run) if job.title), None)
    return is_same(company, statement.company) and is_same(title, statement.title)


def _job(run: Sequence[JobStatement]) -> Job:
    changes = [statement for statement in run if statement.is_change]
    first = (changes or run)[0]
    newest_first = list(reversed(run))
    started_on = next((job.started_on for job in newest_first if job.started_on), None)
    is_only_derived = bool(changes) and all(change.derived for change in changes)
    return Job(
        company=next((job.company for job in newest_first if job.company), None),
        title=next((job.title for job in newest_first if job.title), None),
        started_on=PartialDate.parse(started_on) if started_on else None,
        seen_at=instant(first.stamp[0]),
        confidence=Confidence.DERIVED if is_only_derived else Confidence.STATED,
        is_change=bool(changes),
        deliver_now=any(change.deliver_now for change in changes),
        source=first.source,
    )
