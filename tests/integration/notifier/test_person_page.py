"""The page about a person, and its twins in the API: what they show, and that every change is a fact that comes true."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import quote, urlencode
from uuid import uuid4

import pytest
from faststream import FastStream

from services.contacts.app import build_app as build_contacts
from services.contacts.settings import ContactsSettings
from services.notifier.web.rules import RULES, Rule
from services.scheduler.app import build_app as build_scheduler
from services.scheduler.settings import SchedulerSettings
from shared.emitting import Emitter
from shared.messages.cloudevents import new_event
from shared.messages.facts import CustomDate, FactName
from shared.messages.reminders import ItemState
from shared.messages.rpc import (
    AddOwner,
    ContactPage,
    ContactReply,
    GetContact,
    ItemAction,
    ItemReply,
    ListContacts,
    OwnerReply,
    OwnerSettings,
)
from shared.messages.snapshots import ContactSnapshot, Interaction, Job
from shared.messages.values import Closeness, Direction, Occasion, PartialDate
from shared.requests import ask
from tests.conftest import eventually
from tests.integration.notifier.conftest import World, today
from tests.integration.notifier.doors import Answer, ask_door
from tests.integration.notifier.visits import Page, Visit, contacts_standing_in, sign_in, visiting

EVIL = ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{7*7}}", "javascript:alert(1)", "</textarea><b>x")
SECRET = "Zebulon Secretperson"
PARTS = ("name", "dates", "jobs", "reach", "about", "greetings", "notes", "timeline", "nonsense")
REFUSED: tuple[tuple[str, Mapping[str, str]], ...] = (
    ("edit", {"was_birthday": "", "birthday__day": "31", "birthday__month": "2"}),
    ("edit", {"was_birthday": "", "birthday__day": "x"}),
    ("edit", {"was_cadence_days": "", "cadence_days": "often"}),
    ("edit", {"was_closeness": "well", "closeness": "best"}),
    ("edit", {"was_timezone": "", "timezone": "Moon/Base"}),
    ("edit", {"was_language": "", "language": "!"}),
    ("edit", {"was_emails": "", "emails": "nobody"}),
    ("edit", {"was_linkedin_url": "", "linkedin_url": "javascript:alert(1)"}),
    ("edit", {"was_name": "Anna Example", "name": " "}),
    ("dates", {"label": "", "on__day": "1", "on__month": "1"}),
    ("dates", {"label": "Exam"}),
    ("jobs", {"company": " "}),
    ("interactions", {"channel": "met", "direction": "sideways"}),
    ("interactions", {"channel": "met", "on": "yesterday"}),
    ("interactions", {"channel": "x" * 501}),
)
"""Forms that say what cannot be."""


@dataclass
class Person:
    """Somebody whom all three services know, and the owner who looks at them."""

    visit: Visit
    id: str

    @property
    def path(self) -> str:
        """Their page."""
        return f"/people/{self.id}"

    async def page(self, query: str = "") -> Page:
        """Look at it."""
        return Page.read(await self.visit.page(self.path + query))

    async def text(self, query: str = "") -> str:
        """Return what it says."""
        return " ".join((await self.page(query)).texts)

    async def form(self, action: str, /, **fields: str) -> Answer:
        """Send one of its forms; `was_x` stands for what `x` was."""
        named = {name.replace("was_", "was-").replace("__", "-"): value for name, value in fields.items()}
        csrf = await self.visit.csrf(self.path)
        return await self.visit.page(f"{self.path}/{action}", {"csrf": csrf, **named})

    async def done(self, action: str, /, **fields: str) -> Page:
        """Send a form and look at the page that follows it, which is that of the change and not of before."""
        answer = await self.form(action, **fields)
        assert answer.status == 303, answer.body.decode()[:3000]
        assert "did=later" not in answer.headers["location"]
        return Page.read(await self.visit.page(answer.headers["location"].partition("#")[0]))

    async def now(self) -> ContactSnapshot:
        """Return them as contacts has them."""
        asked = GetContact(owner=self.visit.world.owner, id=self.id)
        reply = await ask(self.visit.world.client, service="contacts", verb="get", request=asked, reply=ContactReply, timeout_s=5)
        return reply.contact

    async def facts(self) -> int:
        """Return how many facts the intake holds of this owner."""
        subject = f"hobnob.intake.{self.visit.world.owner}.>"
        info = await self.visit.world.js.stream_info("HOBNOB_INTAKE", subjects_filter=subject)
        return sum((info.state.subjects or {}).values())


@asynccontextmanager
async def serving(*apps: FastStream) -> AsyncIterator[None]:
    """Run services until the block ends."""
    tasks = [asyncio.create_task(app.run()) for app in apps]
    try:
        yield
    finally:
        for app in apps:
            app.exit()
        await asyncio.gather(*tasks)


async def add(world: World, **values: Any) -> ContactSnapshot:
    """State that somebody exists and return them once contacts knows them."""
    name = values.setdefault("name", f"Anna Example {uuid4().hex[:6]}")
    event = new_event(
        name=FactName.CONTACT_UPSERTED, source="crm", id=uuid4().hex, data=values, time=datetime.now(UTC) - timedelta(minutes=1)
    )
    await Emitter(world.client).emit([event], owner=world.owner)

    async def found() -> list[ContactSnapshot]:
        asked = ListContacts(owner=world.owner, limit=200)
        page = await ask(world.client, service="contacts", verb="list", request=asked, reply=ContactPage, timeout_s=5)
        return [person for person in page.contacts if person.name == name]

    await eventually(found)
    (person,) = await found()

    async def is_planned() -> object:
        return await world.database["agenda"].find_one({"_id": person.id})

    await eventually(is_planned)
    return person


@pytest.fixture
async def anna(world: World) -> AsyncIterator[Person]:
    """All three services, and Anna."""
    url, name = world.settings.nats_url, f"contacts_{uuid4().hex[:12]}"
    await world.js.purge_stream("HOBNOB_INTAKE")  # What other tests left is not for this database.
    contacts = build_contacts(ContactsSettings(nats_url=url, mongo_url=world.settings.mongo_url, mongo_database=name))
    async with serving(contacts, build_scheduler(SchedulerSettings(nats_url=url))), visiting(world) as visit:

        async def is_added() -> bool:
            asked = AddOwner(owner=world.owner, settings=OwnerSettings(name="Sam Example"))
            try:
                await ask(world.client, service="contacts", verb="owner.add", request=asked, reply=OwnerReply, timeout_s=1)
            except Exception:  # noqa: BLE001  # whatever it is, it is not up
                return False
            return True

        await eventually(is_added)
        born = (today() + timedelta(days=20)).replace(year=1990)
        known = await add(
            world,
            name="Anna Example",
            emails=["anna@example.com"],
            birthday=born.isoformat(),
            closeness="well",
            company="Acme",
            title="Baker",
            tags=["garden"],
            location="Rome",
        )
        yield Person(visit, known.id)


async def test_what_is_planned_is_shown_with_its_reason_and_follows_each_change(anna: Person) -> None:
    """The page after a form says what is true then: an interaction moves the check-in, a mute ends the birthday, and back."""
    text = await anna.text()
    assert "Birthday" in text
    assert "Because their birthday is known" in text
    assert "no contact with them is noted" in text
    assert "It is not known when this job began." in text
    logged = " ".join((await anna.done("interactions", channel="met")).texts)
    assert "Noted: you were in touch with Anna Example" in logged
    assert "Because your last contact was on" in logged
    assert "you keep in touch with people you know well every 90 days" in logged
    occasions = ("work_anniversary", "new_job", "new_connection", "stay_in_touch", "custom")
    fields = [("csrf", await anna.visit.csrf(anna.path)), ("was-muted", ""), ("part", "greetings")]
    muted = await post(anna, "edit", [*fields, *(("remind", each) for each in occasions)])
    assert "Muted for this person." in muted
    assert "Because their birthday" not in muted
    assert (await anna.now()).muted == (Occasion.BIRTHDAY,)
    fields[1] = ("was-muted", "birthday")
    back = await post(anna, "edit", [*fields, *(("remind", each) for each in ("birthday", *occasions))])
    assert "Because their birthday is known" in back
    gone = " ".join((await anna.done("edit", was_deceased="", deceased="yes")).texts)
    assert "They have died" in gone
    assert "Because" not in gone


async def post(person: Person, action: str, pairs: list[tuple[str, str]]) -> str:
    """Send fields of which some have one name, and return the text of the page that follows."""
    answer = await ask_door(
        person.visit.port,
        "POST",
        f"{person.path}/{action}",
        body=urlencode(pairs).encode(),
        headers={
            "Cookie": person.visit.cookie,
            "Accept": "text/html",
            "Content-Type": "application/x-www-form-urlencoded",
        },
    )
    assert answer.status == 303, answer.body
    return " ".join(Page.read(await person.visit.page(answer.headers["location"].partition("#")[0])).texts)


async def test_a_form_states_only_what_was_changed(anna: Person) -> None:
    """What was learnt elsewhere while the page was open stays; a form without a change states nothing at all."""
    await anna.done("edit", was_location="Rome", location="Lisbon")
    await anna.done("edit", was_tags="garden", tags="garden, book club")
    # A page of before all that: its place is the old one, untouched, and so is its list of tags but for one.
    await anna.done(
        "edit", was_location="Rome", location="Rome", was_tags="garden", tags="chess", was_nickname="", nickname="Annie"
    )
    now = await anna.now()
    assert (now.location, now.tags, now.nickname) == ("Lisbon", ("book club", "chess"), "Annie")
    before = await anna.facts()
    answer = await anna.form("edit", was_location="Rome", location="Rome", was_title="Baker", title="Baker")
    assert answer.status == 303
    assert await anna.facts() == before


async def test_every_field_can_be_edited_in_place_and_taken_away_again(anna: Person) -> None:
    """Dates of which a part is unknown, addresses in their order, dates of one's own, the job, the notes with their lines."""
    born = str((await anna.now()).birthday)
    await anna.done("edit", was_birthday=born, birthday__day="29", birthday__month="2", birthday__year="")
    assert "February 29" in await anna.text()
    await anna.done("edit", was_birthday="--02-29", birthday__day="", birthday__month="", birthday__year="")
    assert "Their birthday is not known." in await anna.text()
    await anna.done("edit", was_emails="anna@example.com", emails="a@example.org\r\nanna@example.com")
    await anna.done("edit", was_emails="a@example.org\nanna@example.com", emails="a@example.org")
    await anna.done("edit", was_notes="", notes="One\r\n\r\ntwo")
    await anna.done("edit", was_company="Acme", company="Acme", was_started_on="", started_on__year="2020", started_on__month="6")
    await anna.done("dates", label="Wedding", on__day="14", on__month="9", recurrence="FREQ=MONTHLY")
    await anna.done("dates", label="Exam", on__day="1", on__month="7", on__year="2031", recurrence="once")
    text = await anna.text()
    assert "because this job began in june 2020" in text.lower()
    assert "Wedding" in text
    await anna.done("dates", do="remove", label="Wedding")
    await anna.done("edit", was_cadence_days="", cadence_days="45")
    await anna.done("edit", was_closeness="well", closeness="moderate")
    now = await anna.now()
    assert (now.birthday, now.emails, now.notes) == (None, ("a@example.org",), "One\n\ntwo")
    assert now.dates == (CustomDate(label="Exam", on=PartialDate(year=2031, month=7, day=1), recurrence="once"),)
    assert (now.cadence_days, now.closeness) == (45, Closeness.MODERATE)
    assert now.job is not None
    assert (now.job.company, now.job.title, str(now.job.started_on), now.job.is_change) == ("Acme", "Baker", "2020-06", False)


