"""The calendar feed of the real stack: the command makes its address, a calendar program reads it."""

import json
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest
from icalendar import Calendar

from tests.e2e.conftest import Stack, wait_for

TIMEOUT_S = 20


def summaries(url: str) -> list[str]:
    """Return what the events of a feed are called."""
    with urllib.request.urlopen(url, timeout=TIMEOUT_S) as reply:
        return [str(event["summary"]) for event in Calendar.from_ical(reply.read()).walk("VEVENT")]


def test_a_birthday_reaches_a_calendar_program(stack: Stack) -> None:
    """What is known of a person is in the feed, at an address that the command shows once and can replace."""
    owner = stack.add_owner()
    born = (datetime.now(UTC) + timedelta(days=9)).date().replace(year=1992)  # It has a 29 February.
    person = json.dumps({"name": "Ada Example", "birthday": born.isoformat()})
    stack.run("emit", "contact.upserted", "--owner", owner, "--data", person)
    url = stack.json("owner", "feed", owner)["url"]
    wait_for(lambda: any("Ada Example" in each and "birthday" in each for each in summaries(url)))
    assert "feed" in stack.run("owner", "feed", owner, code=1).stderr
    other = stack.json("owner", "feed", owner, "--rotate")["url"]
    assert summaries(other)
    with pytest.raises(urllib.error.HTTPError, match="404") as gone:
        summaries(url)
    gone.value.close()
