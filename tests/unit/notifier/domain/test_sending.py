"""Which address, which route, when again, and what may go out without a look."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.addresses import parse_address
from services.notifier.domain.sending import (
    PAUSES,
    NoRoute,
    NotStandard,
    PutOff,
    Refused,
    Route,
    address_of,
    put_off,
    route_of,
    why_not_standard,
)
from shared.messages.reminders import ReminderKind
from shared.messages.rpc import Draft
from shared.messages.snapshots import Job, OwnerProfile
from shared.messages.values import Closeness, Confidence, Occasion
from tests.unit.notifier.make import NOW, a_snapshot, an_item

ROBIN = OwnerProfile(owner="sam", rev=1, name="Robin Testwell", email="robin@example.org")
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("emails", "expected"),
    [
        (("anna@example.com", "old@example.com"), "anna@example.com"),
        (("no-reply@example.com", "anna@example.com"), "anna@example.com"),
        (("NoReply+4711@example.com", "do_not_reply@example.com", "Mailer-Daemon@example.com"), None),
        (("noreply-fan@example.com",), "noreply-fan@example.com"),
        (("anna@b\u00fccher.example",), "anna@xn--bcher-kva.example"),
        (("a@b, c@example.com", '"a b"@example.com', "x\r\nBcc:y@example.com", "anna@example.com"), "anna@example.com"),
        ((), None),
    ],
)
def test_the_address_stated_last_that_somebody_reads(emails: tuple[str, ...], expected: str | None) -> None:
    """Addresses that nobody reads or that are none are passed over; the order is that of the snapshot, the last stated first."""
    assert address_of(person=a_snapshot(emails=emails)) == expected


@given(st.lists(st.text(max_size=40), max_size=5))
def test_whatever_an_address_is_it_is_one_mailbox_or_none(emails: list[str]) -> None:
    """No content of an address field makes anything but a clean mailbox."""
    address = address_of(person=a_snapshot(emails=tuple(emails)))
    assert address is None or parse_address(address) == address


def test_the_owner_writes_and_gets_the_answers() -> None:
    """From the owner's address; where the server has one of its own, from that, and answers go to the owner."""
    route = route_of(person=a_snapshot(), profile=ROBIN, has_server=True, server_sender=None)
    assert isinstance(route, Route)
    assert (route.sender.address, route.sender.name, route.reply_to) == ("robin@example.org", "Robin Testwell", None)
    assert (route.recipient.address, route.recipient.name) == ("anna@example.com", "Anna Example")
    route = route_of(person=a_snapshot(), profile=ROBIN, has_server=True, server_sender="desk@example.net")
    assert isinstance(route, Route)
    assert (route.sender.address, route.reply_to) == ("desk@example.net", "robin@example.org")


def test_why_a_greeting_cannot_be_mailed() -> None:
    """No server, no sender, no address: each has its name."""
    nobody = ROBIN.model_copy(update={"email": None})
    assert route_of(person=a_snapshot(), profile=ROBIN, has_server=False, server_sender=None) is NoRoute.NO_MAIL_SERVER
    assert route_of(person=a_snapshot(), profile=nobody, has_server=True, server_sender=None) is NoRoute.NO_SENDER
    assert route_of(person=a_snapshot(emails=()), profile=ROBIN, has_server=True, server_sender=None) is NoRoute.NO_ADDRESS


def test_pauses_grow_over_a_day_and_then_it_is_enough() -> None:
    """A mail that is put off is tried eight times within a day, ever more rarely, and has then failed."""
    at, pauses = NOW, []
    for tries in range(1, len(PAUSES) + 1):
        outcome = put_off(reason="busy", tries=tries, first_pause=MINUTE, at=at)
        assert isinstance(outcome, PutOff)
        pauses.append(outcome.until - at)
        at = outcome.until
    assert pauses == sorted(pauses)
    assert timedelta(hours=20) < at - NOW < timedelta(hours=24)
    last = put_off(reason="busy", tries=len(PAUSES) + 1, first_pause=MINUTE, at=at)
    assert last == Refused(reason="tried 8 times; at last: busy")


def standard(closeness: Closeness = Closeness.CONNECTED, *, days_late: int = 0, **changes: object) -> NotStandard | None:
    """Ask for an item of somebody this close."""
    person = a_snapshot(closeness=closeness, job=changes.pop("job", None))
    late_by, grace = timedelta(days=days_late), timedelta(days=7)
    return why_not_standard(item=an_item(**changes), person=person, grace=grace, late_by=late_by)


def test_standard_greetings_go_out_as_they_are() -> None:
    """Those to people who are not close, unless there is something to look at."""
    assert standard() is None
    assert standard(Closeness.MODERATE) is None
    assert standard(Closeness.WELL) is NotStandard.CLOSE
    assert standard(Closeness.INTIMATE) is NotStandard.CLOSE
    assert standard(draft=Draft(subject="s", body="b")) is NotStandard.EDITED
    assert standard(days_late=7) is None
    assert standard(days_late=8) is NotStandard.TOO_LATE
    assert standard(days_late=8, occasion=Occasion.STAY_IN_TOUCH) is None


def test_what_is_shown_ahead_does_not_go_out_before_its_day() -> None:
    """A birthday that the owner hears of days before is not wished by the dozen until it comes; west of it, its day is today."""
    assert standard(days_late=-3, kind=ReminderKind.AHEAD) is NotStandard.TOO_EARLY
    assert standard(kind=ReminderKind.AHEAD) is None
    assert standard(days_late=-1) is None


def test_a_job_change_that_nobody_stated_is_checked_first() -> None:
    """What Hobnob concluded itself never goes out by the dozen."""
    seen_at = datetime(2026, 5, 1, tzinfo=UTC)
    job = Job(company="Example Works", seen_at=seen_at, confidence=Confidence.DERIVED, is_change=True, source="test")
    assert standard(occasion=Occasion.NEW_JOB, job=job) is NotStandard.CHECK_FIRST
    stated = job.model_copy(update={"confidence": Confidence.STATED})
    assert standard(occasion=Occasion.NEW_JOB, job=stated) is None
