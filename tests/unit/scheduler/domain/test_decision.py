"""What is done about a contact: no more than differs, and all that is forced."""

from datetime import timedelta

from services.scheduler.domain.decision import ContactKey, Decision, Known, Order, decide, profile_digest
from services.scheduler.domain.memory import item_key
from services.scheduler.domain.skips import SkipReason
from shared.messages.reminders import Agenda, Fired, InboxChanged, ItemState, ReminderKind
from shared.messages.snapshots import ContactSnapshot, OwnerProfile
from tests.unit.scheduler.people import NOW, owner, person

KEY = ContactKey("ada", "bo")
BORN_TODAY = person(birthday="1985-11-24")


def decided(
    snapshot: ContactSnapshot | None,
    agenda: Agenda | None = None,
    *,
    order: Order | None = None,
    profile: OwnerProfile | None = None,
    inherited: tuple[Fired, ...] = (),
    days: int = 0,
) -> Decision:
    """Decide about Bo, some days on."""
    settings = profile or owner()
    known = Known(
        key=KEY, snapshot=snapshot, profile=settings, settings=profile_digest(settings), agenda=agenda, inherited=inherited
    )
    return decide(known=known, order=order or Order(), now=NOW + timedelta(days=days))


def test_planning_twice_changes_nothing() -> None:
    """The second time there is nothing to publish at all."""
    first = decided(BORN_TODAY)
    assert set(first.arm) == {"birthday"}
    again = decided(BORN_TODAY, first.agenda)
    assert (dict(again.arm), again.cancel, again.is_news) == ({}, frozenset(), False)


def test_a_new_revision_alone_arms_nothing() -> None:
    """A note added to a person does not touch the timers, but the agenda says which revision it is of."""
    first = decided(BORN_TODAY)
    again = decided(person(birthday="1985-11-24", rev=2, notes="likes tea"), first.agenda)
    assert (dict(again.arm), again.is_news, again.agenda.rev) == ({}, True, 2)


def test_a_firing_always_arms_again() -> None:
    """The key that fired is published even when the agenda says it is armed: the broker may have lost it (rule 2)."""
    first = decided(person(birthday="1985-12-24"))
    stale = first.arm["birthday"].model_copy(update={"basis": "1985-12-23"})
    again = decided(person(birthday="1985-12-24"), first.agenda, order=Order(fired=(stale,), force=frozenset({"birthday"})))
    assert set(again.arm) == {"birthday"}
    assert SkipReason.STALE in again.skipped
    assert again.agenda.fired == ()


def test_a_right_firing_is_remembered_and_its_successor_armed() -> None:
    """After today's firing the next year's is armed."""
    first = decided(BORN_TODAY)
    order = Order(fired=(first.arm["birthday"],), force=frozenset({"birthday"}))
    again = decided(BORN_TODAY, first.agenda, order=order)
    assert again.arm["birthday"].on.year == 2027
    assert len(again.agenda.fired) == 1
    assert decided(BORN_TODAY, again.agenda, days=1).is_news is False


def test_what_goes_away_is_cancelled() -> None:
    """A birthday that is removed, a person that is removed, and one of whom nothing is known leave no timer."""
    first = decided(BORN_TODAY)
    assert decided(person(rev=2), first.agenda).cancel == {"birthday"}
    for gone in (person(rev=2, deleted=True), None):
        last = decided(gone, first.agenda)
        assert last.cancel == {"birthday"}
        assert (last.agenda.planned, last.agenda.armed, last.is_news) == ((), (), True)
    assert SkipReason.NO_SNAPSHOT in decided(None, first.agenda).skipped


def test_a_forced_key_that_is_not_wanted_is_cancelled() -> None:
    """A timer that no plan explains goes, and the agenda is written anew so that others notice."""
    first = decided(BORN_TODAY)
    again = decided(BORN_TODAY, first.agenda, order=Order(force=frozenset({"ghost"})))
    assert again.cancel == {"ghost"}
    assert again.is_news


def test_a_redelivery_publishes_everything() -> None:
    """What an earlier try may have left half done is done in full."""
    first = decided(person(birthday="1985-12-24", closeness="intimate"))
    again = decided(person(birthday="1985-12-24", closeness="intimate"), first.agenda, order=Order(force_all=True))
    assert set(again.arm) == set(first.arm)


def test_settings_that_matter_are_told_from_those_that_do_not() -> None:
    """A new hour plans anew, a new name does not."""
    assert profile_digest(owner(name="Ada E.", rev=2)) == profile_digest(owner())
    assert profile_digest(owner(deliver_at="10:00")) != profile_digest(owner())
    assert profile_digest(owner(timezone="Europe/Berlin")) != profile_digest(owner())
    first = decided(BORN_TODAY)
    assert decided(BORN_TODAY, first.agenda, profile=owner(deliver_at="18:00")).arm["birthday"].due_at.hour == 18


