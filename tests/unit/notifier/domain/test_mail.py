"""Tests of the mails: what a reader gets, and that nothing in a name, subject or text becomes more than text."""

import email
from datetime import UTC, datetime, timedelta, timezone
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.notifier.domain.addresses import InvalidAddress, parse_address
from services.notifier.domain.cleaning import clean_line
from services.notifier.domain.mail import (
    InvalidLink,
    Line,
    Link,
    Mailbox,
    OptOut,
    build_greeting,
    build_notice,
    message_id,
)

AT = datetime(2026, 5, 4, 9, 0, tzinfo=timezone(timedelta(hours=-4)))
OPT_OUT = "https://hobnob.example.org/opt-out/" + "k3" * 60
HEADERS = ["From", "To", "Subject", "Date", "Message-ID", "Reply-To", "MIME-Version", "Content-Type"]

anything = st.text(max_size=120)
nasty = st.one_of(
    anything,
    st.text(alphabet=st.sampled_from("a\r\n\0\u2028\u2029\u0085:<>\"@,;\\ =?.é\u202e\ud800<b>&'"), max_size=60),
    st.sampled_from(
        [
            "Anna\r\nBcc: everybody@example.org",
            "Anna\nBcc: everybody@example.org\n\nbody",
            "Anna\u2028Bcc: everybody@example.org",
            "=?utf-8?q?Anna=0D=0ABcc=3A_everybody=40example=2Eorg?=",
            "<script>alert(1)</script>",
            '"Anna" <other@example.org>, x',
            "Jané, Doe (x) <y@example.org>",
            "x" * 1_500,
            "ß" * 1_500,
        ]
    ),
)


def a_greeting(**changes: Any) -> EmailMessage:
    """Return Sam's greeting to Anna."""
    values: dict[str, Any] = {
        "owner": "sam",
        "item": "anna:birthday:2026-05-04",
        "sender": Mailbox(name="Sam Sample", address="sam@example.com"),
        "reply_to": "sam@home.example.com",
        "recipient": Mailbox(name="Anna Example", address="anna@example.org"),
        "subject": "Happy birthday, Anna",
        "body": "Dear Anna,\n\nall the best!\nSam",
        "at": AT,
    } | changes
    return build_greeting(**values)


def received(message: EmailMessage) -> EmailMessage:
    """Return the mail as it arrives on the other side."""
    got = email.message_from_bytes(message.as_bytes(policy=SMTP.clone(cte_type="7bit")), policy=SMTP)
    assert isinstance(got, EmailMessage)
    assert not got.defects
    return got


def text_of(message: EmailMessage, kind: str) -> str:
    """Return the plain or the HTML text of a mail."""
    part = message.get_body((kind,))
    assert part is not None
    content: str = part.get_content()
    return content.replace("\r\n", "\n")


