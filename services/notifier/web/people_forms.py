"""From the address and the forms of the list of people to what is shown and what is changed."""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Final, TypeVar
from urllib.parse import parse_qsl, urlencode

from services.notifier.domain.people_bulk import BulkChange, BulkKind
from services.notifier.domain.people_list import PeopleFilter, Silence, Sort
from services.notifier.web.person_words import REMINDABLE
from shared.errors import InvalidMessage
from shared.messages.values import Closeness, Occasion

Fields = Mapping[str, str]
EnumT = TypeVar("EnumT", bound=Enum)
TEXT_CHARS: Final = 200
EVERY: Final = "every"
"""The choice that stands for all occasions of which somebody can be reminded."""
VIEW: Final = ("q", "closeness", "tag", "company", "silence", "sort")


def filters_of(query: Fields) -> PeopleFilter:
    """Return what an address asks for; a value that there is not, of an old bookmark say, narrows nothing."""
    return PeopleFilter(
        search=_text(query, "q"),
        closeness=_one_of(Closeness, query.get("closeness")),
        tag=_text(query, "tag"),
        company=_text(query, "company"),
        silence=_one_of(Silence, query.get("silence")),
    )


def sort_of(query: Fields) -> Sort:
    """Return in what order an address asks for people."""
    return _one_of(Sort, query.get("sort")) or Sort.NAME


def address(filters: PeopleFilter, sort: Sort, **more: str | None) -> str:
    """Return the address of a list; *more* changes it or adds to it, None leaves something out."""
    values: dict[str, str | None] = {
        "q": filters.search,
        "closeness": filters.closeness.value if filters.closeness else "",
        "tag": filters.tag,
        "company": filters.company,
        "silence": filters.silence.value if filters.silence else "",
        "sort": sort.value if sort is not Sort.NAME else "",
        **more,
    }
    query = urlencode({name: value for name, value in values.items() if value})
    return f"/people?{query}" if query else "/people"


def view_of(form: Fields) -> dict[str, str]:
    """Return the part of an address that a form brings along."""
    try:
        pairs = parse_qsl(form.get("view", ""), max_num_fields=20)
    except ValueError:
        return {}
    return {name: value for name, value in pairs if name in VIEW}


def change_of(form: Fields, pairs: Sequence[tuple[str, str]]) -> BulkChange:
    """
    Return what a form wants of many people.

    Raises:
        InvalidMessage: it is nothing that there is.
    """
    kind = _one_of(BulkKind, form.get("do"))
    if kind is None:
        raise InvalidMessage("do: choose what to change")
    wanted = [value for name, value in pairs if name == "occasion"]
    occasions = REMINDABLE if EVERY in wanted else tuple(filter(None, (_one_of(Occasion, each) for each in wanted)))
    return BulkChange(
        kind=kind, closeness=_one_of(Closeness, form.get("set_closeness")), tag=form.get("set_tag", ""), occasions=occasions
    )


def number_of(text: str) -> int:
    """Return how many people a form was shown; none where it does not say."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < len("1000000") else -1


def _text(query: Fields, name: str) -> str:
    return " ".join(query.get(name, "").replace("\0", " ").split())[:TEXT_CHARS]


def _one_of(kind: type[EnumT], value: str | None) -> EnumT | None:
    return next((each for each in kind if each.value == value), None)
