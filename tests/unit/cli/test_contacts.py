"""What `contacts show` tells of a person besides their fields."""

from datetime import UTC, datetime

from cli.contacts import history_lines
from shared.messages.snapshots import ContactSnapshot, Interaction, JobSearch, Meeting
from shared.messages.values import Direction

AT = datetime(2026, 5, 1, 10, tzinfo=UTC)


def person(**fields: object) -> ContactSnapshot:
    """Return a contact."""
    return ContactSnapshot.model_validate({"owner": "me", "id": "a", "rev": 1, "name": "Ann"} | fields)


def test_a_search_meetings_and_interactions_are_shown_line_by_line() -> None:
    """With what is known of each, and notes of several lines in one."""
    lines = history_lines(
        person(
            search=JobSearch(status="active", since=AT, target="CTO", keywords=("nats", "choirs")),
            meetings=(
                Meeting(meeting_id="m1", starts_at=AT, place="Café", purpose="Ask\nabout Vienna", questions=("The choir?",)),
                Meeting(meeting_id="m2", cancelled=True),
            ),
            interactions=(Interaction(at=AT, channel="email", direction=Direction.GAVE, note="sent\n\nthe book"),),
        )
    )
    assert lines == [
        "search",
        "  status active, since 2026-05-01T10:00:00Z, target CTO, keywords nats, choirs",
        "meetings",
        "  2026-05-01T10:00:00Z  Café  Ask about Vienna  The choir?  m1",
        "  unknown time  cancelled  m2",
        "interactions",
        "  2026-05-01T10:00:00Z  gave  email  sent the book",
    ]


def test_of_somebody_with_whom_nothing_happened_nothing_is_shown() -> None:
    """No heading without lines."""
    assert history_lines(person()) == []
