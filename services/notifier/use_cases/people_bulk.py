"""Change many people at once, and take that back: each of them by a fact of their own."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, TypeVar
from uuid import uuid4

from services.notifier.domain.people_bulk import BulkChange, Former, checked, statement_for, taking_back
from services.notifier.domain.people_list import PeopleFilter
from services.notifier.store.people_bulk import Batch, BulkStore
from services.notifier.store.people_list import PeopleListStore
from services.notifier.use_cases.people_page import BULK_MAX
from services.notifier.use_cases.tools import Tools
from shared.errors import Conflict, InvalidMessage, NotFound
from shared.messages.cloudevents import CloudEvent, new_event
from shared.messages.facts import FactName
from shared.messages.snapshots import ContactSnapshot

SOURCE: Final = "hobnob/web"
AT_ONCE: Final = 500
"""People who are read, decided on and stated together: the less time between, the less can happen meanwhile."""
UNDO_FOR: Final = timedelta(hours=1)
SEEN_WITHIN_S: Final = 3.0
LOOK_EVERY_S: Final = 0.03
ItemT = TypeVar("ItemT")


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkDone:
    """How many were chosen and how many of them changed; `is_seen` is false where the list shows the change a little later."""

    batch: str
    chosen: int
    changed: int
    is_seen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleBulk:
    """Changes many people."""

    tools: Tools
    people: PeopleListStore
    store: BulkStore

    async def change_these(self, *, owner: str, contacts: Sequence[str], change: BulkChange) -> BulkDone:
        """
        Change the people with these ids; whoever is gone meanwhile is left out.

        Raises:
            InvalidMessage: nobody is named, too many are, or the value of the change is missing.
            BrokerUnavailable: some may not be changed; doing it again completes it.
        """
        chosen = list(dict.fromkeys(contacts))
        if not chosen:
            raise InvalidMessage("contacts: choose at least one person")
        if len(chosen) > BULK_MAX:
            raise InvalidMessage(f"contacts: at most {BULK_MAX} people are changed at once")
        return await self._change(owner, chosen, checked(change))

    async def change_matching(self, *, owner: str, filters: PeopleFilter, expected: int, change: BulkChange) -> BulkDone:
        """
        Change all whom a filter shows, who have to be as many as *expected*.

        Raises:
            Conflict: they are another number, or too many.
            InvalidMessage: the value of the change is missing.
            BrokerUnavailable: some may not be changed; doing it again completes it.
        """
        change = checked(change)
        chosen = await self.people.ids(owner=owner, filters=filters, now=self.tools.clock(), limit=BULK_MAX + 1)
        if len(chosen) > BULK_MAX:
            raise Conflict(f"at most {BULK_MAX} people are changed at once; narrow the list first")
        if len(chosen) != expected:
            raise Conflict(f"{len(chosen)} people match now, not {expected}; look again")
        return await self._change(owner, chosen, change)

    async def undo(self, *, owner: str, batch: str) -> BulkDone:
        """
        Take a change back, wherever it still holds; doing it twice is doing it once.

        Raises:
            NotFound: there is no such change, or it is too long ago.
            BrokerUnavailable: some may not be as before; doing it again completes it.
        """
        found = await self._find(owner, batch)
        if found.is_undone:
            return BulkDone(batch=batch, chosen=len(found.formers), changed=0, is_seen=True)
        revs: dict[str, int] = {}
        for formers in _chunks(found.formers):
            people = await self._read(owner, [each.contact for each in formers])
            stated = {
                each.contact: data
                for each in formers
                if (person := people.get(each.contact)) and (data := taking_back(found.change, former=each, person=person))
            }
            await self._state(owner, stated)
            revs |= {contact: people[contact].rev for contact in stated}
        await self.store.mark_undone(owner=owner, batch=batch)
        return BulkDone(batch=batch, chosen=len(found.formers), changed=len(revs), is_seen=await self._until_seen(revs))

    async def look_up(self, *, owner: str, batch: str) -> Batch | None:
        """Return a change that was made lately."""
        return await self.store.find(owner=owner, batch=batch)

    async def _change(self, owner: str, contacts: Sequence[str], change: BulkChange) -> BulkDone:
        batch, revs = uuid4().hex, dict[str, int]()
        expires_at = self.tools.clock() + UNDO_FOR
        formers: list[Former] = []
        for chunk in _chunks(contacts):
            people = await self._read(owner, chunk)
            stated = {
                contact: found
                for contact in chunk
                if contact in people and (found := statement_for(change, person=people[contact]))
            }
            formers += [each.former for each in stated.values()]
            if stated:
                # First what takes it back: whatever happens from here on can be undone.
                await self.store.put(owner=owner, batch=batch, change=change, formers=formers, expires_at=expires_at)
            await self._state(owner, {contact: each.data for contact, each in stated.items()})
            revs |= {contact: people[contact].rev for contact in stated}
        return BulkDone(batch=batch, chosen=len(contacts), changed=len(revs), is_seen=await self._until_seen(revs))

    async def _find(self, owner: str, batch: str) -> Batch:
        found = await self.store.find(owner=owner, batch=batch)
        if found is None:
            raise NotFound("this change cannot be taken back any more")
        return found

    async def _read(self, owner: str, contacts: Sequence[str]) -> dict[str, ContactSnapshot]:
        found = await self.tools.people.snapshots(contacts=contacts, owner=owner)
        return {contact: person for contact, person in found.items() if not person.deleted}

    async def _state(self, owner: str, stated: Mapping[str, Mapping[str, Any]]) -> None:
        events = [self._event(contact, data) for contact, data in stated.items()]
        await self.tools.emitter.emit(events, owner=owner)
        self.tools.counters.add(f"stated.{FactName.CONTACT_UPSERTED.value}", len(events))

    def _event(self, contact: str, data: Mapping[str, Any]) -> CloudEvent:
        about = {"contact": {"id": contact}, **data}
        return new_event(name=FactName.CONTACT_UPSERTED, source=SOURCE, id=uuid4().hex, time=self.tools.clock(), data=about)

    async def _until_seen(self, revs: Mapping[str, int]) -> bool:
        """Wait until later revisions of all are known here."""
        waiting = dict(revs)
        try:
            async with asyncio.timeout(SEEN_WITHIN_S):
                while waiting:
                    heads = await self.tools.people.heads(list(waiting)[:AT_ONCE])
                    for contact, head in heads.items():
                        if head.rev > waiting[contact]:
                            del waiting[contact]
                    if waiting.keys() >= heads.keys():
                        await asyncio.sleep(LOOK_EVERY_S)
        except TimeoutError:
            return False  # It is stored: the list follows by itself.
        return True


def _chunks(values: Sequence[ItemT]) -> list[Sequence[ItemT]]:
    return [values[start : start + AT_ONCE] for start in range(0, len(values), AT_ONCE)]
