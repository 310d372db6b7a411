"""Every path of the door has a rule, and gives nothing away to another owner or to nobody."""

import json
from collections.abc import AsyncIterator
from unittest.mock import Mock
from uuid import uuid4

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from services.notifier.web.application import build_web
from services.notifier.web.desk import Desk
from services.notifier.web.rules import RULES, Rule
from services.notifier.web.security import SecurityHeaders
from services.notifier.web.site import Site
from shared.messages.reminders import ItemState
from tests.integration.notifier.conftest import World
from tests.integration.notifier.doors import Answer, adapters, ask_door
from tests.integration.notifier.visits import Visit, sign_in, visiting

SECRET_NAME = "Zebulon Secretperson"
ENDLESS = {"/inbox/events", "/import/events"}
"""Answers that do not end; they, and signing out, have tests of their own."""
ACTIONS = ("send", "morning", "undo", "edit", "snooze", "dismiss", "mark-sent", "not-this-person", "fix-date")


def routes() -> dict[str, set[str]]:
    """Return the methods of every path of the whole door."""
    guarded = build_web(adapters(site=Mock(Site), desk=Mock(Desk, feeds=None)))
    assert isinstance(guarded, SecurityHeaders)
    app = guarded._app
    assert isinstance(app, FastAPI)
    found: dict[str, set[str]] = {}
    for context in iter_route_contexts(app.routes):
        assert context.path is not None
        found.setdefault(context.path, set()).update((context.methods or set()) - {"HEAD"})
    return found


ROUTES = routes()


def test_every_path_has_a_rule() -> None:
    """A new route without one, and a rule without a route, fail here."""
    assert set(ROUTES) == set(RULES)


@pytest.fixture
async def visit(world: World) -> AsyncIterator[Visit]:
    """An owner with an item, and a notifier."""
    async with visiting(world) as visit:
        yield visit


def filled(path: str, *, item: str, contact: str) -> list[str]:
    """Return a path of the router about somebody's item or contact, once for each action."""
    values = {"{item}": item, "{contact}": contact, "{name}": "x", "{secret}": "A" * 43, "{token}": "x"}
    values |= {"{import_id}": "import-1", "{interaction}": "0" * 24}
    values |= {"{language}": "en", "{file}": "birthday.close.1.j2", "{letter}": "1", "{batch}": "0" * 32}
    for name, value in values.items():
        path = path.replace(name, value)
    paths = [path.replace("{action}", action) for action in ACTIONS] if "{action}" in path else [path]
    assert not any("{" in each for each in paths), f"say above what stands for the parameters of {path}"
    return paths


async def everything(visit: Visit, *, headers: dict[str, str], fields: str = "", item: str, contact: str) -> dict[str, Answer]:
    """Ask for every path by every method, about an item and a contact."""
    found = {}
    for path, methods in ROUTES.items():
        for method in sorted(methods):
            for each in filled(path, item=item, contact=contact):
                if (each in ENDLESS or each.startswith("/sign-out")) and "Cookie" in headers:
                    continue
                body = None if method == "GET" else fields.encode()
                kind = {"Content-Type": "application/json" if each.startswith("/api") else "application/x-www-form-urlencoded"}
                if body is not None and each.startswith("/api"):
                    body = json.dumps({"until": "tomorrow", "body": "x", "on": "1990-01-01"}).encode()
                found[f"{method} {each}"] = await ask_door(visit.port, method, each, body=body, headers={**kind, **headers})
    return found


def rule_of(request: str, *, item: str, contact: str) -> Rule:
    """Return the rule of a request of `everything`."""
    path = request.partition(" ")[2]
    return next(rule for known, rule in RULES.items() if path in filled(known, item=item, contact=contact))


async def test_nobody_sees_anything(visit: Visit) -> None:
    """Without a session or token pages lead to the sign-in, everything else is refused, and nothing changes."""
    item, contact = await visit.world.an_item("anna"), visit.world.contact("anna")
    before = await visit.world.item(item)
    for accept, refused in (("text/html", 303), ("application/json", 401)):
        answers = await everything(visit, headers={"Accept": accept}, fields="csrf=x", item=item, contact=contact)
        for request, answer in answers.items():
            assert b"Anna Example" not in answer.body, request
            assert answer.status != 500, request
            match rule_of(request, item=item, contact=contact):
                case Rule.SESSION:
                    assert answer.status == refused, request
                    assert refused != 303 or answer.headers["location"].startswith("/sign-in"), request
                case Rule.API | Rule.TOKEN:
                    assert answer.status == 401, request
                case Rule.SECRET_URL:
                    assert answer.status == 404, request
                case Rule.PUBLIC:
                    pass
    assert await visit.world.item(item) == before


async def test_another_owner_sees_nothing(visit: Visit) -> None:
    """With another owner's session or token every path, named by one's own ids, says and does nothing about one's people."""
    world = visit.world
    await world.publish(world.snapshot("anna", name=SECRET_NAME))
    await world.until_known(world.snapshot("anna"))
    await world.publish(reminder := world.reminder("anna"))
    await world.until_state(reminder.id, ItemState.UNREAD)
    item, contact = reminder.id, world.contact("anna")
    assert SECRET_NAME in (await visit.page("/inbox")).body.decode()
    before = await world.item(item)
    stranger = Visit(World(world.client, world.js, world.database, world.settings, owner=f"x{uuid4().hex[:12]}"), visit.port)
    await sign_in(stranger)
    csrf = await stranger.csrf("/inbox")
    session = {"Cookie": stranger.cookie, "X-CSRF-Token": csrf}
    fields = f"csrf={csrf}&until=tomorrow&body=x&subject=x&on=1990-01-01&to=well"
    for headers in ({**session, "Accept": "text/html"}, {"Authorization": f"Bearer {stranger.token}"}):
        answers = await everything(visit, headers=headers, fields=fields, item=item, contact=contact)
        for request, answer in answers.items():
            assert SECRET_NAME.encode() not in answer.body, request
            assert answer.status != 500, request
    for query in (f"?show=all&contact={contact}", f"?did=send&item={item}", "?show=all", "?show=all&q=Zebulon"):
        assert SECRET_NAME.encode() not in (await stranger.page(f"/inbox{query}")).body
    assert await world.item(item) == before
