"""
Links with which the owner sends a greeting by hand, the words filled in where a link can carry them.

Whatever a contact's fields hold becomes a part of a URL, percent-encoded, or no link at all: a link never runs anything.
"""

import re
from typing import Final
from urllib.parse import quote, urlsplit

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from services.notifier.domain.cleaning import clean_text
from services.notifier.domain.sending import address_of
from shared.messages.rpc import Draft, ItemLink
from shared.messages.snapshots import ContactSnapshot

URL_CHARS_MAX: Final = 8_000
"""A link that would be longer goes without the words: programs cut long ones, some at 2,000."""

_MOBILE: Final = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
_LINKEDIN: Final = "linkedin.com"


def links_for(*, person: ContactSnapshot, draft: Draft) -> tuple[ItemLink, ...]:
    """
    Return the ways to reach *person*, each at most once: email, text message, WhatsApp, the LinkedIn profile.

    Args:
        person: Whom.
        draft: The words as they go out, without the lines for the owner's eye.
    """
    found: list[ItemLink] = []
    if address := address_of(person=person):
        found.append(ItemLink(kind="email", url=mailto(address=address, draft=draft)))
    if number := _mobile_of(person):
        text = quote(_lines(draft.body), safe="")
        found.append(ItemLink(kind="sms", url=_fitting(f"sms:{number}", f"?body={text}")))
        found.append(ItemLink(kind="whatsapp", url=_fitting(f"https://wa.me/{number[1:]}", f"?text={text}")))
    if profile := linkedin_of(person):
        found.append(ItemLink(kind="linkedin", url=profile))
    return tuple(found)


def mailto(*, address: str, draft: Draft) -> str:
    """
    Return a link that opens a mail to a parsed *address* with the words of *draft*.

    Source:
        RFC 6068, section 2 (what is encoded, and line breaks as %0D%0A).
    """
    local, _, domain = address.rpartition("@")
    to = f"mailto:{quote(local, safe='')}@{domain}"
    subject = f"?subject={quote(_lines(draft.subject), safe='')}"
    return _fitting(to + subject, f"&body={quote(_lines(draft.body), safe='')}")


def _fitting(link: str, words: str) -> str:
    return link + words if len(link) + len(words) <= URL_CHARS_MAX else link


def _lines(text: str) -> str:
    return clean_text(text).strip().replace("\n", "\r\n")


def _mobile_of(person: ContactSnapshot) -> str | None:
    """
    Return the first number that text messages reach, as E.164; None without one.

    Only numbers with a country code: a national one may be anybody's in another country. `00` stands for the `+`.
    """
    for text in person.phones:
        written = re.sub(r"^\s*00(?=\d)", "+", text)
        try:
            number = phonenumbers.parse(written)
        except NumberParseException:
            continue
        if phonenumbers.is_valid_number(number) and phonenumbers.number_type(number) in _MOBILE:
            return phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return None


def linkedin_of(person: ContactSnapshot) -> str | None:
    """Return the address of their LinkedIn profile as a link that leads there and nowhere else; None where it is none."""
    text = (person.linkedin_url or "").strip()
    if not text:
        return None
    url = text if "://" in text else f"https://{text}"
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not (host == _LINKEDIN or host.endswith(f".{_LINKEDIN}")):
        return None
    path = quote(parts.path, safe="/%-._~")
    return f"https://{host}{path}"
