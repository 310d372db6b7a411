"""Tests of templates that an operator or an owner adds: they speak, and a broken one never costs a reminder."""

import os
from pathlib import Path

import pytest

from services.notifier.domain.owner_lines import without_owner_lines
from services.notifier.drafts import Drafted, Drafter
from services.notifier.drafts.checking import SOURCE_BYTES_MAX
from services.notifier.drafts.library import TEMPLATES
from services.notifier.drafts.sandbox import paragraphs
from shared.counters import Counters
from shared.messages.snapshots import OwnerProfile
from shared.messages.values import Closeness, Occasion
from tests.unit.notifier.make import ON, a_snapshot, an_item

SAM = OwnerProfile(owner="sam", rev=1, name="Sam Sample")
NAME = "en/birthday.close.1.j2"


class Desk:
    """A folder of templates and a drafter that reads it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.counters = Counters()
        self.drafter = Drafter(folder=folder, counters=self.counters)

    def put(self, name: str, text: str) -> None:
        """Write a template and let the drafter see it."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        self.drafter.refresh()

    def write(self, *, owner: str = "sam", variant: str = NAME, language: str = "en") -> Drafted:
        """Draft a birthday greeting to a friend."""
        return self.drafter.write(
            item=an_item(owner=owner),
            snapshot=a_snapshot(owner=owner, closeness=Closeness.WELL, language=language),
            profile=SAM,
            today=ON,
            variant=variant,
        )

    def problems(self, owner: str = "sam") -> list[str]:
        """Return what is wrong, as `file:line: reason`."""
        return [f"{p.file}:{p.line}: {p.reason}" for p in self.drafter.library.problems(owner=owner)]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """An empty folder of templates."""
    return Desk(tmp_path)


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*/*.j2")), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_built_in_templates_keep_the_rules(path: Path, desk: Desk) -> None:
    """What is asked of an owner's template holds for ours: each could be an override of itself."""
    desk.put(f"{path.parent.name}/{path.name}", path.read_text("utf-8"))
    assert desk.problems() == []


def test_a_file_of_the_same_name_replaces(desk: Desk) -> None:
    """For everybody, or for one owner before everybody's; others keep the built-in."""
    desk.put(NAME, "All the best\n\nfrom everybody’s template, {{ name }}")
    desk.put(f"sam/{NAME}", "All the best\n\nfrom Sam’s, {{ name }}")
    assert desk.write().draft.body == "from Sam’s, Anna"
    assert desk.write(owner="ben").draft.body == "from everybody’s template, Anna"
    (desk.folder / NAME).unlink()
    desk.drafter.refresh()
    assert "Happy 36th birthday!" in desk.write(owner="ben").draft.body
    assert desk.problems() == []


def test_a_new_name_adds_a_variant(desk: Desk) -> None:
    """It is one choice more, for whom it is meant."""
    before = len(desk.drafter.choices(occasion=Occasion.BIRTHDAY, snapshot=a_snapshot(), profile=SAM)[1])
    desk.put("sam/en/birthday.default.mine.j2", '{% extends "en/letter.default.j2" %}{% block subject %}Hey{% endblock %}')
    _, names = desk.drafter.choices(occasion=Occasion.BIRTHDAY, snapshot=a_snapshot(), profile=SAM)
    assert len(names) == before + 1
    assert "en/birthday.default.mine.j2" in names
    _, others = desk.drafter.choices(occasion=Occasion.BIRTHDAY, snapshot=a_snapshot(owner="ben"), profile=SAM)
    assert len(others) == before


def test_a_new_language_speaks(desk: Desk) -> None:
    """A language that Hobnob has no words in is spoken as soon as there is a template in it."""
    assert (desk.write(variant="", language="it").variant or "").startswith("en/")
    desk.put("it/birthday.close.1.j2", "Auguri{{ vocative }}\n\nTanti auguri!")
    assert desk.write(variant="", language="it").draft.body == "Tanti auguri!"


def test_a_letter_may_be_replaced_too(desk: Desk) -> None:
    """The salutation and the closing of every built-in variant are in one file."""
    desk.put("en/letter.close.j2", "{% block subject %}{% endblock %}\n\nDear {{ name }},\n{% block body %}{% endblock %}\nYours")
    assert desk.write().draft.body.startswith("Dear Anna,")
    assert desk.problems() == []


def test_a_letter_that_spoils_the_subject_is_named(desk: Desk) -> None:
    """Jinja takes away the line break after a tag: text right below the subject would be part of it."""
    desk.put("en/letter.close.j2", "{% block subject %}{% endblock %}\nDear {{ name }},\n{% block body %}{% endblock %}\nYours")
    assert [problem.partition(": ")[0] for problem in desk.problems()] == ["en/letter.close.j2:1"]
    assert desk.write().draft.subject == "Happy 36th birthday, Anna!"


def test_lines_for_the_owner_are_known_and_do_not_go_out(desk: Desk) -> None:
    """`owner_line` makes a line that is dropped when it was left as it was."""
    desk.put(NAME, 'Hello\n\nHi {{ name }}{{ owner_line("ask about the dog") }}Bye')
    drafted = desk.write()
    assert drafted.draft.body == "Hi Anna\n\n[ask about the dog]\n\nBye"
    assert without_owner_lines(drafted.draft, lines=drafted.owner_lines).body == "Hi Anna\n\nBye"


BROKEN = {
    "{% if name %}": (1, "Unexpected end of template"),
    "Hi\n\n{{ nmae }}": (3, "there is no variable 'nmae'"),
    "Hi\n\n{{ ().__class__ }}": (3, "a template has no use for an attribute"),
    "Hi\n\n{{ name[0] }}": (3, "a template has no use for an index"),
    "Hi\n{% for x in range(9) %}{{ x }}{% endfor %}": (2, "a template has no use for a loop"),
    "Hi\n{% set x = name ~ name %}": (2, "a template has no use for an assignment"),
    "Hi\n{% macro m() %}{{ m() }}{% endmacro %}": (2, "a template has no use for a macro"),
    "Hi\n{{ 'x' * 999999999 }}": (2, "a template has no use for mul"),
    "Hi\n{{ '%999999999d' % 1 }}": (2, "a template has no use for mod"),
    "Hi\n{{ range(5) }}": (2, "a template calls nothing but owner_line, super"),
    "Hi\n{{ name | replace('a', 'aaaa') }}": (2, "No filter named 'replace'."),
    "Hi\n{% include 'en/letter.close.j2' %}": (2, "a template has no use for an include"),
    "{% extends 'ben/en/birthday.close.1.j2' %}": (1, "a template extends a letter"),
    "{% extends 'en/letter.' ~ name %}": (1, "a template extends a letter"),
    "{% extends 'xx/letter.close.j2' %}": (1, "xx/letter.close.j2"),
    "Hi\n\n\n{{ milestone > 40 }}": (4, "'>' not supported between instances of 'NoneType' and 'int'"),
    "{{ name }}\n\nHi": (1, "it needs a subject"),
    "Only a subject": (1, "it needs a subject in its first line and a body below"),
    "Hi\n\n" + "x" * SOURCE_BYTES_MAX: (1, "the most is 20000 bytes"),
    "Hi\n\n{{ " + "(" * 60 + "1" + ")" * 60 + " }}": (None, ""),
    "Hi\n\n{{ " + "not " * 100 + "1 }}": (3, "it is nested too deeply"),
}


@pytest.mark.parametrize("text", BROKEN, ids=range(len(BROKEN)))
def test_a_broken_template_never_costs_a_reminder(text: str, desk: Desk) -> None:
    """The built-in one speaks; the problem is listed with file, line and reason, and counted once."""
    built_in = desk.write()
    desk.put(f"sam/{NAME}", text)
    line, reason = BROKEN[text]
    if line is None:
        assert desk.write().draft
        return
    assert desk.write() == built_in
    assert [problem.startswith(f"sam/{NAME}:{line}: ") for problem in desk.problems()] == [True], desk.problems()
    assert reason in desk.problems()[0]
    assert desk.counters.snapshot() == {"drafts.template_broken": 1}
    desk.drafter.refresh()
    assert desk.counters.snapshot() == {"drafts.template_broken": 1}
    assert desk.problems("ben") == []


def test_a_template_that_fails_for_one_person_only(desk: Desk) -> None:
    """What no sample showed shows on the day: the built-in speaks, the failure is counted and explained."""
    desk.put(NAME, "Hi\n\nBody {{ 'x' if milestone == 36 and name > 5 }}")
    drafted = desk.write()
    assert "birthday" in drafted.draft.body
    assert drafted.problem is not None
    assert (drafted.problem.file, drafted.problem.line) == (NAME, 3)
    assert "'>' not supported" in drafted.problem.reason
    assert desk.counters.snapshot() == {"drafts.template_failed": 1}


def test_a_broken_letter_is_named_once(desk: Desk) -> None:
    """Not every variant that uses it is listed, and all of them speak with the built-in one."""
    desk.put("sam/en/letter.close.j2", "{% block subject %}{% endblock %}\n\n{{ milestone + 1 }}\n{% block body %}{% endblock %}")
    desk.put("sam/en/birthday.close.mine.j2", '{% extends "en/letter.close.j2" %}{% block subject %}Hey{% endblock %}')
    assert [problem.partition(": ")[0] for problem in desk.problems()] == ["sam/en/letter.close.j2:3"]
    assert "Warmly,\nSam" in desk.write(variant="en/birthday.close.mine.j2").draft.body


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("en/birthday.warm.1.j2", "the name is not"),
        ("en/birtday.close.1.j2", "the name is not"),
        ("en/birthday.close.j2", "the name is not"),
        ("birthday.close.1.j2", "the place is not"),
        ("english/birthday.close.1.j2", "the place is not"),
        ("a/b/en/birthday.close.1.j2", "the place is not"),
    ],
)
def test_a_file_in_the_wrong_place_is_named(name: str, reason: str, tmp_path: Path) -> None:
    """Nothing is passed over in silence."""
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("Hi\n\nHello", encoding="utf-8")
    problems = Drafter(folder=tmp_path).library._problems
    assert [(p.file, p.line) for p in problems] == [(name, 0)]
    assert problems[0].reason.startswith(reason)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The service runs, and says what is wrong."""
    desk = Desk(tmp_path / "nowhere")
    assert desk.write().draft.body
    assert "there is no such folder" in desk.problems()[0]


def test_bytes_that_are_no_text_are_named(desk: Desk) -> None:
    """A file in another encoding is a problem of that file."""
    (desk.folder / "en").mkdir()
    (desk.folder / NAME).write_bytes(b"Hi\n\n\xff\xfe")
    desk.drafter.refresh()
    assert len(desk.problems()) == 1
    assert desk.write().draft.body


def test_what_is_no_file_is_named(desk: Desk) -> None:
    """A link to nowhere, or something that would never end when it is read, is a problem and no failure."""
    (desk.folder / "en").mkdir()
    (desk.folder / NAME).symlink_to(desk.folder / "nowhere")
    os.mkfifo(desk.folder / "en" / "birthday.close.2.j2")
    desk.drafter.refresh()
    assert sorted(problem.partition(": ")[2] for problem in desk.problems()) == ["it is no file", "it is no file"]
    assert desk.write().draft.body


def test_a_change_is_seen_and_mended(desk: Desk) -> None:
    """A corrected file speaks from the next draft on."""
    desk.put(NAME, "Hi\n\n{{ nmae }}")
    assert desk.problems()
    desk.put(NAME, "Hi\n\n{{ name }}!")
    os.utime(desk.folder / NAME, ns=(1, 1))
    desk.drafter.refresh()
    assert desk.problems() == []
    assert desk.write().draft.body == "Anna!"


def test_no_owner_reads_the_templates_of_another(desk: Desk) -> None:
    """A template can name no file but a letter of its own scope, so nobody's words reach anybody else."""
    desk.put("ben/en/letter.close.j2", "{% block subject %}{% endblock %}\n\nBen’s secret\n{% block body %}{% endblock %}")
    desk.put("sam/en/birthday.close.1.j2", '{% extends "en/letter.close.j2" %}{% block subject %}Hey{% endblock %}')
    assert "secret" not in desk.write().draft.body
    assert "secret" in desk.write(owner="ben").draft.body


def test_line_breaks_of_a_template_are_its_own() -> None:
    """Lines are joined into paragraphs, and blank lines part them; a space that must not break is kept."""
    assert paragraphs("\n a\n  b \n\n\n c\n\n") == "a b\n\nc"
    assert paragraphs("1\N{NO-BREAK SPACE}an\n!") == "1\N{NO-BREAK SPACE}an !"
