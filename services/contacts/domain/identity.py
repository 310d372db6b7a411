"""
Who a fact is about: identity keys, and the tokens they become.

Every key (an email, a LinkedIn profile, a vCard UID, an emitter's own id) is hashed with its owner into a **token**. A
contact holds the tokens of all its keys, no two contacts of an owner share one (a unique index holds it), and the contact's
own id is one of them. So a reference by any former id, by email or by profile is one and the same look-up, and what is left
after a contact is removed names nobody.
"""

import hashlib
import re
import unicodedata
from urllib.parse import unquote

from shared.messages.cloudevents import Fact
from shared.messages.facts import (
    ConnectionAccepted,
    ContactRef,
    ContactRemoved,
    ContactUpserted,
    InteractionLogged,
    JobChanged,
    MeetingFact,
    Person,
    Search,
)

TOKEN_CHARS = 20
"""Hex digits of a token: 80 bits, so that a million contacts collide with a chance below one in a trillion."""

_PROFILE = re.compile(r"linkedin\.com/(?:in|pub)/([^/?#\s]+)", re.IGNORECASE)


def token(*, owner: str, key: str) -> str:
    """Return the token of an identity key of *owner*; also a valid contact id."""
    return hashlib.sha256(f"{owner}\0{key}".encode()).hexdigest()[:TOKEN_CHARS]


def fold(text: str) -> str:
    """Return *text* as it is compared: Unicode NFKC, case folded, white space collapsed."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def profile_slug(url: str) -> str | None:
    """Return the last part of a LinkedIn profile address, decoded and lower-cased; None when *url* is no such address."""
    found = _PROFILE.search(url)
    return fold(unquote(found.group(1))) if found else None


def tokens_of(fact: Fact) -> tuple[str, ...]:
    """
    Return the tokens of everything that *fact* says about who it concerns, strongest first.

    A person of whom nothing but a name is known is recognised by that name; with any other key the name counts for nothing.
    Facts that concern no single contact have none: neither has a meeting with several people, which is applied in parts
    (`parts.py`), nor the owner's own search for a job.
    """
    match fact.data:
        case ContactUpserted() | ConnectionAccepted() as data:
            keys = _person_keys(data, source=fact.source)
            own = data.contact.id if data.contact and not data.contact.source else None
            keys += _reference_keys(data.contact) if data.contact else []
            if not keys and not own and (name := fold(full_name(data) or "")):
                keys = [f"name:{name}"]
        case (
            ContactRemoved(contact=ref)
            | JobChanged(contact=ref)
            | InteractionLogged(contact=ref)
            | MeetingFact(contact=ContactRef() as ref, contacts=())
            | Search(contact=ContactRef() as ref)
        ):
            keys, own = _reference_keys(ref), (ref.id if not ref.source else None)
        case _:
            return ()
    hashed = [token(owner=fact.owner, key=key) for key in keys]
    return tuple(dict.fromkeys(hashed + ([own] if own else [])))


def tokens_of_reference(*, owner: str, ref: ContactRef) -> frozenset[str]:
    """Return the keys by which *ref* names somebody, hashed; our own id is one as it is."""
    own = frozenset({ref.id}) if ref.id and not ref.source else frozenset()
    return own | {token(owner=owner, key=key) for key in _reference_keys(ref)}


def own_id_of(fact: Fact) -> str | None:
    """Return Hobnob's own contact id by which *fact* refers to its contact: that contact must exist, of the same owner."""
    ref = getattr(fact.data, "contact", None)
    return ref.id if isinstance(ref, ContactRef) and ref.id and not ref.source else None


def full_name(person: Person) -> str | None:
    """Return the name as written, or put together from its parts."""
    return person.name or " ".join(part for part in (person.given_name, person.family_name) if part) or None


def _person_keys(person: Person, *, source: str) -> list[str]:
    keys: list[str] = []
    if person.linkedin_url and (slug := profile_slug(person.linkedin_url)):
        keys.append(f"linkedin:{slug}")
    if person.uid:
        keys.append(f"uid:{person.uid}")
    if person.external_id:
        keys.append(emitters_key(source=source, id=person.external_id))
    keys.extend(f"email:{fold(email)}" for email in person.emails)
    return keys


def _reference_keys(ref: ContactRef) -> list[str]:
    keys: list[str] = []
    if ref.linkedin_url and (slug := profile_slug(ref.linkedin_url)):
        keys.append(f"linkedin:{slug}")
    if ref.uid:
        keys.append(f"uid:{ref.uid}")
    if ref.source and ref.id:
        keys.append(emitters_key(source=ref.source, id=ref.id))
    if ref.email:
        keys.append(f"email:{fold(ref.email)}")
    return keys


def emitters_key(*, source: str, id: str) -> str:  # noqa: A002  # CloudEvents' own word
    """Return the key of an emitter's own id. Both may hold colons: the length tells where one ends and the other begins."""
    return f"source:{len(source)}:{source}:{id}"
