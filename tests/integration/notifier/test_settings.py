"""The settings pages and what programs find in their place: everything is saved or nothing, and it is the viewer's alone."""

import html
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from cryptography.fernet import Fernet
from faststream.nats import NatsBroker
from pydantic import SecretStr

from services.contacts.use_cases.owners import with_settings
from shared import subjects
from shared.broker import answer_requests
from shared.jetstream import Outgoing, publish_one
from shared.messages.rpc import (
    ContactPage,
    CountParked,
    FactPage,
    ListContacts,
    ListFacts,
    OwnerReply,
    ParkedCount,
    SetOwner,
)
from shared.messages.snapshots import ContactSnapshot, OwnerProfile
from shared.messages.telling import AtOnce, Weekday
from shared.messages.values import Closeness, Message, Occasion
from shared.streams import DEAD, INTAKE
from tests.conftest import eventually
from tests.integration.notifier.conftest import World
from tests.integration.notifier.doors import Answer, ask_door
from tests.integration.notifier.smtp_servers import RealServer, real_server
from tests.integration.notifier.visits import Page, Visit, sign_in, visiting
from tests.servers import free_port

SECTIONS = ("", "/times", "/cadence", "/sending", "/words", "/channels", "/access", "/emitters", "/dead", "/health")
NASTY = "<script>alert(1)</script>"
EDITED = "/settings/words/en/birthday.close.1.j2"
SENT_BACK = ("text", "time", "number", "email")
OWN_WORDS = "Cake, {{ name }}!\n\nCome by.\n\n{{ signature }}\n"
PASSWORD = "correct horse battery"

Kept = dict[str, OwnerProfile]
"""The settings by owner, as the service that owns them keeps them."""


@asynccontextmanager
async def settings_kept(world: World) -> AsyncIterator[Kept]:
    """Stand for contacts: it keeps settings, knows Anna, and has two facts of a badly named source that wait."""
    kept: Kept = {}
    broker = NatsBroker(world.settings.nats_url, logger=None)

    async def on_set(request: SetOwner) -> Message:
        known = kept.get(request.owner) or OwnerProfile(owner=request.owner, rev=1, name="Sam Example")
        kept[request.owner] = with_settings(profile=known, settings=request.settings, rev=known.rev + 1)
        return OwnerReply(profile=kept[request.owner])

    async def on_list(request: ListContacts) -> Message:
        anna = ContactSnapshot(owner=request.owner, id="anna", rev=1, name="Anna Example", given_name="Anna")
        return ContactPage(contacts=(anna,) if request.search == "Anna" else ())

    async def on_parked(_: CountParked) -> Message:
        return ParkedCount(sources={NASTY: 2})

    async def on_facts(_: ListFacts) -> Message:
        return FactPage(facts=())

    answer_requests(broker, service="contacts", verb="owner.set", request=SetOwner, handle=on_set)
    answer_requests(broker, service="contacts", verb="list", request=ListContacts, handle=on_list)
    answer_requests(broker, service="contacts", verb="parked.count", request=CountParked, handle=on_parked)
    answer_requests(broker, service="contacts", verb="facts.list", request=ListFacts, handle=on_facts)
    async with broker:
        await broker.start()
        yield kept


@pytest.fixture
async def kept(world: World) -> AsyncIterator[Kept]:
    """The settings that were saved."""
    async with settings_kept(world) as kept:
        yield kept


@pytest.fixture
async def visit(world: World, kept: Kept) -> AsyncIterator[Visit]:
    """An owner who is signed in, before a notifier that can keep secrets."""
    async with visiting(world, secrets_key=SecretStr(Fernet.generate_key().decode())) as visit:
        yield visit


@pytest.fixture
async def stranger(visit: Visit) -> Visit:
    """Another owner at the same notifier."""
    world = visit.world
    other = World(world.client, world.js, world.database, world.settings, owner=f"x{uuid4().hex[:12]}")
    stranger = Visit(other, visit.port)
    await sign_in(stranger)
    return stranger


