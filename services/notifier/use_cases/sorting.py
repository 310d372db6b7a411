"""Sorting new people into closeness: who is asked about next, and what the owner says."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from services.notifier.domain.common_ground import common_ground, told_to_owner
from services.notifier.domain.sorting import Guess, guess, owner_ties
from services.notifier.store.sorting import Mark, MarkState, SortingStore
from services.notifier.use_cases.tools import Tools
from shared.errors import NotFound
from shared.messages.cloudevents import new_event
from shared.messages.facts import FactName
from shared.messages.snapshots import ContactSnapshot, OwnerProfile
from shared.messages.values import Closeness

SOURCE: Final = "hobnob/web"
CANDIDATES: Final = 150
"""People who are compared exactly, of those who are warmest and of those who share something with the owner."""
ROUND: Final = timedelta(days=7)
"""How long it is remembered who was placed, for the progress of a round, and who was skipped."""
SOMEBODY_TRIES: Final = 30
SOMEBODY_PAUSE_S: Final = 0.1
PROJECTED_WITHIN: Final = timedelta(minutes=1)
"""How long what was taken back may take to come to the projection; until then that shows the statement before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Somebody whom the owner has yet to place."""

    person: ContactSnapshot
    guess: Guess
    shared: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Latest:
    """What the owner did last, and to whom."""

    contact: str
    name: str
    state: MarkState
    placed: Closeness | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """
    Where an owner is with sorting.

    `asked` are the next ones, the most probably close first; `left` counts all who are still to be placed, those who were
    `skipped` not among them; `placed` counts those of the last days. `latest` can be taken back.
    """

    asked: tuple[Asked, ...]
    left: int
    placed: int
    skipped: int
    latest: Latest | None

    @property
    def total(self) -> int:
        """How many there are in this round."""
        return self.left + self.placed


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorting:
    """Asks an owner about those whose closeness nobody has stated, and states it."""

    tools: Tools
    store: SortingStore

    async def next_up(self, *, profile: OwnerProfile, limit: int) -> Round:
        """Return where an owner is, with at most *limit* of the next people."""
        owner = profile.owner
        marks = await self.store.marks(owner=owner)
        now = self.tools.clock()
        reopened = await self._reopened(owner, marks, now=now)
        without = [mark.contact for mark in marks]
        warm, tied, others = await asyncio.gather(
            self.store.warmest(owner=owner, without=without, limit=CANDIDATES),
            self._tied(profile, without),
            self.store.count(owner=owner, without=without),
        )
        candidates = {person.id: person for person in (*warm, *tied)}
        ranked = sorted(
            ((guess(person=person, profile=profile, now=now), person) for person in candidates.values()),
            key=lambda pair: (-pair[0].score, pair[1].name.casefold(), pair[1].id),
        )
        # Whom the owner took back comes first, since they meant to say something else of them.
        first = [(guess(person=person, profile=profile, now=now), person) for person in reopened]
        return Round(
            asked=tuple(_asked(person, found, profile) for found, person in [*first, *ranked][:limit]),
            left=others + len(reopened),
            placed=sum(mark.state is MarkState.PLACED for mark in marks),
            skipped=sum(mark.state is MarkState.SKIPPED for mark in marks),
            latest=await self._latest(owner, marks),
        )

    async def count(self, *, owner: str) -> int:
        """Count all whom the owner has yet to place, those who were skipped too."""
        marks = await self.store.marks(owner=owner)
        placed = [mark.contact for mark in marks if mark.state is not MarkState.SKIPPED]
        others, reopened = await asyncio.gather(
            self.store.count(owner=owner, without=placed), self._reopened(owner, marks, now=self.tools.clock())
        )
        return others + len(reopened)

    async def until_somebody(self, *, owner: str) -> None:
        """Wait until there is somebody to ask about, for some seconds at most."""
        for _ in range(SOMEBODY_TRIES):
            if await self.count(owner=owner):
                return
            await asyncio.sleep(SOMEBODY_PAUSE_S)

    async def place(self, *, owner: str, contact: str, closeness: Closeness) -> None:
        """
        State how close a person is.

        Raises:
            NotFound: the owner knows no such person.
            BrokerUnavailable: it may not be stored; say it again.
        """
        person = await self._person(owner, contact)
        known = await self.store.mark_of(owner=owner, contact=person.id)
        # Saying it twice is one statement to take back; and what was taken back may not have come to the projection yet.
        before = known.before if known and (known.state is not MarkState.SKIPPED or known.was_reopened) else person.closeness
        await self._state(owner, person.id, closeness)
        now = self.tools.clock()
        mark = Mark(contact=person.id, state=MarkState.PLACED, at=now, before=before, placed=closeness)
        await self.store.save(mark, owner=owner, expires_at=now + ROUND)
        self.tools.counters.add("sorting.placed")

    async def skip(self, *, owner: str, contact: str) -> None:
        """Ask about a person later; raise `NotFound` when the owner knows no such person."""
        person = await self._person(owner, contact)
        known = await self.store.mark_of(owner=owner, contact=person.id)
        is_reopened = known is not None and (known.state is MarkState.REOPENED or known.was_reopened)
        before = known.before if known and is_reopened else person.closeness
        now = self.tools.clock()
        mark = Mark(contact=person.id, state=MarkState.SKIPPED, at=now, before=before, was_reopened=is_reopened)
        # By the projection, somebody whose closeness was taken back has one: only the mark knows that they are to be asked about.
        await self.store.save(mark, owner=owner, expires_at=None if is_reopened else now + ROUND)

    async def take_back(self, *, owner: str, contact: str) -> None:
        """
        Take back what was done with a person, who is asked about again at once; twice is once.

        Raises:
            BrokerUnavailable: it may not be taken back; try again.
        """
        mark = await self.store.mark_of(owner=owner, contact=contact)
        if mark is None or mark.state is MarkState.REOPENED:
            return
        if mark.state is MarkState.SKIPPED and not mark.was_reopened:
            await self.store.remove(owner=owner, contact=contact)
            return
        if mark.state is MarkState.PLACED and mark.placed is not mark.before:
            await self._state(owner, contact, mark.before)
        reopened = Mark(contact=contact, state=MarkState.REOPENED, at=self.tools.clock(), before=mark.before)
        await self.store.save(reopened, owner=owner, expires_at=None)

    async def ask_again(self, *, owner: str) -> None:
        """Ask about those again who were skipped."""
        await self.store.forget_skips(owner=owner)

    async def _reopened(self, owner: str, marks: Sequence[Mark], *, now: datetime) -> list[ContactSnapshot]:
        """Return those who were taken back, the latest first, but for whom a closeness was stated elsewhere since."""
        taken_back = {mark.contact: mark for mark in marks if mark.state is MarkState.REOPENED}
        people = await self._people(owner, list(taken_back))
        return [
            person
            for person in people
            if not person.is_silenced
            and (person.closeness is (mark := taken_back[person.id]).before or now - mark.at < PROJECTED_WITHIN)
        ]

    async def _tied(self, profile: OwnerProfile, without: Sequence[str]) -> list[ContactSnapshot]:
        words = owner_ties(profile)
        if not words:
            return []
        return await self.store.tied(owner=profile.owner, words=words, without=without, limit=CANDIDATES)

    async def _people(self, owner: str, contacts: Sequence[str]) -> list[ContactSnapshot]:
        if not contacts:
            return []
        found = await self.tools.people.snapshots(contacts=contacts, owner=owner)
        return [found[contact] for contact in contacts if contact in found]

    async def _person(self, owner: str, contact: str) -> ContactSnapshot:
        found = await self._people(owner, [contact])
        if not found or found[0].deleted:
            raise NotFound("there is nobody of that id any more")
        return found[0]

    async def _latest(self, owner: str, marks: Sequence[Mark]) -> Latest | None:
        mark = next((mark for mark in marks if mark.state is not MarkState.REOPENED), None)
        if mark is None or not (found := await self._people(owner, [mark.contact])) or found[0].deleted:
            return None
        return Latest(contact=mark.contact, name=found[0].name, state=mark.state, placed=mark.placed)

    async def _state(self, owner: str, contact: str, closeness: Closeness) -> None:
        data: dict[str, Any] = {"contact": {"id": contact}, "closeness": closeness.value}
        event = new_event(name=FactName.CONTACT_UPSERTED, source=SOURCE, id=uuid4().hex, time=self.tools.clock(), data=data)
        await self.tools.emitter.emit([event], owner=owner)


def _asked(person: ContactSnapshot, found: Guess, profile: OwnerProfile) -> Asked:
    shared = told_to_owner(common_ground(owner=profile, contact=person), tag=profile.language)
    return Asked(person=person, guess=found, shared=shared)
