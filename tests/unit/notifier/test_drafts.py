"""Tests of the greetings themselves: each occasion, tone, language and lateness reads as if somebody had written it."""

import itertools
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from services.notifier.domain.items import Item
from services.notifier.domain.owner_lines import without_owner_lines
from services.notifier.domain.wording import Tone
from services.notifier.drafts import NO_WORDS, Drafted, Drafter
from shared.messages.facts import CustomDate
from shared.messages.reminders import ItemState
from shared.messages.rpc import Draft
from shared.messages.snapshots import ContactSnapshot, Interaction, Job, OwnerProfile
from shared.messages.values import Closeness, Confidence, Occasion, PartialDate
from tests.unit.notifier.make import NOW, ON, a_snapshot, an_item

DRAFTER = Drafter()
SAM = OwnerProfile(owner="sam", rev=1, name="Sam Sample", interests=("gardening",))
OCCASIONS = [
    Occasion.BIRTHDAY,
    Occasion.WORK_ANNIVERSARY,
    Occasion.NEW_JOB,
    Occasion.NEW_CONNECTION,
    Occasion.STAY_IN_TOUCH,
    Occasion.CUSTOM,
]
DATED = {Occasion.BIRTHDAY, Occasion.WORK_ANNIVERSARY, Occasion.CUSTOM}
LANGUAGES = ["en", "de", "fr", "es"]
TONES = {Closeness.WELL: Tone.CLOSE, Closeness.MODERATE: Tone.DEFAULT}

BELATED = {"en": "belated", "de": "nachträglich", "fr": "retard", "es": "retraso"}
SALUTATION = {
    "en": r"(Hi|Hello) [^\W\d].*,",
    "de": r"(Hallo|Guten Tag)( [^\W\d].*)?,",
    "fr": r"Bonjour( [^\W\d].*)?,",
    "es": r"Hola(, [^\W\d].*)?:",
}
FAMILIAR = {
    "de": r"\b([Dd]u|[Dd]ich|[Dd]ir|[Dd]ein(e[mnrs]?)?)\b",
    "fr": r"\b([Tt]u|[Tt]oi|[Tt]e|[Tt]on|[Tt]a|[Tt]es|[Tt]’)\b",
    "es": r"\b([Tt]ú|[Tt]i|[Tt]e|[Tt]u|[Tt]us|contigo)\b",
}
POLITE = {
    "de": r"\b(Sie|Ihnen|Ihre[mnrs]?|Ihr)\b",
    "fr": r"\b([Vv]ous|[Vv]otre|[Vv]os)\b",
    "es": r"\b(usted|[Ss]u|[Ll]e|[Ss]uyas)\b",
}
FLAW = re.compile(r"None|undefined|  |\n\n\n| [,.?!;]|[,!?]{2}|\.\.|: ?[.:!?]|\{%|&amp;|\( |\(\)| \)")
"""What no draft may hold: words of the machine, holes, doubled or displaced punctuation."""


def person(*, closeness: Closeness, rich: bool, derived: bool = False, language: str | None = None) -> ContactSnapshot:
    """Return somebody about whom everything, or next to nothing, is known."""
    if not rich:
        return a_snapshot(closeness=closeness, name="", birthday=PartialDate.parse("--05-04"), language=language)
    job = Job(
        company="Acme & Söhne {{ 7*7 }}",
        title="Engineer",
        seen_at=NOW,
        source="test",
        is_change=True,
        confidence=Confidence.DERIVED if derived else Confidence.STATED,
    )
    return a_snapshot(
        closeness=closeness,
        language=language,
        job=job,
        interests=("Gardening",),
        interactions=(Interaction(at=NOW, note="the new garden"),),
        dates=(CustomDate(label="Wedding anniversary", on=PartialDate.parse("2005-05-04")),),
    )


def item_of(occasion: Occasion, *, number: int = 0, **changes: Any) -> Item:
    """Return an item; *number* varies its id and with it the variant."""
    return an_item(
        id=f"c{number}:{occasion.value}:{ON}", occasion=occasion, key=occasion.value, **({"milestone": None} | changes)
    )


def drafted_of(
    occasion: Occasion, snapshot: ContactSnapshot, *, number: int = 0, variant: str | None = None, **changes: Any
) -> Drafted:
    """Write the draft of one item."""
    item = item_of(occasion, number=number, **changes)
    return DRAFTER.write(item=item, snapshot=snapshot, profile=SAM, today=ON, variant=variant)


