"""What a run found, as tables for people and as JSON for comparing runs."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from bench.hop import HOP
from bench.pages import pages_table
from bench.results import Idle, Lateness, Results
from bench.stack import PROCESSES

HOP_RATIO_MIN = 0.8
SERVICE_RSS_MAX_MB = 150.0
IDLE_CPU_MAX_PERCENT = 2.0
PAGE_P95_MAX_MS = 60.0
PROMISED_PAGES = ("inbox", "people", "upcoming")
SERVICES = PROCESSES[2:]


def print_report(console: Console, results: Results) -> None:
    """Print every table and what became of the targets."""
    console.print(_speed(results))
    for what, raw_is in {c.what: c.raw_is for c in results.all_comparisons}.items():
        console.print(f"  {what}, raw: {raw_is}")
    for table in (_lateness(results), _linear(results), _idle(results), _memory(results), pages_table(results.pages)):
        console.print(table)
    if results.first_sweep_cpu_s:
        cost = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in results.first_sweep_cpu_s.items())
        console.print(
            f"One sweep over everybody costs, in processor time: {cost}. It runs once at start, then a slice every 10 min."
        )
    for target, is_met, found in targets(results):
        console.print(f"[{'green' if is_met else 'red'}]{'met   ' if is_met else 'MISSED'}[/] {target}: {found}")


def targets(results: Results) -> Iterator[tuple[str, bool, str]]:
    """Yield what this step of the project promises, whether this run bears it out, and the number."""
    hop = next(c for c in results.comparisons if c.what == HOP)
    yield f"the hop at {HOP_RATIO_MIN} of raw or better", hop.ratio >= HOP_RATIO_MIN, f"{hop.ratio:.2f}"
    largest = max(results.bursts, key=lambda burst: burst.people)
    exact = all(r.counted.is_exact(burst.people) for burst in results.bursts for r in burst.ours)
    yield "everybody of a burst in the inbox once, and armed again", exact, f"up to {largest.people:,}"
    peak = max(peaks[name] for _, peaks in _peaks(results) for name in SERVICES)
    yield f"every service below {SERVICE_RSS_MAX_MB:g} MB", peak < SERVICE_RSS_MAX_MB, f"peak {peak:.0f} MB"
    most = max(idle.usage[name].cpu_percent for idle in results.idle for name in SERVICES)
    yield f"every idle service below {IDLE_CPU_MAX_PERCENT:g} % of a core", most < IDLE_CPU_MAX_PERCENT, f"{most:.1f} %"
    slowest = max((route for route in results.pages.routes if route.what in PROMISED_PAGES), key=lambda route: route.p95_ms)
    is_fast = slowest.p95_ms < PAGE_P95_MAX_MS
    what = f"{', '.join(PROMISED_PAGES)}: p95 below {PAGE_P95_MAX_MS:g} ms"
    yield what, is_fast, f"{slowest.p95_ms:.1f} ms ({slowest.what})"


def as_json(results: Results) -> str:
    """Return everything that was measured, with the medians beside the rounds."""
    document = asdict(results)
    document["medians"] = [
        {"what": c.what, "count": c.count, "ours_per_s": c.ours_per_s, "raw_per_s": c.raw_per_s, "ratio": c.ratio}
        for c in results.all_comparisons
    ]
    document["targets"] = [{"target": t, "met": met, "found": found} for t, met, found in targets(results)]
    return json.dumps(document, indent=2)


def save(results: Results, folder: Path) -> Path:
    """Write the JSON to *folder* and return where."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{results.started_at.replace(':', '')}.json"
    path.write_text(as_json(results) + "\n", encoding="utf-8")
    return path


def _speed(results: Results) -> Table:
    table = _table("Speed beside the raw limit of the same work", "what", n=("items", "rounds", "ours/s", "raw/s", "ratio"))
    for comparison in results.all_comparisons:
        rates = (f"{comparison.ours_per_s:,.0f}", f"{comparison.raw_per_s:,.0f}", f"{comparison.ratio:.2f}")
        table.add_row(comparison.what, f"{comparison.count:,}", str(len(comparison.ours_s)), *rates)
    return table


def _lateness(results: Results) -> Table:
    columns = ("due at once", "p50 s", "p99 s", "max s", "all in the inbox s", "all armed again s")
    table = _table("Lateness in a burst", "who", n=columns)
    for burst in results.bursts:
        for who, rounds in (("ours", burst.ours), ("raw consumer", burst.raw)):
            late = Lateness.median_of([r.lateness for r in rounds])
            done = (median(r.inbox_s for r in rounds), median(r.rearmed_s for r in rounds))
            figures = (late.p50_s, late.p99_s, late.max_s, *done)
            table.add_row(who, f"{burst.people:,}", *(f"{figure:.2f}" for figure in figures))
    return table


def _linear(results: Results) -> Table:
    table = _table("Cost of one, in microseconds", "what", n=("items", "ours", "raw"))
    for comparison in sorted(results.all_comparisons, key=lambda c: (c.what, c.count)):
        costs = (f"{1e6 / comparison.ours_per_s:,.0f}", f"{1e6 / comparison.raw_per_s:,.0f}")
        table.add_row(comparison.what, f"{comparison.count:,}", *costs)
    return table


def _idle(results: Results) -> Table:
    table = _table("Idle: percent of a core (memory now)", "armed timers", n=PROCESSES)
    for idle in results.idle:
        table.add_row(f"{idle.armed:,}", *(_usage(idle, name) for name in PROCESSES))
    return table


def _usage(idle: Idle, name: str) -> str:
    return f"{idle.usage[name].cpu_percent:.1f} % ({idle.usage[name].rss_mb:.0f} MB)"


def _memory(results: Results) -> Table:
    table = _table("Peak memory, MB", "of", n=PROCESSES)
    for work, peaks in _peaks(results):
        table.add_row(work, *(f"{peaks[name]:.0f}" for name in PROCESSES))
    return table


def _peaks(results: Results) -> Iterator[tuple[str, Mapping[str, float]]]:
    """Yield the most that each process held, by what was done."""
    for burst in results.bursts:
        yield f"burst of {burst.people:,}", {name: max(r.peaks_mb[name] for r in burst.ours) for name in PROCESSES}
    for idle in results.idle:
        yield f"idle with {idle.armed:,}", {name: idle.usage[name].peak_rss_mb for name in PROCESSES}
    for found in results.imports:
        yield f"import of {found.comparison.count:,}", found.peaks_mb


def _table(title: str, *columns: str, n: tuple[str, ...]) -> Table:
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column)
    for column in n:
        table.add_column(column, justify="right")
    return table
