"""
Emails as values: the greeting to a contact and the notice to the owner.

Whatever a person, an import or another system put into a name, a subject or a text is inert here: it can neither become a
header nor markup. Line breaks and control characters in one-line values are cleaned away; an address that is not exactly one
mailbox is refused, because a cleaned address would be somebody else's.

Everything is sent as ASCII (encoded words, quoted-printable, IDNA), so that it passes any server; only an address whose local
part is not ASCII needs a server with SMTPUTF8 (RFC 6531).
"""

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address, HeaderRegistry
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from hashlib import blake2b
from typing import Any, Final
from urllib.parse import urlsplit

from services.notifier.domain.addresses import parse_address
from services.notifier.domain.cleaning import clean_line, clean_text
from shared.errors import PermanentError

NAME_CHARS_MAX: Final = 200
"""A longer display name is cut: mail programs show far less, and a header line may have 998 characters at most."""
SUBJECT_CHARS_MAX: Final = 400
"""A longer subject is cut."""

_URL_CHARS_MAX: Final = 900


class InvalidLink(PermanentError):
    """This is not a link that may stand in a mail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """Who sends or receives: an address, and a name that may be empty and may hold anything."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOut:
    """How the contact can ask for no more greetings: a link, and the sentence before it in the language of the greeting."""

    url: str
    text: str = "If you would rather not get such notes from me, tell me here:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Something to click on."""

    label: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """
    A line of a notice and the links that belong to it; one without text and links parts two paragraphs.

    *is_strong*: it catches the eye, where that can be shown.
    """

    text: str = ""
    links: tuple[Link, ...] = ()
    is_strong: bool = False


class _UrlHeader:
    """
    A header that holds a URL: it is written in one line.

    The standard library folds a long word into encoded words, which nobody reads as a URL (Python 3.11).
    """

    max_count = 1

    @classmethod
    def parse(cls, value: str, kwds: dict[str, Any]) -> None:
        """Take the value as it is."""
        kwds["parse_tree"] = None
        kwds["decoded"] = value

    def fold(self, *, policy: EmailPolicy) -> str:
        """Return the header in one line."""
        return f"{self.name}: {self}{policy.linesep}"  # type: ignore[attr-defined]  # mixed into the library's BaseHeader


_HEADERS: Final = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", _UrlHeader)  # type: ignore[arg-type]  # the registry adds the base class
_POLICY: Final = SMTP.clone(header_factory=_HEADERS)


def message_id(*, owner: str, item: str, domain: str) -> str:
    """Return the Message-ID of the mail about *item*: always the same one, so that a second copy is recognised as such."""
    digest = blake2b(f"{owner}\n{item}".encode(), digest_size=16).hexdigest()
    return f"<{digest}@{domain}>"


def build_greeting(
    *,
    owner: str,
    item: str,
    sender: Mailbox,
    reply_to: str | None,
    recipient: Mailbox,
    subject: str,
    body: str,
    at: datetime,
    language: str = "en",
    opt_out: OptOut | None = None,
) -> EmailMessage:
    """
    Return the greeting as the owner would have written it: no mark of a machine, plain text with an HTML alternative.

    Args:
        owner: Id of the owner.
        item: Id of the inbox item; with *owner* it makes the Message-ID.
        sender: The owner's name, and the address that the mail server lets us send from.
        reply_to: The owner's own address; None where it is the sender's.
        recipient: The contact.
        subject: One line; anything else in it is cleaned away.
        body: Plain text; an empty line parts paragraphs.
        at: Instant of the `Date` header, aware.
        language: BCP 47 tag of the text.
        opt_out: Adds the sentence and the List-Unsubscribe headers. One-Click only with an https link, as the RFC has it.

    Raises:
        InvalidAddress: one of the addresses is not one mailbox.
        InvalidLink: the opt-out link is no http or https link.

    Source:
        RFC 2369 and RFC 8058 (List-Unsubscribe).
    """
    message = _envelope(owner=owner, item=item, sender=sender, recipient=recipient, subject=subject, at=at)
    if reply_to is not None:
        message["Reply-To"] = _mailbox(Mailbox(name=sender.name, address=reply_to))
    lines = [Line(text=text) for text in clean_text(body).strip().split("\n")]
    if opt_out:
        url = _checked(opt_out.url)
        message["List-Unsubscribe"] = f"<{url}>"
        if url.startswith("https://"):
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        text = clean_line(opt_out.text, chars_max=SUBJECT_CHARS_MAX)
        lines += [Line(), Line(text=text, links=(Link(label=url, url=url),))]
    return _with_bodies(message, lines=lines, language=language)


