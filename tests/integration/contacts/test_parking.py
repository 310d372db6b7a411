"""Facts about people who are not in the network wait until they appear, whatever happens meanwhile."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest

from services.contacts import parked_store
from services.contacts.domain.changes import Outcome
from services.contacts.domain.results import Applied, Parked, Result, Unresolvable
from services.contacts.owner_store import OwnerStore
from services.contacts.parked_store import ParkedStore
from services.contacts.use_cases import facts as apply_facts
from shared.messages.cloudevents import Fact
from shared.messages.rpc import ForgetContact
from shared.messages.snapshots import OwnerProfile, UnknownPolicy
from tests.integration.contacts.core import Core, killed
from tests.integration.contacts.test_forgetting import contacts, everything

ANN: dict[str, Any] = {"name": "Ann", "emails": ["ann@example.com"]}
BY_EMAIL: dict[str, Any] = {"contact": {"email": "ann@example.com"}}
FEWEST_STEPS = 6
"""A process takes more than these to apply one fact."""
ENOUGH_STEPS = 24
"""It takes fewer than these."""


@pytest.fixture
async def parking(core: Core) -> Core:
    """An owner of whose emitters `crm` parks what it says about people who are unknown."""
    await set_policy(core, "park")
    return core


async def set_policy(core: Core, policy: UnknownPolicy) -> None:
    """Say what facts of `crm` about unknown people do."""
    profile = OwnerProfile(owner=core.owner, rev=1, name="Sam Sample", unknown_contacts={"crm": policy})
    store = OwnerStore(core.database)
    if not await store.replace(profile, known_rev=1):
        await store.add(profile)


async def states(core: Core, *facts: Fact) -> list[Result]:
    """Apply facts by a process that lives and return what they did."""
    return await core.process()[0].apply(facts)


async def waiting(core: Core) -> int:
    """Return how many facts wait."""
    return sum((await ParkedStore(core.database).count(owner=core.owner)).values())


async def test_a_fact_waits_until_somebody_else_brings_the_person(parking: Core) -> None:
    """Then it is applied with what brought them, at its own time, and waits no more."""
    note = parking.fact("interaction.logged", BY_EMAIL | {"note": "met at the fair"})
    assert await states(parking, note) == [Parked()]
    assert await parking.present() == {}
    assert await ParkedStore(parking.database).count(owner=parking.owner) == {"crm": 1}
    (ann,) = await parking.apply(parking.fact("contact.upserted", ANN, source="book", day=1))
    assert await waiting(parking) == 0
    snapshot = (await parking.published())[ann]
    assert (snapshot.name, snapshot.interactions[0].note) == ("Ann", "met at the fair")
    assert snapshot.interactions[0].at == note.occurred_at
    assert parking.counters.snapshot()["facts.parked"] == 1


async def test_a_person_whom_a_parking_source_states_waits_too(parking: Core) -> None:
    """They appear when somebody else knows them, with what both say."""
    assert await states(parking, parking.fact("contact.upserted", ANN | {"location": "Graz"})) == [Parked()]
    (ann,) = await parking.apply(parking.fact("contact.upserted", ANN, source="book"))
    assert (await parking.published())[ann].location == "Graz"


async def test_an_import_is_the_owners_own_doing(parking: Core) -> None:
    """Nothing of it waits, though its source may be told to; and it brings whom others wait for."""
    await states(parking, parking.fact("interaction.logged", BY_EMAIL))
    (result,) = await parking.process()[0].apply([parking.fact("contact.upserted", ANN)], via="import")
    assert isinstance(result, Applied)
    assert await waiting(parking) == 0


async def test_a_fact_that_comes_again_while_it_waits_is_one(parking: Core) -> None:
    """And once it was applied it changes nothing."""
    note = parking.fact("interaction.logged", BY_EMAIL)
    for _ in range(3):
        assert await states(parking, note, note) == [Parked(), Parked()]
    assert await waiting(parking) == 1
    (ann,) = await parking.apply(parking.fact("contact.upserted", ANN, source="book"))
    before = await parking.published()
    assert await states(parking, note) == [Applied(ann, Outcome.UNCHANGED)]
    assert await parking.published() == before


async def test_a_fact_that_comes_again_when_it_need_not_wait_tells_what_it_did(parking: Core) -> None:
    """It is applied as it comes, and what waited of it is gone."""
    brings = parking.fact("contact.upserted", ANN)
    await states(parking, brings)
    await set_policy(parking, "create")
    (result,) = await states(parking, brings)
    assert isinstance(result, Applied)
    assert result.outcome is Outcome.CREATED
    assert await waiting(parking) == 0


async def test_who_appears_may_bring_others_in_turn(parking: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fact that waits may hold the key that the next one waits for, however many there are and however long the chain."""
    monkeypatch.setattr(apply_facts, "RELEASED_AT_ONCE", 2)
    emails = [f"ann{n}@example.com" for n in range(9)]
    chain = [parking.fact("contact.upserted", {"name": "Ann", "emails": list(pair)}, id=pair[0]) for pair in pairwise(emails)]
    notes = [parking.fact("interaction.logged", {"contact": {"email": email}}, id=email) for email in emails]
    assert set(await states(parking, *notes, *chain)) == {Parked()}
    await parking.apply(parking.fact("contact.upserted", {"name": "Ann", "emails": emails[:1]}, source="book"))
    assert await waiting(parking) == 0
    assert list((await parking.present()).values()) == [set(emails)]
    (snapshot,) = (await parking.published()).values()
    assert len(snapshot.interactions) == 9


