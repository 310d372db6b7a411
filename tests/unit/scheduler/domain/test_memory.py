"""What is remembered of a contact, and for how long."""

from datetime import date, timedelta
from itertools import permutations

from services.scheduler.domain.memory import MAX_FIRED_PER_KEY, hear, still_remembered, wake
from shared.messages.reminders import Fired, InboxChanged, ItemState, Reminder, ReminderKind, Snooze
from tests.unit.scheduler.people import NOW

TODAY = NOW.date()
ITEM = "bo:birthday:2026-11-20"


def fired(on: date, *, key: str = "birthday", basis: str = "aa") -> Fired:
    """Return the memory of a firing."""
    return Fired(key=key, kind=ReminderKind.DAY, on=on, basis=basis)


def said(state: ItemState, *, minutes: int, until_minutes: int | None = None) -> InboxChanged:
    """Return what was said of the item some minutes after noon."""
    until = NOW + timedelta(minutes=until_minutes) if until_minutes is not None else None
    return InboxChanged(
        item=ITEM,
        owner="ada",
        contact="bo",
        occasion="birthday",
        key="birthday",
        on="2026-11-20",
        state=state,
        at=NOW + timedelta(minutes=minutes),
        snoozed_until=until,
    )


def test_firings_are_forgotten_when_they_cannot_matter_any_more() -> None:
    """Two months on, only the last check-in is still remembered: its successor is counted from it."""
    old, recent = TODAY - timedelta(days=63), TODAY - timedelta(days=10)
    check_ins = [fired(old, key="stay_in_touch"), fired(old - timedelta(days=90), key="stay_in_touch")]
    assert still_remembered([fired(old), fired(recent), fired(recent), *check_ins], today=TODAY) == (
        fired(recent),
        fired(old, key="stay_in_touch"),
    )


def test_a_daily_rule_does_not_fill_the_memory() -> None:
    """Only the latest firings of a key are kept."""
    daily = [fired(TODAY - timedelta(days=n), key="custom-1") for n in range(60)]
    kept = still_remembered(daily, today=TODAY)
    assert len(kept) == MAX_FIRED_PER_KEY
    assert kept[-1].on == TODAY


def test_the_latest_word_counts_in_any_order() -> None:
    """However the changes of an item are ordered and repeated, the same snooze is left."""
    changes = [
        said(ItemState.SNOOZED, minutes=1, until_minutes=60),
        said(ItemState.UNREAD, minutes=2),
        said(ItemState.SNOOZED, minutes=3, until_minutes=90),
    ]
    for order in permutations(changes):
        (snooze,) = hear(hear((), changes=order), changes=changes)
        assert snooze.until == NOW + timedelta(minutes=90)
    closed = said(ItemState.SENT, minutes=4)
    for order in permutations([*changes, closed]):
        (snooze,) = hear((), changes=order)
        assert snooze.until is None


def test_new_items_leave_no_trace() -> None:
    """An item that is merely unread is nothing to remember."""
    assert hear((), changes=[said(ItemState.UNREAD, minutes=1)]) == ()


def test_a_snooze_ends_with_its_own_firing_only() -> None:
    """The firing of a snooze that was moved meanwhile leaves the later one; a closed word is forgotten after two days."""
    until = NOW + timedelta(hours=1)
    snooze = Snooze(item=ITEM, occasion="birthday", key="birthday", on="2026-11-20", at=NOW, until=until)
    timer = Reminder(
        id=ITEM,
        owner="ada",
        contact="bo",
        occasion="birthday",
        key="birthday",
        kind=ReminderKind.SNOOZE,
        on=date(2026, 11, 20),
        due_at=until,
    )
    earlier = timer.model_copy(update={"due_at": NOW})
    assert wake((snooze,), fired=[earlier], now=NOW) == (snooze,)
    (closed,) = wake((snooze,), fired=[timer], now=NOW)
    assert closed.until is None
    assert wake((closed,), fired=[], now=NOW + timedelta(days=3)) == ()
    assert wake((snooze,), fired=[], now=NOW + timedelta(days=3)) == (snooze,)