async def test_a_new_job_is_a_change_and_a_correction_is_none(anna: Person) -> None:
    """The history has both jobs, and congratulations come of the change alone."""
    page = await anna.done("jobs", company="Globex", title="Chef", started_on__month="5", started_on__year="2026")
    text = " ".join(page.texts)
    assert "Because you heard on" in text
    assert "Since May 2026 · from you" in text
    assert "Baker" in text
    job = (await anna.now()).job
    assert job is not None
    assert job.is_change


async def test_an_interaction_has_a_note_a_day_and_a_direction(anna: Person) -> None:
    """One of a day in the past is at noon of that day; one of the future is refused with the words still there."""
    day = today() - timedelta(days=3)
    await anna.done("interactions", channel="letter", direction="gave", note="Sent\r\nthe book", on=day.isoformat())
    (only,) = (await anna.now()).interactions
    assert only == Interaction(
        id=only.id,
        at=datetime(day.year, day.month, day.day, 12, tzinfo=UTC),
        channel="letter",
        direction=Direction.GAVE,
        note="Sent\nthe book",
    )
    ahead = (today() + timedelta(days=2)).isoformat()
    refused = await anna.form("interactions", part="timeline", channel="x", note="keep these words", on=ahead)
    assert refused.status == 422
    assert "keep these words" in refused.body.decode()
    assert "It cannot have happened in the future." in unescape(refused.body.decode())


