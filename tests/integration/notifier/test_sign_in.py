"""Signing in and out, as a browser does it and as somebody who should not get in tries to."""

from collections.abc import AsyncIterator, Mapping
from urllib.parse import urlencode

import pytest
from pydantic import SecretStr

from shared.errors import NotFound, PermanentError
from shared.messages.access import SetPassword, SignInLink, SignInLinkIssued
from shared.messages.reminders import ItemState
from shared.messages.rpc import Ok
from tests.integration.notifier.conftest import World
from tests.integration.notifier.doors import Answer, ask_door
from tests.integration.notifier.visits import Page, Visit, visiting

PASSWORD = "correct horse battery"


@pytest.fixture
async def visit(world: World) -> AsyncIterator[Visit]:
    """A notifier with an owner who is signed in."""
    async with visiting(world) as visit:
        yield visit


async def new_link(visit: Visit) -> str:
    """Return the path of a fresh link."""
    issued: SignInLinkIssued = await visit.world.ask("signin.link", SignInLink(owner=visit.world.owner), SignInLinkIssued)
    return issued.path


async def set_password(visit: Visit, password: str = PASSWORD) -> None:
    """Give the owner a password."""
    await visit.world.ask("signin.password", SetPassword(owner=visit.world.owner, password=SecretStr(password)), Ok)


async def post(visit: Visit, path: str, form: Mapping[str, str], **headers: str) -> Answer:
    """Send a form as a browser that is not signed in."""
    sent = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    return await ask_door(visit.port, "POST", path, body=urlencode(form).encode(), headers=sent)


async def by_password(visit: Visit, password: str = PASSWORD, *, owner: str | None = None, **headers: str) -> Answer:
    """Try to sign in with a password."""
    form = {"owner": owner or visit.world.owner, "password": password, "next": headers.pop("next", "/inbox")}
    return await post(visit, "/sign-in", form, **headers)


def cookie_of(answer: Answer) -> str:
    """Return the cookie that an answer sets."""
    return answer.headers["set-cookie"].partition(";")[0]


async def is_signed_in(visit: Visit, cookie: str) -> bool:
    """Whether a cookie opens the inbox."""
    answer = await ask_door(visit.port, "GET", "/inbox", headers={"Cookie": cookie, "Accept": "text/html"})
    assert answer.status in (200, 303)
    return answer.status == 200


async def test_a_link_signs_in_once(visit: Visit) -> None:
    """Looking at a link uses nothing up, its button works once, and nothing of the link is stored as it is."""
    path = await new_link(visit)
    for _ in range(3):
        looked = await ask_door(visit.port, "GET", path, headers={"Accept": "text/html"})
        assert looked.status == 200
        assert "set-cookie" not in looked.headers
    first = await post(visit, path, {})
    assert (first.status, first.headers["location"]) == (303, "/inbox")
    assert await is_signed_in(visit, cookie_of(first))
    second = await post(visit, path, {})
    assert (second.status, "set-cookie" in second.headers) == (404, False)
    assert (await ask_door(visit.port, "GET", path, headers={"Accept": "text/html"})).status == 404
    secrets = {path.rpartition("/")[2], cookie_of(first).partition("=")[2]}
    for name in ("sessions", "sign_in_links", "accounts"):
        async for document in visit.world.database[name].find():
            assert not secrets & {str(value) for value in document.values()}


async def test_a_cookie_is_out_of_reach_of_scripts_and_other_sites(visit: Visit) -> None:
    """It is HttpOnly and SameSite=Lax, for the whole site, and not for its neighbours."""
    entered = await post(visit, await new_link(visit), {})
    parts = {part.strip().lower() for part in entered.headers["set-cookie"].split(";")[1:]}
    assert {"httponly", "samesite=lax", "path=/"} <= parts
    assert not any(part.startswith("domain") for part in parts)


async def test_behind_https_the_cookie_is_bound_to_it(world: World) -> None:
    """A trusted proxy that speaks https gets a `__Host-` cookie with Secure."""
    async with visiting(world, trusted_proxies="127.0.0.1") as visit:
        entered = await post(visit, await new_link(visit), {}, X_Forwarded_Proto="https")
    cookie = entered.headers["set-cookie"]
    assert cookie.startswith("__Host-hobnob=")
    assert "secure" in {part.strip().lower() for part in cookie.split(";")}


async def test_a_password_signs_in(visit: Visit) -> None:
    """The right one leads on to the page that was asked for; a wrong one, and an owner nobody knows, look the same."""
    assert (await by_password(visit)).status == 403
    await set_password(visit)
    right = await by_password(visit, next="/upcoming?x=1")
    assert (right.status, right.headers["location"]) == (303, "/upcoming?x=1")
    assert await is_signed_in(visit, cookie_of(right))
    wrong, nobody = await by_password(visit, "not this one"), await by_password(visit, owner="nobody")
    assert wrong.status == nobody.status == 403
    assert wrong.body.replace(visit.world.owner.encode(), b"") == nobody.body.replace(b"nobody", b"")
    elsewhere = await by_password(visit, next="//evil.example.net")
    assert elsewhere.headers["location"] == "/inbox"