def test_who_was_merged_is_not_greeted_twice() -> None:
    """What fired under another id of the same person counts."""
    first = decided(BORN_TODAY)
    done = decided(BORN_TODAY, first.agenda, order=Order(fired=(first.arm["birthday"],), force=frozenset({"birthday"})))
    survivor = decided(person(birthday="1985-11-24", aliases=["bo2"]), inherited=done.agenda.fired)
    assert survivor.arm["birthday"].on.year == 2027


def test_snoozing_and_sending() -> None:
    """A snooze arms a timer of its own, which stays over other plans and goes when the item is sent."""
    item = "bo:birthday:2026-11-24"
    base = {"item": item, "owner": "ada", "contact": "bo", "occasion": "birthday", "key": "birthday", "on": "2026-11-24"}
    until = NOW + timedelta(hours=2)
    snoozed = InboxChanged.model_validate(base | {"state": ItemState.SNOOZED, "at": NOW, "snoozed_until": until})
    first = decided(BORN_TODAY, order=Order(changes=(snoozed,)))
    key = item_key(item, kind=ReminderKind.SNOOZE)
    assert first.arm[key].due_at == until
    later = decided(person(birthday="1985-11-24", rev=2), first.agenda)
    assert key in {entry.key for entry in later.agenda.armed}
    sent = InboxChanged.model_validate(base | {"state": ItemState.SENT, "at": NOW + timedelta(minutes=1)})
    last = decided(BORN_TODAY, later.agenda, order=Order(changes=(sent,)))
    assert last.cancel == {key}
    late = decided(BORN_TODAY, last.agenda, order=Order(changes=(snoozed,)))
    assert key not in late.arm
    woken = Order(fired=(first.arm[key],), force=frozenset({key}))
    assert decided(BORN_TODAY, first.agenda, order=woken).cancel == {key}


def test_an_agenda_of_a_hundred_daily_rules_stays_a_message() -> None:
    """However much an owner adds to one person, the agenda fits into a message of the broker's."""
    dates = [{"label": f"rule {n} " + "x" * 400, "on": "2026-11-01", "recurrence": "FREQ=DAILY"} for n in range(100)]
    agenda = None
    for day in range(3):
        found = decided(person(dates=dates), agenda, days=day)
        order = Order(fired=tuple(found.arm.values()), force=frozenset(found.arm))
        agenda = decided(person(dates=dates), found.agenda, order=order, days=day).agenda
    assert agenda is not None
    assert len(agenda.model_dump_json(exclude_defaults=True)) < 256_000


def test_a_greeting_that_waits_to_be_sent_has_a_timer_of_its_own() -> None:
    """It is armed for the instant that was told, moves with it, and goes when it is taken back or the person silenced."""
    item = "bo:birthday:2026-11-24"
    send_at = NOW + timedelta(seconds=10)
    base = {"item": item, "owner": "ada", "contact": "bo", "occasion": "birthday", "key": "birthday", "on": "2026-11-24"}
    scheduled = InboxChanged.model_validate(base | {"state": ItemState.SCHEDULED, "at": NOW, "send_at": send_at})
    first = decided(BORN_TODAY, order=Order(changes=(scheduled,)))
    key = item_key(item, kind=ReminderKind.SEND)
    timer = first.arm[key]
    assert (timer.id, timer.kind, timer.due_at) == (item, ReminderKind.SEND, send_at)
    later = scheduled.model_copy(update={"at": NOW + timedelta(seconds=1), "send_at": send_at + timedelta(minutes=1)})
    moved = decided(BORN_TODAY, first.agenda, order=Order(changes=(later,)))
    assert moved.arm[key].due_at == later.send_at
    stale = decided(BORN_TODAY, moved.agenda, order=Order(fired=(timer,), force=frozenset({key})))
    assert stale.arm[key].due_at == later.send_at
    assert SkipReason.STALE in stale.skipped
    taken_back = scheduled.model_copy(update={"state": ItemState.UNREAD, "at": NOW + timedelta(seconds=2), "send_at": None})
    assert decided(BORN_TODAY, moved.agenda, order=Order(changes=(taken_back,))).cancel == {key}
    silenced = BORN_TODAY.model_copy(update={"do_not_greet": True, "rev": 2})
    assert key in decided(silenced, moved.agenda).cancel
    snoozed = scheduled.model_copy(
        update={"state": ItemState.SNOOZED, "at": NOW + timedelta(seconds=3), "send_at": None, "snoozed_until": send_at}
    )
    instead = decided(BORN_TODAY, moved.agenda, order=Order(changes=(snoozed,)))
    assert key in instead.cancel
    assert item_key(item, kind=ReminderKind.SNOOZE) in instead.arm
