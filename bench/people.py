"""The people of the bench: obviously fictional, and as large on the wire as those of an address book."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime

from shared import subjects
from shared.jetstream import Outgoing
from shared.messages.reminders import Reminder, reminder_id
from shared.messages.snapshots import ContactSnapshot, Job, OwnerProfile
from shared.messages.values import Closeness, Occasion, PartialDate

OWNER = "bench"
BORN = 1990
REV = 1
KEY = Occasion.BIRTHDAY.value


def contact_id(number: int) -> str:
    """Return the id of person *number*, as long as a real one."""
    return f"c{number:019d}"


def profile_message(*, deliver_at: datetime) -> Outgoing:
    """
    Return the owner's profile, whose delivery hour is that of *deliver_at*, in UTC and to the second.

    The contract writes `HH:MM` and reads seconds too: without them each round would wait half a minute for its minute.
    """
    profile = OwnerProfile(owner=OWNER, rev=REV, name="Sam Bench").model_dump(mode="json")
    profile["deliver_at"] = deliver_at.astimezone(UTC).strftime("%H:%M:%S")
    return Outgoing(subjects.profile(OWNER), json.dumps(profile).encode())


def snapshot(number: int, *, birthday: date) -> ContactSnapshot:
    """Return person *number*, born on that day of 1990."""
    company = f"Example Works {number % 500}"
    job = Job(company=company, title="Head of Examples", seen_at=datetime(2024, 1, 1, tzinfo=UTC), source="bench")
    return ContactSnapshot(
        owner=OWNER,
        id=contact_id(number),
        rev=REV,
        name=f"Given{number} Family{number}",
        given_name=f"Given{number}",
        family_name=f"Family{number}",
        emails=(f"person{number}@example.com",),
        linkedin_url=f"https://www.linkedin.com/in/person-{number}-example",
        birthday=PartialDate(year=BORN, month=birthday.month, day=birthday.day),
        job=job,
        jobs=(job,),
        closeness=Closeness.CONNECTED,
        known_since=datetime(2024, 1, 1, tzinfo=UTC),
    )


def snapshot_messages(count: int, *, birthday: date) -> list[Outgoing]:
    """Return the snapshots of *count* people, as the contacts service publishes them."""
    people = (snapshot(number, birthday=birthday) for number in range(count))
    return [Outgoing(subjects.person(OWNER, who.id), who.model_dump_json().encode()) for who in people]


def reminders(count: int, *, due_at: datetime) -> Iterator[Reminder]:
    """Yield the birthday reminders of *count* people, as the scheduler plans them."""
    on = due_at.astimezone(UTC).date()
    for number in range(count):
        contact = contact_id(number)
        yield Reminder(
            id=reminder_id(contact=contact, key=KEY, on=on),
            owner=OWNER,
            contact=contact,
            occasion=Occasion.BIRTHDAY,
            key=KEY,
            on=on,
            due_at=due_at,
            basis=str(PartialDate(year=BORN, month=on.month, day=on.day)),
            rev=REV,
            milestone=on.year - BORN,
        )


def linkedin_export(count: int, *, connected_on: date) -> bytes:
    """Return a LinkedIn `Connections.csv` of *count* people, in today's form, each with a timer to arm."""
    text = io.StringIO()
    text.write('Notes:\n"When exporting your connection data, you may notice that some addresses are missing."\n\n')
    rows = csv.writer(text)
    rows.writerow(["First Name", "Last Name", "URL", "Email Address", "Company", "Position", "Connected On"])
    for number in range(count):
        rows.writerow(
            [
                f"Given{number}",
                f"Family{number}",
                f"https://www.linkedin.com/in/person-{number}-example",
                f"person{number}@example.com" if number % 3 == 0 else "",
                f"Example Works {number % 500}",
                "Head of Examples",
                connected_on.strftime("%d %b %Y"),
            ]
        )
    return text.getvalue().encode()
