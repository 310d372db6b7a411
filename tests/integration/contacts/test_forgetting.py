"""Who is forgotten stays forgotten, with all that was said about them."""

from datetime import timedelta
from typing import Any

import pytest

from services.contacts.domain.changes import Stored
from services.contacts.fact_log import FactLog
from services.contacts.owner_store import OwnerStore
from services.contacts.parked_store import ParkedStore
from services.contacts.use_cases.reading import Contacts
from shared.clock import system_clock
from shared.errors import NotFound
from shared.messages.rpc import ForgetContact, Ok
from tests.integration.contacts.core import Core, MortalDatabase, killed
from tests.unit.contacts.facts import START

ANN = {"name": "Ann", "emails": ["ann@example.com"], "notes": "a secret"}
BY_EMAIL = {"contact": {"email": "ann@example.com"}}


def contacts(core: Core, *, dies_after_writes: int | None = None) -> Contacts:
    """Return the door to forgetting, of a process that may be killed."""
    database: Any = core.database
    if dies_after_writes is not None:
        database = MortalDatabase(core.database, writes=dies_after_writes)
    facts, store, _ = core.process_on(database)
    return Contacts(
        store=store,
        fact_log=FactLog(database),
        parked=ParkedStore(database),
        owners=OwnerStore(core.database),
        facts=facts,
        clock=system_clock,
    )


async def everything(core: Core) -> str:
    """Return all that the database holds, as text."""
    found: list[Any] = []
    for name in ("contacts", "facts", "parked"):
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


@pytest.mark.parametrize("writes", range(6))
async def test_a_forgetting_that_is_cut_off_anywhere_can_be_asked_for_again(core: Core, writes: int) -> None:
    """Asked again, it erases what the first try left."""
    (ann,) = await core.apply(core.fact("contact.upserted", ANN))
    request = ForgetContact(owner=core.owner, id=ann)
    was_killed = await killed(lambda: contacts(core, dies_after_writes=writes).forget(request))
    assert was_killed == (writes < 5)
    if was_killed:
        assert await contacts(core).forget(request) == Ok()
    await core.keep_house()
    text = await everything(core)
    assert "secret" not in text
    assert "ann@" not in text
    assert await core.published() == {}


async def test_who_is_forgotten_cannot_be_forgotten_again(core: Core) -> None:
    """There is no such contact any more."""
    (ann,) = await core.apply(core.fact("contact.upserted", ANN))
    await contacts(core).forget(ForgetContact(owner=core.owner, id=ann))
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
