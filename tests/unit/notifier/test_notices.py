"""Messages to the owner in words, in every language, whatever a name holds."""

import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.digest import Coming, Digest, Watched
from services.notifier.domain.mail import Mailbox, build_notice
from services.notifier.notices import TEMPLATES, Notice, NoticeWriter
from shared.messages.snapshots import OwnerProfile
from shared.messages.values import Occasion
from tests.unit.notifier.domain.test_digest import a_week, an_entry
from tests.unit.notifier.make import NOW, ON

PLAIN = NoticeWriter(public_url=None)
LANGUAGES = ("de", "en", "es", "fr")
HOSTILE = (
    "{{7*7}}",
    "{{ ().__class__.__base__ }}",
    "{% for x in range(9) %}x{% endfor %}",
    "<script>alert(1)</script>",
    "Anna\r\nBcc: eve@example.org",
    "Anna\u2028x\x00\u202e",
    "=?utf-8?q?=0ABcc:_eve@example.org?=",
)


def a_profile(language: str = "en", owner: str = "me") -> OwnerProfile:
    """Return an owner of a language."""
    return OwnerProfile(owner=owner, rev=1, name="Sam Sample", email="sam@example.com", language=language)


def a_digest(**changes: Any) -> Digest:
    """Return a digest that has everything in it."""
    values: dict[str, Any] = {
        "entries": (
            an_entry(milestone=40, is_round=True, excerpt="Happy 40th birthday!"),
            an_entry(name="Bo Example", occasion=Occasion.NEW_JOB, days_left=None, company="Example Ltd", is_derived=True),
            an_entry(name="Cy Example", on=date(2026, 5, 1), days_left=-3, is_belated=True),
        ),
        "more": 2,
        "earlier": 1,
        "coming": (Coming(name="Di Example", occasion=Occasion.WORK_ANNIVERSARY, on=date(2026, 5, 6), milestone=1),),
        "coming_more": 3,
        "watched": a_week(timers=3, late=1, troubled=2, latest=timedelta(hours=3)),
    } | changes
    return Digest(**values)


@pytest.fixture
def writer() -> NoticeWriter:
    """A writer that names commands."""
    return PLAIN


def test_all_languages_say_the_same_things() -> None:
    """Every language has every macro, so that none falls silent on a rare day."""
    macros = {
        path.parent.name: set(re.findall(r"{% macro (\w+)", path.read_text("utf-8"))) for path in TEMPLATES.glob("*/digest.j2")
    }
    assert sorted(macros) == list(LANGUAGES)
    assert len({frozenset(names) for names in macros.values()}) == 1


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("occasion", Occasion)
@pytest.mark.parametrize("is_belated", [True, False])
def test_every_occasion_has_words(writer: NoticeWriter, language: str, occasion: Occasion, is_belated: bool) -> None:
    """Each occasion is told in each language, with and without what is known, and never by its technical name."""
    bare = an_entry(occasion=occasion, is_belated=is_belated)
    full = an_entry(occasion=occasion, milestone=25, label="Name day", company="Example Ltd", days_left=1, is_derived=True)
    for entry in (bare, full):
        notice = writer.reminders([entry], count=1, profile=a_profile(language))
        assert notice.title.startswith("Anna Example")
        assert len(notice.title) > len("Anna Example: ")
        assert "_" not in notice.title
        assert "None" not in notice.title


@pytest.mark.parametrize(
    ("language", "milestone", "company", "written"),
    [
        ("de", 5, "Acme", "Anna Example: 5 Jahre bei Acme, heute"),
        ("de", 1, "", "Anna Example: 1 Jahr im Job, heute"),
        ("de", None, "Acme", "Anna Example: Jahrestag bei Acme, heute"),
        ("fr", 5, "Acme", "Anna Example\N{NO-BREAK SPACE}: 5 ans chez Acme, aujourd’hui"),
        ("fr", 1, "", "Anna Example\N{NO-BREAK SPACE}: 1 an en poste, aujourd’hui"),
        ("fr", None, "", "Anna Example\N{NO-BREAK SPACE}: anniversaire professionnel, aujourd’hui"),
        ("es", 5, "Acme", "Anna Example: 5 años en Acme, hoy"),
        ("es", 1, "", "Anna Example: 1 año en el puesto, hoy"),
        ("es", None, "Acme", "Anna Example: aniversario laboral en Acme, hoy"),
    ],
)
def test_years_at_work_as_they_are_spoken_of(language: str, milestone: int | None, company: str, written: str) -> None:
    """Whether or not the years and the company are known, the line is one that somebody would say."""
    entry = an_entry(occasion=Occasion.WORK_ANNIVERSARY, milestone=milestone, company=company)
    assert PLAIN.reminders([entry], count=1, profile=a_profile(language)).title == written


def test_french_nothing_is_singular() -> None:
    """In French, zero of something is one of it."""
    week = replace(a_week(), people=0, dates=0, came=0, acted=0)
    text = PLAIN.digest(a_digest(watched=week), profile=a_profile("fr")).text
    assert "0 personne, 0 date dans les douze prochains mois." in text
    assert "0 rappel, 0 traité," in text


