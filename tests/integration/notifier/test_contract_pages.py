"""The contract as the notifier serves it."""

import asyncio
import json
import urllib.error
import urllib.request
from email.message import Message
from typing import NamedTuple

import pytest
from jsonschema import Draft202012Validator

from shared.contract.catalogue import ENTRIES
from shared.contract.published import asyncapi_bytes
from tests.integration.notifier.doors import adapters, door


class Answer(NamedTuple):
    """What the door answered."""

    status: int
    headers: Message
    body: bytes


async def get(port: int, path: str) -> Answer:
    """Fetch a path from the door, as a stranger."""

    def fetch() -> Answer:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as reply:
                return Answer(reply.status, reply.headers, reply.read())
        except urllib.error.HTTPError as exc:
            with exc:
                return Answer(exc.code, exc.headers, exc.read())

    return await asyncio.to_thread(fetch)


async def test_the_page_and_its_style_are_served() -> None:
    """The page allows its own style sheet and nothing else, and the style sheet is there."""
    async with door(adapters()) as port:
        page, style = await get(port, "/asyncapi"), await get(port, "/asyncapi/style.css")
    assert page.status == style.status == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert style.headers["content-type"].startswith("text/css")
    assert b'<link rel="stylesheet" href="/asyncapi/style.css">' in page.body
    assert b"prefers-color-scheme: dark" in style.body
    for answer in (page, style):
        assert "default-src 'none'; style-src 'self'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_the_document_is_served_as_it_was_published() -> None:
    """To the byte."""
    async with door(adapters()) as port:
        answer = await get(port, "/asyncapi.json")
    assert (answer.status, answer.body) == (200, asyncapi_bytes())
    assert answer.headers["content-type"] == "application/json"


async def test_every_schema_is_served() -> None:
    """Each message's schema is where the page links to."""
    async with door(adapters()) as port:
        for entry in ENTRIES:
            answer = await get(port, f"/schemas/{entry.name}.json")
            assert (answer.status, answer.headers["content-type"]) == (200, "application/schema+json")
            Draft202012Validator.check_schema(json.loads(answer.body))


@pytest.mark.parametrize("name", ["nobody.v1", "..%2Fasyncapi", "%2Fetc%2Fpasswd", "inbox.v1%00"])
async def test_another_schema_is_not_found(name: str) -> None:
    """The answer is a problem document, and no file outside the folder can be reached."""
    async with door(adapters()) as port:
        answer = await get(port, f"/schemas/{name}.json")
    assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json")