def draft_of(occasion: Occasion, snapshot: ContactSnapshot, *, number: int = 0, **changes: Any) -> Draft:
    """Return the words alone."""
    return drafted_of(occasion, snapshot, number=number, **changes).draft


def every_variant(occasion: Occasion, snapshot: ContactSnapshot, **changes: Any) -> Iterator[Drafted]:
    """Write the draft of one item with each template that there is."""
    _, names = DRAFTER.choices(occasion=occasion, snapshot=snapshot, profile=SAM)
    for name in names:
        drafted = drafted_of(occasion, snapshot, variant=name, **changes)
        assert drafted.variant == name
        yield drafted


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("occasion", OCCASIONS)
@pytest.mark.parametrize("closeness", TONES)
@pytest.mark.parametrize("rich", [False, True])
@pytest.mark.parametrize("derived", [False, True])
def test_every_draft_is_fit_to_send(language: str, occasion: Occasion, closeness: Closeness, rich: bool, derived: bool) -> None:
    """Late or not, whatever is known: every variant is whole, clean plain text with a salutation and a signature."""
    snapshot = person(closeness=closeness, rich=rich, derived=derived, language=language)
    for belated, milestone, approximate in itertools.product((False, True), (None, 1, 2, 3, 10, 18, 21, 25, 50), (False, True)):
        label = "Wedding anniversary" if rich else None
        given = {"belated": belated, "milestone": milestone, "approximate": approximate, "label": label}
        for drafted in every_variant(occasion, snapshot, **given):
            draft = without_owner_lines(drafted.draft, lines=drafted.owner_lines)
            text = f"{draft.subject}\n{draft.body}"
            assert draft.subject
            assert len(draft.subject) <= 200
            assert not FLAW.search(text.replace("{{ 7*7 }}", "X")), text
            assert "49" not in text, "a company is text, never a template"
            assert text == text.strip()
            lines = draft.body.split("\n")
            assert re.fullmatch(SALUTATION[language], lines[0]), text
            assert any(line in ("Sam", "Sam Sample") for line in lines[-3:]), text
            if occasion is not Occasion.CUSTOM:
                assert ("ardening" in text) == rich, "what the two share is one line of the letter"
            number = re.findall(r"\d+", text.replace("{{ 7*7 }}", "X"))
            known = {str(milestone), "4"} if milestone else {"4"}
            assert set(number) <= known, "no number but the milestone and the date"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("occasion", OCCASIONS)
@pytest.mark.parametrize("closeness", TONES)
def test_every_occasion_has_three_variants_and_uses_all(language: str, occasion: Occasion, closeness: Closeness) -> None:
    """People who know each other do not all get the same words."""
    snapshot = person(closeness=closeness, rich=True, language=language)
    assert len({drafted.draft.body for drafted in every_variant(occasion, snapshot)}) >= 3
    _, names = DRAFTER.choices(occasion=occasion, snapshot=snapshot, profile=SAM)
    assert {drafted_of(occasion, snapshot, number=number).variant for number in range(60)} == set(names)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("occasion", OCCASIONS)
@pytest.mark.parametrize("closeness", TONES)
def test_belated_is_said_exactly_where_the_day_matters(language: str, occasion: Occasion, closeness: Closeness) -> None:
    """Late wishes say so; those in time do not; a check-in has no day to be late for."""
    snapshot = person(closeness=closeness, rich=True, language=language)
    for belated in (True, False):
        for drafted in every_variant(occasion, snapshot, belated=belated, label="Wedding anniversary"):
            text = f"{drafted.draft.subject} {drafted.draft.body}".lower()
            assert (BELATED[language] in text) == (belated and occasion in DATED), text


@pytest.mark.parametrize("language", FAMILIAR)
@pytest.mark.parametrize("occasion", OCCASIONS)
def test_friends_and_others_are_addressed_in_one_way(language: str, occasion: Occasion) -> None:
    """Du, tu and tú for the close, Sie, vous and usted for the others, never both in one letter."""
    for closeness, wrong in ((Closeness.WELL, POLITE[language]), (Closeness.MODERATE, FAMILIAR[language])):
        snapshot = person(closeness=closeness, rich=True, language=language)
        for belated, milestone in itertools.product((False, True), (None, 7, 50)):
            for drafted in every_variant(occasion, snapshot, belated=belated, milestone=milestone, label="X"):
                draft = without_owner_lines(drafted.draft, lines=drafted.owner_lines)
                text = f"{draft.subject} {draft.body}"
                assert not re.search(wrong, text), text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("occasion", [Occasion.BIRTHDAY, Occasion.WORK_ANNIVERSARY])
