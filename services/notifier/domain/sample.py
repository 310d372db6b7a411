"""A made-up person and owner, to try templates with and to preview them."""

from datetime import UTC, date, datetime
from typing import Final

from services.notifier.domain.items import Item
from services.notifier.domain.wording import Words, words_for
from shared.messages.reminders import ItemState, ReminderKind, reminder_id
from shared.messages.snapshots import ContactSnapshot, Interaction, Job, OwnerProfile
from shared.messages.values import Closeness, Confidence, Occasion

_SEEN_AT: Final = datetime(2026, 1, 5, 9, tzinfo=UTC)


def sample_contact(*, profile: OwnerProfile, is_derived: bool = False) -> ContactSnapshot:
    """Return a person about whom much is known, obviously fictional, who shares an interest with the owner who has any."""
    job = Job(
        company="Example Press",
        title="Editor",
        seen_at=_SEEN_AT,
        source="sample",
        is_change=True,
        confidence=Confidence.DERIVED if is_derived else Confidence.STATED,
    )
    return ContactSnapshot(
        owner=profile.owner,
        id="sample",
        rev=1,
        name="Alex Example",
        given_name="Alex",
        family_name="Example",
        emails=("alex@example.com",),
        job=job,
        jobs=(job,),
        interests=profile.interests[:1],
        interactions=(Interaction(at=_SEEN_AT, note="the trip to the mountains"),),
    )


def sample_item(
    *, owner: str, contact: str, occasion: Occasion, on: date, is_belated: bool, milestone: int | None, at: datetime
) -> Item:
    """Return an unread item for *occasion* that is in no inbox."""
    return Item(
        id=reminder_id(contact=contact, key=occasion.value, on=on),
        owner=owner,
        contact=contact,
        occasion=occasion,
        key=occasion.value,
        kind=ReminderKind.DAY,
        on=on,
        state=ItemState.UNREAD,
        belated=is_belated,
        milestone=milestone,
        approximate=False,
        label="Wedding anniversary" if occasion is Occasion.CUSTOM else None,
        basis="",
        created_at=at,
        surfaced_at=at,
    )


def sample_words() -> tuple[Words, ...]:
    """Return what to try a template with: much is known, nothing is known."""
    sam = OwnerProfile(owner="sample", rev=1, name="Sam Sample", interests=("hiking",))
    rich, poor = sample_contact(profile=sam, is_derived=True), ContactSnapshot(owner="sample", id="sample", rev=1)
    return tuple(
        words_for(
            item=sample_item(
                owner="sample",
                contact="sample",
                occasion=occasion,
                on=_SEEN_AT.date(),
                is_belated=is_belated,
                milestone=milestone,
                at=_SEEN_AT,
            ),
            snapshot=person.model_copy(update={"closeness": closeness}),
            profile=profile,
            is_belated=is_belated,
        )
        for occasion in (Occasion.NEW_JOB, Occasion.STAY_IN_TOUCH)
        for closeness in (Closeness.WELL, Closeness.MODERATE)
        for person, profile, milestone, is_belated in (
            (rich, sam, 50, False),
            (poor, None, None, True),
        )
    )