def test_a_digest_in_english(writer: NoticeWriter) -> None:
    """The whole text of a digest, as docs/telling.md shows one."""
    notice = writer.digest(a_digest(), profile=a_profile(owner="sam"))
    assert notice.title == "5 reminders: Anna Example, Bo Example, Cy Example and 2 more"
    assert notice.text == (
        "• Anna Example: 40th birthday, today\n"
        "“Happy 40th birthday!”\n"
        "Send it: hobnob inbox send anna:birthday:2026-05-04 --owner sam\n"
        "\n"
        "• Bo Example: new job at Example Ltd (check first: nobody has confirmed it)\n"
        "Send it: hobnob inbox send anna:birthday:2026-05-04 --owner sam\n"
        "\n"
        "• Cy Example: birthday, was on May 1\n"
        "Send it: hobnob inbox send anna:birthday:2026-05-04 --owner sam\n"
        "\n"
        "And 2 more. 1 from earlier still waits.\n"
        "See them all: hobnob inbox list --owner sam\n"
        "\n"
        "Coming this week\n"
        "• Wed, May 6: Di Example, 1 year at work\n"
        "And 3 more.\n"
        "\n"
        "What was watched\n"
        "• 3 people, 4 dates in the next twelve months.\n"
        "• Since a week ago: 1 reminder came, 1 was acted upon, 0 wait.\n"
        "• Timers armed: 3 of 4 expected.\n"
        "• 1 missing; that mends itself within minutes. If not: hobnob doctor\n"
        "• 1 came late, up to 3 hours after its hour, because something was down. Nothing was lost.\n"
        "• 2 greetings failed, or nobody knows whether they left: hobnob inbox list --state all\n"
        "• No date is coming in the next twelve months.\n"
    )


def test_links_where_the_inbox_has_an_address() -> None:
    """With a public address each reminder has a link, and no command is named for it."""
    writer = NoticeWriter(public_url="https://hobnob.example.org/")
    notice = writer.digest(a_digest(), profile=a_profile())
    assert "https://hobnob.example.org/inbox#anna%3Abirthday%3A2026-05-04" in notice.text
    assert "inbox send" not in notice.text
    assert mailed(notice).get_body(("html",)) is not None


@pytest.mark.parametrize("language", ["ja", "pt-BR", "xx"])
def test_other_languages_are_told_in_english(writer: NoticeWriter, language: str) -> None:
    """Where there are no words in the owner's language, English stands in for all of them, dates included."""
    notice = writer.digest(a_digest(), profile=a_profile(language))
    assert notice.language == "en"
    assert "was on May 1" in notice.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_heartbeat(writer: NoticeWriter, language: str) -> None:
    """A week without news has a title of its own, another one where something wants a look."""
    empty: dict[str, Any] = {"entries": (), "more": 0, "earlier": 0, "coming": (), "coming_more": 0}
    well: Watched = a_week()
    titles = {
        writer.digest(a_digest(**empty, watched=watched), profile=a_profile(language)).title
        for watched in (well, a_week(late=1), None)
    }
    assert len(titles) == 3


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_hostile_name_is_a_name(language: str, hostile: str) -> None:
    """Whatever a name, a label, a company or a draft holds is text: no template, no header, no markup, no line."""
    entry = an_entry(name=hostile, company=hostile, label=hostile, excerpt=hostile, occasion=Occasion.CUSTOM)
    digest = a_digest(entries=(entry,), coming=(Coming(name=hostile, occasion=Occasion.CUSTOM, on=ON, label=hostile),))
    notice = NoticeWriter(public_url="https://hobnob.example.org").digest(digest, profile=a_profile(language))
    clean = a_digest(entries=(an_entry(name="x", label="x", excerpt="x", occasion=Occasion.CUSTOM),))
    usual = NoticeWriter(public_url="https://hobnob.example.org").digest(clean, profile=a_profile(language))
    assert len(notice.text.splitlines()) == len(usual.text.splitlines())
    assert "\n" not in notice.title
    assert "49" not in notice.title + notice.text
    assert "<class" not in notice.text
    message = mailed(notice)
    assert message["Bcc"] is None
    html = message.get_body(("html",))
    assert html is not None
    assert "<script>" not in html.get_content()


@given(name=st.text(min_size=1, max_size=60))
def test_any_name_leaves_a_message_that_can_be_sent(name: str) -> None:
    """With any text for a name there is a title of one line, and a mail can be made of it."""
    notice = PLAIN.reminders([an_entry(name=name)], count=1, profile=a_profile())
    assert len(notice.title.splitlines()) == 1
    assert mailed(notice).as_bytes()


def mailed(notice: Notice) -> Any:
    """Return a notice as a mail."""
    return build_notice(
        owner="me",
        item="digest:2026-05-04",
        sender=Mailbox(address="hobnob@example.org", name="Hobnob"),
        recipient=Mailbox(address="sam@example.com", name="Sam Sample"),
        subject=notice.title,
        lines=notice.lines,
        at=NOW,
        language=notice.language,
    )
