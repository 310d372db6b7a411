"""
From the forms of the page about a person to what is wanted of them.

Every field comes with what it was when the page was made, as `was-<name>`: only what the owner changed counts, so that what was
learnt meanwhile from elsewhere stays.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.notifier.domain.person_edits import fold, merged_lines, merged_words
from services.notifier.use_cases.person_edits import Wish
from services.notifier.web.person_words import REMINDABLE
from shared.errors import InvalidMessage
from shared.messages.snapshots import ContactSnapshot
from shared.messages.values import PartialDate

Fields = Mapping[str, str]
Pairs = Sequence[tuple[str, str]]

WAS: Final = "was-"
TEXTS: Final = (
    "name",
    "given_name",
    "family_name",
    "nickname",
    "location",
    "timezone",
    "language",
    "linkedin_url",
    "company",
    "title",
    "closeness",
)
DATES: Final = ("birthday", "started_on", "connected_on")
WORDS: Final = ("tags", "interests", "causes", "schools")
LINES: Final = ("emails", "phones")
FLAGS: Final = ("do_not_greet", "deceased", "departed", "is_reference")
NUMBERS: Final = ("cadence_days", "lead_days")
NOTES: Final = "notes"
MUTED: Final = "muted"
REMIND: Final = "remind"
"""The boxes of the occasions that are not muted."""
DIGITS_MAX: Final = 4


def wish_of(form: Fields, pairs: Pairs) -> Wish:
    """
    Return what a form wants of a person; *pairs* are its fields as they were sent, those of one name included.

    Raises:
        InvalidMessage: a date or a number is none.
    """
    texts = _changed(form, TEXTS) | {name: _date_text(form, name) for name in DATES if _is_changed_date(form, name)}
    texts |= {name: _unix(form.get(name, "")) for name in (NOTES,) if _is_changed(form, name)}
    wanted: dict[str, Any] = {name: text or None for name, text in texts.items()}
    wanted |= {name: _number(name, text) for name, text in _changed(form, NUMBERS).items()}
    wanted |= {name: name in form for name in FLAGS if WAS + name in form and (name in form) != bool(form[WAS + name])}

    def wish(person: ContactSnapshot) -> Mapping[str, Any]:
        found = dict(wanted)
        for name in WORDS:
            if _is_changed(form, name):
                was, now = words(form[WAS + name]), words(form.get(name, ""))
                found[name] = merged_words(present=getattr(person, name), was=was, now=now)
        for name in LINES:
            if _is_changed(form, name):
                was, now = form[WAS + name].splitlines(), form.get(name, "").splitlines()
                found[name] = merged_lines(present=getattr(person, name), was=was, now=now)
        if WAS + MUTED in form:
            was, now = form[WAS + MUTED].split(","), _muted(pairs)
            found[MUTED] = merged_words(present=[each.value for each in person.muted], was=was, now=now)
        return found

    return wish


def date_wish(form: Fields) -> Wish:
    """Return the wish of the form of the owner's own dates: that one is there, or that it is no longer."""
    label = form.get("label", "").strip()
    entry = None if form.get("do") == "remove" else _own_date(form, label)

    def wish(person: ContactSnapshot) -> Mapping[str, Any]:
        present = [date.model_dump(mode="json", exclude_none=True) for date in person.dates]
        others = [date for date in present if fold(date["label"]) != fold(label)]
        return {"dates": [*others, entry] if entry else others}

    return wish


def job_of(form: Fields) -> dict[str, str | None]:
    """Return the new job that a form tells of."""
    return {
        "company": form.get("company", "").strip(),
        "title": form.get("title", "").strip() or None,
        "started_on": _date_text(form, "started_on") or None,
    }


def words(text: str) -> list[str]:
    """Return the words of a field in which commas or lines part them."""
    return [word.strip() for word in re.split(r"[,\n]", text) if word.strip()]


def _own_date(form: Fields, label: str) -> dict[str, Any]:
    if not label:
        raise InvalidMessage("label: say what the date is")
    if not (on := _date_text(form, "on")):
        raise InvalidMessage("on: choose a day and a month")
    return {"label": label, "on": on} | ({"recurrence": rule} if (rule := form.get("recurrence", "").strip()) else {})


def _muted(pairs: Pairs) -> list[str]:
    reminded = {value for name, value in pairs if name == REMIND}
    return [occasion.value for occasion in REMINDABLE if occasion.value not in reminded]


def _changed(form: Fields, names: Sequence[str]) -> dict[str, str]:
    return {name: form.get(name, "").strip() for name in names if _is_changed(form, name)}


def _is_changed(form: Fields, name: str) -> bool:
    return WAS + name in form and _unix(form.get(name, "")) != _unix(form[WAS + name])


def _is_changed_date(form: Fields, name: str) -> bool:
    return WAS + name in form and _date_text(form, name) != form[WAS + name]


def _date_text(form: Fields, name: str) -> str:
    """
    Return the date that three fields make, as it is written in facts; empty where all of them are.

    Raises:
        InvalidMessage: they make none.
    """
    parts = {part: form.get(f"{name}-{part}", "").strip() for part in ("day", "month", "year")}
    if not any(parts.values()):
        return ""
    if not all(not text or (text.isdecimal() and len(text) <= DIGITS_MAX) for text in parts.values()):
        raise InvalidMessage(f"{name}: a day and a year are numbers")
    day, month, year = (int(parts[part]) if parts[part] else None for part in ("day", "month", "year"))
    try:
        return str(PartialDate(year=year, month=month, day=day))
    except ValueError as exc:
        raise InvalidMessage(f"{name}: {exc}") from exc


def _number(name: str, text: str) -> int | None:
    if text and not (text.isdecimal() and len(text) <= DIGITS_MAX):
        raise InvalidMessage(f"{name}: write a number of days")
    return int(text) if text else None


def _unix(text: str) -> str:
    """Return *text* with the line breaks of facts: browsers send others."""
    return text.replace("\r\n", "\n").strip()
