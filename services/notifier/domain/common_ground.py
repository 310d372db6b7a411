"""
Common ground: what the owner and a contact share, computed from what both stated and never guessed.

Two texts are the same thing when they are equal but for case, accents, punctuation and spaces. "Berlin" and "Berlin,
Germany" are not: an owner who wants both matched writes both.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from services.notifier.domain.addressing import one_line
from services.notifier.domain.languages import ENGLISH, language_of, typeset
from shared.messages.snapshots import ContactSnapshot, OwnerProfile

SHOWN_MAX: Final = 3
"""Shared things worth showing; more are a list, not common ground."""
VALUE_CHARS: Final = 100


class Kind(StrEnum):
    """What sort of thing is shared, the weightiest first: values bind more than a city does."""

    CAUSE = "cause"
    SCHOOL = "school"
    EMPLOYER = "employer"
    INTEREST = "interest"
    PLACE = "place"


@dataclass(frozen=True, slots=True)
class Shared:
    """One thing that both have, as the owner writes it."""

    kind: Kind
    value: str


_FOR_THE_OWNER: Final[dict[str, dict[Kind, str]]] = {
    "en": {
        Kind.CAUSE: "You both care about {}",
        Kind.SCHOOL: "You both went to {}",
        Kind.EMPLOYER: "You both know {} from the inside",
        Kind.INTEREST: "You both like {}",
        Kind.PLACE: "You both have a tie to {}",
    },
    "de": {
        Kind.CAUSE: "Gemeinsames Anliegen: {}",
        Kind.SCHOOL: "Gemeinsame Station: {}",
        Kind.EMPLOYER: "Gemeinsamer Arbeitgeber: {}",
        Kind.INTEREST: "Gemeinsames Interesse: {}",
        Kind.PLACE: "Gemeinsamer Ort: {}",
    },
    "fr": {
        Kind.CAUSE: "Une cause en commun : {}",
        Kind.SCHOOL: "Un même établissement : {}",
        Kind.EMPLOYER: "Un même employeur : {}",
        Kind.INTEREST: "Un intérêt en commun : {}",
        Kind.PLACE: "Une même attache : {}",
    },
    "es": {
        Kind.CAUSE: "Una causa en común: {}",
        Kind.SCHOOL: "Un mismo centro de estudios: {}",
        Kind.EMPLOYER: "Una misma empresa: {}",
        Kind.INTEREST: "Un interés en común: {}",
        Kind.PLACE: "Un mismo lugar: {}",
    },
}

_CLOSE, _POLITE = True, False
_FOR_THE_CONTACT: Final[dict[tuple[str, bool], dict[Kind, str]]] = {
    ("en", _CLOSE): {
        Kind.CAUSE: "I love that we both care about {}.",
        Kind.SCHOOL: "I like to think that {} shaped us both.",
        Kind.EMPLOYER: "Few people know {} from the inside the way we do.",
        Kind.INTEREST: "There is always {} to talk about, too.",
        Kind.PLACE: "We have {} in common, too.",
    },
    ("en", _POLITE): {
        Kind.CAUSE: "I was glad to see that we both care about {}.",
        Kind.SCHOOL: "It is a small world: we both went to {}.",
        Kind.EMPLOYER: "It is a small world: we both know {} from the inside.",
        Kind.INTEREST: "I noticed that we share an interest: {}.",
        Kind.PLACE: "I noticed that we both have a tie to {}.",
    },
    ("de", _CLOSE): {
        Kind.CAUSE: "Schön, dass wir uns beide für {} einsetzen.",
        Kind.SCHOOL: "Uns verbindet ja auch eine gemeinsame Station: {}.",
        Kind.EMPLOYER: "Wir kennen ja beide {} von innen, das verbindet.",
        Kind.INTEREST: "Ein Thema haben wir immer: {}.",
        Kind.PLACE: "Uns verbindet ja auch ein Ort: {}.",
    },
    ("de", _POLITE): {
        Kind.CAUSE: "Es freut mich, dass wir uns beide für {} einsetzen.",
        Kind.SCHOOL: "Wir haben, wie ich sehe, eine gemeinsame Station: {}.",
        Kind.EMPLOYER: "Die Welt ist klein: Wir kennen beide {} von innen.",
        Kind.INTEREST: "Mir ist aufgefallen, dass wir ein Interesse teilen: {}.",
        Kind.PLACE: "Mir ist aufgefallen, dass uns ein Ort verbindet: {}.",
    },
    ("fr", _CLOSE): {
        Kind.CAUSE: "J’aime que nous portions la même cause : {}.",
        Kind.SCHOOL: "Nous avons aussi fréquenté le même établissement : {}.",
        Kind.EMPLOYER: "Nous connaissons {} de l’intérieur, toi comme moi.",
        Kind.INTEREST: "Nous avons toujours un sujet à nous : {}.",
        Kind.PLACE: "Un endroit nous relie aussi : {}.",
    },
    ("fr", _POLITE): {
        Kind.CAUSE: "Je me réjouis que nous partagions une même cause : {}.",
        Kind.SCHOOL: "Je vois que nous avons fréquenté le même établissement : {}.",
        Kind.EMPLOYER: "Le monde est petit : nous connaissons {} de l’intérieur, vous comme moi.",
        Kind.INTEREST: "J’ai remarqué que nous partageons un centre d’intérêt : {}.",
        Kind.PLACE: "J’ai remarqué qu’un endroit nous relie : {}.",
    },
    ("es", _CLOSE): {
        Kind.CAUSE: "Me encanta que compartamos una causa: {}.",
        Kind.SCHOOL: "También compartimos centro de estudios: {}.",
        Kind.EMPLOYER: "Conocemos {} por dentro, tanto tú como yo.",
        Kind.INTEREST: "Siempre nos queda un tema: {}.",
        Kind.PLACE: "También nos une un lugar: {}.",
    },
    ("es", _POLITE): {
        Kind.CAUSE: "Me alegra que compartamos una causa: {}.",
        Kind.SCHOOL: "Veo que compartimos centro de estudios: {}.",
        Kind.EMPLOYER: "El mundo es pequeño: conocemos {} por dentro, tanto usted como yo.",
        Kind.INTEREST: "He visto que compartimos un interés: {}.",
        Kind.PLACE: "He visto que nos une un lugar: {}.",
    },
}
"""Worded so that any name fits: without an article before it, and without a gender or a number to agree with."""


def common_ground(*, owner: OwnerProfile, contact: ContactSnapshot) -> tuple[Shared, ...]:
    """Return at most `SHOWN_MAX` things that both stated, the weightiest first, those of one kind in the owner's order."""
    companies = [job.company for job in (*contact.jobs, *((contact.job,) if contact.job else ())) if job.company]
    pairs: tuple[tuple[Kind, tuple[str, ...], Iterable[str]], ...] = (
        (Kind.CAUSE, owner.causes, contact.causes),
        (Kind.SCHOOL, owner.schools, contact.schools),
        (Kind.EMPLOYER, owner.employers, companies),
        (Kind.INTEREST, owner.interests, contact.interests),
        (Kind.PLACE, owner.places, (contact.location,) if contact.location else ()),
    )
    found: dict[str, Shared] = {}
    for kind, mine, theirs in pairs:
        known = {folded(text) for text in theirs}
        for text in mine:
            key = folded(text)
            if key in known and any(unicodedata.category(c)[0] not in "CZ" for c in key):
                found.setdefault(key, Shared(kind, one_line(text, chars=VALUE_CHARS)))
    return tuple(found.values())[:SHOWN_MAX]


def folded(text: str) -> str:
    """Return *text* as it is compared: without case, Latin accents, punctuation and surplus spaces; C++ and C# keep theirs."""
    bare = re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFKD", one_line(text).casefold()))
    return " ".join(re.sub(r"[.,;:!?'\"’‘“”()]+", " ", unicodedata.normalize("NFC", bare)).split())


def told_to_owner(shared: Iterable[Shared], *, tag: str) -> tuple[str, ...]:
    """Return what is shared as short sentences for the owner's eye, in the owner's language."""
    language = language_of(tag) if language_of(tag) in _FOR_THE_OWNER else ENGLISH
    return tuple(typeset(_FOR_THE_OWNER[language][each.kind].replace("{}", each.value), language=language) for each in shared)


def told_to_contact(shared: Iterable[Shared], *, tag: str, is_close: bool) -> str:
    """Return the weightiest thing as one sentence of a letter; "" where nothing is shared or the language has no words for it."""
    first = next(iter(shared), None)
    sentences = _FOR_THE_CONTACT.get((language_of(tag), is_close))
    return sentences[first.kind].replace("{}", first.value) if first and sentences else ""
