"""Ways to reach a person: links of a fixed scheme, or text."""

import pytest

from services.notifier.domain.person_reach import ways_to
from tests.unit.notifier.make import a_snapshot


@pytest.mark.parametrize(
    ("email", "url"),
    [
        ("anna@example.com", "mailto:anna@example.com"),
        ("a?b&c@example.com", "mailto:a%3Fb%26c@example.com"),
        ("javascript:alert(1)@example.com", None),
        ('"<b>"@example.com', None),
    ],
)
def test_an_address_is_a_link_or_text(email: str, url: str | None) -> None:
    """What is no plain mailbox is shown and leads nowhere."""
    (way,) = ways_to(a_snapshot(emails=(email,)))
    assert (way.text, way.url) == (email, url)


@pytest.mark.parametrize(
    ("phone", "url"),
    [
        ("+44 (20) 7946-0123", "tel:+442079460123"),
        ("020 7946 0123", "tel:02079460123"),
        ("javascript:alert(1)", None),
        ("12", None),
        ("+44 20 7946 0123 ext. 9", None),
    ],
)
def test_a_number_is_a_link_or_text(phone: str, url: str | None) -> None:
    """What has anything but digits and their punctuation in it is shown and dials nothing."""
    (way,) = ways_to(a_snapshot(emails=(), phones=(phone,)))
    assert (way.text, way.url) == (phone, url)
