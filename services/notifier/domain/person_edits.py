"""What a fact has to say so that a person is as the owner wants them: the changed fields and nothing else."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, get_args

from services.notifier.domain.links import linkedin_of
from shared.errors import InvalidMessage
from shared.messages.facts import Clearable
from shared.messages.snapshots import ContactSnapshot

CLEARABLE: Final = frozenset(get_args(Clearable))
EMPTY: Final[Mapping[str, Any]] = {
    "tags": [],
    "interests": [],
    "causes": [],
    "schools": [],
    "muted": [],
    "notes": "",
    "is_reference": False,
    "do_not_greet": False,
    "deceased": False,
    "departed": False,
}
"""What stands for nothing in the fields that are emptied by stating so."""
ELEMENTS: Final = ("emails", "phones")
JOB: Final = ("company", "title", "started_on")
FIELDS: Final = frozenset({"name", "closeness", "dates", *CLEARABLE, *EMPTY, *ELEMENTS, *JOB})
"""What of a person can be changed."""


def statement_of(*, person: ContactSnapshot, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return the data of the `contact.upserted` that makes *person* what is *wanted*, without its `contact`; empty if they are.

    Args:
        person: As they are now.
        wanted: By name of the field, of `FIELDS`, as JSON; None takes a value away. Of emails, phones and dates all that are
            to be there, the one that is used first.

    Raises:
        InvalidMessage: a field cannot be empty, or is not what it should be.
    """
    present = person.model_dump(mode="json")
    data: dict[str, Any] = {}
    cleared: list[str] = []
    for name in sorted(wanted.keys() - set(JOB)):
        value = wanted[name]
        if name in ELEMENTS:
            data |= _elements(name, present[name], value or [])
        elif name == "dates":
            data |= _dates(present["dates"], value or [])
        elif value is None and name in CLEARABLE:
            cleared += [name] if present[name] is not None else []
        elif (value := EMPTY.get(name) if value is None else value) is None:
            raise InvalidMessage(f"{name}: it cannot be empty")
        elif value != (EMPTY[name] if present[name] is None and name in EMPTY else present[name]):
            data[name] = value
    if url := data.get("linkedin_url"):
        _check_linkedin(url, person)
    if job := {name: wanted[name] for name in JOB if name in wanted}:
        data |= _job(person, job)
    return data | ({"cleared": cleared} if cleared else {})


def merged_words(*, present: Sequence[str], was: Sequence[str], now: Sequence[str]) -> list[str]:
    """
    Return *present* with what was added to *was* to make it *now*, and without what was taken away.

    So a label that somebody else added or took away meanwhile stays added, or gone.
    """
    before, after = _by_fold(was), _by_fold(now)
    kept = {key: word for key, word in _by_fold(present).items() if key in after or key not in before}
    added = {key: word for key, word in after.items() if key not in before and key not in kept}
    return [*kept.values(), *added.values()]


def merged_lines(*, present: Sequence[str], was: Sequence[str], now: Sequence[str]) -> list[str]:
    """Return the same of lines whose order counts: those of *now* first, in its order, then what somebody else added."""
    kept = _by_fold(merged_words(present=present, was=was, now=now))
    wanted = [kept[key] for key in _by_fold(now) if key in kept]
    return wanted + [word for key, word in kept.items() if key not in _by_fold(now)]


def fold(text: str) -> str:
    """Return what two ways to write one word have in common."""
    return " ".join(text.split()).casefold()


def _by_fold(words: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for word in words:
        if key := fold(word):
            found.setdefault(key, " ".join(word.split()))
    return found


def _elements(name: str, present: Sequence[str], wanted: Sequence[str]) -> dict[str, Any]:
    before, after = _by_fold(present), _by_fold(wanted)
    data: dict[str, Any] = {}
    if after and list(after) != [key for key in before if key in after]:
        # The whole list: what was stated last is used first.
        data[name] = list(after.values())
    if gone := [value for key, value in before.items() if key not in after]:
        data[f"removed_{name}"] = gone
    return data


def _dates(present: Sequence[Mapping[str, Any]], wanted: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    before = [_date(entry) for entry in present]
    after = [_date(entry) for entry in wanted]
    data: dict[str, Any] = {}
    if changed := [entry for entry in after if entry not in before]:
        data["dates"] = changed
    labels = {fold(entry["label"]) for entry in after}
    if gone := [entry["label"] for entry in before if fold(entry["label"]) not in labels]:
        data["removed_dates"] = gone
    return data


def _date(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if value is not None}


def _job(person: ContactSnapshot, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return a statement of the present job with what is wanted of it: without its company and title it would be another."""
    job = person.job
    present = {
        "company": job.company if job else None,
        "title": job.title if job else None,
        "started_on": str(job.started_on) if job and job.started_on else None,
    }
    if present["started_on"] and "started_on" in wanted and wanted["started_on"] is None:
        raise InvalidMessage("started_on: correct the date, or say that they have a new job; it cannot be emptied")
    stated = {name: value for name, value in {**present, **wanted}.items() if value is not None}
    if not {"company", "title"} & stated.keys():
        if stated or job is not None:
            raise InvalidMessage("company: a job needs a company or a title")
        return {}
    return {} if stated == {name: value for name, value in present.items() if value is not None} else stated


def _check_linkedin(url: str, person: ContactSnapshot) -> None:
    if linkedin_of(person.model_copy(update={"linkedin_url": url})) is None:
        raise InvalidMessage("linkedin_url: it is the address of no LinkedIn profile, such as https://www.linkedin.com/in/ada")
