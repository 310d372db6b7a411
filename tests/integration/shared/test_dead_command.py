"""`hobnob dead` in this process, against a real server without services."""

import asyncio
import io
import json
import uuid
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import nats
import pytest
from nats.aio.client import Client

from cli.main import main
from shared import subjects
from shared.jetstream import Outgoing, jetstream, publish_all
from shared.streams import DEAD, INTAKE
from shared.topology import ensure_topology
from tests.servers import Servers

ResultT = TypeVar("ResultT")
Capture = pytest.CaptureFixture[str]
Ask = Callable[[Callable[[Client], Coroutine[Any, Any, ResultT]]], ResultT]


@pytest.fixture
def owner() -> str:
    """An owner of a test's own."""
    return f"o{uuid.uuid4().hex[:12]}"


@pytest.fixture
def ask(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> Ask[Any]:
    """Point the command at the server, and do something there."""
    monkeypatch.delenv("HOBNOB_DATA", raising=False)
    monkeypatch.setenv("HOBNOB_NATS_URL", servers.nats_url)

    def run(work: Callable[[Client], Coroutine[Any, Any, Any]]) -> Any:
        async def connected() -> Any:
            client = await nats.connect(servers.nats_url)
            try:
                await ensure_topology(client)
                return await work(client)
            finally:
                await client.close()

        return asyncio.run(connected())

    return run


def bury(ask: Ask[Any], *letters: tuple[str, bytes]) -> list[str]:
    """Store dead letters; return their ids."""
    headers = {"Hobnob-Reason": "no \x1b[31mgood", "Hobnob-Attempts": "1", "x-sender": "crm"}

    async def store(client: Client) -> list[str]:
        messages = [Outgoing(subjects.dead("contacts", subject), body, headers) for subject, body in letters]
        return [str(getattr(ack, "seq", ack)) for ack in await publish_all(jetstream(client), messages, stream=DEAD)]

    ids: list[str] = ask(store)
    return ids


def test_a_letter_is_listed_and_shown(ask: Ask[Any], owner: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """For people without control characters, for scripts as documented, and raw to the byte."""
    subject = subjects.intake(owner, "job.changed")
    first, second = bury(ask, (subject, b"\xff\x00"), (subject, b'{"name":"Zo\xc3\xab"}'))

    def output(*arguments: str) -> bytes:
        assert main(["dead", *arguments]) == 0
        return capfdbinary.readouterr().out

    listed = json.loads(output("list", "--owner", owner, "--json"))
    assert [each["id"] for each in listed] == [second, first]
    assert [each["id"] for each in json.loads(output("list", "--owner", owner, "--limit", "1", "--json"))] == [second]
    assert b"\x1b" not in output("list", "--owner", owner)
    shown = json.loads(output("show", second, "--json"))
    assert shown["headers"]["x-sender"] == "crm"
    assert json.loads(shown["payload"]["text"]) == {"name": "Zoë"}
    assert '"name": "Zoë"' in output("show", second).decode()
    assert b"ff00" in output("show", first)
    assert output("show", first, "--raw") == b"\xff\x00"


def test_a_payload_mended_by_hand_is_replayed(
    ask: Ask[Any], owner: str, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a file or from stdin, for the one id that is named."""
    subject = subjects.intake(owner, "job.changed")
    first, second = bury(ask, (subject, b"{"), (subject, b"{"))
    mended = tmp_path / "mended.json"
    mended.write_bytes(b'{"mended": 1}')
    assert main(["dead", "replay", first, "--data", f"@{mended}"]) == 0
    assert capsys.readouterr().out == "1 dead letter replayed.\n"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b'{"mended": 2}')))
    assert main(["dead", "replay", second, "--data", "-", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"replayed": [second], "refused": []}

    async def last(client: Client) -> Any:
        return (await client.jetstream().get_last_msg(INTAKE, subject)).data

    assert ask(last) == b'{"mended": 2}'


def test_what_cannot_be_replayed_is_one_line_and_stays(ask: Ask[Any], owner: str, capsys: Capture) -> None:
    """A firing and an id that nobody has are refused, each with its reason; the fact beside them is replayed."""
    fact, firing = bury(ask, (subjects.intake(owner, "job.changed"), b"{}"), (subjects.due(owner, "c1", "birthday"), b"{}"))
    assert main(["dead", "replay", firing, "nonsense", fact]) == 1
    printed = capsys.readouterr()
    assert printed.out == "1 dead letter replayed.\n"
    assert printed.err.splitlines() == [
        f"hobnob: dead letter {firing} cannot be replayed: "
        "only the scheduler's timers fire: the contact is planned again by the sweep",
        "hobnob: there is no dead letter 'nonsense'; see: hobnob dead list",
    ]
    assert main(["dead", "list", "--owner", owner, "--json"]) == 0
    assert [each["id"] for each in json.loads(capsys.readouterr().out)] == [firing]


def test_letters_are_dropped_when_the_answer_is_yes(
    ask: Ask[Any], owner: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dropping asks first, once for all; what is not there is one line and exit code 1."""
    subject = subjects.intake(owner, "job.changed")
    ids = bury(ask, *((subject, b"{") for _ in range(3)))
    everything = ["dead", "drop", "--all", "--owner", owner]
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert main(everything) == 130
    assert "Drop 3 dead letters for good?" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert main(["dead", "drop", ids[1], ids[1]]) == 0
    assert "1 dead letter dropped." in capsys.readouterr().out
    for command in ("show", "replay", "drop"):
        assert main(["dead", command, ids[1], *(["--yes"] if command == "drop" else [])]) == 1
        printed = capsys.readouterr()
        assert (printed.out, printed.err) == ("", f"hobnob: there is no dead letter {ids[1]!r}; see: hobnob dead list\n")
    assert main([*everything, "--yes", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"dropped": [ids[2], ids[0]], "refused": []}
    assert main(everything) == 0
    assert main(["dead", "list", "--owner", owner]) == 0
    assert capsys.readouterr().out == "There is nothing to be dropped.\nThere is no such dead letter.\n"


def test_a_filter_that_could_select_more_is_refused(ask: Ask[Any], capsys: Capture) -> None:
    """A wildcard is no owner."""
    ask(ensure_topology)
    for command in (
        ["drop", "--all", "--owner", ">", "--yes"],
        ["replay", "--all", "--service", "*"],
        ["list", "--owner", "a.b"],
    ):
        assert main(["dead", *command]) == 1
        assert "cannot be an id" in capsys.readouterr().err