async def test_what_was_noted_by_mistake_can_be_taken_back(anna: Person) -> None:
    """At once, later from the timeline, or through the API; what was noted before it is the last contact again."""
    day = today() - timedelta(days=9)
    await anna.done("interactions", channel="letter", on=day.isoformat())
    page = await anna.done("interactions", channel="call")
    (undo, *_) = [each["value"] for each in page.all("button") if each.get("name") == "interaction"]
    newest, oldest = (await anna.now()).interactions
    assert undo == newest.id
    taken_back = await anna.done("interactions/remove", interaction=undo)
    assert "that is no longer noted" in " ".join(taken_back.texts)
    assert (await anna.now()).interactions == (oldest,)
    assert (await anna.now()).last_contact_at == oldest.at
    before = await anna.facts()
    for nothing in (undo, "", "x" * 600):
        assert (await anna.form("interactions/remove", interaction=nothing)).status == 303
    assert await anna.facts() == before
    # Noted again, it is noted again.
    await anna.done("interactions", channel="letter", on=day.isoformat())
    assert len((await anna.now()).interactions) == 2
    answer = await anna.visit.api("DELETE", f"{anna.path}/interactions/{oldest.id}")
    assert answer.status == 200
    assert len((await anna.now()).interactions) == 1


async def test_what_cannot_be_is_refused_and_nothing_is_stated(known: Visit) -> None:
    """With a page that says why and has what was written, not with a failure."""
    person = Person(known, known.world.contact())
    before = await person.facts()
    for action, fields in REFUSED:
        answer = await person.form(action, part="dates", **fields)
        assert answer.status == 422, fields
        assert answer.headers["content-type"].startswith("text/html")
        assert "Anna Example" in answer.body.decode()
        assert 'role="alert"' in answer.body.decode(), fields
    assert await person.facts() == before


