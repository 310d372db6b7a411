"""From what was typed to settings: all of a form or nothing of it, each mistake told in words at its field."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import ValidationError

from services.notifier.web.desk import Desk
from services.notifier.web.session import SignedIn
from shared.messages.rpc import OwnerReply, OwnerSettings, SetOwner

SENTENCES: Final[Mapping[str, str]] = {
    "name": "Write your name as you sign, up to 500 characters.",
    "email": "Write one mail address, such as sam@example.com.",
    "timezone": "Choose a time zone by its name, such as Europe/Berlin.",
    "language": "Choose a language by its code, such as en or de.",
    "deliver_at": "Write a time of day, such as 09:00.",
    "digest_at": "Write a time of day, such as 09:00, or leave it empty.",
    "digest_days": "Choose days of the week.",
    "heartbeat_on": "Choose a day of the week, or never.",
    "quiet_from": "Write a time of day, such as 21:00.",
    "quiet_until": "Write a time of day, such as 08:00.",
    "belated_grace_days": "Write a number of days from 0 to 60.",
    "cadence_days": "Write a number of days up to 3650; 0 is never.",
    "birthday_lead_days": "Write a number of days up to 365; 0 is on the day only.",
    "leap_day": "Choose one of the two days.",
    "undo_s": "Write a number of seconds from 0 to 3600.",
    "unknown_contacts": "Name a source, and choose what becomes of its facts about strangers.",
}
_CLOCK: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?")
WORDS_SENTENCE: Final = "At most 100 lines of up to 500 characters each."


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What a form says: settings, or what is wrong with which field."""

    settings: OwnerSettings | None = None
    errors: Mapping[str, str] = field(default_factory=dict)


def read_settings(given: Mapping[str, Any]) -> Read:
    """Return the settings that *given* makes, or the mistakes in it by field; of a table's entry by `table.key`."""
    try:
        return Read(settings=OwnerSettings.model_validate(given))
    except ValidationError as exc:
        return Read(errors={place: _sentence(place) for each in exc.errors() for place in [_place(each["loc"])]})


def lines_of(text: str) -> list[str]:
    """Return the lines of a field that takes one thing a line, without the empty ones."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def whole(text: str) -> str | int:
    """Return the number that was typed, or what was typed where it is none: the settings then say what is wrong with it."""
    word = text.strip()
    return int(word) if word.isascii() and word.isdecimal() and len(word) < 10 else word or "nothing"


def clock(text: str) -> str:
    """Return a time of day as it was typed, or what is none: a bare number would be read as seconds."""
    word = text.strip()
    return word if _CLOCK.fullmatch(word) else "nothing"


async def save_settings(desk: Desk, viewer: SignedIn, settings: OwnerSettings) -> None:
    """Have the service that owns the settings change them, so that the page shown next is true."""
    reply = await desk.contacts("owner.set", SetOwner(owner=viewer.owner, settings=settings), OwnerReply)
    await desk.tools.people.save_profiles([reply.profile])


def _place(path: Sequence[str | int]) -> str:
    parts = [str(part) for part in path if part != "telling"]
    return ".".join(parts[:2]) if parts[0] in ("cadence_days", "birthday_lead_days") else parts[0]


def _sentence(place: str) -> str:
    return SENTENCES.get(place.partition(".")[0], WORDS_SENTENCE)
