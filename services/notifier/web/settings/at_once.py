"""What does not wait for the daily message, as a table of occasions and closeness that can be ticked. Pure."""

from collections.abc import Collection, Iterable
from typing import Final

from shared.messages.telling import AtOnce
from shared.messages.values import Closeness, Occasion

USUAL: Final = (
    Occasion.BIRTHDAY,
    Occasion.WORK_ANNIVERSARY,
    Occasion.NEW_JOB,
    Occasion.NEW_CONNECTION,
    Occasion.STAY_IN_TOUCH,
    Occasion.CUSTOM,
)
"""The occasions that everybody has; the others are shown where a rule names them."""
ASKED: Final = "asked"
"""The column for reminders of which an emitter asked that they be told now."""


def ticked_of(rules: Iterable[AtOnce]) -> frozenset[str]:
    """Return the boxes that *rules* tick, each as `occasion.closeness` or `occasion.asked`."""
    boxes: set[str] = set()
    for rule in rules:
        for occasion in rule.occasions or Occasion:
            columns = (ASKED,) if rule.deliver_now else (rule.closeness or tuple(Closeness))
            boxes.update(f"{occasion}.{column}" for column in columns)
    return frozenset(boxes)


def rules_of(ticked: Collection[str]) -> tuple[AtOnce, ...]:
    """Return the rules that say what is ticked, as few as say it plainly: one for all occasions that are ticked alike."""
    alike: dict[tuple[Closeness, ...], list[Occasion]] = {}
    for occasion in Occasion:
        if closeness := tuple(each for each in Closeness if f"{occasion}.{each}" in ticked):
            alike.setdefault(closeness, []).append(occasion)
    plain = [AtOnce(occasions=tuple(occasions), closeness=closeness) for closeness, occasions in alike.items()]
    asked = tuple(occasion for occasion in Occasion if f"{occasion}.{ASKED}" in ticked)
    return (*plain, AtOnce(occasions=asked, deliver_now=True)) if asked else tuple(plain)


def is_shown_whole(rules: Iterable[AtOnce]) -> bool:
    """Whether the table says everything that *rules* say: it has no box for "asked" of some closeness only."""
    return not any(rule.deliver_now and rule.closeness for rule in rules)


def rows_of(rules: Iterable[AtOnce]) -> tuple[Occasion, ...]:
    """Return the occasions to show."""
    named = {occasion for rule in rules for occasion in rule.occasions}
    return tuple(occasion for occasion in Occasion if occasion in USUAL or occasion in named)
