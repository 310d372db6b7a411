"""The stream ends up with the newest snapshot of each contact, whatever happened to it or to a publisher."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest

from services.contacts.outbox import Outbox, Unpublished
from services.contacts.owner_store import OwnerStore
from services.contacts.use_cases.owners import Owners
from shared import subjects
from shared.errors import BrokerUnavailable
from shared.messages.rpc import AddOwner, OwnerSettings, SetOwner
from shared.messages.snapshots import OwnerProfile
from shared.streams import PEOPLE
from tests.integration.contacts.core import Core

ANN = {"name": "Ann", "emails": ["ann@example.com"]}


async def test_what_was_purged_from_the_stream_is_published_again_with_the_next_change(core: Core) -> None:
    """The sequence that a contact remembers leads nowhere then."""
    (ann,) = await core.apply(core.fact("contact.upserted", ANN))
    await core.client.jetstream().purge_stream(PEOPLE, subject=subjects.people_of(core.owner))
    assert await core.published() == {}
    await core.apply(core.fact("contact.upserted", ANN | {"location": "Rome"}, day=1))
    published = await core.published()
    assert (published[ann].rev, published[ann].location) == (2, "Rome")


async def test_a_late_publisher_does_not_put_an_old_revision_over_a_newer_one(core: Core) -> None:
    """One that read revision 1 and slept while revision 2 was published changes nothing."""
    (ann,) = await core.apply(core.fact("contact.upserted", ANN))
    _, store, outbox = core.process()
    await core.database["contacts"].update_one({"_id": ann}, {"$set": {"pending": 1}})
    (old,) = await store.unpublished(ids=[ann], limit=1)
    await core.apply(core.fact("contact.upserted", ANN | {"location": "Rome"}, day=1))
    await outbox.publish_ready([old])
    await outbox.publish_ready([replace(old, published_sequence=0)])
    assert (await core.published())[ann].location == "Rome"
    assert await store.unpublished(limit=10) == []


async def test_a_contact_that_was_restored_from_a_backup_overtakes_the_stream(core: Core) -> None:
    """The database is the truth: what it says next is published, though the stream had gone further."""
    (ann,) = await core.apply(core.fact("contact.upserted", ANN))
    backup = await core.database["contacts"].find_one({"_id": ann})
    assert backup is not None
    for day in (1, 2):
        await core.apply(core.fact("contact.upserted", ANN | {"location": f"Rome {day}"}, day=day))
    await core.database["contacts"].replace_one({"_id": ann}, backup)
    for day in (3, 4):
        await core.apply(core.fact("contact.upserted", ANN | {"location": f"Oslo {day}"}, day=day))
        await core.keep_house()
        assert (await core.published())[ann].location == f"Oslo {day}"


async def test_an_owner_who_was_restored_from_a_backup_overtakes_the_stream(core: Core) -> None:
    """A new database beside an old broker: the settings that the owner then makes hold."""
    store = OwnerStore(core.database)
    owners = Owners(store=store, outbox=Outbox(store=store, client=core.client))
    await owners.add(AddOwner(owner=core.owner, settings=OwnerSettings(name="Me")))
    for zone in ("Europe/Rome", "Europe/Oslo"):
        await owners.set(SetOwner(owner=core.owner, settings=OwnerSettings(timezone=zone)))
    await core.database["owners"].delete_many({})
    await owners.add(AddOwner(owner=core.owner, settings=OwnerSettings(name="Me", timezone="Asia/Tokyo")))
    message = await core.client.jetstream().get_last_msg(PEOPLE, subjects.profile(core.owner))
    on_stream = OwnerProfile.model_validate_json(message.data or b"")
    assert on_stream.timezone == "Asia/Tokyo"
    assert await store.get(core.owner) == on_stream


class OversizedStore:
    """An outbox in which the first of three documents is too large for a message."""

    def __init__(self, owner: str) -> None:
        self.waiting = {
            str(number): Unpublished(
                id=str(number), rev=1, subject=subjects.person(owner, str(number)), body=body, published_sequence=0
            )
            for number, body in enumerate((b"x" * 2**21, b'{"rev":1}', b'{"rev":1}'))
        }

    async def unpublished(self, *, ids: Iterable[str] | None = None, limit: int) -> list[Unpublished]:
        """Return what waits."""
        return [item for item in self.waiting.values() if ids is None or item.id in set(ids)][:limit]

    async def mark_published(self, sequences: Sequence[tuple[str, int, int]]) -> None:
        """Forget what is done."""
        for number, _, _ in sequences:
            del self.waiting[number]

    async def expect_sequence(self, *, id: str, sequence: int) -> None:
        """Nothing is ever there."""

    async def overtake(self, *, id: str, rev: int, held: int, sequence: int) -> None:
        """Nothing is ever ahead."""


async def test_one_snapshot_that_the_broker_refuses_holds_up_no_other(core: Core) -> None:
    """What is too large for this server's messages stays behind, and is reported each time."""
    store = OversizedStore(core.owner)
    outbox = Outbox(store=store, client=core.client)
    for _ in range(2):
        with pytest.raises(BrokerUnavailable, match="larger"):
            await outbox.relay()
        assert list(store.waiting) == ["0"]