@pytest.mark.parametrize("closeness", TONES)
def test_a_round_milestone_has_words_of_its_own(language: str, occasion: Occasion, closeness: Closeness) -> None:
    """Fifty is not said like forty-nine; and what is only counted from when it was seen is no milestone."""
    snapshot = person(closeness=closeness, rich=True, language=language)

    def bodies(milestone: int, *, approximate: bool) -> list[str]:
        given = {"milestone": milestone, "approximate": approximate}
        return [drafted.draft.body.replace(str(milestone), "#") for drafted in every_variant(occasion, snapshot, **given)]

    assert all(a != b for a, b in zip(bodies(50, approximate=False), bodies(48, approximate=False), strict=True))
    assert bodies(50, approximate=True) == bodies(48, approximate=True)


def test_a_birthday_left_overnight_is_wished_belatedly() -> None:
    """The words follow the day on which they are read."""
    tomorrow = DRAFTER.write(item=an_item(), snapshot=a_snapshot(), profile=SAM, today=ON + timedelta(days=1)).draft
    assert "belated" in f"{tomorrow.subject} {tomorrow.body}".lower()


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "41st birthday"), ("de", "41. Geburtstag"), ("fr", "41e anniversaire"), ("es", "41.er cumpleaños")],
)
@pytest.mark.parametrize("closeness", TONES)
def test_an_age_is_said_only_when_known(language: str, said: str, closeness: Closeness) -> None:
    """The age stands in the draft as an ordinal, or there is no number at all."""
    snapshot = person(closeness=closeness, rich=False, language=language)
    for known in every_variant(Occasion.BIRTHDAY, snapshot, milestone=41):
        assert said in known.draft.body
    for unknown in every_variant(Occasion.BIRTHDAY, snapshot, milestone=None):
        assert not re.search(r"\d", f"{unknown.draft.subject}{unknown.draft.body}")


@pytest.mark.parametrize(
    ("language", "around"),
    [("en", "around 5 years"), ("de", "etwa 5 Jahre"), ("fr", "environ 5 ans"), ("es", "alrededor de 5 años")],
)
@pytest.mark.parametrize("closeness", TONES)
def test_an_approximate_anniversary_states_no_number_as_certain(language: str, around: str, closeness: Closeness) -> None:
    """Years counted from when somebody was first seen are "around", and never stand in the subject."""
    snapshot = person(closeness=closeness, rich=True, language=language)
    for drafted in every_variant(Occasion.WORK_ANNIVERSARY, snapshot, milestone=5, approximate=True):
        assert "5" not in drafted.draft.subject
        assert around in drafted.draft.body
        assert drafted.draft.body.count("5") == 1


