"""`python -m bench [--quick]`: measure everything in one run, print the tables, write the JSON to `bench/results/`."""

import argparse
import asyncio
import sys
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from bench.report import print_report, save
from bench.run import run
from bench.sizes import FULL, QUICK
from bench.stack import RoundFailed

FOLDER = Path(__file__).parent / "results"


def main() -> int:
    """Run and return the exit code: 1 when a round could not be counted."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure Hobnob beside the raw limits.")
    parser.add_argument("--quick", action="store_true", help="small numbers, one round: shows that it works, measures nothing")
    parser.add_argument("--rounds", type=int, help="rounds of everything below 100,000 items (3)")
    parser.add_argument("--large-rounds", type=int, help="rounds of 100,000 items (3; 1 is about ten minutes shorter)")
    arguments = parser.parse_args()
    if sys.platform != "linux":
        print("bench: reads memory from /proc, so it needs Linux", file=sys.stderr)
        return 1
    sizes = QUICK if arguments.quick else FULL
    if arguments.rounds:
        sizes = replace(sizes, rounds=arguments.rounds)
    if arguments.large_rounds:
        sizes = replace(sizes, large_rounds=arguments.large_rounds)
    console = Console(stderr=True)
    try:
        results = asyncio.run(run(sizes, say=console.print))
    except RoundFailed as exc:
        print(f"bench: {exc}", file=sys.stderr)
        return 1
    print_report(Console(), results)
    console.print(f"Written to {save(results, FOLDER)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
