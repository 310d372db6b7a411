"""Who is forgotten stays forgotten, with all that was said about them."""

from datetime import timedelta
from typing import Any

import pytest

from services.contacts.domain.changes import Stored
from services.contacts.erasure_store import ErasureStore, ReportStore
from services.contacts.fact_log import FactLog
from services.contacts.parked_store import ParkedStore
from services.contacts.traces import Traces
from services.contacts.use_cases.forgetting import Forgetting
from shared.clock import system_clock
from shared.errors import NotFound
from shared.messages.rpc import ForgetContact
from shared.streams import INTAKE
from tests.integration.contacts.core import Core, MortalDatabase, killed
from tests.unit.contacts.facts import START

ANN = {"name": "Ann", "emails": ["ann@example.com"], "notes": "a secret"}
WRITES_OF_A_FORGETTING = 9
"""More than it takes: the last of these processes lives."""
BY_EMAIL = {"contact": {"email": "ann@example.com"}}


def contacts(core: Core, *, dies_after_writes: int | None = None) -> Forgetting:
    """Return the door to forgetting, of a process that may be killed. No other service runs."""
    database: Any = core.database
    if dies_after_writes is not None:
        database = MortalDatabase(core.database, writes=dies_after_writes)
    facts, store, outbox = core.process_on(database)
    return Forgetting(
        store=store,
        fact_log=FactLog(database),
        parked=ParkedStore(database),
        erasures=ErasureStore(database),
        reports=ReportStore(database),
        facts=facts,
        outbox=outbox,
        traces=Traces(core.client),
        clock=system_clock,
    )


@pytest.fixture(autouse=True)
async def quiet_intake(core: Core) -> None:
    """Nothing that other tests left waits to be applied."""
    await core.client.jetstream().purge_stream(INTAKE)


async def everything(core: Core) -> str:
    """Return all that the database holds, as text."""
    found: list[Any] = []
    for name in ("contacts", "facts", "parked", "erasures"):
        found += await core.database[name].find().to_list(None)
    return repr(found)


async def stored(core: Core, id: str) -> Stored:
    """Return a contact as it is stored."""
    found = await core.process()[1].find(owner=core.owner, id=id)
    assert found is not None
    return found


async def test_nothing_of_a_late_fact_about_somebody_forgotten_is_kept(core: Core) -> None:
    """Whether it is new, comes again, or brings another address of theirs."""
    early = core.fact("contact.upserted", ANN)
    (ann,) = await core.apply(early)
    await contacts(core).forget(ForgetContact(owner=core.owner, id=ann))
    late = core.fact("interaction.logged", BY_EMAIL | {"note": "a secret"}, day=1)
    wider = core.fact("contact.upserted", ANN | {"emails": ["ann@example.com", "ann@example.org"]}, day=2)
    for each in (early, late, wider):
        await core.apply(each)
    assert (await stored(core, ann)).state.is_removed
    text = await everything(core)
    assert "secret" not in text
    assert "ann@" not in text


async def test_somebody_of_whom_a_fact_has_a_date_in_the_future_can_be_forgotten(core: Core) -> None:
    """An emitter's clock is wrong: the owner's word still is the last one."""
    at = (system_clock() + timedelta(days=400) - START).days
    (ann,) = await core.apply(core.fact("contact.upserted", ANN, day=at))
    await core.apply(core.fact("interaction.logged", BY_EMAIL | {"note": "a secret"}, day=at + 1))
    await contacts(core).forget(ForgetContact(owner=core.owner, id=ann))
    assert (await stored(core, ann)).state.is_removed
    assert "secret" not in await everything(core)
    assert await core.published() == {}