class Page(HTMLParser):
    """Collects what a browser would see."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_greeting_is_the_owners() -> None:
    """The contact sees the owner's name and answers to the owner's address; nothing says that a machine wrote it."""
    got = received(a_greeting())
    assert sorted(got.keys()) == sorted(HEADERS)
    assert got["From"] == "Sam Sample <sam@example.com>"
    assert got["Reply-To"] == "Sam Sample <sam@home.example.com>"
    assert got["To"] == "Anna Example <anna@example.org>"
    assert got["Subject"] == "Happy birthday, Anna"
    assert got["Date"] == "Mon, 04 May 2026 09:00:00 -0400"
    assert got["Date"].datetime.astimezone(UTC) == AT
    assert text_of(got, "plain") == "Dear Anna,\n\nall the best!\nSam\n"
    assert "<p>Dear Anna,</p>\n<p>all the best!<br>\nSam</p>" in text_of(got, "html")


def test_the_message_id_belongs_to_the_item() -> None:
    """The same item always has the same Message-ID, another item or owner another one."""
    ids = {message_id(owner=owner, item=item, domain="example.com") for owner in ("sam", "kim") for item in ("a", "b")}
    assert len(ids) == 4
    assert a_greeting(subject="edited")["Message-ID"] == a_greeting()["Message-ID"]
    assert a_greeting()["Message-ID"] == message_id(owner="sam", item="anna:birthday:2026-05-04", domain="example.com")


def test_the_html_leaves_colours_to_the_reader_and_loads_nothing() -> None:
    """The page declares both colour schemes, names no colour, and refers to nothing outside."""
    page = text_of(received(a_greeting(opt_out=OptOut(url=OPT_OUT))), "html")
    assert '<meta name="color-scheme" content="light dark">' in page
    assert "color:" not in page
    assert "background" not in page
    assert Page(page).links == [OPT_OUT]
    assert not {"img", "link", "script", "iframe"} & set(Page(page).tags)


def test_opting_out_is_one_click_away() -> None:
    """With an opt-out link there is a sentence in both texts, and the headers that mail programs make a button of, unfolded."""
    message = a_greeting(opt_out=OptOut(url=OPT_OUT, text="Keine Grüße mehr:"))
    assert f"\r\nList-Unsubscribe: <{OPT_OUT}>\r\n".encode() in message.as_bytes(policy=SMTP)
    got = received(message)
    assert got["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert text_of(got, "plain").endswith(f"\n\nKeine Grüße mehr:\n{OPT_OUT}\n")
    assert f'<p>Keine Grüße mehr: <a href="{OPT_OUT}">' in text_of(got, "html")


def test_one_click_needs_https() -> None:
    """A plain http link is offered without the header that RFC 8058 permits for https only."""
    got = received(a_greeting(opt_out=OptOut(url="http://127.0.0.1:8321/opt-out/x")))
    assert got["List-Unsubscribe"] == "<http://127.0.0.1:8321/opt-out/x>"
    assert "List-Unsubscribe-Post" not in got


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "https://x.example.org/\r\nBcc: a@example.org",
        'https://x.example.org/"',
        "https://x.example.org/a b",
        "mailto:a@example.org",
    ],
)
def test_a_bad_opt_out_link_is_refused(url: str) -> None:
    """A link that is more than an http link is never put into a header."""
    with pytest.raises(InvalidLink):
        a_greeting(opt_out=OptOut(url=url))


@settings(deadline=None)
@given(name=nasty, subject=nasty, body=nasty, other=nasty)
@example(name="Anna\r\nBcc: x@example.org", subject="a\r\n\r\nb", body="<b>hi</b>\r\n.\r\n", other="\u2028")
def test_nothing_a_person_is_called_becomes_a_header_or_markup(name: str, subject: str, body: str, other: str) -> None:
    """Whatever name, subject and text hold: the headers are ours alone, both addresses stay, and HTML in them is text."""
    message = a_greeting(
        sender=Mailbox(name=other, address="sam@example.com"),
        recipient=Mailbox(name=name, address="anna@example.org"),
        subject=subject,
        body=body,
    )
    raw = message.as_bytes(policy=SMTP.clone(cte_type="7bit"))
    assert raw.isascii()
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert b"\n" not in raw.replace(b"\r\n", b"")
    got = received(message)
    assert sorted(got.keys()) == sorted(HEADERS)
    assert [address.addr_spec for address in got["To"].addresses] == ["anna@example.org"]
    assert [address.addr_spec for address in got["From"].addresses] == ["sam@example.com"]
    assert [address.addr_spec for address in got["Reply-To"].addresses] == ["sam@home.example.com"]
    page = Page(text_of(got, "html"))
    assert set(page.tags) <= {"html", "head", "meta", "title", "body", "p", "br"}
    if "<b>hi</b>" in body:
        assert "<b>hi</b>" in page.text


@settings(deadline=None)
@given(text=nasty, label=nasty)
def test_a_notice_is_as_inert(text: str, label: str) -> None:
    """Nothing in the lines of a digest becomes markup or another line."""
    link = Link(label=label, url="https://hobnob.example.org/i/1?a=1&b=2")
    got = received(a_notice(lines=[Line(text=text, links=(link,))]))
    page = Page(text_of(got, "html"))
    assert page.links == [link.url]
    assert set(page.tags) <= {"html", "head", "meta", "title", "body", "p", "br", "a"}
    assert len(text_of(got, "plain").rstrip("\n").split("\n")) == 1 + bool(clean_line(text, chars_max=900))


def a_notice(**changes: Any) -> EmailMessage:
    """Return a digest for Sam."""
    values: dict[str, Any] = {
        "owner": "sam",
        "item": "digest:2026-05-04",
        "sender": Mailbox(name="Hobnob", address="hobnob@example.org"),
        "recipient": Mailbox(name="Sam Sample", address="sam@example.com"),
        "subject": "Two people today",
        "lines": [],
        "at": AT,
    } | changes
    return build_notice(**values)


def test_a_notice_in_both_forms() -> None:
    """A digest is readable and clickable as plain text and as HTML, and says that a machine wrote it."""
    open_it = Link(label="Open", url="https://hobnob.example.org/i/1?a=1&b=2")
    lines = [Line(text="Anna Example turns 36.", links=(open_it,)), Line(), Line(text="Nothing was missed.")]
    got = received(a_notice(lines=lines))
    assert got["Auto-Submitted"] == "auto-generated"
    assert text_of(got, "plain") == (
        "Anna Example turns 36.\nOpen: https://hobnob.example.org/i/1?a=1&b=2\n\nNothing was missed.\n"
    )
    page = text_of(got, "html")
    assert '<p>Anna Example turns 36. <a href="https://hobnob.example.org/i/1?a=1&amp;b=2">Open</a></p>' in page
    assert "<p>Nothing was missed.</p>" in page


def test_a_notice_links_to_nothing_that_runs() -> None:
    """Only http, https and mailto links are put into a notice."""
    with pytest.raises(InvalidLink):
        a_notice(lines=[Line(links=(Link(label="x", url="javascript:alert(1)"),))])


@settings(deadline=None)
@given(st.emails())
def test_ordinary_addresses_reach_the_header(address: str) -> None:
    """The address that was given is the address in the header, whatever characters it may have."""
    try:
        parsed = parse_address(address)
    except InvalidAddress:
        return
    got = received(a_greeting(recipient=Mailbox(name="Anna, E. (x)", address=address)))
    assert [each.addr_spec for each in got["To"].addresses] == [parsed]


def test_a_name_beyond_ascii_stays_readable_with_smtputf8() -> None:
    """Where an address needs SMTPUTF8 anyway, the header shows it as it is."""
    raw = a_greeting(recipient=Mailbox(name="Jané", address="jané@example.org")).as_bytes(policy=SMTPUTF8)
    assert "To: Jané <jané@example.org>".encode() in raw
