"""Links with which a greeting is sent by hand."""

from email.utils import parseaddr
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.links import URL_CHARS_MAX, links_for
from shared.messages.rpc import Draft
from tests.unit.notifier.make import a_snapshot

WORDS = Draft(subject="Happy birthday, Anna & Bo?", body="Dear Anna,\n\n100% joy = yours! #1\n\nRobin")


def found(**person: object) -> dict[str, str]:
    """Return the links to somebody by kind."""
    return {link.kind: link.url for link in links_for(person=a_snapshot(**({"emails": ()} | person)), draft=WORDS)}


def test_a_mailto_link_carries_address_subject_and_text() -> None:
    """What was put in comes out again, line breaks as RFC 6068 writes them."""
    url = found(emails=("anna+cards@example.com",))["email"]
    assert "%0D%0A%0D%0A" in url
    assert "+" not in url
    parts = urlsplit(url)
    assert unquote(parts.path) == "anna+cards@example.com"
    told = parse_qs(parts.query, strict_parsing=True)
    assert told == {"subject": [WORDS.subject], "body": [WORDS.body.replace("\n", "\r\n")]}


def test_a_mobile_number_gets_a_text_and_a_whatsapp_link() -> None:
    """Numbers are written as E.164; WhatsApp wants them without the plus."""
    links = found(phones=("+49 1512 3456789",))
    assert links["sms"].startswith("sms:+4915123456789?body=Dear%20Anna%2C%0D%0A")
    assert links["whatsapp"].startswith("https://wa.me/4915123456789?text=Dear%20Anna%2C")


@pytest.mark.parametrize(
    "phone", ["0151 23456789", "+49 30 901820", "+1 555", "call me", "", "javascript:alert(1)", "+49151234567890123"]
)
def test_a_number_that_reaches_nobody_for_sure_gets_none(phone: str) -> None:
    """A national number may be somebody else's abroad; a fixed line takes no text; anything else is no number."""
    assert found(phones=(phone,)) == {}


def test_the_first_number_that_works_is_taken() -> None:
    """`00` is an international prefix; what cannot be used is passed over."""
    assert found(phones=("12", "0049 1512 3456789"))["sms"].startswith("sms:+4915123456789?")


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("https://www.linkedin.com/in/anna-example", "https://www.linkedin.com/in/anna-example"),
        ("linkedin.com/in/anna", "https://linkedin.com/in/anna"),
        ("http://de.linkedin.com/in/anna?trk=x#y", "https://de.linkedin.com/in/anna"),
        ('https://linkedin.com/in/"><script>', "https://linkedin.com/in/%22%3E%3Cscript%3E"),
        ("javascript://linkedin.com/%0aalert(1)", None),
        ("https://linkedin.com.example.net/in/anna", None),
        ("https://notlinkedin.com/in/anna", None),
        ("https://linkedin.com@example.net/", None),
        ("data:text/html,hello", None),
        ("https://[", None),
    ],
)
def test_only_a_profile_on_linkedin_is_one(stated: str, expected: str | None) -> None:
    """A link leads there or nowhere, and its path cannot end an attribute."""
    assert found(linkedin_url=stated).get("linkedin") == expected


@given(
    st.lists(st.text(max_size=40), max_size=3),
    st.lists(st.text(max_size=30), max_size=3),
    st.text(max_size=60),
    st.text(max_size=200),
    st.text(max_size=9_000),
)
def test_links_are_harmless_whatever_is_in_the_fields(
    emails: list[str], phones: list[str], profile: str, subject: str, body: str
) -> None:
    """Plain ASCII without spaces, quotes or brackets, of four schemes, and never longer than programs take."""
    person = a_snapshot(emails=tuple(emails), phones=tuple(phones), linkedin_url=profile)
    for link in links_for(person=person, draft=Draft(subject=subject, body=body)):
        assert link.url.isascii()
        assert not set(link.url) & set("\r\n \"'<>\\")
        assert urlsplit(link.url).scheme in ("mailto", "sms", "https")
        if link.kind != "linkedin" and len(subject) < 60:
            assert len(link.url) <= URL_CHARS_MAX
        if link.kind == "email":
            assert parseaddr(unquote(urlsplit(link.url).path))[1]
