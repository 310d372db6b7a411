"""The REST API, as an owner's program sees it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.messages.access import CredentialIssued, IssueCredential, Scope
from shared.messages.reminders import ItemState
from shared.messages.rpc import GetContact
from shared.messages.values import Message
from tests.integration.notifier.conftest import World, days
from tests.integration.notifier.doors import ask_door
from tests.integration.notifier.test_feed import plan, planned
from tests.integration.notifier.visits import Page, Visit, contacts_standing_in, visiting

PROBLEM = "application/problem+json"


@pytest.fixture
async def visit(world: World) -> AsyncIterator[Visit]:
    """A notifier with an owner who is signed in and has a token."""
    async with visiting(world) as visit:
        yield visit


@pytest.fixture
async def contacts(world: World) -> AsyncIterator[list[Message]]:
    """Stand for the service that owns people; what it was asked, in order."""
    async with contacts_standing_in(world) as asked:
        yield asked


async def test_the_inbox_is_read_page_by_page(visit: Visit) -> None:
    """Pages have the shape of `inbox.list` and follow one another by their cursor; one item is read by its id."""
    first, second = await visit.world.an_item("first"), await visit.world.an_item("second")
    page = (await visit.api("GET", "/inbox?limit=1")).json
    assert (page["unread"], [item["id"] for item in page["items"]]) == (2, [second])
    following = (await visit.api("GET", f"/inbox?limit=1&cursor={page['cursor']}")).json
    assert [item["id"] for item in following["items"]] == [first]
    assert (await visit.api("GET", f"/inbox/{first}")).json == following["items"][0]
    assert (await visit.api("GET", "/inbox?state=sent")).json["items"] == []


@pytest.mark.parametrize(
    ("action", "document", "state"),
    [
        ("send", None, ItemState.SENT),
        ("mark-sent", None, ItemState.SENT),
        ("edit", {"body": "My own words."}, ItemState.UNREAD),
        ("snooze", {"until": "tomorrow"}, ItemState.SNOOZED),
        ("dismiss", None, ItemState.DISMISSED),
        ("not-this-person", None, ItemState.WITHDRAWN),
        ("fix-date", {"on": "1991-01-02"}, ItemState.UNREAD),
    ],
)
async def test_an_action_twice_is_once(visit: Visit, action: str, document: Any, state: ItemState) -> None:
    """Every action answers with the item as it then is, and the same again changes nothing."""
    item = await visit.world.an_item()
    once = await visit.api("POST", f"/inbox/{item}/{action}", document)
    assert (once.status, once.json["id"], once.json["state"]) == (200, item, state)
    again = await visit.api("POST", f"/inbox/{item}/{action}", document)
    assert (again.status, again.json["state"]) == (200, state)
    if action == "edit":
        assert again.json["draft"]["body"] == "My own words."


async def test_what_cannot_be_is_a_problem(visit: Visit) -> None:
    """An unknown item, a contradicted state and a wrong body are told apart and say why."""
    item = await visit.world.an_item()
    unknown = await visit.api("POST", "/inbox/nobody:birthday:2026-01-01/send")
    assert (unknown.status, unknown.headers["content-type"]) == (404, PROBLEM)
    undone = await visit.api("POST", f"/inbox/{item}/dismiss")
    assert undone.status == 200
    conflict = await visit.api("POST", f"/inbox/{item}/send")
    assert (conflict.status, conflict.json["type"]) == (409, "/problems/conflict")
    misspelt = await visit.api("POST", f"/inbox/{item}/snooze", {"until": "tomorrow", "utnil": 1})
    assert (misspelt.status, misspelt.places) == (422, ["/body/utnil"])
    past = await visit.api("POST", f"/inbox/{item}/snooze", {"until": "2020-01-01T00:00:00Z"})
    assert (past.status, past.headers["content-type"]) == (422, PROBLEM)
    long = await visit.api("POST", f"/inbox/{item}/edit", {"body": "x" * 300_000})
    assert long.status == 413


async def test_standard_greetings_are_sent_together(visit: Visit) -> None:
    """Without a mail server none can be, and each says why."""
    item = await visit.world.an_item()
    sent = (await visit.api("POST", "/send-all")).json
    assert sent["scheduled"] == []
    assert [each["id"] for each in sent["skipped"]] == [item]
    none = (await visit.api("POST", "/send-all", {"on": days(3).isoformat()})).json
    assert none["skipped"] == []


async def test_upcoming_is_listed(visit: Visit) -> None:
    """What is planned comes in the shape of `upcoming`, as far ahead as is asked for."""
    await plan(visit.world, "eva", planned(visit.world, "eva", 3), planned(visit.world, "eva", 60), name="Eva")
    near = (await visit.api("GET", "/upcoming?days=10")).json["items"]
    assert [(item["contact"]["name"], item["on"]) for item in near] == [("Eva", days(3).isoformat())]
    assert len((await visit.api("GET", "/upcoming?days=100")).json["items"]) == 2


async def test_one_person_comes_from_contacts(visit: Visit, contacts: list[Message]) -> None:
    """One person is read by id, for the token's owner; nobody is a 404."""
    assert (await visit.api("GET", "/people/anna")).json["id"] == "anna"
    assert contacts == [GetContact(owner=visit.world.owner, id="anna")]
    assert (await visit.api("GET", "/people/nobody")).status == 404