@pytest.fixture
async def known(world: World) -> AsyncIterator[Visit]:
    """A notifier that knows Anna, where nobody answers for contacts."""
    async with visiting(world) as visit:
        await world.publish(anna := world.snapshot())
        await world.until_known(anna)
        yield visit


async def test_an_address_of_somebody_else_is_not_taken(anna: Person) -> None:
    """Stated, it would make one person of two; the page says whose it is."""
    await add(anna.visit.world, name="Ben Example", emails=["ben@example.com"])
    answer = await anna.form("edit", part="reach", was_emails="anna@example.com", emails="anna@example.com\nBen@example.com")
    assert answer.status == 409
    assert "Ben Example has, or had, the address Ben@example.com" in answer.body.decode()
    assert (await anna.now()).emails == ("anna@example.com",)


async def test_what_names_somebody_else_is_not_taken_either(anna: Person) -> None:
    """Neither their LinkedIn profile, nor an address that was taken away from them, nor one of somebody who was removed."""
    world = anna.visit.world
    profile = "https://www.linkedin.com/in/ben-example"
    ben = Person(anna.visit, (await add(world, name="Ben Example", emails=["ben@example.com"], linkedin_url=profile)).id)
    gone = Person(anna.visit, (await add(world, name="Gone Example", emails=["gone@example.com"])).id)
    await ben.done("edit", was_emails="ben@example.com", emails="")
    removed = new_event(
        name=FactName.CONTACT_REMOVED, source="crm", id=uuid4().hex, data={"contact": {"id": gone.id}}, time=datetime.now(UTC)
    )
    await Emitter(world.client).emit([removed], owner=world.owner)

    async def is_removed() -> bool:
        return (await anna.visit.page(gone.path)).status == 404

    await eventually(is_removed)
    taken = (
        ("Ben Example", {"was_emails": "anna@example.com", "emails": "anna@example.com\nben@example.com"}),
        ("Ben Example", {"was_linkedin_url": "", "linkedin_url": "https://linkedin.com/in/Ben-Example/"}),
        ("whom you removed", {"was_emails": "anna@example.com", "emails": "anna@example.com\ngone@example.com"}),
    )
    for whose, fields in taken:
        answer = await anna.form("edit", part="reach", **fields)
        assert (answer.status, whose in unescape(answer.body.decode())) == (409, True), fields
    assert (await anna.now()).emails == ("anna@example.com",)
    assert (await ben.now()).name == "Ben Example"
    # What is theirs already, or was, they may have again.
    assert (await ben.form("edit", was_emails="", emails="ben@example.com")).status == 303


