"""Tests that whatever stands in a field stays text: no template, no header, no markup, no hole."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.notifier.domain.owner_lines import without_owner_lines
from services.notifier.drafts import Drafter
from shared.messages.snapshots import ContactSnapshot, Interaction, Job, OwnerProfile
from shared.messages.values import Closeness, Confidence, Occasion
from tests.unit.notifier.make import NOW, ON, a_snapshot, an_item

DRAFTER = Drafter()
OCCASIONS = [
    Occasion.BIRTHDAY,
    Occasion.WORK_ANNIVERSARY,
    Occasion.NEW_JOB,
    Occasion.NEW_CONNECTION,
    Occasion.STAY_IN_TOUCH,
    Occasion.CUSTOM,
]
ATTACKS = [
    "{{ ().__class__ }}",
    "{{7*7}}",
    "{% for x in range(9999999) %}{% endfor %}",
    "{# gone #}",
    "Anna\r\nBcc: everybody@example.com",
    "Anna\nSubject: other",
    "<b>Anna</b> & <script>alert(1)</script>",
    "%s %(name)s {0} {name} $name \\n",
    "\u202eannA",
    "\x02[Anna]",
    "\x00\x1b[31mAnna",
]
TEXT = st.one_of(st.sampled_from(ATTACKS), st.text(min_size=1, max_size=80), st.text(min_size=1, max_size=490))


@st.composite
def people(draw: st.DrawFn) -> ContactSnapshot:
    """Return somebody with anything in any field."""
    job = Job(
        company=draw(st.none() | TEXT),
        title=draw(st.none() | TEXT),
        seen_at=NOW,
        source="test",
        is_change=True,
        confidence=draw(st.sampled_from(Confidence)),
    )
    return a_snapshot(
        name=draw(TEXT),
        given_name=draw(st.none() | TEXT),
        family_name=draw(st.none() | TEXT),
        nickname=draw(st.none() | TEXT),
        job=draw(st.none() | st.just(job)),
        interests=(shared := draw(TEXT),),
        causes=(shared, draw(TEXT)),
        location=draw(st.none() | TEXT),
        closeness=draw(st.sampled_from(Closeness)),
        language=draw(st.sampled_from([None, "en", "de", "fr", "es", "zh-TW"])),
        interactions=(Interaction(at=NOW, note=draw(st.none() | TEXT)),),
    )


@settings(max_examples=400, deadline=None)
@given(
    person=people(),
    occasion=st.sampled_from(OCCASIONS),
    label=st.none() | TEXT,
    owner=TEXT,
    milestone=st.none() | st.integers(-5, 150),
    belated=st.booleans(),
    approximate=st.booleans(),
    number=st.integers(0, 20),
)
def test_anything_in_any_field_makes_a_whole_draft(
    person: ContactSnapshot,
    occasion: Occasion,
    label: str | None,
    owner: str,
    milestone: int | None,
    belated: bool,
    approximate: bool,
    number: int,
) -> None:
    """A draft is always made; its subject is one short line, and nothing in it is a hole or a control character."""
    mine = tuple(text for text in person.interests if text.strip())
    places = (person.location,) if person.location and person.location.strip() else ()
    profile = OwnerProfile(owner="sam", rev=1, name=owner, interests=mine, places=places)
    item = an_item(
        id=f"{number}:x:2026-05-04",
        occasion=occasion,
        label=label,
        milestone=milestone,
        belated=belated,
        approximate=approximate,
    )
    drafted = DRAFTER.write(item=item, snapshot=person, profile=profile, today=ON)
    subject, body = drafted.draft.subject, drafted.draft.body
    assert drafted.variant
    assert subject
    assert len(subject) <= 200
    assert len(subject.splitlines()) == 1
    assert len(body) < 3_000
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", subject + body)
    assert "  " not in subject + body
    assert "\n\n\n" not in body
    given_texts = [person.name, person.given_name, person.nickname, label, owner, *person.interests, *person.causes]
    given_texts += [person.location, person.interactions[0].note, person.family_name]
    given_texts += [person.job.company, person.job.title] if person.job else []
    everything = "".join(text for text in given_texts if text)
    for hole in ("None", "{{", "{%", "owner_line", "__class__", "common_ground", "object at"):
        assert hole in everything or hole not in subject + body
    lines = body.split("\n")
    assert all(line in lines for line in drafted.owner_lines)
    sent = without_owner_lines(drafted.draft, lines=drafted.owner_lines).body.split("\n")
    assert not set(drafted.owner_lines) & set(sent)


@pytest.mark.parametrize("text", ATTACKS)
@pytest.mark.parametrize("occasion", OCCASIONS)
def test_an_attack_is_inert_text(text: str, occasion: Occasion) -> None:
    """It stands in the draft as it was written, on one line, or not at all."""
    job = Job(company=text, title=text, seen_at=NOW, source="test", is_change=True)
    person = a_snapshot(name=text, given_name=text, nickname=text, job=job, interests=(text,))
    profile = OwnerProfile(owner="sam", rev=1, name=text, interests=(text,))
    draft = DRAFTER.write(
        item=an_item(occasion=occasion, label=text, milestone=None), snapshot=person, profile=profile, today=ON
    ).draft
    whole = f"{draft.subject}\n{draft.body}"
    assert "49" not in whole
    assert "<class" not in whole
    assert not re.search(r"^(Bcc|Subject):", whole, re.MULTILINE)
    if occasion is Occasion.NEW_JOB:
        line = " ".join(re.sub("[\x00-\x1f\u202e]", " ", text).split())
        assert line in whole