SPOKEN: dict[tuple[str, Occasion, Closeness, str], tuple[dict[str, Any], str, str]] = {
    ("en", Occasion.BIRTHDAY, Closeness.MODERATE, "1"): (
        {"milestone": 22},
        "Happy 22nd birthday, Anna!",
        "Happy 22nd birthday! I wish you a great day and a happy, healthy year.",
    ),
    ("en", Occasion.WORK_ANNIVERSARY, Closeness.WELL, "2"): (
        {"milestone": 1},
        "Happy work anniversary, Anna!",
        "Happy work anniversary! 1 year at Acme is something to celebrate. "
        "I’d love to hear what you enjoy most about it these days.",
    ),
    ("de", Occasion.BIRTHDAY, Closeness.WELL, "1"): (
        {"milestone": 40},
        "Alles Gute zum 40. Geburtstag, Anna!",
        "alles Liebe zum 40. Geburtstag! Ich hoffe, dein Tag ist voller Menschen und Dinge, die dir Freude machen. "
        "So ein besonderer Geburtstag verdient mehr als einen Tag zum Feiern.",
    ),
    ("de", Occasion.WORK_ANNIVERSARY, Closeness.MODERATE, "1"): (
        {"milestone": 10},
        "Herzlichen Glückwunsch zum 10. Jahrestag bei Acme",
        "herzlichen Glückwunsch zum 10. Jahrestag bei Acme! Das ist ein beachtlicher Meilenstein. "
        "Ich wünsche Ihnen weiterhin viel Erfolg.",
    ),
    ("de", Occasion.NEW_JOB, Closeness.MODERATE, "1"): (
        {},
        "Herzlichen Glückwunsch zur neuen Stelle",
        "herzlichen Glückwunsch zur neuen Stelle als Engineer bei Acme! Ich wünsche Ihnen einen guten Start und viel Erfolg.",
    ),
    ("fr", Occasion.BIRTHDAY, Closeness.WELL, "1"): (
        {"milestone": 1},
        "Joyeux 1er anniversaire, Anna\N{NO-BREAK SPACE}!",
        "Joyeux 1er anniversaire\N{NO-BREAK SPACE}! J’espère que ta journée sera pleine de gens et de choses que tu aimes. "
        "Que l’année qui s’ouvre te soit douce.",
    ),
    ("fr", Occasion.WORK_ANNIVERSARY, Closeness.MODERATE, "1"): (
        {"milestone": 1, "belated": True},
        "Félicitations, avec un peu de retard\N{NO-BREAK SPACE}: 1 an chez Acme",
        "Toutes mes félicitations, avec un peu de retard\N{NO-BREAK SPACE}: 1 an chez Acme\N{NO-BREAK SPACE}! "
        "Je vous souhaite de poursuivre avec le même succès.",
    ),
    ("es", Occasion.BIRTHDAY, Closeness.WELL, "1"): (
        {"milestone": 43, "belated": True},
        "¡Feliz 43.er cumpleaños con retraso, Anna!",
        "Con algo de retraso, pero con el mismo cariño: ¡feliz 43.er cumpleaños! "
        "Espero que pasaras un día estupendo con la gente que quieres. Que el año que empieza sea bueno contigo.",
    ),
    ("es", Occasion.STAY_IN_TOUCH, Closeness.MODERATE, "1"): (
        {},
        "¿Cómo le va?",
        "Ha pasado un tiempo, y quería saludarle. ¿Cómo le va, y qué tal van las cosas en Acme? "
        "Si en las próximas semanas tiene tiempo para una breve llamada o un café, sería un placer.",
    ),
}


@pytest.mark.parametrize("case", SPOKEN, ids=lambda case: ".".join(str(part) for part in case))
def test_what_a_native_speaker_would_write(case: tuple[str, Occasion, Closeness, str]) -> None:
    """Hand-written expectations: gender, case, number, ordinals and the spacing of each language."""
    language, occasion, closeness, variant = case
    changes, subject, paragraph = SPOKEN[case]
    job = Job(company="Acme", title="Engineer", seen_at=NOW, source="test", is_change=True)
    snapshot = a_snapshot(closeness=closeness, language=language, job=job)
    name = f"{language}/{occasion.value}.{TONES[closeness].value}.{variant}.j2"
    draft = drafted_of(occasion, snapshot, variant=name, **changes).draft
    assert draft.subject == subject
    assert paragraph in draft.body.split("\n")


@pytest.mark.parametrize(
    ("contact", "owner", "language"),
    [
        ("de", "fr", "de"),
        ("DE-at", "fr", "de"),
        ("pt_BR", "fr-CA", "fr"),
        (None, "es", "es"),
        ("zh-TW", "zh-TW", "en"),
        ("zh-Hant-TW", "de", "de"),
        (None, "en-GB", "en"),
    ],
)
def test_whose_language_is_spoken(contact: str | None, owner: str, language: str) -> None:
    """The contact's where there are words in it, else the owner's, else English."""
    profile = SAM.model_copy(update={"language": owner})
    drafted = DRAFTER.write(item=an_item(), snapshot=a_snapshot(language=contact), profile=profile, today=ON)
    assert drafted.variant is not None
    assert drafted.variant.startswith(f"{language}/")