async def test_a_former_id_leads_to_the_present_page(known: Visit) -> None:
    """Of somebody who was merged, the page is that of whom they became; one who was removed is like one who never was."""
    world = known.world
    await world.publish(
        world.snapshot("old", deleted=True, merged_into=world.contact(), name="", emails=(), birthday=None),
        world.snapshot("gone", deleted=True, name="", emails=(), birthday=None),
    )
    await world.until_known(world.snapshot("old"), world.snapshot("gone"))
    answer = await known.page(f"/people/{world.contact('old')}?edit=notes")
    assert (answer.status, answer.headers["location"]) == (303, f"/people/{world.contact()}?edit=notes")
    async with contacts_standing_in(world):
        bodies = {(await known.page(f"/people/{each}")).body for each in (world.contact("gone"), "nobody", "a.b", "x" * 65)}
        assert len(bodies) == 1
        assert (await known.page("/people/nobody")).status == 404
        (await known.page("/people/nobody")).headers["content-type"].startswith("text/html")


async def test_what_was_sent_stays_with_who_was_merged(known: Visit) -> None:
    """A greeting under a former id is in the history, and in the inbox, under the name of whom they became."""
    world = known.world
    item = await world.an_item("old")
    await world.ask("inbox.mark_sent", ItemAction(owner=world.owner, item=item), ItemReply)
    await world.until_state(item, ItemState.SENT)
    await world.publish(
        world.snapshot("old", rev=2, deleted=True, merged_into=world.contact(), name="", emails=(), birthday=None),
        now := world.snapshot(rev=2, aliases=(world.contact("old"),)),
    )
    await world.until_known(world.snapshot("old", rev=2), now)
    assert "Greetings you sent" in await Person(known, world.contact()).text()
    shown = [each for each in await world.inbox(state="sent", contact=world.contact()) if each.id == item]
    assert [each.contact.name for each in shown] == ["Anna Example"]
    page = " ".join(Page.read(await known.page(f"/inbox?show=all&contact={world.contact()}")).texts)
    assert "Anna Example" in page
    assert world.contact("old") not in page


async def test_another_owner_finds_nobody(known: Visit) -> None:
    """Neither the page nor a form nor the API tells somebody else's person from nobody, and nothing is stated."""
    world = known.world
    await world.publish(anna := world.snapshot("zeb", name=SECRET))
    await world.until_known(anna)
    stranger = Visit(replace(world, owner=f"x{uuid4().hex[:12]}"), known.port)
    await sign_in(stranger)
    before = await Person(known, anna.id).facts()
    async with contacts_standing_in(world):
        csrf = await stranger.csrf("/inbox")
        for other in (anna.id, "nobody"):
            answers = [await stranger.page(f"/people/{other}")]
            for action in ("edit", "dates", "jobs", "interactions"):
                fields = {"csrf": csrf, "company": "x", "channel": "met", "was-location": "", "location": "x", "label": "x"}
                answers.append(await stranger.page(f"/people/{other}/{action}", fields | {"on-day": "1", "on-month": "1"}))
            answers.append(await stranger.api("PATCH", f"/people/{other}", {"location": "x"}))
            answers.append(await stranger.api("GET", f"/people/{other}/outlook"))
            answers.append(await stranger.api("GET", f"/people/{other}/interactions"))
            answers.append(await stranger.api("POST", f"/people/{other}/interactions", {}))
            answers.append(await stranger.api("POST", f"/people/{other}/new-job", {"company": "x"}))
            assert {answer.status for answer in answers} == {404}
            assert not any(SECRET.encode() in answer.body for answer in answers)
    assert await Person(known, anna.id).facts() == before
    assert await Person(stranger, anna.id).facts() == 0


