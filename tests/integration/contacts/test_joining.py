"""Two contacts of whom the owner says that they are one person become one, whatever happens meanwhile."""

import pytest

from services.contacts.use_cases.joining import Joining
from shared.errors import Conflict, InvalidMessage, NotFound
from shared.messages.curation import MergeContacts, MergeReply
from tests.integration.contacts.core import Core, killed

HOME = "ann@example.com"
WORK = "ann@example.org"
WRITES_OF_A_MERGE = 6
"""More than the merge below takes: the last of these processes lives."""


def joining(core: Core, *, dies_after_writes: int | None = None) -> Joining:
    """Return the door to merging, of a process that may be killed."""
    facts, store, _ = core.process(dies_after_writes=dies_after_writes)
    return Joining(store=store, facts=facts)


async def two(core: Core) -> tuple[str, str]:
    """Bring in two contacts who are one person, each with a fact that only one of them has."""
    home = core.fact("contact.upserted", {"name": "Ann Doe", "emails": [HOME], "birthday": "--03-04"}, id="home", day=1)
    work = core.fact("contact.upserted", {"name": "A. Doe", "emails": [WORK], "tags": ["choir"]}, id="work", day=2)
    first, second = await core.apply(home, work)
    return first, second


async def merge(core: Core, first: str, second: str, *, preview: bool = False) -> MergeReply:
    """Merge two contacts by a process that lives."""
    return await joining(core).merge(MergeContacts(owner=core.owner, contact=first, other=second, preview=preview))


@pytest.mark.parametrize("is_turned", [False, True])
async def test_two_become_one_under_both_ids(core: Core, is_turned: bool) -> None:
    """The later word wins, nothing of the other is lost, the stream says so of both, whichever is named first."""
    pair = await two(core)
    first, second = reversed(pair) if is_turned else pair
    reply = await merge(core, first, second)
    assert (reply.contact.id, reply.absorbed) == pair
    assert (reply.contact.name, str(reply.contact.birthday), reply.contact.tags) == ("A. Doe", "--03-04", ("choir",))
    assert pair[1] in reply.contact.aliases
    await core.keep_house()
    assert await core.present() == {pair[0]: {HOME, WORK}}
    published = await core.published()
    assert {key: snapshot.emails for key, snapshot in published.items()} == {pair[0]: (WORK, HOME)}


async def test_later_facts_about_either_reach_the_one(core: Core) -> None:
    """By the address of each, and by the id of each; one that brings nothing new changes nothing."""
    first, second = await two(core)
    await merge(core, first, second)
    references = ({"email": HOME}, {"email": WORK}, {"id": first}, {"id": second})
    facts = [
        core.fact("interaction.logged", {"contact": reference, "note": str(index)}, day=3 + index)
        for index, reference in enumerate(references)
    ]
    assert await core.apply(*facts) == [first] * 4
    assert [each.note for each in (await core.published())[first].interactions] == ["3", "2", "1", "0"]


async def test_merging_twice_is_merging_once(core: Core) -> None:
    """The answer is the same person, at the same revision."""
    first, second = await two(core)
    once = await merge(core, first, second)
    again = await merge(core, second, first)
    assert again.contact == once.contact
    assert again.absorbed is None


async def test_a_preview_tells_the_result_and_changes_nothing(core: Core) -> None:
    """What comes of the merge is what the preview said."""
    first, second = await two(core)
    told = await merge(core, first, second, preview=True)
    assert told.preview
    assert set(await core.present()) == {first, second}
    done = await merge(core, first, second)
    assert done.contact == told.contact
    assert done.absorbed == told.absorbed


@pytest.mark.parametrize("writes", range(WRITES_OF_A_MERGE))
@pytest.mark.parametrize("is_asked_again", [True, False])
async def test_a_merge_that_is_cut_off_anywhere_is_whole_or_not_begun(core: Core, writes: int, is_asked_again: bool) -> None:
    """Asked again, they are one. Left to the service, they are one or still two, the stream says the same, and none is lost."""
    first, second = await two(core)
    request = MergeContacts(owner=core.owner, contact=first, other=second)
    was_killed = await killed(lambda: joining(core, dies_after_writes=writes).merge(request))
    assert was_killed == (writes < WRITES_OF_A_MERGE - 1)
    if is_asked_again:
        await merge(core, first, second)
    await core.keep_house()
    present = await core.present()
    whole, apart = {first: {HOME, WORK}}, {first: {HOME}, second: {WORK}}
    assert present == (apart if writes == 0 and not is_asked_again else whole)
    published = await core.published()
    assert {key: set(snapshot.emails) for key, snapshot in published.items()} == present


async def test_three_can_be_made_one_step_by_step(core: Core) -> None:
    """A former id is as good as the present one."""
    first, second = await two(core)
    (third,) = await core.apply(core.fact("contact.upserted", {"name": "Ann", "emails": ["a@example.net"]}, id="old", day=0))
    await merge(core, first, second)
    reply = await merge(core, second, third)
    assert reply.contact.id == third  # whoever was known first gives the id
    await core.keep_house()
    assert await core.present() == {third: {HOME, WORK, "a@example.net"}}


async def test_what_cannot_be_merged_is_refused(core: Core) -> None:
    """The same contact twice, somebody unknown, somebody of another owner, and somebody who was removed."""
    first, second = await two(core)
    with pytest.raises(InvalidMessage):
        await merge(core, first, first)
    with pytest.raises(NotFound):
        await merge(core, first, "nobody")
    with pytest.raises(NotFound):
        await joining(core).merge(MergeContacts(owner=f"{core.owner}x", contact=first, other=second))
    await core.apply(core.fact("contact.removed", {"contact": {"id": second}}, day=3))
    with pytest.raises(Conflict):
        await merge(core, first, second)
    assert await core.present() == {first: {HOME}}
