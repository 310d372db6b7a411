"""Email addresses: exactly one mailbox, or refused. A cleaned address would be somebody else's."""

import re
import unicodedata
from typing import Final

import idna

from services.notifier.domain.cleaning import clean_line
from shared.errors import PermanentError

_LOCAL_OCTETS_MAX: Final = 64
_ADDRESS_OCTETS_MAX: Final = 254
_ATOM: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010FFFF-]+")


class InvalidAddress(PermanentError):
    """This is not the email address of one mailbox."""


def parse_address(text: str) -> str:
    """
    Return the address in *text* as it is put on the wire: without surrounding space, the domain in lower-case IDNA.

    Raises:
        InvalidAddress: *text* is anything but one mailbox, with the reason. Quoted local parts and address literals are
            refused, although RFC 5321 permits them: people do not have them, attacks do.

    Source:
        RFC 5321, section 4.1.2 (dot-string) and 4.5.3.1 (sizes); RFC 6531, section 3.3; RFC 5891 (IDNA 2008).
    """
    address = text.strip(" ")
    shown = clean_line(text, chars_max=80)
    local, at, domain = address.rpartition("@")
    if not at or not local or not domain:
        raise InvalidAddress(f"{shown!r} is no email address: it needs the form name@domain")
    if any(unicodedata.category(char)[0] in "CZ" for char in address):
        raise InvalidAddress(f"{shown!r} is no email address: it holds a space or a control character")
    if not all(_ATOM.fullmatch(atom) for atom in local.split(".")):
        raise InvalidAddress(f"{shown!r} is no email address of one mailbox: the part before the @ is not plain")
    try:
        ascii_domain = idna.encode(domain, uts46=True, std3_rules=True, transitional=False).decode("ascii")
    except idna.IDNAError as exc:
        raise InvalidAddress(f"{shown!r} is no email address: {clean_line(domain, chars_max=60)!r} is no domain") from exc
    address = f"{local}@{ascii_domain}"
    if len(local.encode()) > _LOCAL_OCTETS_MAX or len(address.encode()) > _ADDRESS_OCTETS_MAX:
        raise InvalidAddress(f"{shown!r} is no email address: it is too long")
    return address


def needs_smtputf8(address: str) -> bool:
    """Whether only a server with SMTPUTF8 can take this parsed address."""
    return not address.isascii()