async def test_forms_of_other_sites_change_nothing(known: Visit) -> None:
    """Without the token of the session every form is refused."""
    person = Person(known, known.world.contact())
    before = await person.facts()
    for action in ("edit", "dates", "jobs", "interactions"):
        for csrf in ({}, {"csrf": "x"}):
            answer = await known.page(f"{person.path}/{action}", {"channel": "met", "company": "x", **csrf})
            assert answer.status == 403
    assert await person.facts() == before


async def test_what_is_known_of_people_stays_text(known: Visit) -> None:
    """No field becomes markup, a link that runs something, or a template, with every editor open and in every refused form."""
    for number, evil in enumerate(EVIL):
        await stays_text(known, evil, rev=number + 2)


async def stays_text(known: Visit, evil: str, *, rev: int) -> None:
    """Look at every state of the page about somebody of whom every field holds *evil*."""
    world = known.world
    date = CustomDate(label=evil, on=PartialDate(month=today().month, day=today().day), recurrence=evil)
    jobs = (Job(company=evil, title=evil, seen_at=datetime.now(UTC), source=evil),)
    lines = dict.fromkeys(("name", "given_name", "family_name", "nickname", "linkedin_url", "location", "notes"), evil)
    lists = dict.fromkeys(("phones", "tags", "interests", "causes", "schools"), (evil,))
    person = world.snapshot(
        rev=rev,
        **lines,
        **lists,
        emails=(evil, f"{evil}@example.com"),
        dates=(date,),
        job=jobs[0],
        jobs=jobs,
        interactions=(Interaction(at=datetime.now(UTC), channel=evil, note=evil),),
        last_contact_at=datetime.now(UTC),
        muted=(Occasion.BIRTHDAY,),
        is_reference=True,
    )
    await world.publish(person)
    await world.until_known(person)
    path = f"/people/{person.id}"
    csrf = await known.csrf(path)
    fields = {"csrf": csrf, "part": "timeline", "note": evil, "channel": evil, "direction": evil, "on": evil, "label": evil}
    answers = [await known.page(path + query) for query in ("", *(f"?edit={part}" for part in PARTS), f"?did={quote(evil)}"[:40])]
    refused = [await known.page(f"{path}/{action}", fields) for action in ("interactions", "dates")]
    assert {answer.status for answer in refused} == {422}
    for answer in answers + [replace(each, status=200) for each in refused]:
        page = Page.read(answer)
        assert len(page.all("script")) == 2
        assert not page.all("img")
        assert not page.all("b") or all(each.get("class") == "hidden" for each in page.all("b"))
        assert "49" not in page.texts
        assert not [each for _, each in page.elements if any(name.startswith("on") for name in each)]
        for link in page.all("a"):
            assert link["href"].startswith(("/", "#", "mailto:", "tel:", "https://www.linkedin.com/")), link
    assert evil in unescape(answers[0].body.decode())


