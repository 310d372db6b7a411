"""The last message of many subjects: from any copy of a stream, or as its leader has it."""

from collections.abc import AsyncIterator
from uuid import uuid4

import nats
import pytest
from nats.aio.client import Client

from services.notifier import people_stream
from services.notifier.people_stream import current_people, present_people
from shared import subjects
from shared.jetstream import Outgoing, Stored, jetstream, last_messages, leaders_last_messages, publish_all
from shared.messages.snapshots import ContactSnapshot
from shared.revisions import REVISION, revision_of
from shared.streams import PEOPLE
from shared.topology import ensure_topology
from tests.servers import Servers


@pytest.fixture
async def client(servers: Servers) -> AsyncIterator[Client]:
    """A client of a broker that has the streams."""
    connected = await nats.connect(servers.nats_url)
    await ensure_topology(connected)
    yield connected
    await connected.close()


async def say(client: Client, *people: ContactSnapshot) -> None:
    """Publish snapshots."""
    messages = [Outgoing(subjects.person(each.owner, each.id), each.model_dump_json().encode()) for each in people]
    await publish_all(jetstream(client), messages, stream=PEOPLE)


def person(owner: str, who: str, rev: int) -> ContactSnapshot:
    """Return a revision of somebody."""
    return ContactSnapshot(owner=owner, id=who, rev=rev, name=f"Anna Example {rev}")


async def test_the_leader_says_what_any_copy_says(client: Client) -> None:
    """Both ways return the last message of each subject that has one, the same to the byte."""
    owner = f"o{uuid4().hex[:12]}"
    await say(client, person(owner, "anna", 1), person(owner, "anna", 2), person(owner, "bo", 1))
    wanted = [subjects.person(owner, who) for who in ("anna", "bo", "nobody")]
    led = await leaders_last_messages(client, stream=PEOPLE, of=wanted)
    any_copy = await last_messages(client, stream=PEOPLE, filters=wanted)
    assert {s: (m.sequence, m.body) for s, m in led.items()} == {s: (m.sequence, m.body) for s, m in any_copy.items()}
    assert [revision_of(led[subject]) for subject in wanted[:2]] == [2, 1]


async def test_a_copy_that_is_behind_is_not_the_last_word(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a revision is known to exist that a copy does not have, or anybody at all, the leader is asked; else it is not."""
    owner = f"o{uuid4().hex[:12]}"
    await say(client, person(owner, "anna", 1))
    before = await last_messages(client, stream=PEOPLE, filters=[subjects.person(owner, "anna")])
    await say(client, person(owner, "anna", 2), person(owner, "bo", 1))

    async def answer_of_before(*_: object, **__: object) -> dict[str, Stored]:
        return dict(before)

    monkeypatch.setattr(people_stream, "last_messages", answer_of_before)
    keys = [(owner, "anna"), (owner, "bo"), (owner, "nobody")]
    found = await current_people(client, keys, at_least={(owner, "anna"): 2, (owner, "bo"): 1})
    assert {who: snapshot.rev for (_, who), snapshot in found.items()} == {"anna": 2, "bo": 1}
    believed = await current_people(client, keys)
    assert {who: snapshot.rev for (_, who), snapshot in believed.items()} == {"anna": 1}
    assert (await present_people(client, keys))[owner, "anna"].rev == 2


def test_a_revision_is_told_by_header_or_body() -> None:
    """The header goes before the body, and who tells none has revision 0."""
    for headers, body, rev in (
        ({REVISION: "7"}, b'{"rev": 6}', 7),
        ({}, b'{"rev": 6}', 6),
        ({}, b"nonsense", 0),
        ({}, b"[]", 0),
        ({REVISION: "x"}, b"{}", 0),
    ):
        assert revision_of(Stored(subject="s", sequence=1, headers=headers, body=body)) == rev
