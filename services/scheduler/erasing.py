"""Erase what is planned for somebody who is to be forgotten: timers, armed and fired, and what agendas remember (ADR 0010)."""

from collections.abc import Sequence

from services.scheduler.domain.decision import ContactKey, Order
from services.scheduler.state import State
from services.scheduler.timers import Recorded, publish_agendas
from services.scheduler.use_cases import MAX_TRIES, AgendaContended, Planner
from shared import subjects
from shared.clock import Clock
from shared.erasing import Range, erase_messages, range_of
from shared.errors import Conflict
from shared.messages.curation import EraseContact, Erased
from shared.messages.reminders import Agenda
from shared.streams import AGENDA, TIMERS

IDS_AT_ONCE = 200


class Erasing:
    """Handles the request `erase`."""

    def __init__(self, state: State, planner: Planner, clock: Clock) -> None:
        self._state = state
        self._planner = planner
        self._clock = clock

    async def erase(self, request: EraseContact) -> Erased:
        """
        Erase the plans for somebody who was removed; doing it twice is doing it once.

        Raises:
            Conflict: one of the ids is somebody who is still there.
            TransientError: the broker does not answer, or others keep planning them; ask again.
        """
        keys = [ContactKey(request.owner, contact) for contact in request.contacts]
        agendas = erased = 0
        for start in range(0, len(keys), IDS_AT_ONCE):
            chunk = keys[start : start + IDS_AT_ONCE]
            await self._check_removed(chunk)
            agendas += await self._clear_agendas(chunk)
            erased += await self._erase_timers(chunk)
        counts = {AGENDA: agendas, TIMERS: erased}
        return Erased(erased={place: count for place, count in counts.items() if count})

    async def _check_removed(self, keys: Sequence[ContactKey]) -> None:
        if await self._state.anybody_is_there(keys):
            raise Conflict("somebody with one of these ids is still there")

    async def _clear_agendas(self, keys: Sequence[ContactKey]) -> int:
        """
        Disarm what is armed, then leave agendas that remember nothing; return how many said anything.

        They are replaced, not deleted: a reader that is behind learns from the last one that nothing is planned.
        """
        there = await self._state.agendas(keys)
        await self._planner.replan({key: Order() for key in there}, now=self._clock())
        cleared: set[ContactKey] = set()
        for _ in range(MAX_TRIES):
            found = await self._state.agendas(there)
            full = {key: stored for key, stored in found.items() if stored.agenda is None or _says_anything(stored.agenda)}
            if not full:
                return len(cleared)
            emptied = [Recorded(_emptied(key, stored.agenda), stored.sequence) for key, stored in full.items()]
            are_stored = await publish_agendas(self._state.js, emptied)
            cleared |= {key for key, is_stored in zip(full, are_stored, strict=True) if is_stored}
        raise AgendaContended

    async def _erase_timers(self, keys: Sequence[ContactKey]) -> int:
        """Erase those that fired, which the stream keeps for a while, and whatever is still armed."""
        held = await range_of(self._state.client, stream=TIMERS)
        return sum([await self._erase_on(subject, held) for key in keys for subject in subjects.timers_of_contact(*key)])

    async def _erase_on(self, subject: str, within: Range) -> int:
        return await erase_messages(self._state.client, stream=TIMERS, subject=subject, within=within, walks=1)


def _says_anything(agenda: Agenda) -> bool:
    return bool(agenda.planned or agenda.armed or agenda.fired or agenda.snoozes)


def _emptied(key: ContactKey, agenda: Agenda | None) -> Agenda:
    rev, profile = (agenda.rev, agenda.profile) if agenda else (0, "")
    return Agenda(owner=key.owner, contact=key.contact, rev=rev, profile=profile)
