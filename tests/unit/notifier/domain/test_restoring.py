"""What an inbox item is when it comes out of a backup."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from services.notifier.domain.items import Item
from services.notifier.domain.restoring import MAY_HAVE_LEFT, restored
from services.notifier.domain.transitions import claim, schedule
from shared.errors import Conflict
from shared.messages.reminders import ItemState, ReminderKind
from shared.messages.rpc import Draft
from shared.messages.values import Occasion

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
ITEM = Item(
    id="c:birthday:2026-03-01",
    owner="me",
    contact="c",
    occasion=Occasion.BIRTHDAY,
    key="birthday",
    kind=ReminderKind.DAY,
    on=date(2026, 3, 1),
    state=ItemState.UNREAD,
    belated=False,
    milestone=None,
    approximate=False,
    label=None,
    basis="1990-03-01",
    created_at=AT,
    surfaced_at=AT,
    revision=0,
)
WORDS = Draft(subject="Happy birthday", body="All the best")


@pytest.mark.parametrize("ahead", [timedelta(seconds=10), timedelta(days=3)])
@pytest.mark.parametrize("is_claimed", [True, False])
def test_what_would_leave_by_itself_is_left_to_its_owner(ahead: timedelta, is_claimed: bool) -> None:
    """Whether it was to be mailed soon, on a later day, or at that moment: it is unconfirmed, keeps its words, and is not due."""
    item = schedule(ITEM, said=WORDS, send_at=AT + ahead, at=AT)
    if is_claimed:
        item = claim(item, until=AT + ahead, at=AT)
    back = restored(item, at=AT + timedelta(days=9))
    assert (back.state, back.reason, back.said) == (ItemState.UNCONFIRMED, MAY_HAVE_LEFT, WORDS)
    assert back.send_at is back.claimed_until is None
    with pytest.raises(Conflict):
        schedule(back, said=WORDS, send_at=AT, at=AT)
    assert restored(back, at=AT) == back


@pytest.mark.parametrize("state", sorted(set(ItemState) - {ItemState.SCHEDULED, ItemState.SENDING}))
def test_everything_else_stays(state: ItemState) -> None:
    """An item in any other state is put back as it was."""
    item = replace(ITEM, state=state)
    assert restored(item, at=AT) == item