async def send(visit: Visit, path: str, form: Mapping[str, Any] | None = None, **fields: Any) -> Answer:
    """Send a form with the session's token; a list is a field that repeats."""
    given = {"csrf": await visit.csrf("/settings"), **(form or {}), **fields}
    headers = {"Cookie": visit.cookie, "Accept": "text/html", "Content-Type": "application/x-www-form-urlencoded"}
    return await ask_door(visit.port, "POST", path, body=urlencode(given, doseq=True).encode(), headers=headers)


def saved(answer: Answer) -> str:
    """Return where a form led, which says what it did."""
    assert answer.status == 303, html.unescape(answer.body.decode())[-3000:]
    return answer.headers["location"]


async def bury(world: World, *, owner: str, reason: str = "not JSON", body: bytes = b"{") -> str:
    """Have a fact of *owner* among the dead letters and return its id."""
    headers = {"Hobnob-Reason": reason, "Hobnob-Attempts": "1", "Hobnob-Stored-At": "2026-11-20T08:00:00Z"}
    subject = subjects.dead("contacts", subjects.intake(owner, "contact.upserted"))
    return str((await publish_one(world.js, Outgoing(subject, body, headers), stream=DEAD)).seq)


async def in_intake(world: World) -> int:
    """Return how many facts of the owner the intake has."""
    subject = subjects.intake(world.owner, "contact.upserted")
    info = await world.js.stream_info(INTAKE, subjects_filter=subject)
    return (info.state.subjects or {}).get(subject, 0)


# --- what is set ------------------------------------------------------------------------------------------------------


async def test_every_section_is_shown(visit: Visit) -> None:
    """Each is a page, with every other a click away; nothing that another system said is markup there."""
    for section in SECTIONS:
        answer = await visit.page(f"/settings{section}")
        page = Page.read(answer)
        assert {f"/settings{each}" for each in SECTIONS} <= {link.get("href", "") for link in page.all("a")}, section
        assert NASTY.encode() not in answer.body, section


async def test_you_are_who_you_say(visit: Visit, kept: Kept) -> None:
    """Name, address, zone, language and what one shares are saved together, and the page shown next has them."""
    form = {
        "name": "Sam Sample",
        "email": "sam@example.com",
        "timezone": "Europe/Berlin",
        "language": "de",
        "interests": "Chess\n\n Jazz \n",
        "places": "Hamburg, the north",
    }
    assert saved(await send(visit, "/settings", form)) == "/settings?did=saved"
    profile = kept[visit.world.owner]
    assert (profile.name, profile.email, profile.timezone, profile.language) == (*list(form.values())[:4],)
    assert (profile.interests, profile.places) == (("Chess", "Jazz"), ("Hamburg, the north",))
    assert "Europe/Berlin" in (await visit.page("/settings")).body.decode()
    saved(await send(visit, "/settings", {**form, "interests": "", "email": " "}))
    cleared = kept[visit.world.owner]
    assert (cleared.interests, cleared.email, cleared.name) == ((), None, "Sam Sample")
    assert "sam@example.com" not in (await visit.page("/settings")).body.decode()
    saved(await send(visit, "/settings", form))
    assert (await visit.api("PATCH", "/owner", {"email": None})).json["email"] is None
    assert kept[visit.world.owner].interests == ("Chess", "Jazz")


