"""Tests of what may become of an inbox item."""

from datetime import timedelta

import pytest

from services.notifier.domain import transitions
from services.notifier.domain.items import Item
from services.notifier.domain.sending import Outcome, PutOff, Refused, Sent, Uncertain, Withheld
from services.notifier.domain.staleness import Skip
from services.notifier.domain.transitions import Action
from shared.errors import Conflict
from shared.messages.reminders import ItemState, ReminderKind, Via
from shared.messages.rpc import Draft
from tests.unit.notifier.make import NOW, a_reminder, an_item

LATER = NOW + timedelta(hours=2)
WORDS = Draft(subject="Hello", body="Hello Anna")

SENT = an_item(state=ItemState.SENT)
DISMISSED = an_item(state=ItemState.DISMISSED)
WITHDRAWN = an_item(state=ItemState.WITHDRAWN)
SNOOZED = an_item(state=ItemState.SNOOZED, snoozed_until=LATER)
SCHEDULED = transitions.schedule(an_item(), said=WORDS, send_at=LATER, at=NOW)
SENDING = transitions.claim(SCHEDULED, until=LATER, at=NOW)
UNCONFIRMED = transitions.give_up(SENDING, at=LATER)


def take(item: Item, action: Action) -> Item:
    """Carry out *action* by its function."""
    match action:
        case Action.SEND | Action.SEND_AGAIN:
            return transitions.schedule(item, said=WORDS, send_at=LATER, at=NOW, again=action is Action.SEND_AGAIN)
        case Action.MARK_SENT:
            return transitions.mark_sent(item, draft=WORDS, at=NOW)
        case Action.UNDO:
            return transitions.undo(item, at=NOW)
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
        with pytest.raises(Conflict, match=r"^the item cannot be [\w ]+: \w+"):
            take(item, action)


@pytest.mark.parametrize(
    ("item", "action"),
    [(i, a) for i in (an_item(), SNOOZED, SCHEDULED) for a in Action if (i.state, a) in transitions.NEXT],
)
def test_doing_it_twice_is_doing_it_once(item: Item, action: Action) -> None:
    """An action on its own result publishes nothing and changes nothing, except that an edit is an edit."""
    if action is Action.EDIT:
        assert transitions.edit(transitions.edit(item, draft=WORDS), draft=WORDS).draft == WORDS
        return
    once = take(item, action)
    assert take(once, action) is once


@pytest.mark.parametrize(
    "state", [ItemState.SENT, ItemState.DISMISSED, ItemState.WITHDRAWN, ItemState.SENDING, ItemState.UNCONFIRMED]
)
def test_what_is_final_is_not_touched_by_the_machine(state: ItemState) -> None:
    """Neither a withdrawal nor the end of a snooze changes an item that was acted upon."""
    item = an_item(state=state)
    assert transitions.withdraw(item, at=NOW) is item
    assert transitions.wake(item, at=NOW) is item


@pytest.mark.parametrize("item", [SENT, DISMISSED, SNOOZED, SCHEDULED, SENDING, UNCONFIRMED, an_item()])
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


OUTCOMES: list[tuple[Outcome, ItemState]] = [
    (Sent(), ItemState.SENT),
    (Refused(reason="no such mailbox"), ItemState.FAILED),
    (PutOff(reason="busy", until=LATER), ItemState.SCHEDULED),
    (Uncertain(reason="the line went dead"), ItemState.UNCONFIRMED),
    (Withheld(reason=Skip.DECEASED), ItemState.WITHDRAWN),
]


@pytest.mark.parametrize(("outcome", "state"), OUTCOMES)
def test_whoever_has_the_claim_says_what_became_of_the_mail(outcome: Outcome, state: ItemState) -> None:
    """Each outcome leads to its state, is published with its reason, and ends the claim."""
    assert SENDING.claim is not None
    settled = transitions.settle(SENDING, claim=SENDING.claim, outcome=outcome, at=LATER)
    assert settled.state is state
    assert settled.reason == getattr(outcome, "reason", None) or state is ItemState.WITHDRAWN
    assert settled.pending[-1].reason == settled.reason
    assert settled.claimed_until is None
    assert transitions.settle(settled, claim=SENDING.claim, outcome=outcome, at=LATER) is settled


@pytest.mark.parametrize(("outcome", "_"), OUTCOMES)
def test_nobody_else_says_so(outcome: Outcome, _: ItemState) -> None:
    """An older claim, or none at all, changes nothing: neither what is being sent once more, nor what the owner has settled."""
    assert SENDING.claim is not None
    assert transitions.settle(SENDING, claim=SENDING.claim - 1, outcome=outcome, at=LATER) is SENDING
    assert transitions.settle(SCHEDULED, claim=SENDING.claim, outcome=outcome, at=LATER) is SCHEDULED
    again = transitions.schedule(UNCONFIRMED, said=WORDS, send_at=LATER + timedelta(hours=1), at=LATER, again=True)
    claimed_again = transitions.claim(again, until=LATER + timedelta(hours=2), at=LATER + timedelta(hours=1))
    assert transitions.settle(claimed_again, claim=SENDING.claim, outcome=outcome, at=LATER) is claimed_again


