"""Kill any process, at the worst moment: no person and no reminder is lost or doubled."""

import asyncio
import csv
import json
import os
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from nats.errors import Error as NatsError

from shared import subjects
from shared.messages.rpc import ListContacts, ListInbox
from tests.e2e.conftest import HOBNOB, Stack, clean_environment, running_stack, signed_in, wait_for

PROCESSES = ["nats", "mongo", "contacts", "scheduler", "notifier"]
PEOPLE = 4_000
BORN_TODAY = 2_000
RECOVERY_S = 150.0
"""A killed consumer's messages come back after `ack_wait` (30 s); a second one may have been waiting behind it."""


@pytest.fixture(scope="module")
def kill_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack whose processes may be killed."""
    yield from running_stack(tmp_path_factory.mktemp("kill"))


def address_book(path: Path) -> None:
    """Write a Google CSV of 4,000 people, every second one born today 30 years ago."""
    today = datetime.now(UTC).date()
    with path.open("w", newline="", encoding="utf-8") as target:
        rows = csv.writer(target)
        rows.writerow(["First Name", "Last Name", "Birthday", "Notes", "Labels", "E-mail 1 - Label", "E-mail 1 - Value"])
        for number in range(PEOPLE):
            birthday = f"--{today:%m-%d}" if number < BORN_TODAY else ""
            rows.writerow([f"First{number}", f"Last{number}", birthday, "", "", "* ", f"p{number}@example.com"])


async def until_first(stack: Stack, subject: str, request: bytes, rows: str) -> None:
    """Return as soon as a list has its first row."""
    client = await signed_in(await asyncio.to_thread(stack.operator))
    try:
        async with asyncio.timeout(60):
            while True:
                try:
                    reply = json.loads((await client.request(subject, request, timeout=5)).data)
                except (NatsError, TimeoutError):
                    continue
                if reply.get(rows):
                    return
                await asyncio.sleep(0.005)
    finally:
        await client.close()


def kill(stack: Stack, process: str) -> None:
    """Send SIGKILL to a process of the stack and wait until it has been started again."""
    before = stack.processes()[process]
    os.kill(before["pid"], signal.SIGKILL)
    wait_for(
        lambda: (now := stack.processes()[process])["restarts"] > before["restarts"] and now["state"] == "running", within_s=60
    )


def listed(stack: Stack, *arguments: str) -> list[dict[str, Any]]:
    """Return what a list command prints; nothing while the service that answers it is being started again."""
    outcome = stack.attempt(*arguments, "--json")
    if outcome.returncode == 1:
        return []
    assert outcome.returncode == 0, outcome.stderr
    rows: list[dict[str, Any]] = json.loads(outcome.stdout)
    return rows


@pytest.mark.timeout(600)
@pytest.mark.parametrize("process", PROCESSES)
def test_a_killed_process_loses_and_doubles_nothing(kill_stack: Stack, process: str, tmp_path: Path) -> None:
    """SIGKILL in the middle of an import, then in the middle of 2,000 reminders due at once; everybody is counted."""
    stack, today = kill_stack, datetime.now(UTC).date()
    owner = stack.add_owner(deliver_at="23:59")
    book = tmp_path / "people.csv"
    address_book(book)

    importing = subprocess.Popen(
        [str(HOBNOB), "--data", str(stack.folder), "import", str(book), "--owner", owner, "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=clean_environment(),
    )
    request = ListContacts(owner=owner, limit=1).model_dump_json().encode()
    asyncio.run(until_first(stack, subjects.rpc("contacts", "list"), request, "contacts"))
    kill(stack, process)
    output, errors = importing.communicate(timeout=RECOVERY_S)
    assert importing.returncode == 0, errors
    (receipt,) = json.loads(output)["files"]
    assert (receipt["read"], receipt["created"], receipt["skipped"]) == (PEOPLE, PEOPLE, []), receipt

    people = wait_for(lambda: listed(stack, "contacts", "list", "--owner", owner))
    assert Counter(email for person in people for email in person["emails"]) == Counter(
        f"p{number}@example.com" for number in range(PEOPLE)
    )

    def all_planned() -> bool:
        return len(listed(stack, "upcoming", "--days", "1", "--owner", owner)) == BORN_TODAY

    wait_for(all_planned, within_s=RECOVERY_S)
    stack.run("owner", "set", owner, "--deliver-at", "00:00")
    request = ListInbox(owner=owner, limit=1).model_dump_json().encode()
    asyncio.run(until_first(stack, subjects.rpc("notifier", "inbox.list"), request, "items"))
    kill(stack, process)

    expected = {f"{person['id']}:birthday:{today}" for person in people if person["birthday"]}
    assert len(expected) == BORN_TODAY
    wait_for(lambda: len(listed(stack, "inbox", "list", "--owner", owner)) == BORN_TODAY, within_s=RECOVERY_S)

    def all_armed_again() -> bool:
        coming = listed(stack, "upcoming", "--days", "366", "--owner", owner)
        return Counter(item["contact"]["id"] for item in coming if item["on"] > today.isoformat()) == Counter(
            item.split(":")[0] for item in expected
        )

    wait_for(all_armed_again, within_s=RECOVERY_S)
    items = stack.inbox(owner, "--state", "all")
    assert Counter(item["id"] for item in items) == Counter(expected)
