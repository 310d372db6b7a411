"""What a run says of itself: the tables, the targets, the JSON."""

import io
import json
from dataclasses import replace

import pytest
from rich.console import Console

from bench.hop import HOP
from bench.report import as_json, print_report, targets
from bench.results import (
    Burst,
    BurstRound,
    Comparison,
    Counted,
    Idle,
    Lateness,
    PageTimes,
    RawBurstRound,
    Results,
    RouteTimes,
)
from bench.stack import PROCESSES
from bench.watch import Usage

PEOPLE = 10_000
LATE = Lateness(p50_s=0.5, p99_s=1.0, max_s=1.1)


def results(
    *, hop_s: float = 1.0, peak_mb: float = 100.0, idle_percent: float = 0.5, in_inbox: int = PEOPLE, people_s: float = 0.03
) -> Results:
    """Return a run of one round each, that meets every target unless told otherwise."""
    ours = BurstRound(
        arming_s=4.0,
        inbox_s=1.2,
        rearmed_s=5.0,
        lateness=LATE,
        counted=Counted(in_inbox=in_inbox, distinct_people=PEOPLE, armed_again=PEOPLE),
        peaks_mb=dict.fromkeys(PROCESSES, peak_mb),
    )
    raw = RawBurstRound(inbox_s=1.0, rearmed_s=4.0, lateness=LATE)
    usage = Usage(cpu_percent=idle_percent, rss_mb=80.0, peak_rss_mb=90.0)
    return Results(
        started_at="2026-01-01T00:00:00Z",
        machine={"cores": 2},
        comparisons=(Comparison(what=HOP, raw_is="the clients alone", count=PEOPLE, ours_s=(hop_s,), raw_s=(1.0,)),),
        imports=(),
        bursts=(Burst(people=PEOPLE, ours=(ours,), raw=(raw,)),),
        idle=(Idle(armed=0, usage=dict.fromkeys(PROCESSES, usage)),),
        first_sweep_cpu_s={"nats": 0.1, "scheduler": 0.2},
        pages=PageTimes(
            people=PEOPLE,
            items=PEOPLE,
            routes=tuple(
                RouteTimes(what=what, times_s=(seconds,) * 20, bytes=50_000)
                for what, seconds in (
                    ("hello", 0.001),
                    ("inbox", 0.02),
                    ("people", people_s),
                    ("upcoming", 0.02),
                    ("network", 0.2),
                )
            ),
        ),
    )


def met(found: Results) -> list[bool]:
    """Return which targets are met."""
    return [is_met for _, is_met, _ in targets(found)]


def test_a_good_run_meets_every_target() -> None:
    """The hop at raw speed, everybody counted, small and idle services: nothing is missed."""
    assert met(results()) == [True, True, True, True, True]


@pytest.mark.parametrize(
    ("bad", "place"),
    [
        (results(hop_s=1.3), 0),
        (results(in_inbox=PEOPLE - 1), 1),
        (results(peak_mb=151.0), 2),
        (results(idle_percent=2.1), 3),
        (results(people_s=0.061), 4),
    ],
)
def test_a_missed_target_is_said(bad: Results, place: int) -> None:
    """A hop below 0.8, a lost reminder, a large service, a busy idle one or a slow page is said to be missed, nothing else is."""
    assert met(bad) == [index != place for index in range(5)]


def test_memory_held_while_waiting_counts_too() -> None:
    """A service that grows only after the burst, in the sweep, misses the memory target all the same."""
    grown = dict.fromkeys(PROCESSES, Usage(cpu_percent=0.5, rss_mb=80.0, peak_rss_mb=151.0))
    assert met(replace(results(), idle=(Idle(armed=PEOPLE, usage=grown),))) == [True, True, False, True, True]


def test_the_report_shows_the_numbers() -> None:
    """Tables and JSON carry the same figures."""
    output = io.StringIO()
    print_report(Console(file=output, width=200), results(hop_s=0.8))
    assert "12,500" in output.getvalue()
    document = json.loads(as_json(results(hop_s=0.8)))
    assert document["medians"][0]["ours_per_s"] == 12_500
    assert [target["met"] for target in document["targets"]] == [True] * 5