def build_notice(
    *,
    owner: str,
    item: str,
    sender: Mailbox,
    recipient: Mailbox,
    subject: str,
    lines: Iterable[Line],
    at: datetime,
    language: str = "en",
) -> EmailMessage:
    """
    Return a mail of Hobnob to the owner, such as the digest. It says that a machine wrote it, so that none answers.

    Args:
        owner: Id of the owner.
        item: What the notice is about, such as `digest:2026-05-04`; with *owner* it makes the Message-ID.
        sender: Hobnob's name and the address that the mail server lets us send from.
        recipient: The owner.
        subject: One line; anything else in it is cleaned away.
        lines: The text. Links stand behind their line in the HTML, below it in the plain text.
        at: Instant of the `Date` header, aware.
        language: BCP 47 tag of the text.

    Raises:
        InvalidAddress: one of the addresses is not one mailbox.
        InvalidLink: a link is neither http, https nor mailto.

    Source:
        RFC 3834, section 5 (Auto-Submitted).
    """
    message = _envelope(owner=owner, item=item, sender=sender, recipient=recipient, subject=subject, at=at)
    message["Auto-Submitted"] = "auto-generated"
    return _with_bodies(message, lines=[_clean(line) for line in lines], language=language)


def _envelope(*, owner: str, item: str, sender: Mailbox, recipient: Mailbox, subject: str, at: datetime) -> EmailMessage:
    origin = _mailbox(sender)
    message = EmailMessage(policy=_POLICY)
    message["From"] = origin
    message["To"] = _mailbox(recipient)
    message["Subject"] = _unencoded(clean_line(subject, chars_max=SUBJECT_CHARS_MAX))
    message["Date"] = format_datetime(at)
    message["Message-ID"] = message_id(owner=owner, item=item, domain=origin.domain)
    return message


def _mailbox(mailbox: Mailbox) -> Address:
    local, _, domain = parse_address(mailbox.address).rpartition("@")
    name = _unencoded(clean_line(mailbox.name, chars_max=NAME_CHARS_MAX))
    return Address(display_name=name, username=local, domain=domain)


def _unencoded(line: str) -> str:
    """Keep `=?…?=` from being read as an encoded word: the standard library decodes one, line breaks in it included."""
    return line.replace("=?", "= ?")


def _clean(line: Line) -> Line:
    links = tuple(
        Link(label=clean_line(link.label, chars_max=NAME_CHARS_MAX), url=_checked(link.url, schemes=("http", "https", "mailto")))
        for link in line.links
    )
    return Line(text=clean_line(line.text, chars_max=_URL_CHARS_MAX), links=links, is_strong=line.is_strong)


def _checked(url: str, *, schemes: tuple[str, ...] = ("http", "https")) -> str:
    """Return *url* when it is safe in a header and in an attribute: ASCII, no space, quote or angle bracket."""
    is_plain = len(url) <= _URL_CHARS_MAX and re.fullmatch(r"[!#-;=?-\[\]_a-z~]+", url)
    if not is_plain or urlsplit(url).scheme not in schemes:
        raise InvalidLink(f"{clean_line(url, chars_max=80)!r} is no link that may stand in a mail ({', '.join(schemes)})")
    return url


def _with_bodies(message: EmailMessage, *, lines: list[Line], language: str) -> EmailMessage:
    # Quoted-printable: seven bits, short lines, readable in the source, and no server has a reason to recode it.
    message.set_content(plain_text(lines), cte="quoted-printable")
    message.add_alternative(_html(lines, subject=message["Subject"], language=language), subtype="html", cte="quoted-printable")
    return message


def plain_text(lines: Iterable[Line]) -> str:
    """Return lines as plain text, each link below its line."""
    written = []
    for line in lines:
        written += [line.text.rstrip()] if line.text or not line.links else []
        written += [link.url if link.label == link.url else f"{link.label}: {link.url}" for link in line.links]
    return "\n".join(written) + "\n"


def _html(lines: list[Line], *, subject: str, language: str) -> str:
    """Write the lines as HTML. It names no colour: light or dark is the reader's choice; and nothing is loaded from anywhere."""
    paragraphs: list[list[str]] = [[]]
    for line in lines:
        if line.text.strip() or line.links:
            anchors = [f'<a href="{html.escape(link.url)}">{html.escape(link.label)}</a>' for link in line.links]
            text = html.escape(line.text.strip())
            paragraphs[-1].append(" ".join([f"<strong>{text}</strong>" if line.is_strong else text, *anchors]).strip())
        elif paragraphs[-1]:
            paragraphs.append([])
    text = "\n".join("<p>" + "<br>\n".join(each) + "</p>" for each in paragraphs if each)
    return (
        f'<!DOCTYPE html>\n<html lang="{html.escape(language)}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="viewport" content="width=device-width">\n'
        f"<title>{html.escape(subject)}</title>\n</head>\n"
        '<body style="font-family:system-ui,sans-serif;font-size:16px;line-height:1.5;max-width:40em;overflow-wrap:anywhere">\n'
        f"{text}\n</body>\n</html>\n"
    )
