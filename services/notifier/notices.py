"""
Messages to the owner in words: the digest, reminders that go at once, the test of a channel, a link to sign in.

The words are macros, one file a language, in `templates/digest/`. A macro is given values and returns text; no value is ever
read as a template, and each is one clean line, so a name can break neither a subject nor a message.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from babel.dates import format_timedelta
from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from services.notifier.domain.cleaning import clean_line
from services.notifier.domain.digest import Coming, Digest, Entry, Watched
from services.notifier.domain.languages import (
    ENGLISH,
    day_and_month,
    language_of,
    locale_of,
    ordinal,
    typeset,
    weekday_and_day,
    years,
)
from services.notifier.domain.mail import Line, Link, plain_text
from shared.messages.snapshots import OwnerProfile

TEMPLATES: Final = Path(__file__).parent / "templates" / "digest"
TITLE_CHARS: Final = 150
LINE_CHARS: Final = 400
NAMED: Final = 3
"""Names in a title."""
USUAL_OWNER: Final = "me"
"""The owner whom a command means when nobody is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A message to an owner: a title and lines, in *language*."""

    title: str
    lines: tuple[Line, ...]
    language: str

    @property
    def text(self) -> str:
        """The lines as plain text, each link below its line."""
        return plain_text(self.lines).strip() + "\n"


class NoticeWriter:
    """Writes messages to owners."""

    def __init__(self, *, public_url: str | None) -> None:
        """
        Read the words.

        Args:
            public_url: Where the owner's browser finds the inbox, without a slash at its end; None: commands stand for links.
        """
        environment = SandboxedEnvironment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=False,  # plain text; the mail escapes what it makes of it
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._words = {
            path.parent.name: environment.get_template(f"{path.parent.name}/digest.j2").module
            for path in sorted(TEMPLATES.glob("*/digest.j2"))
        }
        self._public_url = public_url.rstrip("/") if public_url else None

    def digest(self, digest: Digest, *, profile: OwnerProfile) -> Notice:
        """Return a digest in words; also one that has nothing to say, for an owner who asked."""
        words = self._speaker(profile)
        lines: list[Line] = []
        for entry in digest.entries:
            lines += [*self._entry(words, entry, owner=profile.owner), Line()]
        if not digest.entries:
            lines += [Line(text=words.say("quiet")), Line()]
        counts = [("more", digest.more), ("earlier", digest.earlier)]
        if told := [words.say(name, count) for name, count in counts if count]:
            lines += [*self._inbox(words, " ".join(told), owner=profile.owner), Line()]
        if digest.coming:
            lines.append(Line(text=words.say("coming_heading"), is_strong=True))
            lines += [Line(text=f"• {words.say('coming', words.coming(each))}") for each in digest.coming]
            lines += [Line(text=words.say("more", digest.coming_more))] if digest.coming_more else []
            lines.append(Line())
        if digest.watched:
            lines.append(Line(text=words.say("watched_heading"), is_strong=True))
            lines += [Line(text=f"• {text}") for text in words.say_all("watched", words.watched(digest.watched))]
        return words.notice(_title(words, digest), lines)

    def reminders(self, entries: Sequence[Entry], *, count: int, profile: OwnerProfile) -> Notice:
        """
        Return a message about reminders that go at once.

        Args:
            entries: Those to show, at least one, the most important first.
            count: How many there are.
            profile: The owner.
        """
        words = self._speaker(profile)
        title = words.say("entry", words.entry(entries[0])) if count == 1 else words.say("many_title", count)
        lines: list[Line] = []
        for entry in entries:
            lines += [*self._entry(words, entry, owner=profile.owner, is_alone=count == 1), Line()]
        if count > len(entries):
            lines += self._inbox(words, words.say("more", count - len(entries)), owner=profile.owner)
        return words.notice(title, lines)

    def summary(self, coming: Coming, *, profile: OwnerProfile) -> str:
        """Return whose occasion it is and what, for a calendar that says when."""
        words = self._speaker(profile)
        return words.say("entry", words.coming(coming) | {"days_left": None, "is_belated": False})

    def sign_in_link(self, *, url: str, profile: OwnerProfile) -> Notice:
        """Return the message with a link that signs the owner in."""
        words = self._speaker(profile)
        link = Link(label=words.say("link_open"), url=url)
        return words.notice(
            words.say("link_title"),
            [Line(text=words.say("link_text")), Line(), Line(links=(link,)), Line(), Line(text=words.say("link_ignore"))],
        )

    def test(self, *, channel: str, profile: OwnerProfile) -> Notice:
        """Return the message that tries a channel."""
        words = self._speaker(profile)
        return words.notice(words.say("test_title"), [Line(text=words.say("test_text", channel))])

    def _speaker(self, profile: OwnerProfile) -> "_Speaker":
        language = language_of(profile.language)
        known = language in self._words
        return _Speaker(self._words[language if known else ENGLISH], tag=profile.language if known else ENGLISH)

    def _entry(self, words: "_Speaker", entry: Entry, *, owner: str, is_alone: bool = False) -> list[Line]:
        """Return the lines of one reminder; what the title says of a lone one already is not repeated."""
        lines = [] if is_alone else [Line(text=f"• {words.say('entry', words.entry(entry))}", is_strong=True)]
        if entry.excerpt:
            lines.append(Line(text=words.say("quoted", entry.excerpt)))
        if self._public_url:
            url = f"{self._public_url}/inbox#{quote(entry.item, safe='')}"
            return [*lines, Line(links=(Link(label=words.say("open"), url=url),))]
        return [*lines, Line(text=f"{words.say('act')} hobnob inbox send {entry.item}{_owner_option(owner)}")]

    def _inbox(self, words: "_Speaker", text: str, *, owner: str) -> list[Line]:
        """Return *text* and how to see the inbox."""
        if self._public_url:
            return [Line(text=text, links=(Link(label=words.say("all"), url=f"{self._public_url}/inbox"),))]
        return [Line(text=text), Line(text=f"{words.say('act_all')} hobnob inbox list{_owner_option(owner)}")]


class _Speaker:
    """The words of one language."""

    def __init__(self, module: Any, *, tag: str) -> None:
        self._module = module
        self._tag = tag
        self._language = language_of(tag)

    def say(self, name: str, *values: object) -> str:
        """Return what a macro says, as one clean line."""
        return self._line(" ".join(self.say_all(name, *values)), chars_max=LINE_CHARS)

    def say_all(self, name: str, *values: object) -> list[str]:
        """Return the lines that a macro says, without the empty ones."""
        said = str(getattr(self._module, name)(*values))
        return [self._line(line, chars_max=LINE_CHARS) for line in said.split("\n") if line.strip()]

    def notice(self, title: str, lines: Iterable[Line]) -> Notice:
        """Return a message in this language."""
        return Notice(title=self._line(title, chars_max=TITLE_CHARS), lines=tuple(lines), language=self._tag)

    def entry(self, entry: Entry) -> dict[str, object]:
        """Return what a macro may say of a reminder."""
        return self._occasion(entry, on=entry.on) | {
            "days_left": entry.days_left,
            "is_belated": entry.is_belated,
            "is_derived": entry.is_derived,
            "company": entry.company,
        }

    def coming(self, coming: Coming) -> dict[str, object]:
        """Return what a macro may say of a coming date."""
        return self._occasion(coming, on=coming.on) | {"company": "", "is_derived": False}

    def watched(self, watched: Watched) -> dict[str, object]:
        """Return what a macro may say of a week."""
        names = ("people", "dates", "timers", "expected", "came", "acted", "waiting", "late", "troubled", "is_well")
        return {name: getattr(watched, name) for name in names} | {
            "latest": format_timedelta(watched.latest, locale=locale_of(self._tag)) if watched.late else "",
            "next": self._weekday(watched.next_on) if watched.next_on else "",
        }

    def _occasion(self, told: Entry | Coming, *, on: date) -> dict[str, object]:
        return {
            "name": told.name,
            "occasion": told.occasion.value,
            "label": told.label,
            "milestone": told.milestone,
            "ordinal": ordinal(told.milestone, tag=self._tag) if told.milestone else "",
            "years": years(told.milestone, tag=self._tag) if told.milestone else "",
            "date": day_and_month(on, tag=self._tag),
            "weekday": self._weekday(on),
        }

    def _line(self, text: str, *, chars_max: int) -> str:
        # Cleaning takes every kind of space for a plain one: those that do not break are set last.
        return typeset(clean_line(text, chars_max=chars_max), language=self._language)

    def _weekday(self, on: date) -> str:
        return weekday_and_day(on, tag=self._tag)


def _title(words: _Speaker, digest: Digest) -> str:
    if digest.entries:
        names = list(dict.fromkeys(entry.name for entry in digest.entries))[:NAMED]
        named = sum(entry.name in names for entry in digest.entries)
        return words.say("title", digest.reminders, ", ".join(names), digest.reminders - named)
    if digest.watched:
        return words.say("heartbeat_title", digest.watched.is_well)
    return words.say("quiet_title")


def _owner_option(owner: str) -> str:
    return "" if owner == USUAL_OWNER else f" --owner {owner}"
