"""What becomes of a channel and of a message when it does not get through."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.deliveries import (
    LONGEST_PAUSE,
    LOOK_AGAIN,
    TRIES_KEPT,
    Channel,
    Delivery,
    Kind,
    Try,
    after_failure,
    after_success,
    info_of,
    is_expired,
    lined_up,
    next_attempt_at,
    with_try,
)
from shared.messages.telling import ChannelState

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)


def a_channel(name: str = "phone", **changes: Any) -> Channel:
    """Return a channel that was never used."""
    values: dict[str, Any] = {"owner": "sam", "stored": "fernet:x", "shown": "ntfy", "order": 10, "added_at": NOW} | changes
    return Channel(name=name, **values)


def test_channels_are_tried_in_the_owners_order() -> None:
    """The lowest order goes first, by name where it is the same; one that failed is left alone until its time has come."""
    failed = after_failure(a_channel("a", order=1), reason="x", pause=timedelta(minutes=4), at=NOW)
    channels = [a_channel("c", order=2), failed, a_channel("b", order=2)]
    assert [each.name for each in lined_up(channels, now=NOW)] == ["b", "c"]
    assert [each.name for each in lined_up(channels, now=NOW + timedelta(minutes=4))] == ["a", "b", "c"]
    assert next_attempt_at([failed], now=NOW) == NOW + timedelta(minutes=4)


def test_a_channel_that_is_put_right_is_not_waited_for() -> None:
    """Where everything fails for hours, a new channel, or one that was tried by hand, is found within minutes."""
    failed = after_failure(a_channel(), reason="x", pause=timedelta(hours=6), at=NOW)
    assert next_attempt_at([failed], now=NOW) == NOW + LOOK_AGAIN


def test_a_channel_recovers() -> None:
    """Failures add up and are shown with their beginning; one success forgets them all."""
    once = after_failure(a_channel(), reason="first", pause=timedelta(minutes=1), at=NOW)
    twice = after_failure(once, reason="second", pause=timedelta(minutes=4), at=NOW + timedelta(minutes=1))
    assert (twice.state, twice.failures, twice.failing_since, twice.last_error) == (ChannelState.FAILING, 2, NOW, "second")
    well = after_success(twice, at=NOW + timedelta(minutes=5))
    assert (well.state, well.failures, well.failing_since, well.next_try_at) == (ChannelState.OK, 0, None, None)
    assert a_channel().state is ChannelState.NEW


@given(pauses=st.lists(st.timedeltas(timedelta(), timedelta(days=40_000)), min_size=1, max_size=30))
def test_no_channel_is_given_up(pauses: list[timedelta]) -> None:
    """Whatever a service asks for, a channel is tried again within a day."""
    channel = a_channel()
    for pause in pauses:
        channel = after_failure(channel, reason="no", pause=pause, at=NOW)
        assert channel.next_try_at is not None
        assert channel.next_try_at <= NOW + LONGEST_PAUSE
    assert channel.failures == len(pauses)


def test_what_is_shown_has_no_url() -> None:
    """What a list shows of a channel holds nothing of what is stored."""
    assert "fernet" not in info_of(a_channel()).model_dump_json()


def test_attempts_are_counted_and_the_last_are_kept() -> None:
    """Every failure counts; only the last ones are kept with their reasons."""
    delivery = Delivery(owner="sam", what="digest:2026-05-04", kind=Kind.DIGEST, due_at=NOW)
    for number in range(TRIES_KEPT + 5):
        delivery = with_try(delivery, failed=Try(channel="phone", at=NOW, error=str(number)))
    assert delivery.attempts == TRIES_KEPT + 5
    assert [each.error for each in delivery.tries] == [str(number) for number in range(5, TRIES_KEPT + 5)]


def test_a_message_is_told_within_a_day_or_not_at_all() -> None:
    """After a day the next digest has told it."""
    delivery = Delivery(owner="sam", what="items:x", kind=Kind.ITEMS, due_at=NOW)
    assert not is_expired(delivery, now=NOW + timedelta(hours=24))
    assert is_expired(delivery, now=NOW + timedelta(hours=24, seconds=1))
