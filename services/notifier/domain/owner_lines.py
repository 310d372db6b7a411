"""
Lines of a draft that are meant for the owner's eye: what to check before sending, where a personal line fits.

They are written in the owner's language, stand in square brackets on a line of their own, and never go out as long as they
are left as they were. Whatever the owner made of one stays.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from services.notifier.domain.languages import ENGLISH, language_of, typeset
from shared.messages.rpc import Draft


@dataclass(frozen=True, slots=True, kw_only=True)
class _Texts:
    check_first: str
    personal: str
    last_time: str


_TEXTS: Final = {
    "en": _Texts(
        check_first="Check first: this new job was noticed by comparing two exports, nobody has confirmed it. "
        "This line is not sent.",
        personal="Add a personal line",
        last_time="last time: ",
    ),
    "de": _Texts(
        check_first="Bitte erst prüfen: Die neue Stelle fiel beim Vergleich zweier Exporte auf, bestätigt hat sie niemand. "
        "Diese Zeile wird nicht mitgeschickt.",
        personal="Hier passt eine persönliche Zeile",
        last_time="letztes Mal: ",
    ),
    "fr": _Texts(
        check_first="À vérifier d’abord : ce nouveau poste ressort de la comparaison de deux exports, personne ne l’a confirmé. "
        "Cette ligne n’est pas envoyée.",
        personal="Ajouter une ligne personnelle",
        last_time="la dernière fois : ",
    ),
    "es": _Texts(
        check_first="Conviene comprobarlo antes: este nuevo puesto se dedujo al comparar dos exportaciones, "
        "nadie lo ha confirmado. Esta línea no se envía.",
        personal="Añadir una línea personal",
        last_time="la última vez: ",
    ),
}


def check_first(*, tag: str) -> str:
    """Return the advice to check a job change that nobody stated, in the owner's language."""
    return typeset(_texts(tag).check_first, language=language_of(tag))


def personal_line(*, note: str, tag: str) -> str:
    """Return the prompt for one personal line, reminding of the last conversation where there is a *note* of it."""
    texts = _texts(tag)
    return typeset(f"{texts.personal}; {texts.last_time}{note}", language=language_of(tag)) if note else texts.personal


def bracketed(text: str) -> str:
    """Return an owner's line as it stands in a draft."""
    return f"[{text}]"


def without_owner_lines(draft: Draft, *, lines: Collection[str] = ()) -> Draft:
    """
    Return *draft* as it goes out: without the lines for the owner's eye that were left as they were.

    Args:
        draft: As the owner left it.
        lines: The owner's lines that the draft had when it was made; our own are known anyway, in every language.
    """
    kept = [line for line in draft.body.split("\n") if line.strip() not in lines and not _OURS.fullmatch(line.strip())]
    return Draft(subject=draft.subject, body=tidy("\n".join(kept)))


def tidy(text: str) -> str:
    """Return *text* with at most one blank line in a row and no white space at the ends of its lines."""
    lines = "\n".join(line.rstrip() for line in text.strip().split("\n"))
    return re.sub(r"\n{3,}", "\n\n", lines)


def _texts(tag: str) -> _Texts:
    return _TEXTS.get(language_of(tag), _TEXTS[ENGLISH])


def _pattern() -> re.Pattern[str]:
    # The note may have changed since the owner read the draft: whatever it was, the line is still ours.
    forms = []
    for texts in _TEXTS.values():
        forms += [re.escape(texts.check_first), f"{re.escape(texts.personal)}(?:; {re.escape(texts.last_time)}.*)?"]
    return re.compile(rf"\[(?:{'|'.join(forms)})\]".replace(r"\ ", "[ \N{NO-BREAK SPACE}]"))


_OURS: Final = _pattern()