async def test_the_times_are_saved(visit: Visit, kept: Kept) -> None:
    """Hours, days and what goes at once; an empty hour of the daily message follows the delivery hour."""
    form: dict[str, Any] = {
        "deliver_at": "07:30",
        "belated_grace_days": "3",
        "digest_days": ["monday", "friday"],
        "digest_at": "18:00",
        "heartbeat_on": "never",
        "quiet_from": "22:00",
        "quiet_until": "06:45",
        "at_once": ["birthday.intimate", "new_job.asked", "custom.intimate"],
    }
    saved(await send(visit, "/settings/times", form))
    profile = kept[visit.world.owner]
    telling = profile.telling
    assert (f"{profile.deliver_at:%H:%M}", profile.belated_grace_days) == ("07:30", 3)
    assert (telling.digest_days, telling.heartbeat_on) == ((Weekday.MONDAY, Weekday.FRIDAY), "never")
    assert f"{telling.digest_at:%H:%M} {telling.quiet_from:%H:%M} {telling.quiet_until:%H:%M}" == "18:00 22:00 06:45"
    close = AtOnce(occasions=(Occasion.BIRTHDAY, Occasion.CUSTOM), closeness=(Closeness.INTIMATE,))
    assert telling.at_once == (close, AtOnce(occasions=(Occasion.NEW_JOB,), deliver_now=True))
    saved(await send(visit, "/settings/times", {**form, "digest_at": "", "digest_days": []}))
    assert kept[visit.world.owner].telling.digest_at is None
    assert kept[visit.world.owner].telling.digest_days == ()


async def test_cadence_and_sending_are_saved(visit: Visit, kept: Kept) -> None:
    """Each closeness has its own numbers; the undo time and the opt-out line are what the form says."""
    saved(await send(visit, "/settings/cadence", {"cadence_days.well": "45", "birthday_lead_days.well": "3", "leap_day": "mar1"}))
    profile = kept[visit.world.owner]
    assert (profile.cadence_days[Closeness.WELL], profile.cadence_days[Closeness.INTIMATE]) == (45, 30)
    assert (profile.birthday_lead_days[Closeness.WELL], profile.leap_day) == (3, "mar1")
    saved(await send(visit, "/settings/sending", undo_s="60", opt_out_line="yes"))
    assert (kept[visit.world.owner].undo_s, kept[visit.world.owner].opt_out_line) == (60, True)
    saved(await send(visit, "/settings/sending", undo_s="0"))
    assert (kept[visit.world.owner].undo_s, kept[visit.world.owner].opt_out_line) == (0, False)


MISTAKES = (
    ("", {"name": " ", "timezone": "UTC", "language": "en"}, "name"),
    ("", {"name": "Sam", "timezone": "Mars/Olympus", "language": "en"}, "timezone"),
    ("", {"name": "Sam", "email": "no address", "timezone": "UTC", "language": "en"}, "email"),
    ("", {"name": "Sam", "timezone": "UTC", "language": "en", "interests": "x\n" * 101}, "interests"),
    ("/times", {"deliver_at": "9", "belated_grace_days": "7", "quiet_from": "21:00", "quiet_until": "08:00"}, "deliver_at"),
    ("/times", {"deliver_at": "09:00", "belated_grace_days": "61", "heartbeat_on": "monday"}, "belated_grace_days"),
    ("/times", {"deliver_at": "09:00", "digest_at": "25:00"}, "digest_at"),
    ("/cadence", {"cadence_days.well": "-3", "leap_day": "feb28"}, "cadence_days.well"),
    ("/cadence", {"cadence_days.well": "90", "birthday_lead_days.intimate": "400"}, "birthday_lead_days.intimate"),
    ("/cadence", {"cadence_days.well": "many"}, "cadence_days.well"),
    ("/sending", {"undo_s": "3601"}, "undo_s"),
    ("/emitters/unknown", {"source": "", "policy": "park"}, "source"),
    ("/emitters", {"name": "my crm"}, "name"),
    ("/channels", {"url": "carrier-pigeon://roof", "name": ""}, "url"),
    ("/channels", {"url": "json://127.0.0.1/", "name": "not a name"}, "name"),
    ("/access/password", {"new": "short", "again": "short"}, "new"),
    ("/access/password", {"new": PASSWORD, "again": PASSWORD + "!"}, "again"),
    ("/access/tokens", {"name": "a.b"}, "name"),
)
"""A section, what is sent to it, and the field that is wrong."""