@pytest.mark.parametrize("closeness", TONES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_derived_job_change_asks_the_owner_first(closeness: Closeness, language: str) -> None:
    """A change that nobody stated begins with a line in the owner's language; a stated one does not; neither goes out."""
    snapshot = person(closeness=closeness, rich=True, derived=True, language=language)
    for drafted in every_variant(Occasion.NEW_JOB, snapshot):
        assert drafted.draft.body.startswith("[Check first: ")
        assert "Check first" not in without_owner_lines(drafted.draft, lines=drafted.owner_lines).body
    for stated in every_variant(Occasion.NEW_JOB, person(closeness=closeness, rich=True, language=language)):
        assert "Check first" not in stated.draft.body


@pytest.mark.parametrize("occasion", OCCASIONS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_friends_are_asked_for_one_personal_line(occasion: Occasion, language: str) -> None:
    """A warm note leaves room for the owner's own words and reminds of the last conversation; a standard one does not."""
    for warm in every_variant(occasion, person(closeness=Closeness.WELL, rich=True, language=language)):
        assert warm.draft.body.count("[Add a personal line; last time: the new garden]") == 1
        assert warm.owner_lines == ("[Add a personal line; last time: the new garden]",)
    for plain in every_variant(occasion, person(closeness=Closeness.CONNECTED, rich=False, language=language)):
        assert "[" not in plain.draft.body


def test_a_check_in_mentions_what_is_known() -> None:
    """A check-in has something to talk about: the company, and for the owner the last conversation."""
    for drafted in every_variant(Occasion.STAY_IN_TOUCH, person(closeness=Closeness.MODERATE, rich=True)):
        assert "Acme" in drafted.draft.body
        assert "last time: the new garden" in drafted.draft.body


def test_common_ground_is_one_line_that_can_be_dropped() -> None:
    """It is a paragraph of its own, so taking it out leaves the same letter that somebody without it gets."""
    rich = person(closeness=Closeness.MODERATE, rich=True)
    for occasion in OCCASIONS:
        for drafted in every_variant(occasion, rich):
            lines = drafted.draft.body.split("\n\n")
            without = "\n\n".join(line for line in lines if "gardening" not in line)
            poorer = drafted_of(occasion, rich.model_copy(update={"interests": ()}), variant=drafted.variant)
            assert without == poorer.draft.body
            assert drafted.common_ground == ("You both like gardening",)
            assert len(lines) - without.count("\n\n") - 1 == (occasion is not Occasion.CUSTOM)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_custom_date_is_called_by_its_label(language: str) -> None:
    """The owner's own words for the date stand in the draft."""
    for closeness in Closeness:
        snapshot = person(closeness=closeness, rich=True, language=language)
        for drafted in every_variant(Occasion.CUSTOM, snapshot, label="First\n meeting"):
            assert "First meeting" in drafted.draft.body


@pytest.mark.parametrize("occasion", OCCASIONS)
def test_the_words_of_the_last_time_are_not_used_again(occasion: Occasion) -> None:
    """Whichever template spoke last, another one does now, and always the same one."""
    snapshot = person(closeness=Closeness.WELL, rich=True)
    for number in range(20):
        item = item_of(occasion, number=number)
        first = DRAFTER.write(item=item, snapshot=snapshot, profile=SAM, today=ON)
        second, again = (
            DRAFTER.write(item=item, snapshot=snapshot, profile=SAM, today=ON, avoid=first.variant) for _ in range(2)
        )
        assert second.variant != first.variant
        assert second == again


def test_the_owners_own_words_win() -> None:
    """An edited draft is shown as it was edited."""
    mine = Draft(subject="Hey", body="  as I wrote it  ")
    assert DRAFTER.write(item=an_item(draft=mine), snapshot=a_snapshot(), profile=SAM, today=ON).draft == mine


@pytest.mark.parametrize("occasion", OCCASIONS)
@pytest.mark.parametrize("silencing", ["deceased", "departed", "do_not_greet", "deleted"])
def test_there_are_no_words_for_the_silenced(occasion: Occasion, silencing: str) -> None:
    """Nothing is drafted for people who must not be greeted, whatever the state of the item."""
    assert drafted_of(occasion, a_snapshot(**{silencing: True})) == NO_WORDS


def test_there_are_no_words_for_a_withdrawn_item() -> None:
    """Once the reason is gone, so are the words."""
    assert drafted_of(Occasion.BIRTHDAY, a_snapshot(), state=ItemState.WITHDRAWN) == NO_WORDS


def test_occasions_of_later_versions_have_no_words_yet() -> None:
    """An occasion without a template shows an empty draft instead of failing the list."""
    assert drafted_of(Occasion.MEETING_PREP, a_snapshot()) == NO_WORDS
