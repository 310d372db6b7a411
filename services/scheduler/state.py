"""Reads what the broker knows of contacts: their present snapshots, their owners' settings, their agendas."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import nats.errors
from faststream.nats import NatsBroker
from nats.aio.client import Client
from pydantic import ValidationError

from services.scheduler.domain.decision import ContactKey, Known, profile_digest
from services.scheduler.domain.skips import SkipReason
from shared import subjects
from shared.broker import client_of
from shared.counters import Counters
from shared.errors import BrokerUnavailable, InvalidMessage, InvalidToken
from shared.jetstream import PipelinedJetStream, Stored, jetstream, last_messages, leaders_last_messages, subjects_in
from shared.logging import get_logger
from shared.messages.cloudevents import describe
from shared.messages.reminders import Agenda
from shared.messages.snapshots import ContactSnapshot, OwnerProfile
from shared.revisions import revision_of
from shared.streams import AGENDA, PEOPLE, TIMERS, Consumer
from shared.trace_context import TRACEPARENT, read_traceparent

log = get_logger(__name__)

SERVICE = "scheduler"


@dataclass(frozen=True, slots=True)
class Seen:
    """A snapshot as it was delivered, with its place in the stream: the least that must be found there."""

    sequence: int
    snapshot: ContactSnapshot
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class StoredAgenda:
    """An agenda and its place in the stream; None when it cannot be read."""

    sequence: int
    agenda: Agenda | None


class State:
    """The streams as the scheduler reads them. Needs the broker only once it is connected."""

    def __init__(self, broker: NatsBroker, counters: Counters) -> None:
        self._broker = broker
        self._counters = counters

    @property
    def client(self) -> Client:
        """The NATS client."""
        return client_of(self._broker)

    @cached_property
    def js(self) -> PipelinedJetStream:
        """The JetStream context that everything is published with."""
        return jetstream(self.client)

    async def known(
        self, keys: Collection[ContactKey], *, seen: Mapping[ContactKey, Seen]
    ) -> dict[ContactKey, tuple[Known, int]]:
        """
        Return what is known of each contact and the sequence of its agenda (0: none).

        The agendas are read before everything else: a plan is recorded if its agenda is still the last one, and so what was
        read afterwards is at least as new as what anybody recorded.

        Contacts whose stored snapshot cannot be read are left out, counted: what was planned for them stays.

        Raises:
            BrokerUnavailable: the broker does not answer, or has not yet what was delivered to us.
        """
        agendas = await self.agendas(keys)
        snapshots, traces = await self._snapshots(keys, seen=seen, agendas=agendas)
        profiles = await self.profiles({key.owner for key in keys})
        aliases = {
            key: [ContactKey(key.owner, alias) for alias in snapshot.aliases]
            for key, snapshot in snapshots.items()
            if snapshot and snapshot.aliases
        }
        merged = await self.agendas(alias for others in aliases.values() for alias in others)
        settings = {owner: profile_digest(profile) for owner, profile in profiles.items()}
        nothing = StoredAgenda(0, None)
        result = {}
        for key, present in snapshots.items():
            own = agendas.get(key, nothing)
            others = (merged[alias].agenda for alias in aliases.get(key, ()) if alias in merged)
            inherited = tuple(entry for agenda in others if agenda for entry in agenda.fired)
            known = Known(
                key=key,
                snapshot=present,
                profile=profiles[key.owner],
                settings=settings[key.owner],
                agenda=own.agenda,
                inherited=inherited,
                traceparent=traces.get(key),
            )
            result[key] = (known, own.sequence)
        return result

    async def _snapshots(
        self,
        keys: Collection[ContactKey],
        *,
        seen: Mapping[ContactKey, Seen],
        agendas: Mapping[ContactKey, StoredAgenda],
    ) -> tuple[dict[ContactKey, ContactSnapshot | None], dict[ContactKey, str | None]]:
        """Return the present snapshots (None: there is none) without those that cannot be read, and their traces."""
        stored = await self._last(PEOPLE, [subjects.person(*key) for key in keys])
        # Any copy of the stream answers that. What was delivered or planned from before shows where one was behind.
        if behind := [key for key in keys if _is_behind(stored.get(subjects.person(*key)), seen.get(key), agendas.get(key))]:
            self._counters.add("read_again", len(behind))
            stored |= await leaders_last_messages(self.client, stream=PEOPLE, of=[subjects.person(*key) for key in behind])
        snapshots: dict[ContactKey, ContactSnapshot | None] = {}
        traces: dict[ContactKey, str | None] = {}
        for key in keys:
            found, delivered = stored.get(subjects.person(*key)), seen.get(key)
            if delivered and (found is None or found.sequence < delivered.sequence):
                raise BrokerUnavailable(f"{PEOPLE} is behind")
            if delivered and found and found.sequence == delivered.sequence:
                snapshots[key] = delivered.snapshot
                traces[key] = delivered.traceparent
            elif found is None:
                snapshots[key] = None
            elif (snapshot := self._snapshot(found)) is not None:
                snapshots[key] = snapshot
                traces[key] = read_traceparent(found.headers.get(TRACEPARENT))
        return snapshots, traces

    async def anybody_is_there(self, keys: Iterable[ContactKey]) -> bool:
        """Return whether any of these contacts is somebody, as the leader of the stream knows."""
        stored = await leaders_last_messages(self.client, stream=PEOPLE, of=[subjects.person(*key) for key in keys])
        snapshots = (self._snapshot(message) for message in stored.values())
        return any(snapshot and not snapshot.deleted for snapshot in snapshots)

    async def profiles(self, owners: Iterable[str]) -> dict[str, OwnerProfile]:
        """Return each owner's settings; the defaults for one whose profile has not come yet, or cannot be read."""
        stored = await self._last(PEOPLE, [subjects.profile(owner) for owner in owners])
        found = {}
        for owner in owners:
            profile = self._profile(stored[subjects.profile(owner)]) if subjects.profile(owner) in stored else None
            found[owner] = profile or OwnerProfile(owner=owner, rev=0, name=owner)
        return found

    async def readable_profiles(self, owners: Iterable[str]) -> dict[str, OwnerProfile | None]:
        """Return each owner's settings, None where there are none; an owner whose profile cannot be read is left out."""
        subject_of = {owner: subjects.profile(owner) for owner in owners}
        stored = await self._last(PEOPLE, subject_of.values())
        found: dict[str, OwnerProfile | None] = {}
        for owner, subject in subject_of.items():
            if subject not in stored:
                found[owner] = None
            elif profile := self._profile(stored[subject]):
                found[owner] = profile
        return found

    async def agendas(self, keys: Iterable[ContactKey]) -> dict[ContactKey, StoredAgenda]:
        """Return the agendas of those contacts that have one."""
        by_subject = {subjects.agenda(*key): key for key in keys}
        stored = await self._last(AGENDA, by_subject)
        return {by_subject[subject]: self._agenda(found) for subject, found in stored.items()}

    async def people(self, *, owner: str | None = None) -> list[str]:
        """
        Return the subject of every snapshot (of *owner*), tombstones included and profiles not, in order.

        Subjects, not `ContactKey`s: of 100,000 people the ones take 10 MB and the others 30.
        """
        wanted = subjects.people_of(owner) if owner else subjects.ALL_PEOPLE
        found = await subjects_in(self.client, stream=PEOPLE, filter_subject=wanted)
        return sorted(subject for subject in found if contact_of(subject))

    async def armed(self) -> set[str]:
        """Return the subject of every armed timer."""
        found = await subjects_in(self.client, stream=TIMERS, filter_subject=subjects.ALL_TIMERS)
        return found - {subjects.cancelled(SERVICE)}

    async def last_agenda_sequence(self) -> int:
        """
        Return the place of the latest agenda of all.

        Raises:
            BrokerUnavailable: the broker does not answer.
        """
        try:
            return (await self.js.stream_info(AGENDA)).state.last_seq
        except (TimeoutError, nats.errors.Error) as exc:
            raise BrokerUnavailable(f"{AGENDA} did not answer") from exc

    async def has_waiting(self, consumer: Consumer) -> bool:
        """
        Return whether messages of *consumer* wait to be handled.

        Raises:
            BrokerUnavailable: the broker does not answer.
        """
        try:
            info = await self.js.consumer_info(consumer.stream, consumer.durable)
        except (TimeoutError, nats.errors.Error) as exc:
            raise BrokerUnavailable(f"{consumer.durable} did not answer") from exc
        return bool(info.num_pending or info.num_ack_pending)

    async def _last(self, stream: str, filters: Iterable[str]) -> dict[str, Stored]:
        wanted = list(filters)
        return await last_messages(self.client, stream=stream, filters=wanted) if wanted else {}

    def _snapshot(self, stored: Stored) -> ContactSnapshot | None:
        try:
            return ContactSnapshot.model_validate_json(stored.body)
        except ValidationError as exc:
            self._note_unreadable(SkipReason.UNREADABLE_SNAPSHOT, exc)
            return None

    def _profile(self, stored: Stored) -> OwnerProfile | None:
        try:
            return OwnerProfile.model_validate_json(stored.body)
        except ValidationError as exc:
            self._note_unreadable(SkipReason.UNREADABLE_PROFILE, exc)
            return None

    def _agenda(self, stored: Stored) -> StoredAgenda:
        try:
            return StoredAgenda(stored.sequence, Agenda.model_validate_json(stored.body))
        except ValidationError as exc:
            self._note_unreadable(SkipReason.UNREADABLE_AGENDA, exc)
            return StoredAgenda(stored.sequence, None)

    def _note_unreadable(self, reason: SkipReason, exc: ValidationError) -> None:
        self._counters.add(f"skipped.{reason}")
        log.error("stored_message_unreadable", reason=reason.value, detail=describe(exc))


def _is_behind(found: Stored | None, delivered: Seen | None, planned: StoredAgenda | None) -> bool:
    """Whether a snapshot is older than one that was delivered, or than the one that the agenda was made from."""
    if delivered and (found is None or found.sequence < delivered.sequence):
        return True
    rev = planned.agenda.rev if planned and planned.agenda else 0
    return rev > 0 and (found is None or revision_of(found) < rev)


def contact_of(subject: str) -> ContactKey | None:
    """Return whom a snapshot is of; None for a profile, and for a subject that the consumer buries."""
    try:
        person = subjects.parse_person(subject)
    except (InvalidMessage, InvalidToken):
        return None
    return ContactKey(person.owner, person.contact) if person.contact else None