async def test_a_meeting_waits_for_each_person_by_themselves(parking: Core) -> None:
    """Who is known has it at once; the others get it when they appear; nobody is made one with anybody."""
    (ann,) = await parking.apply(parking.fact("contact.upserted", ANN, source="book"))
    others = [{"email": "bob@example.com"}, {"source": "crm", "id": "7"}]
    plan = {"contacts": [*others, BY_EMAIL["contact"]], "meeting_id": "m1", "starts_at": "2026-05-01T10:00:00Z"}
    (result,) = await states(parking, parking.fact("meeting.scheduled", plan))
    assert isinstance(result, Applied)
    assert result.contact == ann
    assert await waiting(parking) == 2
    bob = {"name": "Bob", "emails": ["bob@example.com"]}
    await parking.apply(parking.fact("contact.upserted", bob, source="book", id="b"))
    assert await waiting(parking) == 1
    published = (await parking.published()).values()
    assert {person.name: [each.meeting_id for each in person.meetings] for person in published} == {"Ann": ["m1"], "Bob": ["m1"]}


async def test_a_meeting_part_of_which_names_nobody_is_refused_and_the_rest_of_it_is_applied(core: Core) -> None:
    """The reason says which; stating the mended fact again completes it."""
    plan = {"contacts": [BY_EMAIL["contact"], {"id": "unknown"}], "meeting_id": "m1", "starts_at": "2026-05-01T10:00:00Z"}
    (result,) = await states(core, core.fact("meeting.scheduled", plan))
    assert isinstance(result, Unresolvable)
    assert result.reason.startswith("contacts.1: contact.id: there is no contact")
    (snapshot,) = (await core.published()).values()
    assert [meeting.meeting_id for meeting in snapshot.meetings] == ["m1"]


async def test_who_was_removed_is_known(parking: Core) -> None:
    """A fact of the time before, which comes in late, does not wait for them to come back; nothing of it is kept."""
    (ann,) = await parking.apply(parking.fact("contact.upserted", ANN, source="book"))
    await parking.apply(parking.fact("contact.removed", BY_EMAIL, day=1))
    (result,) = await states(parking, parking.fact("interaction.logged", BY_EMAIL | {"note": "a secret"}))
    assert result == Applied(ann, Outcome.REMOVED)
    assert "secret" not in await everything(parking)


async def test_forgetting_erases_what_waits(parking: Core) -> None:
    """A fact that a process left waiting when it died is erased with the person it is about."""
    (ann,) = await parking.apply(parking.fact("contact.upserted", ANN, source="book"))
    note = parking.fact("interaction.logged", BY_EMAIL | {"note": "a secret"})
    await ParkedStore(parking.database).add(owner=parking.owner, facts={"t": note}, at=note.occurred_at)
    await contacts(parking).forget(ForgetContact(owner=parking.owner, id=ann))
    assert "secret" not in await everything(parking)