def test_only_what_is_scheduled_is_claimed() -> None:
    """What was taken back, or is being sent by somebody else, cannot be claimed."""
    for item in (an_item(), SENDING, UNCONFIRMED, SENT, DISMISSED, WITHDRAWN):
        with pytest.raises(Conflict):
            transitions.claim(item, until=LATER, at=NOW)


def test_a_claim_that_ends_without_a_word_leaves_the_mail_unconfirmed() -> None:
    """Not before its time, and never as anything that would be sent again by itself."""
    assert transitions.give_up(SENDING, at=LATER - timedelta(seconds=1)) is SENDING
    assert (UNCONFIRMED.state, UNCONFIRMED.said) == (ItemState.UNCONFIRMED, WORDS)
    assert UNCONFIRMED.reason
    assert transitions.give_up(SCHEDULED, at=LATER) is SCHEDULED
    with pytest.raises(Conflict, match="nobody knows whether it was sent"):
        transitions.schedule(UNCONFIRMED, said=WORDS, send_at=LATER, at=LATER)


def test_the_truth_may_come_late() -> None:
    """Whoever was slow and learns that the mail was taken turns the unconfirmed item into a sent one."""
    assert UNCONFIRMED.claim is not None
    sent = transitions.settle(UNCONFIRMED, claim=UNCONFIRMED.claim, outcome=Sent(), at=LATER + timedelta(minutes=1))
    assert (sent.state, sent.via, sent.draft) == (ItemState.SENT, Via.EMAIL, WORDS)


def test_what_is_taken_back_is_as_it_was() -> None:
    """Neither the words that were to go out nor a time stay behind: the draft follows the person again."""
    back = transitions.undo(SCHEDULED, at=LATER)
    assert (back.state, back.said, back.draft, back.send_at) == (ItemState.UNREAD, None, None, None)
    with pytest.raises(Conflict, match="it is being sent at this moment"):
        transitions.undo(SENDING, at=LATER)


def test_sent_again_it_says_the_same() -> None:
    """Somebody who may have got the mail gets no other words under its Message-ID; a failed one may be reworded."""
    other = Draft(subject="Hi", body="Something else")
    again = transitions.schedule(UNCONFIRMED, said=other, send_at=LATER, at=LATER, again=True)
    assert again.said == WORDS
    assert SENDING.claim is not None
    failed = transitions.settle(SENDING, claim=SENDING.claim, outcome=Refused(reason="no"), at=LATER)
    edited = transitions.edit(failed, draft=other)
    assert transitions.schedule(edited, said=other, send_at=LATER, at=LATER, again=True).said == other


AGAIN = transitions.schedule(UNCONFIRMED, said=Draft(subject="Other", body="Other"), send_at=LATER, at=LATER, again=True)
AGAIN_SENDING = transitions.claim(AGAIN, until=LATER, at=LATER)


@pytest.mark.parametrize(
    "item",
    [
        transitions.undo(AGAIN, at=LATER),
        transitions.undo(transitions.undo(AGAIN, at=LATER), at=LATER),
        transitions.withdraw(AGAIN, at=LATER),
        *(
            transitions.settle(AGAIN_SENDING, claim=AGAIN_SENDING.changes, outcome=outcome, at=LATER)
            for outcome in (Refused(reason="no such mailbox"), Uncertain(reason="x"), Withheld(reason=Skip.DECEASED))
        ),
    ],
)
def test_a_doubt_stays_until_somebody_decides(item: Item) -> None:
    """What may have arrived is never as if nothing had been sent, whatever becomes of sending it again."""
    assert item.state is ItemState.UNCONFIRMED
    assert item.reason
    assert item.said == WORDS
    again = transitions.schedule(item, said=Draft(subject="Other", body="Other"), send_at=LATER, at=LATER, again=True)
    assert transitions.undo(again, at=LATER).state is ItemState.UNCONFIRMED
    with pytest.raises(Conflict, match="nobody knows"):
        transitions.snooze(again, until=LATER, at=LATER)
    for decided in (transitions.mark_sent(item, draft=WORDS, at=LATER), transitions.dismiss(item, at=LATER)):
        assert not decided.is_doubted


def test_an_outcome_in_doubt_is_written_once() -> None:
    """The refusal of a mail that may have arrived before is told once, however often it is written down."""
    refused = Refused(reason="no such mailbox")
    settled = transitions.settle(AGAIN_SENDING, claim=AGAIN_SENDING.changes, outcome=refused, at=LATER)
    assert settled.reason == f"no such mailbox; {transitions.EARLIER}"
    assert transitions.settle(settled, claim=AGAIN_SENDING.changes, outcome=refused, at=LATER) is settled
    put_off = transitions.settle(AGAIN_SENDING, claim=AGAIN_SENDING.changes, outcome=PutOff(reason="x", until=LATER), at=LATER)
    assert transitions.undo(put_off, at=LATER).state is ItemState.UNCONFIRMED


def test_changes_are_told_apart_by_their_instants() -> None:
    """Two changes at once are a millisecond apart, in their order: whoever hears of both knows which came last."""
    item = transitions.undo(SCHEDULED, at=NOW)
    instants = [change.at for change in item.pending]
    assert instants == sorted(set(instants))
