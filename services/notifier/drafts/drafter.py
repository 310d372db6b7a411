"""Drafts from templates, plain text whose first line is the subject: `templates/<language>/<occasion>.<tone>.<variant>.j2`."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final

from services.notifier.domain.addressing import one_line
from services.notifier.domain.common_ground import common_ground, told_to_owner
from services.notifier.domain.items import Item, reads_belated
from services.notifier.domain.languages import ENGLISH, language_of, preferred, typeset
from services.notifier.domain.owner_lines import tidy
from services.notifier.domain.sample import sample_words
from services.notifier.domain.staleness import silence
from services.notifier.domain.wording import tone_for, variant_of, words_for
from services.notifier.drafts.library import Library
from services.notifier.drafts.sandbox import OWNER_MARK
from services.notifier.drafts.sources import BROKEN, Problem
from shared.counters import Counters
from shared.logging import get_logger
from shared.messages.reminders import ItemState
from shared.messages.rpc import Draft
from shared.messages.snapshots import ContactSnapshot, OwnerProfile
from shared.messages.values import Occasion

SUBJECT_CHARS: Final = 190
"""Mail programs cut a subject long before; with the ellipsis it stays below 200."""

log = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """
    A draft and where it comes from.

    `variant` is the name of its template, None for words that no template made. `owner_lines` are the lines of the body that
    are meant for the owner's eye. `common_ground` says for the owner what the two share. `problem` is why the template that
    should have spoken did not.
    """

    draft: Draft
    variant: str | None = None
    owner_lines: tuple[str, ...] = ()
    common_ground: tuple[str, ...] = ()
    problem: Problem | None = None


NO_WORDS: Final = Drafted(draft=Draft(subject="", body=""))
"""What an item shows for which nothing may be sent."""


class Drafter:
    """Renders greetings. A draft is made on reading, from the person as they now are, until the owner edits or sends it."""

    def __init__(self, *, folder: Path | None = None, counters: Counters | None = None) -> None:
        """
        Read the templates.

        Args:
            folder: Templates that replace or join the built-in ones; None for none.
            counters: Where a template that fails is counted.
        """
        self._counters = counters or Counters()
        self.library = Library(folder=folder, samples=[asdict(words) for words in sample_words()])
        self.refresh()

    def refresh(self) -> None:
        """Take over what changed in the folder of templates; what is newly broken there is logged and counted."""
        for problem in self.library.refresh():
            self._counters.add("drafts.template_broken")
            log.warning("template_broken", file=problem.file, line=problem.line, reason=problem.reason)

    def write(
        self,
        *,
        item: Item,
        snapshot: ContactSnapshot | None,
        profile: OwnerProfile | None,
        today: date,
        avoid: str | None = None,
        variant: str | None = None,
    ) -> Drafted:
        """
        Return the draft of *item*: the owner's own words where there are any, else a greeting.

        Always the same one for the same item, person, day and *avoid*. `NO_WORDS` where nobody is to be greeted.

        Args:
            item: Whose draft.
            snapshot: The person now; None when nothing is known of them.
            profile: The owner, whose name is signed.
            today: The owner's date, which decides whether the greeting is late.
            avoid: The template of the last greeting on this occasion, which is not used again as long as there is another.
            variant: The only template to use; for previews.
        """
        if item.words:
            ground = _ground(snapshot, profile) if item.is_open else ()
            return Drafted(draft=item.words, variant=item.variant, owner_lines=item.owner_lines, common_ground=ground)
        if item.state is ItemState.WITHDRAWN or snapshot is None or silence(snapshot=snapshot, occasion=item.occasion):
            return NO_WORDS
        belated, problem = reads_belated(item, today=today), None
        for tag, name, is_built_in in self._attempts(item, snapshot, profile, avoid=avoid, variant=variant):
            words = words_for(item=item, snapshot=snapshot, profile=profile, is_belated=belated, tag=tag)
            try:
                text = self.library.render(name, owner=item.owner, variables=asdict(words), only_built_in=is_built_in)
            except BROKEN as exc:
                if is_built_in:
                    raise
                problem = self.library.explain(exc, name=name, owner=item.owner)
                self._counters.add("drafts.template_failed")
                log.warning("template_failed", owner=item.owner, file=problem.file, line=problem.line, reason=problem.reason)
            else:
                drafted = _drafted(text, variant=name, language=language_of(tag))
                return replace(drafted, common_ground=_ground(snapshot, profile), problem=problem)
        return NO_WORDS

    def try_text(
        self, *, name: str, text: str, item: Item, snapshot: ContactSnapshot, profile: OwnerProfile, today: date
    ) -> Drafted:
        """Return the draft that *text* would make as the template *name*; without words, and with why, where it makes none."""
        tag = name.partition("/")[0]
        words = words_for(item=item, snapshot=snapshot, profile=profile, is_belated=reads_belated(item, today=today), tag=tag)
        if problem := self.library.find_fault(name, text, owner=item.owner):
            return replace(NO_WORDS, problem=problem)
        written = self.library.render_text(name, text, owner=item.owner, variables=asdict(words))
        return replace(_drafted(written, variant=name, language=language_of(tag)), common_ground=_ground(snapshot, profile))

    def choices(
        self, *, occasion: Occasion, snapshot: ContactSnapshot, profile: OwnerProfile | None, only_built_in: bool = False
    ) -> tuple[str, list[str]]:
        """
        Return the templates that may speak to a person, and the tag of their language.

        It is the contact's language where there are words in it, else the owner's, else English. No templates: no words.
        """
        for tag in preferred(contact=snapshot.language, owner=profile.language if profile else None):
            names = self.library.names(
                owner=snapshot.owner,
                language=language_of(tag),
                occasion=occasion,
                tone=tone_for(snapshot.closeness),
                only_built_in=only_built_in,
            )
            if names:
                return tag, names
        return ENGLISH, []

    def _attempts(
        self, item: Item, snapshot: ContactSnapshot, profile: OwnerProfile | None, *, avoid: str | None, variant: str | None
    ) -> Iterator[tuple[str, str, bool]]:
        """Return language tag, template and whether only built-in files are used, the best first."""
        for only_built_in in (False, True):
            tag, names = self.choices(occasion=item.occasion, snapshot=snapshot, profile=profile, only_built_in=only_built_in)
            chosen = [name for name in names if (name == variant if variant else name != avoid)] or names
            if chosen:
                yield tag, chosen[variant_of(item=item.id, count=len(chosen))], only_built_in


def _drafted(text: str, *, variant: str, language: str) -> Drafted:
    subject, _, rest = text.strip().partition("\n")
    lines = typeset(tidy(rest), language=language).split("\n")
    body = "\n".join(line.removeprefix(OWNER_MARK) for line in lines)
    return Drafted(
        draft=Draft(subject=typeset(one_line(subject, chars=SUBJECT_CHARS), language=language), body=body),
        variant=variant,
        owner_lines=tuple(line.removeprefix(OWNER_MARK) for line in lines if line.startswith(OWNER_MARK)),
    )


def _ground(snapshot: ContactSnapshot | None, profile: OwnerProfile | None) -> tuple[str, ...]:
    if snapshot is None or profile is None:
        return ()
    return told_to_owner(common_ground(owner=profile, contact=snapshot), tag=profile.language or ENGLISH)
