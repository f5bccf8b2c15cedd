"""`python -m benchmarks`: run, print, write, and say which budgets hold."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from .budgets import Verdict, check
from .chart import svg
from .peers import PEERS
from .report import as_json, tables, verdict_lines, write_readme
from .running import Plan, run
from .scenarios import SCENARIOS

README = Path("README.md")
PICTURE = Path("benchmarks", "benchmarks.svg")


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--short",
        action="store_true",
        help="less of everything; fails only where a ratio is below nine tenths of its budget",
    )
    parser.add_argument(
        "--rounds", type=int, help="how often each peer runs (default: 4, short: 3)"
    )
    parser.add_argument(
        "--scenario", action="append", default=[], choices=SCENARIOS, help="only this; repeatable"
    )
    parser.add_argument(
        "--peer", action="append", default=[], choices=PEERS, help="only this; repeatable"
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path(".cache", "bench"),
        help="folder for results.json and chart.svg (default: %(default)s)",
    )
    parser.add_argument(
        "--write-readme",
        action="store_true",
        help=f"put the table into {README}, and the picture into {PICTURE}",
    )
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for. Gives the process's exit status: 1 where a budget doesn't hold."""
    asked = parse(arguments)
    rounds = asked.rounds or (3 if asked.short else 4)
    results = run(Plan(asked.short, rounds, asked.scenario, asked.peer))
    verdicts = check(results)
    print("", tables(results), "", *verdict_lines(verdicts), sep="\n")
    asked.out.mkdir(parents=True, exist_ok=True)
    (asked.out / "results.json").write_text(as_json(results, verdicts))
    (asked.out / "chart.svg").write_text(svg(results))
    if asked.write_readme:
        PICTURE.write_text(svg(results))
        write_readme(README, results, PICTURE.as_posix())
    return 0 if all(_passes(verdict, short=asked.short) for verdict in verdicts) else 1


def _passes(verdict: Verdict, *, short: bool) -> bool:
    if not verdict.budget.binding:
        return True
    return verdict.tolerable if short else verdict.met


if __name__ == "__main__":
    sys.exit(main())
