"""
What could not be processed, as `HOBNOB_DEAD` keeps it: how it is written, read, and given back to the intake.

Nothing here touches the broker: `broker.py` buries, `dead_desk.py` is the desk.

A dead letter is known by its sequence in that stream. Only facts are ever given back: the other streams have one writer
each (design, "Subjects and streams"), and what they lack their writers mend by themselves.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from shared import subjects
from shared.errors import NotFound, PermanentError
from shared.jetstream import Outgoing
from shared.messages.values import format_instant

REASON_CHARS: Final = 500
SUBJECT_CHARS: Final = 500
"""No subject of ours is as long; the broker hangs up on a client whose protocol line exceeds 4,096 bytes."""
HEADROOM_BYTES: Final = 256
"""For what the client adds to the headers: the frame around them and the expected stream."""

HEADERS_BYTES: Final = 60_000
"""A stream refuses headers of more than 64 KiB (nats-server 2.15.1, `err_code` 10097)."""

_CUT: Final = "Hobnob-Cut"
_LEFT_OUT: Final = "Hobnob-Left-Out"
_HEADER_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
"""What the client publishes (RFC 9110, "token"); it delivers more than that."""
_ID = re.compile(r"[1-9][0-9]{0,18}")
_HEALED_BY: Final = {
    subjects.PEOPLE: "only contacts writes snapshots: the next change of that person or owner brings a new one",
    subjects.AGENDA: "only the scheduler writes agendas: the contact is planned again by the sweep",
    subjects.TIMER: "only the scheduler writes timers: the contact is planned again by the sweep",
    subjects.DUE: "only the scheduler's timers fire: the contact is planned again by the sweep",
    subjects.INBOX: "only the notifier writes there: act on the item again, see `hobnob inbox list --state all`",
}


class NotReplayable(PermanentError):
    """Only a fact can be replayed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """One message that could not be processed; *body* is None when it was not asked for."""

    sequence: int
    service: str
    subject: str
    reason: str
    attempts: int | None
    at: datetime
    headers: Mapping[str, str]
    body: bytes | None

    @property
    def id(self) -> str:
        """The sequence as text."""
        return str(self.sequence)

    @property
    def owner(self) -> str | None:
        """Whose network it is about, None where its subject does not say: `hobnob.<family>.<owner>`, which may go on."""
        parts = self.subject.split(".")
        return parts[2] if len(parts) > 2 and parts[0] == "hobnob" else None

    @property
    def stored_at(self) -> str | None:
        """When the original was stored, RFC 3339, where the service said so."""
        return self.headers.get("Hobnob-Stored-At")

    @property
    def is_cut(self) -> bool:
        """Whether it was too large to be kept whole."""
        return _CUT in self.headers

    @property
    def original_headers(self) -> dict[str, str]:
        """The headers that its sender gave it, without those of the broker and of Hobnob."""
        return {key: value for key, value in self.headers.items() if not key.lower().startswith(("hobnob-", "nats-"))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which dead letters: of a service, of an owner, with a text in their reason; None is any."""

    service: str | None = None
    owner: str | None = None
    reason: str | None = None

    def matches(self, letter: DeadLetter) -> bool:
        """Whether the reason is as wanted, in any case; the rest is for the server to select by."""
        return self.reason is None or self.reason.casefold() in letter.reason.casefold()


def burial(
    *,
    service: str,
    subject: str,
    headers: Mapping[str, str],
    body: bytes,
    reason: str,
    attempts: int,
    stream: str,
    sequence: int,
    stored_at: datetime,
    most_bytes: int,
) -> Outgoing:
    """
    Return the message that keeps a message which cannot be processed, with the reason and everything it came with.

    The broker hangs up on whoever publishes too much, and a message may be as large as it allows before anything is added:
    such a one is kept without its own headers, its body cut and marked so. The whole is in *stream* for as long as that lasts.
    Its message id is derived from where it came from: burying it twice is burying it once.

    Args:
        headers: The original ones; the broker's own are left out.
        stored_at: When *stream* stored it.
        most_bytes: What the broker takes, headers and body together.
    """
    own = {
        "Hobnob-Reason": " ".join(reason.split())[:REASON_CHARS].encode("ascii", "backslashreplace").decode(),
        "Hobnob-Attempts": str(attempts),
        "Hobnob-Stream": stream,
        "Hobnob-Sequence": str(sequence),
        "Hobnob-Stored-At": format_instant(stored_at),
        "Nats-Msg-Id": f"{service}:{stream}:{sequence}",
    }
    senders = {key: value for key, value in headers.items() if not key.lower().startswith(("nats-", "hobnob-"))}
    kept = {key: value for key, value in senders.items() if _HEADER_NAME.fullmatch(key)} | own
    if unnamed := len(senders) + len(own) - len(kept):
        kept[_LEFT_OUT] = f"{unnamed} headers whose names are none"
    room = most_bytes - HEADROOM_BYTES
    if len(subject) <= SUBJECT_CHARS and _size(kept) <= HEADERS_BYTES and _size(kept) + len(body) <= room:
        return Outgoing(subjects.dead(service, subject), body, kept)
    own[_CUT] = f"{len(body)} bytes"
    return Outgoing(subjects.dead(service, subject[:SUBJECT_CHARS].rstrip(".")), body[: max(0, room - _size(own))], own)


def _size(headers: Mapping[str, str]) -> int:
    return sum(len(key.encode()) + len(value.encode()) + len(": \r\n") for key, value in headers.items())


def read_letter(
    *, subject: str, sequence: int, at: datetime, headers: Mapping[str, str] | None, body: bytes | None
) -> DeadLetter:
    """
    Return a stored message as a dead letter.

    Anybody allowed may publish here: a reason or a number of attempts that is missing stays unknown.
    """
    given = dict(headers or {})
    service, original = subjects.parse_dead(subject)
    attempts = given.get("Hobnob-Attempts", "")
    return DeadLetter(
        sequence=sequence,
        service=service,
        subject=original,
        reason=given.get("Hobnob-Reason") or "no reason was given",
        attempts=int(attempts) if attempts.isascii() and attempts.isdecimal() and len(attempts) < 19 else None,
        at=at.astimezone(UTC),
        headers=given,
        body=body,
    )


def no_such_letter(id: str) -> NotFound:  # noqa: A002  # the word of the contract
    """Return the error that says that there is no letter of that id."""
    return NotFound(f"there is no dead letter {id[:40]!r}; see: hobnob dead list")


def parse_id(text: str) -> int:
    """Return the sequence that an id is; raise `NotFound` when it cannot be one."""
    if not _ID.fullmatch(text):
        raise no_such_letter(text)
    return int(text)


def republished(*, letter: DeadLetter, payload: bytes | None) -> Outgoing:
    """
    Return the message that gives a dead letter back to the intake.

    Its message id is derived from the letter and the payload: a crash after publishing, before the letter is dropped,
    publishes the same message again, which the stream ignores and which would change nothing anyway.

    Args:
        letter: With its body.
        payload: Instead of the original one, when it was mended by hand.

    Raises:
        NotReplayable: it is no fact; the message says what mends that.
    """
    try:
        subjects.parse_intake(letter.subject)
    except PermanentError as exc:
        family = ".".join(letter.subject.split(".")[:2])
        raise NotReplayable(_HEALED_BY.get(family, f"{letter.subject[:200]!r} is no subject of a fact")) from exc
    if letter.is_cut and payload is None:
        raise NotReplayable("it was too large to be kept whole: state the fact anew, or give its payload with --data @FILE")
    body = payload if payload is not None else letter.body or b""
    headers = letter.original_headers
    if letter.stored_at is not None:
        body, headers = _dated(body, headers, stored_at=letter.stored_at)
    digest = hashlib.sha256(body).hexdigest()[:16]
    return Outgoing(letter.subject, body, headers | {"Nats-Msg-Id": f"dead:{letter.sequence}:{digest}"})


def _dated(body: bytes, headers: dict[str, str], *, stored_at: str) -> tuple[bytes, dict[str, str]]:
    """
    Give an event without a `time` the instant at which it first came, which would have stood for it.

    Facts are merged by when they happened: a replayed one must not overrule what was learned since.
    """
    lower = {key.lower() for key in headers}
    if "ce-id" in lower:
        return body, headers if "ce-time" in lower else headers | {"ce-time": stored_at}
    try:
        text = body.decode()
        event = json.loads(text)
    except (ValueError, RecursionError):
        return body, headers
    if not isinstance(event, dict) or not event or "time" in event:
        return body, headers
    start = text.index("{") + 1  # written into the text as it is: whatever else the event holds stays to the byte
    return f'{text[:start]}"time":{json.dumps(stored_at)},{text[start:]}'.encode(), headers
