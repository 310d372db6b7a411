"""
Whether an event may be taken over HTTP: decided in full before it is answered, so that what was accepted is no dead letter.
"""

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Final

from services.notifier.web.problems import ProblemError, Refusal, pointer_to
from shared.cloudevents_binary import CONTENT_TYPE, PREFIX, Mode
from shared.cloudevents_faults import Fault, InvalidData, InvalidEvent
from shared.messages.cloudevents import MAX_EVENT_BYTES, CloudEvent, dump_event, fact_name, read_event, to_fact
from shared.messages.facts import FactName

TAKEN: Final = tuple(name for name in FactName if name is not FactName.IMPORT_UPLOADED)
"""Facts that may come over HTTP. A file cannot be uploaded here, so nobody can have one imported from here either."""


class ForeignOwner(InvalidEvent):
    """The event is about another owner than the token speaks for."""


class NotTakenHere(InvalidEvent):
    """A fact that does not come over HTTP."""


class EventTooLarge(InvalidEvent):
    """The event is larger than any fact."""


_ANSWERS: Final[dict[type[InvalidEvent], tuple[HTTPStatus, str, str]]] = {
    ForeignOwner: (HTTPStatus.FORBIDDEN, "another-owner", "the token speaks for another owner"),
    EventTooLarge: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-large", f"an event has at most {MAX_EVENT_BYTES} bytes"),
    InvalidEvent: (HTTPStatus.BAD_REQUEST, "invalid-event", "this is no CloudEvent that Hobnob reads"),
    NotTakenHere: (HTTPStatus.UNPROCESSABLE_ENTITY, "not-taken-here", "this fact is not taken over HTTP"),
    InvalidData: (HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-data", "the data does not fit the fact that the type names"),
}
"""How each kind of wrong event is answered; of several in a batch the first of this order."""


def check(event: CloudEvent, *, owner: str, now: datetime) -> None:
    """
    Return when contacts will take *event*, published as a fact of *owner*.

    Raises:
        InvalidEvent: it will not, or *owner* may not state it; the class says how to answer.
    """
    if event.owner not in (None, owner):
        raise ForeignOwner((Fault(("owner",), "not the owner that the token speaks for"),))
    if fact_name(event.type) not in TAKEN:
        raise NotTakenHere((Fault(("type",), f"take one of {', '.join(TAKEN)}"),))
    to_fact(event, owner=owner, stored_at=now)
    written = dump_event(event)
    if len(written) > MAX_EVENT_BYTES:
        raise EventTooLarge((Fault((), f"it has {len(written)} bytes"),))
    read_event(written)  # A number beyond a float's range is written as what is no JSON.


def check_all(events: Sequence[CloudEvent], *, owner: str, now: datetime) -> None:
    """
    Return when contacts will take all *events*.

    Raises:
        InvalidEvent: it will not take some; the faults of all of them, each path beginning with its event's position.
    """
    wrong: list[InvalidEvent] = []
    faults: list[Fault] = []
    for position, event in enumerate(events):
        try:
            check(event, owner=owner, now=now)
        except InvalidEvent as exc:
            wrong.append(exc)
            faults += [Fault((position, *fault.path), fault.reason) for fault in exc.faults]
    if wrong:
        raise min((type(each) for each in wrong), key=list(_ANSWERS).index)(faults)


def refusal_of(error: InvalidEvent, *, mode: Mode) -> Refusal:
    """Return how a request is answered whose event, or one of whose events, is wrong; *mode* is the way that it came."""
    status, kind, detail = _ANSWERS[type(error)]
    errors = [_located(fault, is_binary=mode is Mode.PLAIN) for fault in error.faults]
    return Refusal(status, kind, detail, errors=errors)


def _located(fault: Fault, *, is_binary: bool) -> ProblemError:
    """Say where a fault is: in binary mode the attributes are headers, and the data is the body."""
    first = fault.path[0] if fault.path else None
    if first == CONTENT_TYPE or (is_binary and first == "datacontenttype"):
        return ProblemError(header=CONTENT_TYPE, reason=fault.reason)
    if is_binary and first == "data":
        return ProblemError(pointer=pointer_to(fault.path[1:]), reason=fault.reason)
    if is_binary and first is not None:
        return ProblemError(header=f"{PREFIX}{first}", reason=fault.reason)
    return ProblemError(pointer=pointer_to(fault.path), reason=fault.reason)