async def test_a_mistake_is_told_at_its_field_and_nothing_is_saved(visit: Visit, kept: Kept) -> None:
    """The field is marked and says what is wanted, what was typed is still there, and no part of the form is saved."""
    for path, form, field in MISTAKES:
        answer = await send(visit, f"/settings{path}", form)
        page = Page()
        page.feed(answer.body.decode())
        assert answer.status == 422, (path, form)
        fields = [*page.all("input"), *page.all("textarea")]
        assert [each["name"] for each in fields if each.get("aria-invalid") == "true"] == [field], (path, form)
        assert f'id="{field}-wrong"' in answer.body.decode()
        plain = {each["name"]: each.get("value", "") for each in page.all("input") if each.get("type") in SENT_BACK}
        assert {name: plain[name] for name in form if name in plain} == {name: form[name] for name in form if name in plain}
    assert kept == {}


# --- words ------------------------------------------------------------------------------------------------------------


async def test_ones_own_words_speak_from_then_on(visit: Visit, stranger: Visit) -> None:
    """A text is previewed for somebody, saved, used for every draft, and put back; another owner's drafts stay as they are."""
    shown = (await send(visit, EDITED, then="preview", text=OWN_WORDS, person="Anna")).body.decode()
    assert "Cake, Anna!" in shown
    assert (await visit.world.database["own_templates"].count_documents({})) == 0
    assert saved(await send(visit, EDITED, then="save", text=OWN_WORDS)) == f"{EDITED}?did=saved"
    for each in ("birthday.close.2.j2", "birthday.close.3.j2"):
        saved(await send(visit, f"/settings/words/en/{each}", then="save", text=OWN_WORDS))
    await visit.world.publish(known := visit.world.snapshot("anna", closeness=Closeness.WELL))
    await visit.world.until_known(known)
    item = await visit.world.an_item(
        "ben",
    )
    ben = visit.world.snapshot("ben", rev=2, name="Ben Example", closeness=Closeness.WELL)
    await visit.world.publish(ben)
    await visit.world.until_known(ben)
    (mine,) = [each for each in await visit.world.inbox() if each.id == item]
    assert mine.draft.subject == "Cake, Ben!"
    assert "yours" in (await visit.page("/settings/words")).body.decode()
    assert "Cake" not in (await stranger.page("/settings/words")).body.decode()
    saved(await send(visit, EDITED, then="reset"))
    assert "Cake" not in (await visit.page(EDITED)).body.decode()


async def test_words_that_cannot_be_used_are_refused(visit: Visit) -> None:
    """What the folder of templates refuses is refused here, with the line; markup in a text is text in the preview."""
    for text, reason in (
        ("Hi {{ nobody }}\n\nx\n", "there is no variable"),
        ("Hi\n\n{% for x in name %}{{ x }}{% endfor %}\n", "a loop"),
        ("Hi\n\n{{ name.__class__ }}\n", "an attribute"),
        ("only a subject\n", "it needs a subject in its first line and a body below"),
        ("Hi\n\n{% if %}\n", "Expected an expression"),
        ("x" * 20_001, "too large"),
    ):
        answer = await send(visit, EDITED, then="save", text=text)
        assert answer.status == 422, text
        assert reason in html.unescape(answer.body.decode()), text
    assert await visit.world.database["own_templates"].count_documents({}) == 0
    preview = await send(visit, EDITED, then="preview", text=f"{NASTY}\n\n{NASTY}\n", person=NASTY)
    assert preview.status == 200
    assert NASTY.encode() not in preview.body
    for path in ("en/nothing.close.1.j2", "en/..%2f..%2fx.j2", "xx/birthday.close.1.j2", "en/birthday.close.1.html"):
        assert (await visit.page(f"/settings/words/{path}")).status == 404, path