async def test_a_new_password_ends_all_sessions(visit: Visit) -> None:
    """Whoever was signed in has to sign in again; links that were not used are dead; short ones are refused."""
    path = await new_link(visit)
    await set_password(visit)
    assert not await is_signed_in(visit, visit.cookie)
    assert (await post(visit, path, {})).status == 404
    document = await visit.world.database["accounts"].find_one({"_id": visit.world.owner})
    assert document is not None
    assert document["password_hash"].startswith("$argon2id$")
    request = SetPassword.model_construct(owner=visit.world.owner, password=SecretStr("short"))
    with pytest.raises(PermanentError):
        await visit.world.ask("signin.password", request, Ok)
    with pytest.raises(NotFound):
        await visit.world.ask("signin.link", SignInLink(owner="nobody"), SignInLinkIssued)


async def test_guessing_comes_to_an_end(visit: Visit) -> None:
    """After twenty attempts even the right password waits; a link still works."""
    await set_password(visit)
    statuses = [(await by_password(visit, "wrong password")).status for _ in range(21)]
    assert set(statuses[:19]) == {403}
    assert statuses[-1] == 429
    assert (await by_password(visit)).status == 429
    assert (await post(visit, await new_link(visit), {})).status == 303


async def test_a_session_that_was_planted_is_worth_nothing(visit: Visit) -> None:
    """Signing in gives a new id whatever the browser brought, and ends the session that it brought (fixation)."""
    planted = "hobnob=" + "A" * 43
    entered = await post(visit, await new_link(visit), {}, Cookie=planted)
    assert cookie_of(entered) != planted
    assert not await is_signed_in(visit, planted)
    again = await post(visit, await new_link(visit), {}, Cookie=visit.cookie)
    assert await is_signed_in(visit, cookie_of(again))
    assert not await is_signed_in(visit, visit.cookie)


async def test_another_site_cannot_sign_anybody_in(visit: Visit) -> None:
    """A form that another site sends is refused before it is looked at, and the link stays good."""
    path = await new_link(visit)
    assert (await post(visit, path, {}, Sec_Fetch_Site="cross-site")).status == 403
    assert (await post(visit, path, {}, Origin="https://evil.example.net")).status == 403
    assert (await by_password(visit, Sec_Fetch_Site="cross-site")).status == 403
    assert (await post(visit, path, {}, Sec_Fetch_Site="same-origin")).status == 303


async def test_forms_need_the_token_of_their_session(visit: Visit) -> None:
    """Without it, or with that of another session of the same owner, nothing happens."""
    item = await visit.world.an_item()
    other = cookie_of(await post(visit, await new_link(visit), {}))
    page = Page.read(await ask_door(visit.port, "GET", "/inbox", headers={"Cookie": other, "Accept": "text/html"}))
    (foreign,) = {each["value"] for each in page.all("input") if each.get("name") == "csrf"}
    for form in ({}, {"csrf": ""}, {"csrf": "0" * 64}, {"csrf": foreign}, {"csrf": "ä"}):
        assert (await visit.page(f"/inbox/{item}/dismiss", form)).status == 403
        assert (await visit.page("/sign-out/everywhere", form)).status == 403
    assert (await visit.world.item(item))["state"] == ItemState.UNREAD
    assert (await visit.page(f"/inbox/{item}/dismiss", {"csrf": await visit.csrf("/inbox")})).status == 303
    assert (await visit.world.item(item))["state"] == ItemState.DISMISSED


async def test_signing_out(visit: Visit) -> None:
    """It ends one session on the server, and everywhere ends all of them."""
    second, third = [cookie_of(await post(visit, await new_link(visit), {})) for _ in range(2)]
    left = await visit.page("/sign-out", {"csrf": await visit.csrf("/inbox")})
    assert left.headers["location"] == "/sign-in"
    assert [await is_signed_in(visit, each) for each in (visit.cookie, second, third)] == [False, True, True]
    visit.cookie = second
    await visit.page("/sign-out/everywhere", {"csrf": await visit.csrf("/inbox")})
    assert [await is_signed_in(visit, each) for each in (second, third)] == [False, False]


async def test_a_trusted_proxy_signs_in(world: World) -> None:
    """Its header begins a session; it is of nobody else; without the setting the header says nothing."""
    async with visiting(world, trusted_proxies="127.0.0.1", proxy_user_header="Remote-User") as visit:
        named = {"Remote-User": world.owner, "Accept": "text/html"}
        entered = await ask_door(visit.port, "GET", "/sign-in?next=/inbox?show=all", headers=named)
        assert (entered.status, entered.headers["location"]) == (303, "/inbox?show=all")
        assert await is_signed_in(visit, cookie_of(entered))
        other = {"Cookie": cookie_of(entered), **named, "Remote-User": "somebody-else"}
        assert (await ask_door(visit.port, "GET", "/inbox", headers=other)).status == 303
        assert "set-cookie" not in (await ask_door(visit.port, "GET", "/sign-in", headers=other)).headers


async def test_a_header_that_nobody_set_up_says_nothing(world: World) -> None:
    """Where the proxy is trusted with addresses only, nobody is signed in by a header."""
    async with visiting(world, trusted_proxies="127.0.0.1") as visit:
        named = {"Remote-User": world.owner, "Accept": "text/html"}
        assert "set-cookie" not in (await ask_door(visit.port, "GET", "/sign-in", headers=named)).headers


async def test_pages_allow_nothing_from_elsewhere(visit: Visit) -> None:
    """No inline script or style, no frame, no other host; a page is kept by nobody."""
    answer = await visit.page("/inbox")
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    page = Page.read(answer)
    assert all(each.get("src", "").startswith("/static/") for each in page.all("script"))
    assert not page.all("style")
    assert not [
        attributes for _, attributes in page.elements if any(name.startswith("on") or name == "style" for name in attributes)
    ]
