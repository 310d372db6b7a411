"""Snapshots of contacts and owners: keep the latest, and withdraw at once what they no longer bear out."""

from collections.abc import Collection, Sequence

from services.notifier.domain.items import Item
from services.notifier.domain.staleness import (
    Amend,
    Keep,
    Skip,
    Withdraw,
    is_doubled,
    judge_item,
    same_occasion_ids,
)
from services.notifier.domain.transitions import amend, withdraw
from services.notifier.people_stream import current_profiles, present_people
from services.notifier.use_cases.tools import Tools
from shared.errors import TransientError
from shared.messages.snapshots import ContactSnapshot, OwnerProfile

ATTEMPTS = 5
MERGES_MAX = 8
"""Merges followed from one contact to the next; more are a mistake."""


async def take_people(tools: Tools, *, snapshots: Sequence[ContactSnapshot], profiles: Sequence[OwnerProfile]) -> None:
    """
    Keep a batch of snapshots, and bring the open items of these people in line with them.

    Raises:
        TransientError: the same batch again completes it.
    """
    await tools.people.save_profiles(profiles)
    await tools.people.save(snapshots)
    await withdraw_outdated(tools, contacts={snapshot.id for snapshot in snapshots})
    if removed := {snapshot.id for snapshot in snapshots if snapshot.deleted and not snapshot.merged_into}:
        # An old tombstone may come again after the person did: what counts is what they are now.
        present = await tools.people.snapshots(contacts=removed)
        await tools.inbox.erase_words(contacts=[contact for contact, now in present.items() if now.deleted])


async def withdraw_outdated(tools: Tools, *, contacts: Collection[str]) -> None:
    """
    Withdraw, or amend, the open items about *contacts* that their present snapshots no longer bear out.

    Raises:
        TransientError: the items kept changing; doing it again completes it.
    """
    for _ in range(ATTEMPTS):
        items = await tools.inbox.open_of(contacts)
        if not items or await _settle(tools, items):
            return
    raise TransientError("items kept changing while they were withdrawn")


async def profiles_of(tools: Tools, *, owners: set[str]) -> dict[str, OwnerProfile]:
    """Return the profiles of *owners*, from the stream where the projection has none yet."""
    profiles = await tools.people.profiles(owners)
    if missing := owners - profiles.keys():
        found = await current_profiles(tools.client, missing)
        await tools.people.save_profiles(found)
        profiles |= {profile.owner: profile for profile in found}
    return profiles


async def _settle(tools: Tools, items: Sequence[Item]) -> bool:
    """Judge and save *items*; return whether all of them were still as read."""
    now = tools.clock()
    people = await _people_of(tools, items)
    siblings = {
        item.id: same_occasion_ids(contact=person.id, aliases=person.aliases, key=item.key, on=item.on)
        for item in items
        if (person := people.get(item.id)) and (person.aliases or person.id != item.contact)
    }
    standing = await tools.inbox.standing({other for ids in siblings.values() for other in ids})
    changed: list[Item] = []
    reasons: list[Skip] = []
    for item in items:
        if (person := people.get(item.id)) is None:
            continue  # Nothing is known of this person yet: the item waits for their snapshot.
        others = {other: standing[other] for other in siblings.get(item.id, ()) if other in standing}
        match judge_item(item=item, snapshot=person):
            case Withdraw(reason):
                changed.append(withdraw(item, at=now))
                reasons.append(reason)
            case _ if is_doubled(item=item, person=person, others=others):
                changed.append(withdraw(item, at=now))
                reasons.append(Skip.ALREADY_GREETED)
            case Amend(basis, milestone):
                changed.append(amend(item, contact=person.id, basis=basis, milestone=milestone))
            case Keep() if person.id != item.contact:
                changed.append(amend(item, contact=person.id, basis=item.basis, milestone=item.milestone))
            case Keep():
                pass
    are_saved = await tools.inbox.save(changed)
    await tools.relay.publish_soon([item.id for item in changed if item.pending])
    if are_saved:
        for reason in reasons:
            tools.counters.add(f"withdrawn.{reason.value}")
    return are_saved


async def _people_of(tools: Tools, items: Sequence[Item]) -> dict[str, ContactSnapshot]:
    """
    Return, by item, the person it is about now.

    An item of somebody who was merged into another contact moves there: the scheduler has fired it, so withdrawing it
    would forget the greeting.
    """
    snapshots = await tools.people.snapshots(contacts={item.contact for item in items})
    return {
        item.id: await survivor_of(tools, snapshot)
        for item in items
        if (snapshot := snapshots.get(item.contact)) and snapshot.owner == item.owner
    }


async def living_people(tools: Tools, *, owner: str, contacts: Collection[str]) -> dict[str, ContactSnapshot]:
    """
    Return those of *contacts* that are known here, each under the id that was asked for, as the person is now.

    What is over with keeps the id of somebody who was merged since; so whoever they became stands for them.
    """
    found = await tools.people.snapshots(contacts=contacts, owner=owner)
    for _ in range(MERGES_MAX):
        merged = {snapshot.merged_into for snapshot in found.values() if snapshot.merged_into}
        following = await tools.people.snapshots(contacts=merged, owner=owner) if merged else {}
        if not following:
            break
        found = {id: following.get(snapshot.merged_into or "", snapshot) for id, snapshot in found.items()}  # noqa: A001  # its word
    return found


async def ids_of(tools: Tools, *, owner: str, contact: str) -> tuple[str, ...]:
    """Return every id under which there may be items about the person whose id is, or was, *contact*."""
    person = (await living_people(tools, owner=owner, contacts=[contact])).get(contact)
    return (contact,) if person is None else known_as(person)


def known_as(person: ContactSnapshot) -> tuple[str, ...]:
    """Return every id that *person* has or had."""
    return (person.id, *person.aliases)


async def survivor_of(tools: Tools, snapshot: ContactSnapshot) -> ContactSnapshot:
    """Follow merges to the contact under which a person lives on; the last tombstone where that one is not published."""
    for _ in range(MERGES_MAX):
        if not snapshot.merged_into:
            break
        key = (snapshot.owner, snapshot.merged_into)
        following = (await present_people(tools.client, [key])).get(key)
        if following is None:
            break
        snapshot = following
    return snapshot