@pytest.mark.parametrize("writes", range(WRITES_OF_A_FORGETTING))
@pytest.mark.parametrize("is_asked_again", [True, False])
async def test_a_forgetting_that_is_cut_off_anywhere_is_finished(core: Core, writes: int, is_asked_again: bool) -> None:
    """By who asks again, or by the service itself if it was noted at all: then nothing is left of them."""
    (ann,) = await core.apply(core.fact("contact.upserted", ANN))
    request = ForgetContact(owner=core.owner, id=ann)
    was_killed = await killed(lambda: contacts(core, dies_after_writes=writes).forget(request))
    assert was_killed == (writes < WRITES_OF_A_FORGETTING - 1)
    if is_asked_again or writes == 0:
        await contacts(core).forget(request)
    else:
        await contacts(core).finish()
    await core.keep_house()
    text = await everything(core)
    assert "secret" not in text
    assert "ann@" not in text
    assert await core.published() == {}


async def test_what_another_service_does_not_answer_is_left_to_be_done(core: Core) -> None:
    """It is named, and noted without a word about the person."""
    (ann,) = await core.apply(core.fact("contact.upserted", ANN))
    done = await contacts(core).forget(ForgetContact(owner=core.owner, id=ann))
    assert done.unfinished == ("notifier", "scheduler")
    assert done.erased == {"contacts.facts": 1}
    (left,) = await ErasureStore(core.database).unfinished(limit=10)
    assert left.contact == ann
    assert set(left.left or ()) == {"notifier", "scheduler"}


async def test_who_comes_again_before_all_is_erased_stays(core: Core) -> None:
    """What is still to be erased is of the time before: a retry removes nobody and keeps what was said since."""
    (ann,) = await core.apply(core.fact("contact.upserted", ANN))
    await contacts(core).forget(ForgetContact(owner=core.owner, id=ann))
    days = (system_clock() - START).days + 1
    await core.apply(core.fact("contact.upserted", {"name": "Ann", "emails": ["ann@example.com"], "notes": "new"}, day=days))
    await contacts(core).finish()
    assert not (await stored(core, ann)).state.is_removed
    text = await everything(core)
    assert "new" in text
    assert "secret" not in text
    assert await core.database["facts"].count_documents({}) == 1


async def test_who_asked_for_no_more_greetings_is_not_greeted_when_they_come_again(core: Core) -> None:
    """That is all that is kept of what was said of somebody who was removed."""
    (ann,) = await core.apply(core.fact("contact.upserted", ANN | {"do_not_greet": True}))
    await contacts(core).forget(ForgetContact(owner=core.owner, id=ann))
    days = (system_clock() - START).days + 1
    await core.apply(core.fact("contact.upserted", {"name": "Ann", "emails": ["ann@example.com"]}, day=days))
    (again,) = (await core.published()).values()
    assert again.do_not_greet
    assert again.notes is None


async def test_who_is_forgotten_cannot_be_forgotten_again(core: Core) -> None:
    """There is no such contact any more, once all is erased."""
    (ann,) = await core.apply(core.fact("contact.upserted", ANN))
    await contacts(core).forget(ForgetContact(owner=core.owner, id=ann))
    await core.database["erasures"].delete_many({})
    with pytest.raises(NotFound):
        await contacts(core).forget(ForgetContact(owner=core.owner, id=ann))


async def test_forgetting_erases_what_was_said_under_every_id_a_person_had(core: Core) -> None:
    """Facts of the time before two contacts turned out to be one are found too."""
    other = {"name": "Ann", "emails": ["ann@example.org"], "notes": "a secret"}
    (first, _) = await core.apply(core.fact("contact.upserted", ANN), core.fact("contact.upserted", other, id="2", day=1))
    await core.apply(core.fact("contact.upserted", ANN | {"emails": ["ann@example.com", "ann@example.org"]}, day=2))
    await contacts(core).forget(ForgetContact(owner=core.owner, id=first))
    assert "secret" not in await everything(core)
    assert await core.database["facts"].count_documents({}) == 0


async def test_an_owner_cannot_forget_the_contact_of_another(core: Core) -> None:
    """It does not exist for them."""
    (ann,) = await core.apply(core.fact("contact.upserted", ANN))
    with pytest.raises(NotFound):
        await contacts(core).forget(ForgetContact(owner=f"{core.owner}x", id=ann))
    assert list(await core.present()) == [ann]
