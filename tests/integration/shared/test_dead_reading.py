"""Reading one owner's dead letters without a consumer: the newest first, however many others lie between."""

import uuid
from collections.abc import AsyncIterator

import nats
import pytest
from nats.aio.client import Client

from shared import subjects
from shared.dead_reading import FIRST_WINDOW, DeadReader
from shared.errors import NotFound
from shared.jetstream import Outgoing, jetstream, publish_all
from shared.streams import DEAD
from shared.topology import ensure_topology
from tests.servers import Servers


@pytest.fixture
async def client(servers: Servers) -> AsyncIterator[Client]:
    """A client of a server with the streams of Hobnob."""
    connected = await nats.connect(servers.nats_url)
    await ensure_topology(connected)
    yield connected
    await connected.close()


async def bury(client: Client, *letters: tuple[str, str]) -> None:
    """Store dead letters, each of an owner and with a body; one in three is of a profile, whose subject ends with the owner."""
    messages = [
        Outgoing(
            subjects.dead("contacts", subjects.profile(owner) if number % 3 == 0 else subjects.intake(owner, "job.changed")),
            body.encode(),
            {"Hobnob-Reason": f"because of {body}"},
        )
        for number, (owner, body) in enumerate(letters)
    ]
    await publish_all(jetstream(client), messages, stream=DEAD)


async def test_the_newest_are_found_behind_those_of_others(client: Client) -> None:
    """Across windows, in order, up to the limit; another owner whose id begins alike has none of them."""
    reader, owner = DeadReader(client), f"o{uuid.uuid4().hex[:12]}"
    assert await reader.newest(owner=owner, limit=10) == []
    await bury(client, *((owner, str(number)) for number in range(5)))
    await bury(client, *((f"{owner}x", "other") for _ in range(FIRST_WINDOW + 50)))
    await bury(client, (owner, "5"), (owner, "6"))
    found = await reader.newest(owner=owner, limit=10)
    assert [(each.body or b"").decode() for each in found] == ["6", "5", "4", "3", "2", "1", "0"]
    assert {each.owner for each in found} == {owner}
    assert found[0].reason == "because of 6"
    assert [each.id for each in await reader.newest(owner=owner, limit=3)] == [each.id for each in found[:3]]


async def test_a_letter_is_its_owners(client: Client) -> None:
    """By its id it is found for its owner, and is not there for anybody else; nor is what is no id."""
    reader, owner = DeadReader(client), f"o{uuid.uuid4().hex[:12]}"
    await bury(client, (owner, "mine"))
    (letter,) = await reader.newest(owner=owner, limit=1)
    assert (await reader.get(owner=owner, id=letter.id)).body == b"mine"
    for whose, id_ in ((f"{owner}x", letter.id), (owner, "999999999"), (owner, "x"), (owner, "0")):
        with pytest.raises(NotFound):
            await reader.get(owner=whose, id=id_)
