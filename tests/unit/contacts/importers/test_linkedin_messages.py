"""messages.csv: the last contact with each person, once a direction."""

from datetime import UTC, datetime
from pathlib import Path

from shared.messages.values import Direction
from tests.unit.contacts.importers.reading import contacts, read, read_bytes, rows, skipped

ADA = "https://www.linkedin.com/in/ada-example"


def test_the_newest_message_of_each_direction_counts() -> None:
    """Each person has at most one row for what was sent and one for what was received, at the newest message's time."""
    items = read("linkedin_messages_2026.csv")
    ada = [(row.line, row.occurred_at) for row in rows(items) if contacts([row])[0].contact.linkedin_url == ADA]
    assert ada == [
        (2, datetime(2026, 1, 2, 10, 0, tzinfo=UTC)),
        (4, datetime(2026, 1, 3, 11, 30, tzinfo=UTC)),
    ]
    assert {(one.channel, one.direction) for one in contacts(items)} == {("linkedin", Direction.NEUTRAL)}


def test_messages_never_make_contacts() -> None:
    """Every row counts only where the person is known already."""
    assert all(row.known_only for row in rows(read("linkedin_messages_2026.csv")))


def test_the_owner_is_nobodys_contact() -> None:
    """The party of every conversation is the owner, and no row is about them."""
    found = {one.contact.linkedin_url for one in contacts(read("linkedin_messages_2026.csv"))}
    assert found == {
        ADA,
        "https://www.linkedin.com/in/bruno-sample",
        "https://www.linkedin.com/in/chloe-fictive",
        "https://www.linkedin.com/in/dora-madeup",
    }


def test_what_is_no_contact_is_listed() -> None:
    """Drafts, spam, advertisements and unreadable dates are skipped, each with its reason."""
    reasons = skipped(read("linkedin_messages_2026.csv"))
    assert {6: "draft", 8: "sponsored", 9: "spam", 12: "sometime"}.keys() == reasons.keys()
    assert all(word in reasons[line] for line, word in {6: "draft", 8: "sponsored", 9: "spam", 12: "sometime"}.items())


def test_the_era_without_recipient_urls() -> None:
    """A recipient is the profile that the file shows under the same name; names may match, as connections had no URL then."""
    items = read("linkedin_messages_2021.csv")
    bruno, answer, ada = rows(items)
    assert {contacts([row])[0].contact.linkedin_url for row in (bruno, answer)} == {"https://www.linkedin.com/in/bruno-sample"}
    assert bruno.by_name
    assert (contacts([ada])[0].contact.source, contacts([ada])[0].contact.id) == ("linkedin", "ada example")
    assert (ada.by_name, ada.full_name) == (True, "Ada Example")


def test_a_single_conversation_does_not_tell_who_owns_it(tmp_path: Path) -> None:
    """With two parties in every message both are listed; the owner's own row matches no contact and does no harm."""
    header = "CONVERSATION ID,CONVERSATION TITLE,FROM,SENDER PROFILE URL,TO,RECIPIENT PROFILE URLS,DATE,SUBJECT,CONTENT,FOLDER\n"
    line = f"c,,Ada Example,{ADA},Olive Owner,https://www.linkedin.com/in/olive,2026-01-01 10:00:00 UTC,,hi,INBOX\n"
    assert {one.contact.linkedin_url for one in contacts(read_bytes(tmp_path, header + line))} == {
        ADA,
        "https://www.linkedin.com/in/olive",
    }