async def test_settings_are_read_and_changed(visit: Visit, contacts: list[Message]) -> None:
    """What is changed is passed on, and is what the next reader sees."""
    assert (await visit.api("GET", "/owner")).json["undo_s"] == 10
    assert (await visit.api("PATCH", "/owner", {"undo_s": 60})).json["undo_s"] == 60
    assert (await visit.api("GET", "/owner")).json["undo_s"] == 60
    assert (await visit.api("PATCH", "/owner", {"timezone": "Nowhere"})).status == 422


async def test_without_contacts_it_says_to_try_again(visit: Visit) -> None:
    """A service that is away is 503 and tells when to come back."""
    away = await visit.api("GET", "/people/anna")
    assert (away.status, away.headers["content-type"]) == (503, PROBLEM)
    assert int(away.headers["retry-after"]) > 0


async def test_a_feed_is_made_and_replaced(visit: Visit) -> None:
    """Its address is told once; a second one is made only on demand."""
    made = await visit.api("POST", "/owner/feed")
    assert (await ask_door(visit.port, "GET", made.json["path"])).status == 200
    assert (await visit.api("POST", "/owner/feed")).status == 409
    assert (await visit.api("POST", "/owner/feed", {"replace": True})).status == 200
    assert (await ask_door(visit.port, "GET", made.json["path"])).status == 404


async def test_what_has_not_changed_is_not_sent_again(visit: Visit) -> None:
    """The tag of an answer gets 304 until something in it changes."""
    item = await visit.world.an_item()
    tag = (await visit.api("GET", "/inbox")).headers["etag"]
    assert (await visit.api("GET", "/inbox", If_None_Match=tag)).status == 304
    await visit.api("POST", f"/inbox/{item}/dismiss")
    assert (await visit.api("GET", "/inbox", If_None_Match=tag)).status == 200


async def test_a_token_that_states_facts_reads_nothing(visit: Visit) -> None:
    """Only owners' tokens are for the API; another owner's finds nothing that is not theirs."""
    item = await visit.world.an_item()
    wanted = IssueCredential(owner=visit.world.owner, name="crm", scope=Scope.EMIT)
    emitter: CredentialIssued = await visit.world.ask("credential.issue", wanted, CredentialIssued)
    visit.token = emitter.secret
    assert (await visit.api("GET", "/inbox")).status == 403
    assert (await visit.api("POST", f"/inbox/{item}/send")).status == 403
    visit.token = "hob_" + "A" * 43
    assert (await visit.api("GET", "/inbox")).status == 401


async def test_a_session_reads_and_writes_with_its_token(visit: Visit) -> None:
    """The pages' own scripts use the cookie; what changes something also needs the page's token."""
    item = await visit.world.an_item()
    cookie = {"Cookie": visit.cookie, "Content-Length": "0"}
    assert (await ask_door(visit.port, "GET", "/api/v1/inbox", headers=cookie)).status == 200
    path = f"/api/v1/inbox/{item}/dismiss"
    assert (await ask_door(visit.port, "POST", path, headers=cookie)).status == 403
    csrf = {"X-CSRF-Token": await visit.csrf()}
    assert (await ask_door(visit.port, "POST", path, headers=cookie | csrf)).status == 200


async def test_the_page_that_describes_it_needs_nothing_from_elsewhere(visit: Visit) -> None:
    """Every operation is on it, and no script, style or picture of another host."""
    page = await ask_door(visit.port, "GET", "/api")
    text = page.body.decode()
    document = (await ask_door(visit.port, "GET", "/openapi.json")).json
    assert all(path in text for path in document["paths"])
    read = Page.read(page)
    assert not read.all("script")
    assert {each["href"][0] for each in (*read.all("a"), *read.all("link"))} == {"/", "#"}
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
