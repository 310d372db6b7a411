"""
One greeting leaves: it is claimed, looked at once more, handed over, and what became of it is written down (ADR 0008).

The claim comes first. From then on nobody else sends this item, and where this process ends before it wrote what the mail
server said, the claim runs out and the item is unconfirmed.
"""

import asyncio
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from typing import Final

from services.notifier.channels.outcomes import NotSent, Rejected, ServerUnusable, Unconfirmed
from services.notifier.domain import transitions
from services.notifier.domain.items import Item
from services.notifier.domain.mail import OptOut, build_greeting
from services.notifier.domain.optout import Plea
from services.notifier.domain.sending import (
    NO_ROUTE,
    NoRoute,
    Outcome,
    PutOff,
    Refused,
    Sent,
    Uncertain,
    Withheld,
    put_off,
)
from services.notifier.domain.staleness import Skip, is_doubled
from services.notifier.use_cases.acting import others_of, person_now, profile_of, untrue
from services.notifier.use_cases.tools import Tools
from shared.errors import InvalidMessage, PermanentError, StoreUnavailable, TransientError
from shared.logging import get_logger
from shared.messages.reminders import ItemState
from shared.messages.snapshots import ContactSnapshot, OwnerProfile
from shared.metrics import GREETINGS

log = get_logger(__name__)

STOPPED: Final = "the process that was to send it was stopped"
RIVALLED: Final = "another greeting for the same occasion is just being sent to the same person"
TOO_SLOW: Final = "there was not enough time left to hear the mail server's answer"

_RETRY_S: Final = 0.5
"""Pause before an outcome is written once more that the database did not take."""
_BATCH: Final = 500


async def deliver(tools: Tools, *, item: Item) -> None:
    """
    Send the greeting of a scheduled item, unless somebody else is first.

    Raises:
        StoreUnavailable: it was not claimed, or nobody knows. Nothing was sent then.
    """
    now = tools.clock()
    claimed = transitions.claim(item, until=now + tools.post.lease, at=now)
    if not await tools.inbox.save([claimed]):
        tools.counters.add("mail.taken_by_another")
        return
    claimed = replace(claimed, revision=claimed.revision + 1)
    try:
        outcome = await _attempt(tools, claimed)
    except asyncio.CancelledError:
        # Raised only where nothing was handed over; afterwards the mailer says `Unconfirmed` instead.
        await _write_down(tools, claimed, _later(tools, STOPPED, pause=timedelta(0)))
        raise
    except TransientError as exc:
        outcome = _later(tools, str(exc), pause=tools.post.first_pause)
    except PermanentError as exc:
        # What the mail server says, and its silence, is an outcome already: this is of the time before.
        outcome = Refused(reason=str(exc))
    await _write_down(tools, claimed, outcome)


async def give_up_abandoned(tools: Tools) -> None:
    """
    Say of every item whose claim ended without a word that nobody knows whether it was sent.

    Raises:
        TransientError: the next turn goes on.
    """
    now = tools.clock()
    while items := await tools.inbox.abandoned(before=now, limit=_BATCH):
        given_up = [transitions.give_up(item, at=now) for item in items]
        are_saved = await tools.inbox.save(given_up)
        await tools.relay.publish_soon([item.id for item in given_up])
        if not are_saved:
            return  # whoever claimed it has written meanwhile: the next turn reads again
        tools.counters.add("mail.abandoned", len(given_up))
        log.warning("greetings_unconfirmed", items=len(given_up))


async def _attempt(tools: Tools, item: Item) -> Outcome:
    person = await person_now(tools, item)
    if reason := untrue(item, person):
        return Withheld(reason=reason)
    assert person is not None
    others = await others_of(tools, item, person)
    is_rivalled = ItemState.SENDING in others.values()
    if is_doubled(item=item, person=person, others={other: _as_open(state) for other, state in others.items()}):
        return Withheld(reason=Skip.ALREADY_GREETED)
    if is_rivalled:
        # It was claimed before the two were known to be one person, and is ours to wait for.
        return _later(tools, RIVALLED, pause=tools.post.first_pause)
    profile = await profile_of(tools, item.owner)
    message = _message(tools, item, person, profile)
    if isinstance(message, NoRoute):
        return Refused(reason=NO_ROUTE[message])
    return await _hand_over(tools, item, message)


