"""Reading dead letters, and what is given back to the intake."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shared import subjects
from shared.dead_letters import (
    HEADERS_BYTES,
    HEADROOM_BYTES,
    DeadLetter,
    NotReplayable,
    Wanted,
    burial,
    parse_id,
    read_letter,
    republished,
)
from shared.errors import InvalidMessage, InvalidToken, NotFound
from shared.jetstream import Outgoing

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
STORED_AT = "2026-11-20T08:00:00Z"
FACT = subjects.intake("me", "job.changed")

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


MOST_BYTES = 200_000


def buried(*, subject: str = FACT, body: bytes = b"{", headers: dict[str, str] | None = None, reason: str = "no") -> Outgoing:
    """Return what contacts buries."""
    return burial(
        service="contacts",
        subject=subject,
        headers=headers or {},
        body=body,
        reason=reason,
        attempts=2,
        stream="HOBNOB_INTAKE",
        sequence=3,
        stored_at=datetime(2026, 11, 20, 8, 0, tzinfo=UTC),
        most_bytes=MOST_BYTES,
    )


def read(message: Outgoing, *, sequence: int = 7) -> DeadLetter:
    """Return what was buried as the desk reads it."""
    return read_letter(subject=message.subject, sequence=sequence, at=AT, headers=message.headers, body=message.body)


def letter(*, subject: str = FACT, body: bytes = b"{", sequence: int = 7, headers: dict[str, str] | None = None) -> DeadLetter:
    """Return a letter that contacts buried, with *headers* of its sender."""
    return read(buried(subject=subject, body=body, headers=headers, reason="name: Field required"), sequence=sequence)


def test_a_letter_says_who_gave_up_what_and_why() -> None:
    """Everything that a burial wrote is read back."""
    found = letter(headers={"traceparent": "00-1", "Nats-Msg-Id": "1", "Hobnob-Reason": "forged", "hobnob-cut": "forged"})
    assert (found.id, found.service, found.subject) == ("7", "contacts", FACT)
    assert (found.reason, found.attempts, found.at, found.stored_at) == ("name: Field required", 2, AT, STORED_AT)
    assert found.original_headers == {"traceparent": "00-1"}
    assert found.headers["Nats-Msg-Id"] == "contacts:HOBNOB_INTAKE:3"
    assert not found.is_cut


@given(
    sizes=st.tuples(st.integers(0, 1_000), st.integers(0, 2 * HEADERS_BYTES), st.integers(0, MOST_BYTES)),
    reason=st.text(max_size=600),
)
def test_a_burial_always_fits(sizes: tuple[int, int, int], reason: str) -> None:
    """However long subject, headers, body and reason are; what fits is whole, what does not says so and is never replayed."""
    long_subject, long_header, long_body = sizes
    subject = f"{FACT}.{'x' * long_subject}"
    message = buried(subject=subject, body=b"b" * long_body, headers={"x-long": "h" * long_header}, reason=reason)
    found = read(message)
    in_headers = sum(len(f"{key}: {value}\r\n".encode()) for key, value in message.headers.items())
    assert in_headers <= HEADERS_BYTES
    assert in_headers + len(message.body) <= MOST_BYTES - HEADROOM_BYTES
    assert len(message.subject) < 600
    assert found.reason
    if not found.is_cut:
        assert (found.subject, found.body) == (subject, b"b" * long_body)
        assert found.original_headers == {"x-long": "h" * long_header}
        return
    whole = in_headers + long_header + len("x-long: \r\n")
    assert whole > HEADERS_BYTES or whole + long_body > MOST_BYTES - HEADROOM_BYTES or long_subject > 400
    with pytest.raises(NotReplayable, match="too large to be kept whole"):
        republished(
            letter=read_letter(subject=buried().subject, sequence=1, at=AT, headers=message.headers, body=b""), payload=None
        )


def test_a_header_that_cannot_be_published_is_counted() -> None:
    """A name that the client would refuse does not keep the message from being buried."""
    found = letter(headers={"a(b": "1", "": "2", "c": "3"})
    assert found.original_headers == {"c": "3"}
    assert found.headers["Hobnob-Left-Out"].startswith("2 headers")


@given(
    tail=st.text(st.characters(codec="utf-8"), max_size=20),
    headers=st.none() | st.dictionaries(st.sampled_from(["Hobnob-Reason", "Hobnob-Attempts", "x"]), st.text(max_size=25)),
    body=st.none() | st.binary(max_size=20),
)
def test_whatever_a_stranger_left_can_be_read(tail: str, headers: dict[str, str] | None, body: bytes | None) -> None:
    """Nothing that the stream may hold makes the desk fail, and nothing of its subject gets lost."""
    found = read_letter(subject=f"{subjects.DEAD}.{tail}", sequence=1, at=AT, headers=headers, body=body)
    assert found.reason
    assert found.attempts is None or found.attempts >= 0
    assert (f"{found.service}.{found.subject}" if "." in tail else found.service) == tail


def test_what_is_no_dead_letter_is_refused() -> None:
    """A subject of another family is none."""
    with pytest.raises(InvalidMessage):
        subjects.parse_dead(FACT)


@given(st.integers(1, 10**18))
def test_an_id_is_the_sequence_as_text(sequence: int) -> None:
    """Every id leads back to its sequence."""
    assert parse_id(letter(sequence=sequence).id) == sequence


@pytest.mark.parametrize("text", ["", "0", "-1", "01", "1.5", "x", "١", "9" * 20, "1\n"])
def test_what_can_be_no_id_is_not_found(text: str) -> None:
    """It is refused before the broker is asked."""
    with pytest.raises(NotFound, match="there is no dead letter"):
        parse_id(text)


def test_a_replayed_fact_is_as_its_sender_gave_it() -> None:
    """The original subject, payload and headers; none of the broker's or of Hobnob's but a message id of its own."""
    body = b'{"time": "2026-01-01T00:00:00Z", "a": 1e400}'
    message = republished(letter=letter(body=body, headers={"ce-type": "x"}), payload=None)
    assert (message.subject, message.body) == (FACT, body)
    assert message.headers.pop("Nats-Msg-Id").startswith("dead:7:")
    assert message.headers == {"ce-type": "x"}


def test_the_message_id_is_of_the_letter_and_the_payload() -> None:
    """The same replay twice is one message for the stream; another letter or another payload is another one."""

    def id_of(found: DeadLetter, payload: bytes | None = None) -> str:
        return republished(letter=found, payload=payload).headers["Nats-Msg-Id"]

    assert id_of(letter()) == id_of(letter())
    assert len({id_of(letter()), id_of(letter(sequence=8)), id_of(letter(), b"mended")}) == 3


@given(event=st.dictionaries(st.text(max_size=8), JSON, min_size=1, max_size=4), indent=st.none() | st.integers(0, 3))
def test_an_event_without_a_time_gets_the_instant_it_first_came(event: dict[str, Any], indent: int | None) -> None:
    """A replayed fact does not pass for newer than it is; the rest of it stays to the byte."""
    assume("time" not in event)
    body = json.dumps(event, indent=indent).encode()
    sent = republished(letter=letter(body=body), payload=None).body
    assert json.loads(sent) == {"time": STORED_AT} | event
    assert sent.endswith(body.strip()[1:])


@pytest.mark.parametrize("body", [b"", b"{", b"{}", b"[1]", b"5", b"\xff\xfe", b"[" * 100_000, b"1" * 5_000, b'{"time": null}'])
def test_what_is_no_event_without_a_time_is_left_alone(body: bytes) -> None:
    """Nothing is written into a payload that is not understood."""
    assert republished(letter=letter(body=body), payload=None).body == body


def test_an_event_in_binary_mode_gets_its_time_as_a_header() -> None:
    """Unless it has one; its data are left alone."""
    bare = republished(letter=letter(body=b'{"name": "A"}', headers={"ce-id": "1"}), payload=None)
    dated = republished(letter=letter(headers={"Ce-Id": "1", "Ce-Time": "2026-01-01T00:00:00Z"}), payload=None)
    assert (bare.body, bare.headers["ce-time"]) == (b'{"name": "A"}', STORED_AT)
    assert (dated.headers["Ce-Time"], "ce-time" in dated.headers) == ("2026-01-01T00:00:00Z", False)


def test_a_payload_mended_by_hand_replaces_the_original() -> None:
    """The subject stays, and so does the instant at which the fact first came."""
    message = republished(letter=letter(), payload=b'{"id": "1"}')
    assert (message.subject, json.loads(message.body)) == (FACT, {"time": STORED_AT, "id": "1"})


@pytest.mark.parametrize(
    ("subject", "sentence"),
    [
        (subjects.profile("me"), "only contacts writes snapshots"),
        (subjects.person("me", "c1"), "only contacts writes snapshots"),
        (subjects.agenda("me", "c1"), "planned again by the sweep"),
        (subjects.timer("me", "c1", "birthday"), "planned again by the sweep"),
        (subjects.due("me", "c1", "birthday"), "planned again by the sweep"),
        (subjects.inbox("me", "sent"), "act on the item again"),
        ("hobnob.intake.me", "no subject of a fact"),
        ("hobnob.intake.$me.job.changed", "no subject of a fact"),
        ("hobnob.intake.*.job.changed", "no subject of a fact"),
        ("elsewhere", "no subject of a fact"),
    ],
)
def test_only_facts_are_given_back(subject: str, sentence: str) -> None:
    """What another service alone may write is never written by a replay; a sentence says what mends it (ADR 0001, rule 3)."""
    with pytest.raises(NotReplayable, match=sentence):
        republished(letter=letter(subject=subject), payload=None)


def test_a_reason_matches_in_any_case() -> None:
    """Part of a reason selects; no reason selects all."""
    assert Wanted(reason="FIELD req").matches(letter())
    assert Wanted().matches(letter())
    assert not Wanted(reason="owner").matches(letter())


def test_filters_select_on_the_server() -> None:
    """Service and owner are parts of the subject; neither can widen it."""
    assert subjects.dead_filters(service=None, owner=None) == ["hobnob.dead.>"]
    assert subjects.dead_filters(service="contacts", owner=None) == ["hobnob.dead.contacts.>"]
    assert subjects.dead_filters(service=None, owner="me") == ["hobnob.dead.*.hobnob.*.me", "hobnob.dead.*.hobnob.*.me.>"]
    for service, owner in (("*", None), (None, ">"), (None, "a.b")):
        with pytest.raises(InvalidToken):
            subjects.dead_filters(service=service, owner=owner)
