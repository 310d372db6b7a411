"""
What the change of a JSON Schema means for messages that exist already: pure, over the subset that pydantic writes.

A change breaks old messages when something that the old schema allowed is refused, or no longer read, by the new one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

Schema = Mapping[str, Any]

_LOWER_BOUNDS: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER_BOUNDS: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_FORMS: Final = ("pattern", "format")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference: which field, what became of it, and whether old messages break by it."""

    field: str
    what: str
    breaks: bool

    def __str__(self) -> str:
        return f"{self.field or 'the message'} {self.what}"


def changes(old: Schema, new: Schema) -> tuple[Change, ...]:
    """Return every difference between two schemas of one message."""
    return tuple(_Comparison(old=old, new=new).compare(old, new, field=""))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Comparison:
    """Two whole schemas; `open` are the pairs of references under way, so that a recursive schema ends."""

    old: Schema
    new: Schema
    open: frozenset[tuple[str, str]] = frozenset()

    def compare(self, old: Schema, new: Schema, *, field: str) -> Iterator[Change]:
        pair = (str(old.get("$ref", "")), str(new.get("$ref", "")))
        if all(pair):
            if pair in self.open:
                return
            yield from replace(self, open=self.open | {pair})._alternatives(old, new, field)
        else:
            yield from self._alternatives(old, new, field)

    def _alternatives(self, old: Schema, new: Schema, field: str) -> Iterator[Change]:
        """Compare each way in which the value may be written with the new way that suits it best."""
        candidates = _expanded(new, self.new)
        for way in _expanded(old, self.old):
            alike = [each for each in candidates if not _type_difference(way, each)]
            results = [tuple(self._values(way, candidate, field)) for candidate in alike or candidates]
            yield from min(results, key=lambda found: sum(change.breaks for change in found))

    def _values(self, old: Schema, new: Schema, field: str) -> Iterator[Change]:
        if difference := _type_difference(old, new):
            yield Change(field=field, what=difference, breaks=True)
            return
        yield from _word_changes(old, new, field)
        yield from _bound_changes(old, new, field)
        yield from self._fields(old, new, field)
        yield from self._contents(old, new, field)

    def _fields(self, old: Schema, new: Schema, field: str) -> Iterator[Change]:
        before, after = old.get("properties", {}), new.get("properties", {})
        for name in sorted(set(new.get("required", ())) - set(old.get("required", ()))):
            what = "is required now" if name in before else "is a new required field"
            yield Change(field=_path(field, name), what=what, breaks=True)
        for name in before:
            if name in after:
                yield from self.compare(before[name], after[name], field=_path(field, name))
            elif not new.get("additionalProperties"):
                yield Change(field=_path(field, name), what="is no longer read", breaks=True)
        for name in after:
            if name not in before and name not in new.get("required", ()):
                yield Change(field=_path(field, name), what="is a new optional field", breaks=False)

    def _contents(self, old: Schema, new: Schema, field: str) -> Iterator[Change]:
        for keyword, suffix in (("items", "[]"), ("additionalProperties", ".*"), ("propertyNames", ".*")):
            before, after = old.get(keyword, True), new.get(keyword, True)
            if after is True:
                continue
            if after is False and before is not False:
                yield Change(field=f"{field}{suffix}", what="is refused now", breaks=True)
            elif after is not False and before is not False:
                yield from self.compare({} if before is True else before, after, field=f"{field}{suffix}")


def _path(field: str, name: str) -> str:
    return f"{field}.{name}" if field else name


def _expanded(schema: Schema, root: Schema) -> list[Schema]:
    """Return the ways in which a value may be written: references followed, alternatives taken apart."""
    if "$ref" in schema:
        target: Schema = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        return _expanded(target, root)
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            return [way for each in schema[keyword] for way in _expanded(each, root)]
    return [schema]


def _type_difference(old: Schema, new: Schema) -> str | None:
    before, after = old.get("type"), new.get("type")
    if after is None or before == after or (before, after) == ("integer", "number"):
        return None
    if before == "null":
        return "may no longer be null"
    return f"was {before or 'of any type'} and must be {after} now"


def _word_changes(old: Schema, new: Schema, field: str) -> Iterator[Change]:
    before, after = _words(old), _words(new)
    if after is None:
        return
    if before is None:
        yield Change(field=field, what=f"may only be one of {_listed(after)} now", breaks=True)
        return
    if gone := [word for word in before if word not in after]:
        yield Change(field=field, what=f"may no longer be {_listed(gone)}", breaks=True)
    if come := [word for word in after if word not in before]:
        yield Change(field=field, what=f"may be {_listed(come)} too", breaks=False)


def _words(schema: Schema) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    words: list[Any] | None = schema.get("enum")
    return words


def _listed(words: Sequence[Any]) -> str:
    return ", ".join(repr(word) for word in words)


def _bound_changes(old: Schema, new: Schema, field: str) -> Iterator[Change]:
    for keyword in (*_LOWER_BOUNDS, *_UPPER_BOUNDS):
        before, after = old.get(keyword), new.get(keyword)
        if after is None or before == after:
            continue
        is_narrower = before is None or (after > before if keyword in _LOWER_BOUNDS else after < before)
        if is_narrower:
            yield Change(field=field, what=f"was narrowed: {keyword} is {after}, {_formerly(before)}", breaks=True)
    for keyword in _FORMS:
        before, after = old.get(keyword), new.get(keyword)
        if after is not None and before != after:
            yield Change(field=field, what=f"was narrowed: {keyword} is {after!r}, {_formerly(before)}", breaks=True)


def _formerly(bound: Any) -> str:
    return "where there was none" if bound is None else f"and was {bound!r}"
