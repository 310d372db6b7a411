"""What an import decides about a row before it becomes a fact: who it is, and whether it tells of a new job."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta

from services.contacts.domain.careers import is_same, jobs_from, last_stated_by
from services.contacts.domain.changes import Stored
from services.contacts.domain.identity import fold, profile_slug
from services.contacts.domain.state import State
from shared.messages.facts import Person
from shared.messages.values import PartialDate

LINKEDIN = "linkedin"


def source_of(format: str) -> str:  # noqa: A002  # the importers' word
    """Return the source of a format's facts: all files of one export share it."""
    return LINKEDIN if format.startswith(LINKEDIN) else format


def occurred_at(*, evidence_on: date | None, uploaded_at: datetime, same_evidence: Iterable[datetime]) -> datetime:
    """
    Return the instant at which what a file says was true.

    Args:
        evidence_on: The newest date in the file, where its format has one: the export is not older.
        uploaded_at: When this very content was uploaded first; the answer where the file proves nothing.
        same_evidence: The answers given for earlier files with the same evidence: what came later is newer.
    """
    if evidence_on is None:
        return uploaded_at
    noon = min(datetime.combine(evidence_on, time(12), tzinfo=UTC), uploaded_at)
    return max((noon, *(earlier + timedelta(seconds=1) for earlier in same_evidence)))


def is_changed_job(*, state: State, company: str | None, title: str | None) -> bool:
    """
    Whether a row of the newest LinkedIn export shows another job than the one before it did.

    It is compared with what LinkedIn said last, not with what anybody said: a profile that was not yet brought up to date is
    no change. A job that is known already, because somebody stated it meanwhile, is none either.
    """
    before = last_stated_by(LINKEDIN, state.jobs)
    if before is None or not before.company or not company:
        return False
    if is_same(before.company, company) and is_same(before.title, title):
        return False
    present = jobs_from(state.jobs)[0]
    return not (is_same(present.company, company) and is_same(present.title, title))


def only_match(*, person: Person, full_name: str, candidates: Sequence[Stored]) -> Stored | None:
    """
    Return the one contact of that full name whom *person* may be, None when there is none or it is in doubt.

    In doubt are: several contacts of the name, a name of one word, and a contact who differs in something that a person has
    once: the LinkedIn profile, the birthday, the addresses where both have some.
    """
    if len(candidates) != 1 or len(fold(full_name).split()) < 2:
        return None
    (candidate,) = candidates
    return None if _contradicts(person, candidate.state) else candidate


def _contradicts(person: Person, state: State) -> bool:
    profile = state.registers.get("linkedin_url")
    if (
        profile
        and profile.value
        and person.linkedin_url
        and profile_slug(person.linkedin_url) != profile_slug(str(profile.value))
    ):
        return True
    birthday = state.registers.get("birthday")
    if (
        birthday
        and birthday.value
        and person.birthday
        and not _may_be_same(PartialDate.parse(str(birthday.value)), person.birthday)
    ):
        return True
    emails = {fold(email) for email in person.emails}
    return bool(emails and state.emails and not emails & set(state.emails))


def _may_be_same(left: PartialDate, right: PartialDate) -> bool:
    parts = ((left.year, right.year), (left.month, right.month), (left.day, right.day))
    return all(a is None or b is None or a == b for a, b in parts)