async def test_a_variant_of_ones_own_begins_with_words_that_are_there(visit: Visit) -> None:
    """A new one has a free name, is not kept before it is saved, and is gone when it is deleted."""
    new = await visit.page("/settings/words/new?language=en&occasion=birthday&tone=close")
    assert new.headers["location"] == "/settings/words/en/birthday.close.mine.j2"
    assert "not saved yet" in (await visit.page(new.headers["location"])).body.decode()
    saved(await send(visit, new.headers["location"], then="save", text=OWN_WORDS))
    again = await visit.page("/settings/words/new?language=en&occasion=birthday&tone=close")
    assert again.headers["location"].endswith("birthday.close.mine-2.j2")
    assert saved(await send(visit, new.headers["location"], then="reset")) == "/settings/words?language=en&did=reset"


# --- channels, tokens, emitters ---------------------------------------------------------------------------------------


async def test_a_channel_is_added_tried_and_removed(visit: Visit, stranger: Visit) -> None:
    """Its address is shown nowhere, a test that fails says why, and another owner can neither use nor remove it."""
    url = f"json://me:very-secret@127.0.0.1:{free_port()}/hook"
    assert saved(await send(visit, "/settings/channels", url=url, name="hook")) == "/settings/channels?did=added"
    listed = (await visit.page("/settings/channels")).body.decode()
    assert "hook" in listed
    assert "very-secret" not in listed
    assert "hook" not in (await stranger.page("/settings/channels")).body.decode().replace("/settings/", "")
    for action in ("test", "remove"):
        assert (await send(stranger, f"/settings/channels/hook/{action}")).status == 404
    tested = await send(visit, "/settings/channels/hook/test")
    assert "It did not arrive" in tested.body.decode()
    assert "very-secret" not in tested.body.decode()
    taken = await send(visit, "/settings/channels", url=url, name="hook")
    assert (taken.status, b"very-secret" in taken.body) == (422, False)
    assert saved(await send(visit, "/settings/channels/hook/remove")) == "/settings/channels?did=removed"


async def test_a_token_is_shown_once_and_ends(visit: Visit, stranger: Visit) -> None:
    """The page that makes it shows it, no other does; revoked, it opens nothing. An emitter is no token, and the reverse."""
    made = Page()
    made.feed((await send(visit, "/settings/access/tokens", name="laptop")).body.decode())
    (secret,) = [each["value"] for each in made.all("input") if each.get("id") == "secret"]
    bearer = {"Authorization": f"Bearer {secret}"}
    assert (await ask_door(visit.port, "GET", "/api/v1/owner", headers=bearer)).status == 200
    assert secret not in (await visit.page("/settings/access")).body.decode()
    assert (await send(stranger, "/settings/access/tokens/laptop/revoke")).status == 404
    assert (await send(visit, "/settings/emitters/laptop/revoke")).status == 404
    saved(await send(visit, "/settings/access/tokens/laptop/revoke"))
    assert (await ask_door(visit.port, "GET", "/api/v1/owner", headers=bearer)).status == 401


async def test_an_emitter_gets_what_it_needs_to_paste(visit: Visit, kept: Kept) -> None:
    """The command that is shown states a fact; strangers in a source's facts can be made to wait."""
    shown = html.unescape((await send(visit, "/settings/emitters", name="crm")).body.decode())
    secret = shown.partition("Bearer ")[2].partition("'")[0]
    assert secret.startswith("hob_")
    assert "nats.connect(" in shown
    event = shown.partition("-d '")[2].partition("'")[0]
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/cloudevents+json"}
    stated = await ask_door(visit.port, "POST", "/events", body=event.encode(), headers=headers)
    assert stated.status == 202, stated.body
    assert await in_intake(visit.world) == 1
    saved(await send(visit, "/settings/emitters/unknown", source=NASTY, policy="park"))
    assert kept[visit.world.owner].unknown_contacts == {NASTY: "park"}
    assert "rule is gone" not in (await visit.page("/settings/emitters")).body.decode()
    saved(await send(visit, "/settings/emitters/unknown", source="hr", policy="create"))
    gone = await send(visit, "/settings/emitters/unknown", source="hr", policy="create", remove="yes")
    assert kept[visit.world.owner].unknown_contacts == {NASTY: "park"}
    assert "rule is gone" in (await visit.page(saved(gone).partition("#")[0])).body.decode()
    page = (await visit.page("/settings/emitters")).body.decode()
    assert NASTY not in page
    assert html.escape(NASTY) in page
    saved(await send(visit, "/settings/emitters/crm/revoke"))
    assert (await ask_door(visit.port, "POST", "/events", body=event.encode(), headers=headers)).status == 401


