"""
The pages of a large network, as a browser that keeps its connection gets them, beside a route of the same server that does
nothing: `python -m bench.pages` measures them alone.
"""

import argparse
import asyncio
import http.client
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from http import HTTPStatus
from typing import Final

from rich.console import Console
from rich.table import Table

from bench.hop import NOTIFIER_DATABASE
from bench.network import clear, meet, remember
from bench.people import OWNER
from bench.results import PageTimes, RouteTimes
from bench.stack import RoundFailed, Stack, fresh_stack
from deploy.local.ports import HOST
from shared.messages.access import SignInLink, SignInLinkIssued
from shared.mongo import Database, open_database
from shared.requests import ask

HELLO: Final = "hello"
PAGES: Final[Mapping[str, str]] = {
    HELLO: "/static/icon.svg",
    "inbox": "/inbox",
    "upcoming": "/upcoming",
    "people": "/people",
    "people, searched": "/people?q=fay",
    "people, filtered": "/people?closeness=well",
    "a person": "/people/{contact}",
    "network": "/network",
}
"""What is asked for in turns. `{contact}` is somebody with whom the owner was in touch."""
EMPTY: Final[Mapping[str, str]] = {HELLO: PAGES[HELLO], "inbox, empty": "/inbox"}
"""The same once nothing waits: what is coming is looked up."""
WARM_UP: Final = 5
TIMEOUT_S: Final = 60.0


async def measure_pages(*, people: int, items: int, requests: int) -> PageTimes:
    """Return how long each page takes in a network of *people* with *items* in the inbox, over *requests* of each."""
    async with fresh_stack() as stack, open_database(stack.mongo_url, name=NOTIFIER_DATABASE) as database:
        await stack.start_service("contacts", "scheduler", "notifier")
        await meet(stack, people=people)
        await remember(database, items=items)
        cookie, contact = await _sign_in(stack), await _somebody(database)
        paths = {name: path.format(contact=contact) for name, path in PAGES.items()}
        full = await asyncio.to_thread(_ask_in_turns, stack.http_port, paths, cookie=cookie, requests=requests)
        await clear(database)
        empty = await asyncio.to_thread(_ask_in_turns, stack.http_port, EMPTY, cookie=cookie, requests=requests)
    routes = (*full, *(route for route in empty if route.what != HELLO))
    return PageTimes(people=people, items=items, routes=routes)


def pages_table(found: PageTimes) -> Table:
    """Return the times as a table."""
    table = Table(title=f"Pages: {found.people:,} people, {found.items:,} inbox items; milliseconds", title_justify="left")
    table.add_column("page")
    for column in ("requests", "p50", "p95", "kB"):
        table.add_column(column, justify="right")
    for route in found.routes:
        times = (f"{route.p50_ms:.1f}", f"{route.p95_ms:.1f}", f"{route.bytes / 1_000:.0f}")
        table.add_row(route.what, str(len(route.times_s)), *times)
    return table


async def _sign_in(stack: Stack) -> str:
    """Return the cookie of the owner's session."""
    request = SignInLink(owner=OWNER)
    link = await ask(stack.client, service="notifier", verb="signin.link", request=request, reply=SignInLinkIssued, timeout_s=10)

    def follow() -> str:
        with closing(http.client.HTTPConnection(HOST, stack.http_port, timeout=TIMEOUT_S)) as connection:
            connection.request("POST", link.path, headers={"Content-Length": "0", "Accept": "text/html"})
            answer = connection.getresponse()
            if answer.status != HTTPStatus.SEE_OTHER:
                raise RoundFailed(f"signing in answered {answer.status}")
            return answer.headers["set-cookie"].partition(";")[0]

    return await asyncio.to_thread(follow)


async def _somebody(database: Database) -> str:
    """Return somebody about whom there are items and something planned."""
    found = await database["agenda"].find_one({"owner": OWNER, "planned.occasion": "stay_in_touch"})
    if found is None:
        raise RoundFailed("nothing is planned")
    return str(found["_id"])


def _ask_in_turns(port: int, paths: Mapping[str, str], *, cookie: str, requests: int) -> list[RouteTimes]:
    """Ask for each of *paths* in turns, on one connection: what the machine does meanwhile it does to all of them."""
    times: dict[str, list[float]] = {name: [] for name in paths}
    sizes: dict[str, int] = {}
    with closing(http.client.HTTPConnection(HOST, port, timeout=TIMEOUT_S)) as connection:
        for turn in range(-WARM_UP, requests):
            for name, path in paths.items():
                started = time.perf_counter()
                connection.request("GET", path, headers={"Cookie": cookie, "Accept": "text/html"})
                answer = connection.getresponse()
                body = answer.read()
                elapsed_s = time.perf_counter() - started
                if answer.status != HTTPStatus.OK:
                    raise RoundFailed(f"{path} answered {answer.status}")
                sizes[name] = len(body)
                if turn >= 0:
                    times[name].append(elapsed_s)
    return [RouteTimes(what=name, times_s=tuple(taken), bytes=sizes[name]) for name, taken in times.items()]


def main() -> int:
    """Measure the pages alone."""
    parser = argparse.ArgumentParser(prog="python -m bench.pages", description=__doc__)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=300)
    arguments = parser.parse_args()
    measuring = measure_pages(people=arguments.people, items=arguments.items, requests=arguments.requests)
    try:
        found = asyncio.run(measuring)
    except RoundFailed as exc:
        print(f"bench: {exc}", file=sys.stderr)
        return 1
    Console().print(pages_table(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