async def test_no_more_facts_wait_than_there_is_room_for(parking: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest is refused with the reason; those that wait already may come again."""
    monkeypatch.setattr(parked_store, "MAX_PARKED", 3)
    notes = [parking.fact("interaction.logged", {"contact": {"email": f"p{n}@example.com"}}, id=str(n)) for n in range(5)]
    assert await states(parking, *notes[:2]) == [Parked()] * 2
    results = await states(parking, *notes)
    assert results[:3] == [Parked()] * 3
    assert all(isinstance(result, Unresolvable) and "wait" in result.reason for result in results[3:])
    assert await waiting(parking) == 3


async def test_what_waits_is_applied_when_its_source_parks_no_more(parking: Core) -> None:
    """Then it makes the person it is about."""
    await states(parking, parking.fact("contact.upserted", ANN))
    await parking.keep_house()
    assert await parking.present() == {}
    await set_policy(parking, "create")
    await parking.keep_house()
    assert list((await parking.present()).values()) == [{"ann@example.com"}]
    assert await waiting(parking) == 0


async def test_all_that_waits_is_looked_at_in_turns(parking: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many there are: one turn takes a few, and after the last it begins anew."""
    monkeypatch.setattr(apply_facts, "SWEPT_AT_ONCE", 2)
    notes = [parking.fact("interaction.logged", {"contact": {"email": f"p{n}@example.com"}}, id=str(n)) for n in range(5)]
    await states(parking, *notes)
    facts = parking.process()[0]
    await facts.sweep_parked()
    await set_policy(parking, "create")
    for _ in range(5):
        await facts.sweep_parked()
    assert await waiting(parking) == 0
    assert len(await parking.published()) == 5


async def test_another_owners_person_is_not_waited_for(parking: Core) -> None:
    """The same address with another owner is somebody else."""
    await states(parking, parking.fact("interaction.logged", BY_EMAIL))
    theirs = parking.fact("contact.upserted", ANN, source="book").model_copy(update={"owner": f"{parking.owner}x"})
    await states(parking, theirs)
    assert await waiting(parking) == 1


@pytest.mark.parametrize("writes", range(7))
async def test_who_is_waited_for_may_be_brought_by_a_process_that_dies(parking: Core, writes: int) -> None:
    """Between any two of its writes: the service itself applies what still waits, once."""
    note = parking.fact("interaction.logged", BY_EMAIL | {"note": "met"})
    await states(parking, note)
    brings = parking.fact("contact.upserted", ANN, source="book")
    await killed(lambda: parking.process(dies_after_writes=writes)[0].apply([brings]))
    await states(parking, brings)
    await parking.keep_house()
    assert await waiting(parking) == 0
    (snapshot,) = (await parking.published()).values()
    assert [each.note for each in snapshot.interactions] == ["met"]
    assert await parking.database["facts"].count_documents({}) == 2


@dataclass
class Interruption:
    """What happens once, in the middle of what a process does: after so many steps of it in the database."""

    steps_left: int
    work: Callable[[], Awaitable[object]]
    happened: bool = False

    async def step(self) -> None:
        """Count a step."""
        self.steps_left -= 1
        if self.steps_left < 0 and not self.happened:
            self.happened = True
            await self.work()


class InterruptedAt:
    """A handle of the database, a collection or a cursor, before each of whose steps somebody else may come in."""

    def __init__(self, inner: Any, interruption: Interruption) -> None:
        self._inner = inner
        self._interruption = interruption

    def __getitem__(self, name: str) -> "InterruptedAt":
        return InterruptedAt(self._inner[name], self._interruption)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name in ("find", "sort", "limit"):
            return lambda *args, **kwargs: InterruptedAt(found(*args, **kwargs), self._interruption)

        async def step(*args: Any, **kwargs: Any) -> Any:
            await self._interruption.step()
            return await found(*args, **kwargs)

        return step


@pytest.mark.parametrize("steps", range(ENOUGH_STEPS))
@pytest.mark.parametrize("interrupted", ["parks", "brings"])
async def test_a_fact_that_is_parked_while_its_person_is_brought_is_applied(parking: Core, steps: int, interrupted: str) -> None:
    """
    Whichever process comes in between any two steps of the other.

    Without the sweep: neither leaves it to that.
    """
    note = parking.fact("interaction.logged", BY_EMAIL | {"note": "met"})
    brings = parking.fact("contact.upserted", ANN, source="book")
    first, second = (note, brings) if interrupted == "parks" else (brings, note)
    interruption = Interruption(steps, lambda: states(parking, second))
    database: Any = InterruptedAt(parking.database, interruption)
    await parking.process_on(database)[0].apply([first])
    assert interruption.happened or steps >= FEWEST_STEPS
    assert not interruption.happened or steps < ENOUGH_STEPS - 1
    if not interruption.happened:
        await states(parking, second)
    assert await waiting(parking) == 0
    (snapshot,) = (await parking.published()).values()
    assert [each.note for each in snapshot.interactions] == ["met"]
