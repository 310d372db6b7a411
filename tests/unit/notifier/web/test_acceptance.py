"""Which event is taken over HTTP, and how a wrong one is answered."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.notifier.web.acceptance import EventTooLarge, ForeignOwner, NotTakenHere, check, check_all, refusal_of
from services.notifier.web.problems import ERRORS_SHOWN, Refusal, pointer_to, respond
from shared.cloudevents_binary import Mode
from shared.cloudevents_faults import Fault, InvalidData, InvalidEvent
from shared.messages.cloudevents import MAX_EVENT_BYTES, CloudEvent

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def event(**changes: Any) -> CloudEvent:
    """Return an event that is right but for *changes*."""
    values = {"specversion": "1.0", "id": "1", "source": "crm", "type": "hobnob.contact.upserted.v1", "data": {"name": "Ann"}}
    return CloudEvent.model_validate(values | changes)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (event(owner="eve"), ForeignOwner),
        (event(type="hobnob.import.uploaded.v1"), NotTakenHere),
        (event(type="hobnob.nothing.v1"), InvalidEvent),
        (event(data={}), InvalidData),
        (event(data={"name": "Ann", "x": "y" * MAX_EVENT_BYTES}), EventTooLarge),
        (event(data={"name": "Ann", "x": float("inf")}), InvalidEvent),
    ],
)
def test_each_kind_of_wrong_event_has_its_error(wrong: CloudEvent, error: type[InvalidEvent]) -> None:
    """The class of the error decides the answer, so it must be that very class."""
    with pytest.raises(InvalidEvent) as caught:
        check(wrong, owner="ann", now=NOW)
    assert type(caught.value) is error
    check(event(owner="ann"), owner="ann", now=NOW)


def test_a_batch_is_answered_for_its_worst_event_and_names_all() -> None:
    """Somebody else's owner outweighs a typing error; the faults of every event are there."""
    with pytest.raises(ForeignOwner) as caught:
        check_all([event(), event(data={}), event(owner="eve")], owner="ann", now=NOW)
    assert [fault.path for fault in caught.value.faults] == [(1, "data"), (2, "owner")]
    check_all([event(), event()], owner="ann", now=NOW)


@pytest.mark.parametrize(
    ("path", "mode", "place"),
    [
        (("data", "emails", 0), Mode.STRUCTURED, {"pointer": "/data/emails/0"}),
        (("id",), Mode.STRUCTURED, {"pointer": "/id"}),
        ((3, "data"), Mode.BATCH, {"pointer": "/3/data"}),
        ((), Mode.STRUCTURED, {"pointer": ""}),
        (("content-type",), Mode.STRUCTURED, {"header": "content-type"}),
        (("data", "emails", 0), Mode.PLAIN, {"pointer": "/emails/0"}),
        (("data",), Mode.PLAIN, {"pointer": ""}),
        (("id",), Mode.PLAIN, {"header": "ce-id"}),
        (("datacontenttype",), Mode.PLAIN, {"header": "content-type"}),
    ],
)
def test_a_fault_is_located_where_the_sender_wrote_it(path: tuple[str | int, ...], mode: Mode, place: dict[str, str]) -> None:
    """In binary mode attributes are headers and the body is the data."""
    (error,) = refusal_of(InvalidEvent([Fault(path, "wrong")]), mode=mode).problem.errors
    assert error.model_dump(exclude_none=True) == place | {"reason": "wrong"}


def test_a_pointer_escapes_what_would_lead_elsewhere() -> None:
    """RFC 6901: `~` and `/` in a name are written as `~0` and `~1`."""
    assert pointer_to(("a/b", "c~d", 0)) == "/a~1b/c~0d/0"


def test_a_problem_is_short_however_much_is_wrong() -> None:
    """A thousand faults are not a thousand lines."""
    refusal = refusal_of(InvalidEvent([Fault(("data", number), "wrong") for number in range(1000)]), mode=Mode.STRUCTURED)
    assert isinstance(refusal, Refusal)
    assert len(refusal.problem.errors) == ERRORS_SHOWN
    assert len(bytes(respond(refusal).body)) < 4_000
