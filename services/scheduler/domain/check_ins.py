"""When to be in touch again: a cadence from the last contact, and a calm spread where there is none."""

from datetime import date, timedelta
from hashlib import blake2b

MAX_CADENCE_DAYS = 3650


def next_check_in(
    *,
    contact: str,
    cadence_days: int,
    today: date,
    grace_days: int,
    last_contact_on: date | None,
    known_on: date | None,
    last_nudge_on: date | None,
    promised_on: date | None,
) -> date:
    """
    Return the date of the next check-in. It may lie up to *grace_days* back: then it is due now.

    - Somebody was nudged about since the last contact: one cadence after that.
    - In touch before: one cadence after the last contact.
    - Never in touch, or overdue by more than the grace (an import of old friends): the contact's own place in the cadence.
      Every contact has a fixed one, by a hash of its id, so a crowd is spread evenly, and the date stands still from one day to
      the next. Such a date that has passed counts only when it had been promised; else an import would make a crowd of them.

    Args:
        contact: Its id.
        cadence_days: Days between check-ins, 1 or more.
        today: The owner's date.
        grace_days: Days for which a missed check-in is still made up for.
        last_contact_on: The owner's date of the last contact.
        known_on: Since when the contact is known, and known this well; no check-in comes before the day after.
        last_nudge_on: Date of the last check-in that fired for this last contact.
        promised_on: Date that the last agenda announced.
    """
    cadence = timedelta(days=cadence_days)
    last_on = last_nudge_on or last_contact_on
    if last_on is not None and last_on + cadence >= today - timedelta(days=grace_days):
        return last_on + cadence
    place = place_in_cadence(contact=contact, cadence_days=cadence_days)
    if promised_on is not None and promised_on != last_nudge_on:
        is_missed = today - timedelta(days=grace_days) <= promised_on < today
        if is_missed and promised_on.toordinal() % cadence_days == place:
            return promised_on
    earliest = today
    if last_on is None and known_on is not None:
        earliest = max(today, known_on + timedelta(days=1))
    return earliest + timedelta(days=(place - earliest.toordinal()) % cadence_days)


def place_in_cadence(*, contact: str, cadence_days: int) -> int:
    """Return the contact's place in a cadence: 0 to *cadence_days* - 1, even over all contacts."""
    return int.from_bytes(blake2b(contact.encode(), digest_size=8).digest()) % cadence_days
