"""A running notifier as an owner's browser and an owner's programs see it."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

from faststream.nats import NatsBroker

from shared.broker import answer_requests
from shared.errors import NotFound
from shared.messages.access import CredentialIssued, IssueCredential, Scope, SignInLink, SignInLinkIssued
from shared.messages.curation import GetProvenance, MergeContacts
from shared.messages.imports import ImportPage
from shared.messages.rpc import (
    ContactPage,
    ContactReply,
    ForgetContact,
    GetContact,
    GetImport,
    ListContacts,
    ListImports,
    OwnerReply,
    SetOwner,
)
from shared.messages.snapshots import ContactSnapshot, OwnerProfile
from shared.messages.values import Message
from tests.conftest import eventually
from tests.integration.notifier.conftest import World, running
from tests.integration.notifier.doors import Answer, ask_door
from tests.servers import free_port


@dataclass
class Visit:
    """One owner's world and the port of the notifier's door."""

    world: World
    port: int
    token: str = ""
    cookie: str = ""

    @property
    def secret(self) -> str:
        """The token."""
        return self.token

    async def api(self, method: str, path: str, document: Any = None, /, **headers: str) -> Answer:
        """Send a request to the API with the owner's token; underscores in the names of headers stand for hyphens."""
        sent = {"Authorization": f"Bearer {self.token}", **_headers(headers)}
        body = None
        if document is not None:
            body = json.dumps(document).encode()
            sent["Content-Type"] = "application/json"
        return await ask_door(self.port, method, f"/api/v1{path}", body=body, headers=sent)

    async def page(self, path: str, form: Mapping[str, str] | None = None, /, **headers: str) -> Answer:
        """Look at a page as the owner who is signed in, or send a form."""
        sent = {"Cookie": self.cookie, "Accept": "text/html", **_headers(headers)}
        if form is None:
            return await ask_door(self.port, "GET", path, headers=sent)
        sent["Content-Type"] = "application/x-www-form-urlencoded"
        return await ask_door(self.port, "POST", path, body=urlencode(form).encode(), headers=sent)

    async def csrf(self, path: str = "/upcoming") -> str:
        """Return what forms of the present session carry."""
        (field_,) = {each["value"] for each in Page.read(await self.page(path)).all("input") if each.get("name") == "csrf"}
        return field_


def _headers(names: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in names.items()}


@dataclass
class Page(HTMLParser):
    """The elements of a page with their attributes, and its text."""

    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    @classmethod
    def read(cls, answer: Answer) -> "Page":
        """Parse an answer, which has to be a page."""
        assert answer.status == 200, answer.body[:500]
        assert answer.headers["content-type"].startswith("text/html")
        page = cls()
        page.feed(answer.body.decode())
        return page

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep an element."""
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        """Keep text."""
        if data.strip():
            self.texts.append(" ".join(data.split()))

    def all(self, tag: str) -> list[dict[str, str]]:
        """Return the attributes of every element of that name."""
        return [attributes for name, attributes in self.elements if name == tag]


@asynccontextmanager
async def visiting(world: World, **settings: Any) -> AsyncIterator[Visit]:
    """Run a notifier whose door is open, for an owner who is known, has a token and is signed in."""
    changed = world.settings.model_copy(update={"http_port": free_port()} | settings)
    async with running(changed, world.client):
        visit = Visit(world, changed.http_port)
        await sign_in(visit)
        yield visit


async def sign_in(visit: Visit, **profile: Any) -> None:
    """Make the owner known, give them a token and sign them in."""
    world = visit.world
    values: dict[str, Any] = {"owner": world.owner, "rev": 1, "name": "Sam Example"} | profile
    await world.publish(OwnerProfile(**values))

    async def is_known() -> object:
        return await world.database["owners"].find_one({"_id": world.owner})

    await eventually(is_known)
    wanted = IssueCredential(owner=world.owner, name="phone", scope=Scope.OWNER)
    issued: CredentialIssued = await world.ask("credential.issue", wanted, CredentialIssued)
    visit.token = issued.secret
    link: SignInLinkIssued = await world.ask("signin.link", SignInLink(owner=world.owner), SignInLinkIssued)
    entered = await ask_door(visit.port, "POST", link.path, headers={"Content-Length": "0", "Accept": "text/html"})
    assert entered.status == 303, entered.body
    visit.cookie = entered.headers["set-cookie"].partition(";")[0]


@asynccontextmanager
async def contacts_standing_in(world: World) -> AsyncIterator[list[Message]]:
    """Stand for the service that owns people, which knows Anna and keeps nothing; yields what it was asked, in order."""
    asked: list[Message] = []
    broker = NatsBroker(world.settings.nats_url, logger=None)

    def anna(owner: str) -> ContactSnapshot:
        return ContactSnapshot(owner=owner, id="anna", rev=3, name="Anna Example")

    async def on_list(request: ListContacts) -> Message:
        asked.append(request)
        return ContactPage(contacts=(anna(request.owner),), cursor="more")

    async def on_get(request: GetContact) -> Message:
        asked.append(request)
        if request.id != "anna":
            raise NotFound("there is no such contact")
        return ContactReply(contact=anna(request.owner))

    async def on_set(request: SetOwner) -> Message:
        asked.append(request)
        profile = OwnerProfile(owner=request.owner, rev=2, name="Sam Example", undo_s=request.settings.undo_s or 10)
        return OwnerReply(profile=profile)

    async def on_imports(request: ListImports) -> Message:
        return ImportPage(imports=())

    async def on_nobody(request: Message) -> Message:
        raise NotFound("there is no such thing")

    about_nobody: dict[str, type[Message]] = {
        "import.get": GetImport,
        "merge": MergeContacts,
        "forget": ForgetContact,
        "provenance": GetProvenance,
    }
    for verb, about in about_nobody.items():
        answer_requests(broker, service="contacts", verb=verb, request=about, handle=on_nobody)
    answer_requests(broker, service="contacts", verb="import.list", request=ListImports, handle=on_imports)
    answer_requests(broker, service="contacts", verb="list", request=ListContacts, handle=on_list)
    answer_requests(broker, service="contacts", verb="get", request=GetContact, handle=on_get)
    answer_requests(broker, service="contacts", verb="owner.set", request=SetOwner, handle=on_set)
    async with broker:
        await broker.start()
        yield asked
