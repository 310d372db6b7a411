"""Tests of what may become of an inbox item."""

from datetime import timedelta

import pytest

from services.notifier.domain import transitions
from services.notifier.domain.items import Item
from services.notifier.domain.transitions import Action
from shared.errors import Conflict
from shared.messages.reminders import ItemState, ReminderKind
from shared.messages.rpc import Draft
from tests.unit.notifier.make import NOW, a_reminder, an_item

LATER = NOW + timedelta(hours=2)
WORDS = Draft(subject="Hello", body="Hello Anna")

SENT = an_item(state=ItemState.SENT)
DISMISSED = an_item(state=ItemState.DISMISSED)
WITHDRAWN = an_item(state=ItemState.WITHDRAWN)
SNOOZED = an_item(state=ItemState.SNOOZED, snoozed_until=LATER)


def take(item: Item, action: Action) -> Item:
    """Carry out *action* by its function."""
    match action:
        case Action.SEND:
            return transitions.send(item, draft=WORDS, at=NOW)
        case Action.EDIT:
            return transitions.edit(item, draft=WORDS)
        case Action.SNOOZE:
            return transitions.snooze(item, until=LATER, at=NOW)
        case Action.DISMISS:
            return transitions.dismiss(item, at=NOW)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("state", ItemState)
def test_every_pair_leads_somewhere_or_is_refused_in_words(state: ItemState, action: Action) -> None:
    """Each action from each state ends in the table's state, or in a conflict that names the reason."""
    item = an_item(state=state, snoozed_until=LATER if state is ItemState.SNOOZED else None)
    if (state, action) in transitions.NEXT:
        assert take(item, action).state is transitions.NEXT[state, action]
    else:
        with pytest.raises(Conflict, match=r"^the item cannot be \w+: it was "):
            take(item, action)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("item", [an_item(), SNOOZED])
def test_doing_it_twice_is_doing_it_once(item: Item, action: Action) -> None:
    """An action on its own result publishes nothing and changes nothing, except that an edit is an edit."""
    if action is Action.EDIT:
        assert transitions.edit(transitions.edit(item, draft=WORDS), draft=WORDS).draft == WORDS
        return
    once = take(item, action)
    assert take(once, action) is once


@pytest.mark.parametrize("state", [ItemState.SENT, ItemState.DISMISSED, ItemState.WITHDRAWN])
def test_what_is_final_is_not_touched_by_the_machine(state: ItemState) -> None:
    """Neither a withdrawal nor the end of a snooze changes an item that was acted upon."""
    item = an_item(state=state)
    assert transitions.withdraw(item, at=NOW) is item
    assert transitions.wake(item, at=NOW) is item


@pytest.mark.parametrize("item", [SENT, DISMISSED, SNOOZED, an_item()])
def test_a_firing_never_resurrects_what_was_acted_upon(item: Item) -> None:
    """A repeated firing leaves sent, dismissed, snoozed and already shown items as they are."""
    assert transitions.fire_again(item, reminder=a_reminder(), belated=False, at=LATER) is item


def test_the_day_brings_an_item_shown_ahead_to_the_top() -> None:
    """An item shown days ahead surfaces again on its day, and only once."""
    ahead = an_item(kind=ReminderKind.AHEAD)
    on_the_day = transitions.fire_again(ahead, reminder=a_reminder(), belated=False, at=LATER)
    assert on_the_day.surfaced_at == LATER
    assert on_the_day.created_at == NOW
    assert transitions.fire_again(on_the_day, reminder=a_reminder(), belated=False, at=LATER) is on_the_day


def test_a_checked_firing_opens_a_withdrawn_item_again() -> None:
    """Somebody muted by mistake and unmuted again is not forgotten."""
    again = transitions.fire_again(WITHDRAWN, reminder=a_reminder(milestone=37, basis="1989-05-04"), belated=False, at=LATER)
    assert (again.state, again.milestone, again.basis) == (ItemState.UNREAD, 37, "1989-05-04")
    assert [change.state for change in again.pending] == [ItemState.UNREAD]


def test_each_change_joins_the_outbox_under_its_own_number() -> None:
    """Changes made before the first is published are all published, in order, each with an id of its own."""
    item = transitions.snooze(an_item(), until=LATER, at=NOW)
    item = transitions.wake(item, at=LATER)
    item = transitions.dismiss(item, at=LATER)
    assert [(c.number, c.state) for c in item.pending] == [
        (1, ItemState.SNOOZED),
        (2, ItemState.UNREAD),
        (3, ItemState.DISMISSED),
    ]
    assert item.pending[0].until == LATER


def test_waking_surfaces_and_forgets_the_snooze() -> None:
    """The end of a snooze puts the item on top, and nothing of the snooze stays."""
    awake = transitions.wake(SNOOZED, at=LATER)
    assert (awake.state, awake.surfaced_at, awake.snoozed_until) == (ItemState.UNREAD, LATER, None)


def test_snoozing_until_another_time_is_a_change() -> None:
    """A second snooze with another end is published; the scheduler has to hear of it."""
    longer = transitions.snooze(SNOOZED, until=LATER + timedelta(days=1), at=NOW)
    assert longer.snoozed_until == LATER + timedelta(days=1)
    assert len(longer.pending) == 1
