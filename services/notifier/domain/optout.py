"""
The link with which somebody asks for no more greetings: who they are and from whom, signed, so that nobody can be made to ask.

    /optout/<owner>.<contact>.<occasion>.<signature>

It has no expiry: a mail may be found years later. The signature is of its own kind, so that a key that is used elsewhere can
be used here too.
"""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from services.notifier.domain.languages import ENGLISH, language_of, typeset
from shared import subjects
from shared.errors import InvalidToken, NotFound
from shared.messages.values import Occasion

PATH: Final = "/optout"

_PURPOSE: Final = b"hobnob opt-out v1"
_SIGNATURE_BYTES: Final = 18
"""144 bits, in 24 characters."""
_LINES: Final = {
    "en": "If you would rather not get such notes from me, tell me here:",
    "de": "Falls Sie solche Nachrichten von mir lieber nicht bekommen möchten, genügt ein Klick:",
    "fr": "Si vous préférez ne plus recevoir ce genre de message de ma part, dites-le-moi ici :",
    "es": "Si prefiere no recibir más mensajes míos como este, dígamelo aquí:",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plea:
    """Who asks whom for no more greetings; *occasion* is the one that the greeting was for."""

    owner: str
    contact: str
    occasion: Occasion


def sign(plea: Plea, *, key: bytes) -> str:
    """Return the token that stands for *plea*."""
    told = f"{plea.owner}.{plea.contact}.{plea.occasion.value}"
    return f"{told}.{_signature(told, key)}"


def read_token(token: str, *, keys: Sequence[bytes]) -> Plea:
    """
    Return what a token stands for.

    Args:
        token: From the link.
        keys: Any of which may have signed it.

    Raises:
        NotFound: we have not made this link, or somebody changed it.
    """
    told, _, signature = token.rpartition(".")
    are_ours = [hmac.compare_digest(_signature(told, key).encode(), signature.encode()) for key in keys]
    parts = told.split(".")
    if not any(are_ours) or len(parts) != 3:
        raise NotFound("this link is not complete; copy it from the mail as a whole")
    owner, contact, occasion = parts
    try:
        return Plea(owner=subjects.token(owner), contact=subjects.token(contact), occasion=Occasion(occasion))
    except (InvalidToken, ValueError) as exc:
        raise NotFound("this link is of another version of Hobnob") from exc


def opt_out_line(*, tag: str) -> str:
    """Return the sentence before the link, in the language of the greeting."""
    language = language_of(tag)
    return typeset(_LINES.get(language, _LINES[ENGLISH]), language=language)


def _signature(told: str, key: bytes) -> str:
    own_key = hmac.digest(key, _PURPOSE, sha256)
    return urlsafe_b64encode(hmac.digest(own_key, told.encode(), sha256)[:_SIGNATURE_BYTES]).decode()