async def test_a_new_password_needs_the_present_one(visit: Visit) -> None:
    """The first needs none; then a wrong one is refused. Who changes it stays signed in, every other browser is signed out."""
    other = await visit.page("/settings/access")
    assert "Present password" not in other.body.decode()
    first = await send(visit, "/settings/access/password", new=PASSWORD, again=PASSWORD)
    assert saved(first) == "/settings/access?did=password"
    assert (await visit.page("/settings/access")).status == 303
    visit.cookie = first.headers["set-cookie"].partition(";")[0]
    assert "Present password" in (await visit.page("/settings/access")).body.decode()
    wrong = await send(visit, "/settings/access/password", present="not this one", new=PASSWORD + "!", again=PASSWORD + "!")
    assert wrong.status == 422
    assert PASSWORD.encode() not in wrong.body
    saved(await send(visit, "/settings/access/password", present=PASSWORD, new=PASSWORD + "!", again=PASSWORD + "!"))


# --- what was left aside ----------------------------------------------------------------------------------------------


async def test_dead_letters_are_the_owners_own(visit: Visit, stranger: Visit) -> None:
    """One's own are listed newest first and shown; another owner's are not there, by any way."""
    first = await bury(visit.world, owner=visit.world.owner, reason=NASTY, body=NASTY.encode())
    await bury(visit.world, owner=stranger.world.owner, reason="of somebody else")
    second = await bury(visit.world, owner=visit.world.owner, reason="not JSON at all")
    page = (await visit.page("/settings/dead")).body.decode()
    assert page.index(f"/settings/dead/{second}") < page.index(f"/settings/dead/{first}")
    assert "of somebody else" not in page
    for path in ("/settings/dead", f"/settings/dead/{first}"):
        assert NASTY not in (await visit.page(path)).body.decode()
    assert html.escape(NASTY) in (await visit.page(f"/settings/dead/{first}")).body.decode()
    assert (await stranger.page(f"/settings/dead/{first}")).status == 404
    for action in ("replay", "drop"):
        assert (await send(stranger, f"/settings/dead/{first}/{action}")).status == 404
        assert (await send(visit, f"/settings/dead/999999999/{action}")).status == 404
    assert (await stranger.api("GET", f"/dead-letters/{first}")).status == 404
    assert (await stranger.api("DELETE", f"/dead-letters/{first}")).status == 404
    letters = (await visit.api("GET", "/dead-letters")).json["letters"]
    assert [each["id"] for each in letters] == [second, first]


async def test_a_dead_letter_is_mended_and_given_back(visit: Visit) -> None:
    """What was typed goes to the intake in its place, and the letter is gone; another one is dropped."""
    letter = await bury(visit.world, owner=visit.world.owner)
    assert saved(await send(visit, f"/settings/dead/{letter}/replay", data='{"mended": 1}')) == "/settings/dead?did=replayed"
    assert await in_intake(visit.world) == 1
    subject = subjects.intake(visit.world.owner, "contact.upserted")
    stored = await visit.world.js.get_last_msg(INTAKE, subject)
    assert b'"mended": 1' in (stored.data or b"")
    dropped = await bury(visit.world, owner=visit.world.owner)
    assert saved(await send(visit, f"/settings/dead/{dropped}/drop")) == "/settings/dead?did=dropped"
    assert (await visit.api("GET", "/dead-letters")).json == {"letters": []}
    theirs = subjects.dead("notifier", subjects.person(visit.world.owner, "anna"))
    no_fact = str((await publish_one(visit.world.js, Outgoing(theirs, b"{}"), stream=DEAD)).seq)
    assert (await send(visit, f"/settings/dead/{no_fact}/replay")).status == 422


