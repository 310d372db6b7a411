"""What one fact states, as a state of its own: a contact's state is the join of its facts' states."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from services.contacts.domain.identity import fold, tokens_of
from services.contacts.domain.state import SEARCH_STARTED, Birth, InteractionEntry, JobStatement, Register, Stamp, State
from shared.messages.cloudevents import Fact
from shared.messages.facts import (
    ConnectionAccepted,
    ContactRef,
    ContactRemoved,
    ContactUpserted,
    FactName,
    InteractionLogged,
    JobChanged,
    MeetingCancelled,
    MeetingScheduled,
    Person,
    Search,
    SearchChanged,
    SearchEnded,
    SearchStarted,
)
from shared.messages.values import Confidence, format_instant

REGISTERS = (
    "name",
    "given_name",
    "family_name",
    "nickname",
    "linkedin_url",
    "birthday",
    "connected_on",
    "closeness",
    "timezone",
    "language",
    "location",
    "tags",
    "interests",
    "causes",
    "schools",
    "notes",
    "is_reference",
    "cadence_days",
    "lead_days",
    "muted",
    "do_not_greet",
    "deceased",
    "departed",
)
"""The fields of a person that hold one value: the last one stated."""

CONNECTION = "connection_accepted"
SEARCH_REGISTERS = ("target", "keywords", "location", "radius_km", "until", "resume_url")
"""The fields of a search for a job."""
SEARCH_CHANGED = "changed"
SEARCH_ENDED = "ended"
PLANNED = "planned:"
"""In front of a meeting's id: what was planned."""
CANCELLED = "cancelled:"
"""In front of a meeting's id: that it was cancelled."""
MENTIONED: Stamp = (0, "")
"""Of what a fact only refers by: whatever is stated counts for more."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CONTACT_FACTS = frozenset(
    {
        FactName.CONTACT_UPSERTED,
        FactName.CONTACT_REMOVED,
        FactName.JOB_CHANGED,
        FactName.CONNECTION_ACCEPTED,
        FactName.INTERACTION_LOGGED,
        FactName.MEETING_SCHEDULED,
        FactName.MEETING_CANCELLED,
        FactName.SEARCH_STARTED,
        FactName.SEARCH_CHANGED,
        FactName.SEARCH_ENDED,
    }
)
"""Facts that change a contact; but a search may be the owner's own (`is_about_contact`)."""


def is_about_contact(fact: Fact) -> bool:
    """Whether *fact* changes a contact; all others are kept and change nobody."""
    is_owners_own = isinstance(fact.data, Search) and not isinstance(fact.data.contact, ContactRef)
    return fact.name in CONTACT_FACTS and not is_owners_own


def fact_token(*, owner: str, source: str, id: str) -> str:  # noqa: A002  # CloudEvents' own word
    """Return the identity of a fact as one short text: derived from `(source, id)` and the owner."""
    return hashlib.sha256(f"{owner}\0{source}\0{id}".encode()).hexdigest()[:24]


