"""Fixtures that every layer shares."""

import os
import time
from collections.abc import Awaitable, Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.servers import Servers, running_servers

NO_SKIP = bool(os.environ.get("HOBNOB_NO_SKIP"))
"""Set in CI, which promises everything that a test may need: a skip there is a failure."""


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if NO_SKIP and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may skip: {report.longrepr}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skipped test into a failed one where nothing may skip."""
    report = yield
    _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn a skipped module into a failed one where nothing may skip."""
    report = yield
    _refuse_skip(report)
    return report


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """One real nats-server and one real mongod for the whole run; tests use their own streams' owners and databases."""
    folder: Path = tmp_path_factory.mktemp("servers")
    with running_servers(folder) as running:
        yield running


async def eventually(condition: Callable[[], Awaitable[object]], *, within_s: float = 20.0) -> None:
    """Return once *condition* answers something true; fail when it has not within *within_s* seconds."""
    import asyncio

    deadline = time.monotonic() + within_s
    while not await condition():
        assert time.monotonic() < deadline, f"did not become true within {within_s} s: {condition}"
        await asyncio.sleep(0.02)