# --- all of them ------------------------------------------------------------------------------------------------------


async def test_no_form_is_taken_from_another_site(visit: Visit, kept: Kept) -> None:
    """Without the session's token, or with another session's, every form of the settings is refused."""
    forms = (
        *("", "/times", "/cadence", "/sending", "/channels", "/channels/x/test", "/channels/x/remove", "/access/password"),
        *("/access/tokens", "/access/tokens/phone/revoke", "/emitters", "/emitters/unknown", "/emitters/x/revoke"),
        *("/dead/1/replay", "/dead/1/drop", "/words/en/birthday.close.1.j2"),
    )
    for path in forms:
        for token in ("", "0" * 64):
            answer = await visit.page(f"/settings{path}", {"csrf": token, "name": "x", "then": "save", "text": OWN_WORDS})
            assert answer.status == 403, path
    assert kept == {}
    assert (await visit.api("GET", "/owner")).status == 200


async def test_programs_do_what_the_pages_do(visit: Visit, kept: Kept) -> None:
    """Channels, emitters, templates and the heartbeat are in the API; a token makes no token."""
    added = await visit.api("POST", "/channels", {"url": "json://me:very-secret@127.0.0.1/x", "name": "hook"})
    assert (added.status, added.json["name"], b"very-secret" in added.body) == (200, "hook", False)
    assert [each["name"] for each in (await visit.api("GET", "/channels")).json["channels"]] == ["hook"]
    assert (await visit.api("DELETE", "/channels/hook")).status == 200
    assert (await visit.api("DELETE", "/channels/hook")).status == 404
    assert (await visit.api("POST", "/credentials", {"name": "crm"})).json["secret"].startswith("hob_")
    assert (await visit.api("POST", "/credentials", {"name": "more", "scope": "owner"})).status == 403
    assert [each["name"] for each in (await visit.api("GET", "/credentials")).json["credentials"]] == ["crm", "phone"]
    assert (await visit.api("DELETE", "/credentials/crm")).status == 200
    name = "/templates/en/birthday.close.1.j2"
    preview = await visit.api("POST", f"{name}/preview", {"text": OWN_WORDS})
    assert preview.json["draft"]["subject"] == "Cake, Alex!"
    wrong = await visit.api("POST", f"{name}/preview", {"text": "x\n{{ nobody }}"})
    assert (wrong.json["draft"], wrong.json["line"]) == (None, 2)
    assert (await visit.api("PUT", name, {"text": OWN_WORDS})).json["origin"] == "own"
    assert (await visit.api("PUT", name, {"text": "{{ nobody }}"})).status == 422
    assert (await visit.api("DELETE", name)).status == 200
    assert (await visit.api("GET", name)).json["origin"] == "shipped"
    assert len((await visit.api("GET", "/templates")).json["templates"]) > 100
    pulse = (await visit.api("GET", "/heartbeat")).json
    assert (pulse["is_well"], pulse["week"]["late"], pulse["channels"]) == (True, 0, [])


# --- a link by mail ---------------------------------------------------------------------------------------------------