def microseconds(at: datetime) -> int:
    """Return an aware instant as whole microseconds since 1970, exactly."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def instant(us: int) -> datetime:
    """Return the instant that `microseconds` came from."""
    return _EPOCH + timedelta(microseconds=us)


def stamp_of(fact: Fact) -> Stamp:
    """Return when *fact* happened, and its identity to tell facts of one instant apart."""
    return microseconds(fact.occurred_at), fact_token(owner=fact.owner, source=fact.source, id=fact.id)


def state_of(fact: Fact) -> State:
    """Return what *fact* says, and nothing else."""
    stated = _stated(fact)
    ref = getattr(fact.data, "contact", None)
    return _with_mention(stated, ref) if isinstance(ref, ContactRef) and stated.removed is None else stated


def _stated(fact: Fact) -> State:
    stamp = stamp_of(fact)
    tokens = tokens_of(fact)
    about = State(keys=frozenset(tokens), sources=frozenset({fact.source}), birth=Birth(stamp, tokens[0]) if tokens else None)
    match fact.data:
        case ContactUpserted() as data:
            return _without(_with_person(about, data, stamp=stamp, source=fact.source), data, stamp=stamp)
        case ConnectionAccepted() as data:
            accepted = {"at": format_instant(fact.occurred_at), "deliver_now": data.deliver_now}
            stated = _with_person(about, data, stamp=stamp, source=fact.source)
            return replace(stated, registers={**stated.registers, CONNECTION: Register(accepted, stamp)})
        case JobChanged() as data:
            return replace(about, jobs=frozenset({_job_change(data, stamp=stamp, source=fact.source)}))
        case InteractionLogged() as data:
            entry = InteractionEntry(stamp, data.channel, data.direction.value, data.note)
            return replace(about, interactions=frozenset({entry}))
        case MeetingScheduled() as data:
            plan = data.model_dump(mode="json", exclude={"contact", "contacts", "meeting_id"}, exclude_none=True)
            return replace(about, meetings={f"{PLANNED}{data.meeting_id}": Register(plan, stamp)})
        case MeetingCancelled() as data:
            plan = data.model_dump(mode="json", include={"starts_at"}, exclude_none=True)
            return replace(about, meetings={f"{CANCELLED}{data.meeting_id}": Register(plan, stamp)})
        case SearchStarted() as data:
            return replace(about, search=_search(data, mark=SEARCH_STARTED, stamp=stamp))
        case SearchChanged() as data:
            return replace(about, search=_search(data, mark=SEARCH_CHANGED, stamp=stamp))
        case SearchEnded() as data:
            return replace(about, search=_search(data, mark=SEARCH_ENDED, stamp=stamp))
        case ContactRemoved():
            return replace(about, removed=stamp)
        case _:
            raise AssertionError(f"{fact.name} says nothing about a contact's state")


def _with_mention(stated: State, ref: ContactRef) -> State:
    """Keep how a fact refers to somebody: of a person about whom nobody says more, it is the address that there is."""
    emails = _elements((ref.email,), MENTIONED) if ref.email else {}
    registers = {"linkedin_url": Register(ref.linkedin_url, MENTIONED)} if ref.linkedin_url else {}
    return replace(stated, emails=emails | dict(stated.emails), registers=registers | dict(stated.registers))


def _with_person(about: State, person: Person, *, stamp: Stamp, source: str) -> State:
    stated = person.model_dump(mode="json", include=set(REGISTERS), exclude_unset=True, exclude_none=True)
    return replace(
        about,
        present=stamp,
        registers={name: Register(value, stamp) for name, value in stated.items()},
        emails=_elements(person.emails, stamp),
        phones=_elements(person.phones, stamp),
        dates={
            fold(date.label): Register(date.model_dump(mode="json", exclude_none=True), stamp) for date in reversed(person.dates)
        },
        jobs=_plain_job(person, stamp=stamp, source=source),
    )


def _search(data: Search, *, mark: str, stamp: Stamp) -> dict[str, Register]:
    stated = data.model_dump(mode="json", include=set(SEARCH_REGISTERS), exclude_unset=True, exclude_none=True)
    return {mark: Register(None, stamp)} | {name: Register(value, stamp) for name, value in stated.items()}


def _without(stated: State, data: ContactUpserted, *, stamp: Stamp) -> State:
    """Take away what is true no longer; an address goes on naming the person, for it is still one of their keys."""
    if not (data.cleared or data.removed_emails or data.removed_phones or data.removed_dates or data.removed_interactions):
        return stated
    return replace(
        stated,
        registers=_cleared(data.cleared, stamp) | dict(stated.registers),
        emails=_cleared(map(fold, data.removed_emails), stamp) | dict(stated.emails),
        phones=_cleared(map(fold, data.removed_phones), stamp) | dict(stated.phones),
        dates=_cleared(map(fold, data.removed_dates), stamp) | dict(stated.dates),
        retracted=_cleared(data.removed_interactions, stamp),
    )


def _cleared(keys: Iterable[str], stamp: Stamp) -> dict[str, Register]:
    return {key: Register(None, stamp) for key in keys}


def _elements(values: tuple[str, ...], stamp: Stamp) -> dict[str, Register]:
    """Each value under its folded form, with its place in the statement, so that the order survives."""
    return {fold(value): Register([position, value], stamp) for position, value in reversed(list(enumerate(values)))}


def _plain_job(person: Person, *, stamp: Stamp, source: str) -> frozenset[JobStatement]:
    if not (person.company or person.title):
        return frozenset()
    started_on = str(person.started_on) if person.started_on else None
    return frozenset({JobStatement(stamp, person.company, person.title, started_on, source)})


def _job_change(data: JobChanged, *, stamp: Stamp, source: str) -> JobStatement:
    return JobStatement(
        stamp,
        data.company,
        data.title,
        str(data.started_on) if data.started_on else None,
        source,
        is_change=True,
        derived=data.confidence is Confidence.DERIVED,
        deliver_now=data.deliver_now,
    )
