"""
How a greeting goes out: to which address, when, what became of it, and which ones may go out without a look.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from services.notifier.domain.addresses import InvalidAddress, parse_address
from services.notifier.domain.items import DATED, Item
from services.notifier.domain.mail import Mailbox
from services.notifier.domain.staleness import Skip
from shared.messages.reminders import ReminderKind
from shared.messages.snapshots import ContactSnapshot, OwnerProfile
from shared.messages.values import Closeness, Confidence, Occasion

PAUSES: Final = (1, 5, 20, 60, 180, 360, 720)
"""Between two tries of a mail that the server put off, in units of the first pause: with a minute, some 22 hours in all."""
STANDARD: Final = frozenset({Closeness.MODERATE, Closeness.CONNECTED})
"""How close people may be whose greeting goes out as it is."""

_NO_REPLY: Final = frozenset({"noreply", "donotreply", "mailerdaemon", "postmaster", "bounce", "bounces", "nobody"})
"""The part before the @, without its punctuation, of an address that nobody reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The mail server took it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PutOff:
    """It was certainly not sent; it is tried again at *until*. *is_try* is false where the mail server is not to blame."""

    reason: str
    until: datetime
    is_try: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """It was certainly not sent, and trying again is no use."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncertain:
    """Nobody knows."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """The last look found that nobody is to be greeted."""

    reason: Skip


Outcome = Sent | PutOff | Refused | Uncertain | Withheld


def put_off(*, reason: str, tries: int, first_pause: timedelta, at: datetime) -> PutOff | Refused:
    """Return when a mail is tried again that was put off for the *tries*-th time; never, once that was often enough."""
    if tries > len(PAUSES):
        return Refused(reason=f"tried {tries} times; at last: {reason}")
    return PutOff(reason=reason, until=at + first_pause * PAUSES[tries - 1])


class NoRoute(StrEnum):
    """Why a greeting cannot be mailed."""

    NO_MAIL_SERVER = "no_mail_server"
    NO_SENDER = "no_sender"
    NO_ADDRESS = "no_address"


NO_ROUTE: Final[dict[NoRoute, str]] = {
    NoRoute.NO_MAIL_SERVER: "no mail server is set up (HOBNOB_SMTP_URL)",
    NoRoute.NO_SENDER: "the owner has no email address to send from",
    NoRoute.NO_ADDRESS: "they have no email address that mail can be sent to",
}
"""Completes "the greeting cannot be mailed: …"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """From whom to whom a greeting is mailed; *reply_to* where answers shall not go to the sender's address."""

    sender: Mailbox
    reply_to: str | None
    recipient: Mailbox


def route_of(
    *, person: ContactSnapshot, profile: OwnerProfile | None, has_server: bool, server_sender: str | None
) -> Route | NoRoute:
    """
    Return how a greeting to *person* is mailed, or why it cannot be.

    Args:
        person: To whom.
        profile: The owner, in whose name.
        has_server: Whether there is a mail server at all.
        server_sender: The address that the server lets us send from; None where that is everybody's own.
    """
    if not has_server:
        return NoRoute.NO_MAIL_SERVER
    own = _parsed(profile.email) if profile and profile.email else None
    sender = server_sender or own
    if sender is None:
        return NoRoute.NO_SENDER
    recipient = address_of(person=person)
    if recipient is None:
        return NoRoute.NO_ADDRESS
    return Route(
        sender=Mailbox(address=sender, name=profile.name if profile else ""),
        reply_to=own if own and own != sender else None,
        recipient=Mailbox(address=recipient, name=person.name),
    )


def address_of(*, person: ContactSnapshot) -> str | None:
    """Return the address that was stated last and that somebody reads, as it is put on the wire; None without one."""
    for text in person.emails:  # the last stated first
        address = _parsed(text)
        if address and not _is_no_reply(address):
            return address
    return None


def _parsed(text: str) -> str | None:
    try:
        return parse_address(text)
    except InvalidAddress:
        return None  # it serves to recognise somebody, not to reach them


def _is_no_reply(address: str) -> bool:
    local = address.rpartition("@")[0].partition("+")[0]
    return "".join(char for char in local.lower() if char.isalnum()) in _NO_REPLY


class NotStandard(StrEnum):
    """Why a greeting does not go out without a look."""

    CLOSE = "close"
    CHECK_FIRST = "check_first"
    EDITED = "edited"
    TOO_EARLY = "too_early"
    TOO_LATE = "too_late"
    NO_WORDS = "no_words"


def why_not_standard(*, item: Item, person: ContactSnapshot, grace: timedelta, late_by: timedelta) -> NotStandard | None:
    """
    Return why the greeting of *item* needs a look first, or None.

    Args:
        item: An unread one.
        person: Whom it is about.
        grace: How late a greeting may be, by the owner's settings.
        late_by: How long its day is past, on the owner's calendar.
    """
    if person.closeness not in STANDARD:
        return NotStandard.CLOSE
    if item.occasion is Occasion.NEW_JOB and person.job and person.job.confidence is Confidence.DERIVED:
        return NotStandard.CHECK_FIRST
    if item.draft:
        return NotStandard.EDITED
    if item.kind is ReminderKind.AHEAD and late_by < timedelta(0):
        return NotStandard.TOO_EARLY
    if item.occasion in DATED and late_by > grace:
        return NotStandard.TOO_LATE
    return None