@asynccontextmanager
async def mailing(world: World) -> AsyncIterator[tuple[Visit, RealServer]]:
    """An owner with an address, before a notifier that can mail and knows where it is."""
    port = free_port()
    public = f"http://127.0.0.1:{port}"
    async with real_server() as server:
        smtp = SecretStr(f"smtp://127.0.0.1:{server.port}?starttls=off&timeout=5")
        async with visiting(world, http_port=port, public_url=public, smtp_url=smtp) as visit:
            profile = OwnerProfile(owner=world.owner, rev=2, name="Sam Example", email="sam@example.com")
            await world.publish(profile)
            await eventually(lambda: world.database["owners"].find_one({"_id": world.owner, "rev": 2}))
            yield visit, server


async def ask_link(visit: Visit, named: str) -> Answer:
    """Ask for a link as the form does."""
    headers = {"Accept": "text/html", "Content-Type": "application/x-www-form-urlencoded"}
    return await ask_door(visit.port, "POST", "/sign-in/mail", body=urlencode({"owner": named}).encode(), headers=headers)


async def until_mailed(server: RealServer, count: int) -> None:
    """Wait until so many mails have come."""

    async def has_come() -> bool:
        return len(server.mails) >= count

    await eventually(has_come)
    assert len(server.mails) == count


def link_in(mail: bytes, visit: Visit) -> str:
    """Return the path of the link in a mail, which is in its text and in its HTML."""
    message = message_from_bytes(mail, policy=policy.default)
    texts = [str(part.get_content()) for part in message.walk() if part.get_content_maintype() == "text"]
    assert len(texts) == 2
    paths = {text.partition(f"http://127.0.0.1:{visit.port}")[2].split()[0].partition('"')[0] for text in texts}
    assert len(paths) == 1
    return paths.pop()


async def test_a_link_comes_by_mail_and_works_once(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    """By id or address, the owner gets it, signs in with it once, and it is in no log."""
    async with mailing(world) as (visit, server):
        for count, named in enumerate((world.owner, "SAM@example.com"), start=1):
            assert (await ask_link(visit, named)).status == 200
            await until_mailed(server, count)
        assert [each.rcpt_tos for each in server.mails] == [["sam@example.com"]] * 2
        path = link_in(server.mails[0].original_content or b"", visit)
        for status in (303, 404):
            entered = await ask_door(visit.port, "POST", path, headers={"Content-Length": "0", "Accept": "text/html"})
            assert entered.status == status
    said = capfd.readouterr()
    assert path.rpartition("/")[2] not in said.out + said.err
    assert "sam@example.com" not in said.out + said.err


async def test_asking_for_a_link_tells_nothing(world: World) -> None:
    """Whoever asks reads the same for an owner, for nobody and for one without an address, also once it was asked too often."""
    async with mailing(world) as (visit, server):
        owner, nobody = await ask_link(visit, world.owner), await ask_link(visit, "nobody")
        assert owner.body.replace(world.owner.encode(), b"") == nobody.body.replace(b"nobody", b"")
        for named in (world.owner, "nobody"):
            statuses = [(await ask_link(visit, named)).status for _ in range(3)]
            assert statuses == [200, 200, 429], named
        await until_mailed(server, 3)
        statuses = [(await ask_link(visit, f"somebody-{number}")).status for number in range(5)]
        assert statuses[-1] == 429


async def test_another_site_cannot_have_links_mailed(world: World) -> None:
    """A form that another site had the browser send is refused, and nothing is mailed."""
    async with mailing(world) as (visit, server):
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": "https://evil.example.org"}
        body = urlencode({"owner": world.owner}).encode()
        assert (await ask_door(visit.port, "POST", "/sign-in/mail", body=body, headers=headers)).status == 403
        assert (await ask_link(visit, world.owner)).status == 200
        await until_mailed(server, 1)


async def test_without_a_mail_server_nothing_is_offered(visit: Visit) -> None:
    """The page does not say that it can mail a link, and asking for one is answered with why not."""
    assert b"Mail me a link" not in (await ask_door(visit.port, "GET", "/sign-in", headers={"Accept": "text/html"})).body
    assert (await ask_link(visit, visit.world.owner)).status == 404
