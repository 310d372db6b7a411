"""Email addresses and phone numbers as address books hold them, checked against what the contract takes."""

from collections.abc import Iterable
from email.utils import parseaddr

import phonenumbers
from pydantic import TypeAdapter, ValidationError

from services.contacts.importers.text import MAX_TEXT_CHARS, one_line
from shared.messages.facts import Email

_EMAIL: TypeAdapter[str] = TypeAdapter(Email)


def phone(written: str) -> str:
    """Return the number in E.164 where it says its country, else as written: a country is never assumed."""
    flat = one_line(written).removeprefix("tel:")
    if flat.startswith("+"):
        try:
            number = phonenumbers.parse(flat, None)
        except phonenumbers.NumberParseException:
            return flat[:MAX_TEXT_CHARS]
        if phonenumbers.is_possible_number(number) and not number.extension:
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return flat[:MAX_TEXT_CHARS]


def valid_emails(written: Iterable[str]) -> tuple[str, ...]:
    """Return those of *written* that are addresses, each once."""
    return sort_emails(written)[0]


def sort_emails(written: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the addresses, each once, and the texts that are none."""
    good: dict[str, str] = {}
    bad: list[str] = []
    for text in filter(None, map(one_line, written)):
        if email := email_address(text):
            good.setdefault(email.casefold(), email)
        else:
            bad.append(text)
    return tuple(good.values()), tuple(bad)


def email_address(written: str) -> str | None:
    """Return the address in *written*, which may have a name or `mailto:` around it, or None."""
    text = one_line(written).removeprefix("mailto:")
    return valid(_EMAIL, parseaddr(text)[1] if "<" in text else text)


def valid(adapter: TypeAdapter[str], value: str) -> str | None:
    """Return *value* where the contract takes it, else None."""
    if not value:
        return None
    try:
        return adapter.validate_python(value)
    except ValidationError:
        return None