def _as_open(state: ItemState) -> ItemState:
    """Of items that are being sent at the same moment exactly one goes on, as of open ones exactly one stays."""
    return ItemState.SCHEDULED if state is ItemState.SENDING else state


def _message(tools: Tools, item: Item, person: ContactSnapshot, profile: OwnerProfile | None) -> EmailMessage | NoRoute:
    route = tools.post.route_to(person, profile=profile)
    if isinstance(route, NoRoute):
        return route
    if item.said is None:
        raise InvalidMessage("its words were erased")
    language = (item.variant or "").partition("/")[0] or person.language or (profile.language if profile else "en")
    return build_greeting(
        owner=item.owner,
        item=item.id,
        sender=route.sender,
        reply_to=route.reply_to,
        recipient=route.recipient,
        subject=item.said.subject,
        body=item.said.body,
        at=tools.clock(),
        language=language,
        opt_out=_opt_out(tools, item, person, profile, language=language),
    )


def _opt_out(tools: Tools, item: Item, person: ContactSnapshot, profile: OwnerProfile | None, *, language: str) -> OptOut | None:
    opt_outs = tools.post.opt_outs
    if opt_outs is None or profile is None or not profile.opt_out_line:
        return None
    return opt_outs.link_for(Plea(owner=item.owner, contact=person.id, occasion=item.occasion), language=language)


async def _hand_over(tools: Tools, item: Item, message: EmailMessage) -> Outcome:
    mailer, now = tools.post.mailer, tools.clock()
    assert mailer is not None
    assert item.claimed_until is not None
    if now + tools.post.timeout > item.claimed_until:
        # Who held the claim for so long may have lost it to the clock before the answer comes.
        return _later(tools, TOO_SLOW, pause=tools.post.first_pause)
    gate = tools.post.gate
    try:
        await mailer.send(message)
    except ServerUnusable as exc:
        # The mail stays due and has lost no try; with all others it waits behind the gate.
        gate.shut(reason=str(exc), at=tools.clock())
        tools.counters.add("mail.server_unusable")
        log.error("mail_server_unusable", reason=str(exc))
        return _later(tools, str(exc), pause=timedelta(0))
    except NotSent as exc:
        if exc.reply is not None:
            gate.open()
        return put_off(reason=str(exc), tries=item.tries, first_pause=tools.post.first_pause, at=tools.clock())
    except Rejected as exc:
        gate.open()
        return Refused(reason=str(exc))
    except Unconfirmed as exc:
        gate.open()
        return Uncertain(reason=str(exc))
    gate.open()
    return Sent()


def _later(tools: Tools, reason: str, *, pause: timedelta) -> PutOff:
    return PutOff(reason=reason, until=tools.clock() + pause, is_try=False)


async def _write_down(tools: Tools, claimed: Item, outcome: Outcome) -> None:
    """Write what became of it, for as long as the claim holds: a lost `sent` would be an `unconfirmed`."""
    assert claimed.claim is not None
    assert claimed.claimed_until is not None
    item: Item | None = claimed
    while item is not None:
        try:
            settled = transitions.settle(item, claim=claimed.claim, outcome=outcome, at=tools.clock())
            if settled is item:
                break  # the owner has said meanwhile what became of it
            if await tools.inbox.save([settled]):
                tools.counters.add(f"mail.{settled.state.value}")
                tools.counters.count(GREETINGS, settled.state.value)
                await tools.relay.publish_soon([item.id])
                return
            item = await tools.inbox.find(owner=claimed.owner, item=claimed.id)
        except StoreUnavailable as exc:
            if tools.clock() > claimed.claimed_until:
                log.error("outcome_lost", outcome=type(outcome).__name__, reason=str(exc))
                return
            await asyncio.sleep(_RETRY_S)
    tools.counters.add("mail.outcome_overtaken")
