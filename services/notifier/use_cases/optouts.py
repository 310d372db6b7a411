"""Somebody who was greeted asks for no more of it: a fact is stated, and from then on no path greets them."""

from dataclasses import dataclass

from services.notifier.domain.optout import Plea
from services.notifier.domain.transitions import withdraw
from services.notifier.people_stream import present_people
from services.notifier.use_cases.acting import ATTEMPTS, profile_of
from services.notifier.use_cases.people import survivor_of
from services.notifier.use_cases.tools import Tools
from shared.errors import NotFound, TransientError
from shared.logging import get_logger
from shared.messages.cloudevents import new_event
from shared.messages.facts import FactName
from shared.messages.snapshots import ContactSnapshot
from shared.messages.values import Occasion

log = get_logger(__name__)

SOURCE = "hobnob/opt-out"
"""The `source` of these facts: the person said it, not the owner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a page about an opt-out has to know. *language* is a tag; *is_silent* says that all greetings have ended."""

    owner_name: str
    language: str
    occasion: Occasion
    is_silent: bool
    is_muted: bool


async def look_up(tools: Tools, *, token: str) -> Asked:
    """
    Return what the link of a mail would end. Nothing changes.

    Raises:
        NotFound: it is no link of ours.
        BrokerUnavailable: nobody can tell now.
    """
    plea = _read(tools, token)
    return await _asked(tools, plea, await _person(tools, plea))


async def opt_out(tools: Tools, *, token: str, occasion_only: bool) -> Asked:
    """
    State that the person wants no more greetings, or none for this occasion; once is enough, however often they ask.

    Raises:
        NotFound: it is no link of ours.
        BrokerUnavailable: the statement may not be stored; ask again.
        TransientError: what waits was not withdrawn; ask again.
    """
    plea = _read(tools, token)
    person = await _person(tools, plea)
    asked = await _asked(tools, plea, person)
    if person is None or asked.is_silent or (occasion_only and asked.is_muted):
        return asked
    if occasion_only:
        scope = plea.occasion.value
        data: dict[str, object] = {"muted": [occasion.value for occasion in (*person.muted, plea.occasion)]}
    else:
        scope, data = "all", {"do_not_greet": True}
    # With the revision: somebody who was greeted again by mistake can ask again.
    event = new_event(
        name=FactName.CONTACT_UPSERTED,
        source=SOURCE,
        id=f"{person.id}:{scope}:{person.rev}",
        time=tools.clock(),
        data={"contact": {"id": person.id}, **data},
    )
    await tools.emitter.emit([event], owner=plea.owner)
    await _withdraw(tools, person, occasion=plea.occasion if occasion_only else None)
    tools.counters.add("optouts.stated")
    log.info("opted_out", owner=plea.owner, scope=scope)
    return Asked(
        owner_name=asked.owner_name,
        language=asked.language,
        occasion=plea.occasion,
        is_silent=not occasion_only,
        is_muted=occasion_only,
    )


async def _withdraw(tools: Tools, person: ContactSnapshot, *, occasion: Occasion | None) -> None:
    """
    Withdraw what waits about *person*, for one *occasion* or all, now: their snapshot follows when contacts has heard of it.

    Raises:
        TransientError: the items kept changing; asking again completes it.
    """
    now = tools.clock()
    for _ in range(ATTEMPTS):
        waiting = await tools.inbox.open_of([person.id, *person.aliases])
        withdrawn = [
            withdraw(item, at=now) for item in waiting if item.owner == person.owner and occasion in (None, item.occasion)
        ]
        are_saved = await tools.inbox.save(withdrawn)
        await tools.relay.publish_soon([item.id for item in withdrawn])
        if are_saved:
            return
    raise TransientError("items kept changing while they were withdrawn")


def _read(tools: Tools, token: str) -> Plea:
    if tools.post.opt_outs is None:
        raise NotFound("this link is of another Hobnob")
    return tools.post.opt_outs.read(token)


async def _person(tools: Tools, plea: Plea) -> ContactSnapshot | None:
    """Return who asks, as they now are; None where the owner keeps nothing of them any more."""
    key = (plea.owner, plea.contact)
    snapshot = (await present_people(tools.client, [key])).get(key)
    person = await survivor_of(tools, snapshot) if snapshot else None
    return None if person is None or person.deleted else person


async def _asked(tools: Tools, plea: Plea, person: ContactSnapshot | None) -> Asked:
    profile = await profile_of(tools, plea.owner)
    return Asked(
        owner_name=profile.name if profile else "",
        language=(person.language if person else None) or (profile.language if profile else "en"),
        occasion=plea.occasion,
        is_silent=person is None or person.is_silenced,
        is_muted=person is not None and plea.occasion in person.muted,
    )