async def test_what_waits_is_sent_from_here_and_stays_as_history(known: Visit) -> None:
    """The card of an open item leads back to the person; once sent it is listed with what was written."""
    item = await known.world.an_item()
    person = Person(known, known.world.contact())
    page = await person.page()
    assert [each["data-item"] for each in page.all("article")] == [item]
    assert {each["value"] for each in page.all("input") if each.get("name") == "back"} == {person.path}
    csrf = await known.csrf(person.path)
    answer = await known.page(
        f"/inbox/{item}/edit", {"csrf": csrf, "back": person.path, "subject": "Hi", "body": "Words of my own"}
    )
    assert answer.headers["location"].partition("?")[0] == person.path
    sent = await known.page(f"/inbox/{item}/mark-sent", {"csrf": csrf, "back": person.path})
    text = " ".join(Page.read(await known.page(sent.headers["location"])).texts)
    assert "Marked as sent" in text
    assert "Words of my own" in text
    assert "by hand" in text
    assert (await known.world.item(item))["state"] == ItemState.SENT


async def test_links_to_other_pages_are_there_when_the_pages_are(known: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that does not exist is not offered."""
    person = Person(known, known.world.contact())
    monkeypatch.setitem(RULES, "/people/{contact}/sources", Rule.SESSION)
    monkeypatch.delitem(RULES, "/people/{contact}/merge", raising=False)
    links = {each["href"] for each in (await person.page()).all("a")}
    assert f"{person.path}/sources" in links
    assert f"{person.path}/merge" not in links


async def test_the_api_changes_a_person_and_tells_the_outlook(anna: Person) -> None:
    """PATCH states what differs, null takes away; interactions are noted and paged; the outlook names its reasons."""
    api = anna.visit.api
    changed = await api("PATCH", f"/people/{anna.id}", {"location": None, "tags": ["chess"], "closeness": "intimate"})
    assert changed.status == 200
    assert (changed.json["location"], changed.json["tags"], changed.json["closeness"]) == (None, ["chess"], "intimate")
    for number in (1, 2, 3):
        at = (datetime.now(UTC) - timedelta(days=number)).isoformat()
        noted = await api("POST", f"/people/{anna.id}/interactions", {"note": f"n{number}", "occurred_at": at})
        assert noted.status == 200
    first = (await api("GET", f"/people/{anna.id}/interactions?limit=2")).json
    second = (await api("GET", f"/people/{anna.id}/interactions?limit=2&cursor={first['cursor']}")).json
    assert [each["note"] for each in first["interactions"] + second["interactions"]] == ["n1", "n2", "n3"]
    assert second["cursor"] is None
    outlook = await api("GET", f"/people/{anna.id}/outlook")
    reasons = {each["occasion"]: each for each in outlook.json["planned"]}
    assert reasons["birthday"]["why"] == "birthday"
    assert (reasons["stay_in_touch"]["why"], reasons["stay_in_touch"]["cadence_days"]) == ("last_contact", 30)
    assert {each["occasion"]: each["why"] for each in outlook.json["not_planned"]} == {"work_anniversary": "no_job_start"}
    tag = outlook.headers["etag"]
    assert (await api("GET", f"/people/{anna.id}/outlook", If_None_Match=tag)).status == 304
    job = await api("POST", f"/people/{anna.id}/new-job", {"company": "Globex", "started_on": "2026-05"})
    assert job.json["job"]["is_change"] is True
    for method, path, body in (
        ("PATCH", "", {"nonsense": 1}),
        ("PATCH", "", {"name": None}),
        ("PATCH", "", {"birthday": "soon"}),
        ("POST", "/interactions", {"occurred_at": "2200-01-01T00:00:00Z"}),
        ("POST", "/new-job", {}),
    ):
        refused = await api(method, f"/people/{anna.id}{path}", body)
        assert (refused.status, refused.headers["content-type"]) == (422, "application/problem+json"), (method, path, body)


async def test_what_is_not_seen_yet_is_said_to_be_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """With contacts away a change is on the intake, and neither the page nor the API claims that it can be seen."""
    monkeypatch.setattr("services.notifier.use_cases.person_edits.SEEN_WITHIN_S", 0.05)
    async with visiting(world) as visit:
        await world.publish(snapshot := world.snapshot())
        await world.until_known(snapshot)
        person = Person(visit, snapshot.id)
        answer = await person.form("interactions", channel="met")
        assert answer.headers["location"] == f"{person.path}?did=later"
        assert (await visit.api("PATCH", f"/people/{person.id}", {"location": "Rome"})).status == 202
        assert await person.facts() == 2
