"""The drafts of items, each in other words than the last greeting of the same person on the same occasion."""

from collections.abc import Mapping, Sequence
from datetime import date

from services.notifier.domain.items import Item
from services.notifier.drafts import Drafted
from services.notifier.use_cases.own_templates import load_own
from services.notifier.use_cases.tools import Tools
from shared.messages.snapshots import ContactSnapshot, OwnerProfile
from shared.messages.values import Occasion


async def write_drafts(
    tools: Tools,
    *,
    items: Sequence[Item],
    people: Mapping[str, ContactSnapshot],
    profile: OwnerProfile | None,
    today: date,
) -> list[Drafted]:
    """
    Return the drafts of *items*, which are all of one owner, in their order.

    Args:
        tools: Adapters.
        items: Open or not; what was edited or sent is shown as it was.
        people: By the contact's id as the items have it, those of whom something is known.
        profile: The owner.
        today: The owner's date.
    """
    tools.drafter.refresh()
    if items:
        await load_own(tools, owner=items[0].owner)
    known = [people[item.contact] for item in items if item.is_open and not item.words and item.contact in people]
    used = await _last_used(tools, owner=items[0].owner, people=known) if known else {}
    return [
        tools.drafter.write(
            item=item,
            snapshot=(person := people.get(item.contact)),
            profile=profile,
            today=today,
            avoid=used.get((person.id, item.occasion)) if person else None,
        )
        for item in items
    ]


async def _last_used(tools: Tools, *, owner: str, people: Sequence[ContactSnapshot]) -> dict[tuple[str, Occasion], str]:
    """Return the template of the last greeting by person and occasion, of all ids that the person ever had."""
    present = {known_as: person.id for person in people for known_as in (person.id, *person.aliases)}
    greetings = await tools.inbox.greetings(owner=owner, contacts=present)
    return {(present[greeting.contact], greeting.occasion): greeting.variant for greeting in greetings}
