"""The OpenAPI document of the door is true: schemathesis finds no request that is answered otherwise than it says."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.integration.notifier.conftest import World
from tests.integration.notifier.doors import ask_door
from tests.integration.notifier.test_events_door import STRUCTURED, Visitor, visitor
from tests.integration.notifier.visits import Visit, contacts_standing_in, visiting

__all__ = ["visitor"]  # the fixture

SCHEMATHESIS = Path(sys.executable).with_name("st")
TIMEOUT_S = 240
API = "/api/"
NOT_CHECKED = "positive_data_acceptance,negative_data_rejection"
"""
What a JSON Schema cannot say (somebody must be named; the 30th of February; one header needs another) is refused with 422 or 400
all the same, and where JSON has more than one way to write a value (`1.0` for 1) the models are more patient than the schema.
"""


async def schemathesis(visitor: Visitor | Visit, document: dict[str, Any], folder: Path, *phases: str) -> str:
    """Run it against the door, all phases named, and return what it printed; fail when it found anything."""
    described = folder / "openapi.json"
    described.write_text(json.dumps(document))
    command = [str(SCHEMATHESIS), "run", str(described), "--url", f"http://127.0.0.1:{visitor.port}", "--seed", "1"]
    command += [
        "--checks",
        "all",
        "--exclude-checks",
        NOT_CHECKED,
        "--header",
        f"Authorization: Bearer {visitor.secret}",
        "--phases",
        *phases,
    ]

    def run() -> "subprocess.CompletedProcess[str]":
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)

    outcome = await asyncio.to_thread(run)
    assert outcome.returncode == 0, outcome.stdout[-8000:] + outcome.stderr[-2000:]
    return outcome.stdout


async def test_no_request_is_answered_with_5xx_or_otherwise_than_described(visitor: Visitor, tmp_path: Path) -> None:
    """
    Neither valid nor invalid requests find a server error, an answer that is not described, or a way in without a token.

    Every field of every fact is tried in structured mode; a batch would try the same fields again, so that all content types
    together get the examples and random requests.
    """
    document = (await ask_door(visitor.port, "GET", "/openapi.json")).json
    assert document["openapi"].startswith("3.1")
    document["paths"] = {path: each for path, each in document["paths"].items() if not path.startswith(API)}
    assert "No issues found" in await schemathesis(visitor, document, tmp_path, "examples,fuzzing", "--max-examples", "60")
    assert await visitor.count_stored() > 0
    operation = document["paths"]["/events"]["post"]
    operation["requestBody"]["content"] = {STRUCTURED: operation["requestBody"]["content"][STRUCTURED]}
    # They belong to binary mode; here they would contradict most events, which are then looked at no further.
    del operation["parameters"]
    before = await visitor.count_stored()
    assert "No issues found" in await schemathesis(visitor, document, tmp_path, "coverage")
    assert await visitor.count_stored() > before + 100


async def test_no_request_to_the_api_is_answered_with_5xx_or_otherwise_than_described(world: World, tmp_path: Path) -> None:
    """The same of every operation of the API, for an owner's token, upon items that are there and one that is not."""
    async with visiting(world) as visit, contacts_standing_in(world):
        items = [await world.an_item(who) for who in ("anna", "ben")]
        document = (await ask_door(visit.port, "GET", "/openapi.json")).json
        document["paths"] = {path: each for path, each in document["paths"].items() if path.startswith(API)}
        assert len(document["paths"]) > 10
        for parameter in parameters(document):
            if parameter["name"] == "item":
                parameter["schema"] = {"type": "string", "enum": [*items, "nobody:birthday:2026-01-01"]}
        # Warnings say that much was refused: what it makes up is seldom an instant, and seldom somebody who is known.
        await schemathesis(visit, document, tmp_path, "examples,coverage,fuzzing", "--max-examples", "20")


def parameters(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the parameters of every operation."""
    return [
        each for path in document["paths"].values() for operation in path.values() for each in operation.get("parameters", ())
    ]
