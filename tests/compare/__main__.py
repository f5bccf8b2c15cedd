"""The fault suite's list against this library and against the official client, side by side.

    python -m tests.compare [--only WORD] [--write-readme]

Each scenario runs in a process of its own, for each client, and is bounded in time: a hang is a
miss. The criterion is the same for both, and so are the settings: defaults, but for `max_retries=0`
where a retry would hide what is looked at.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor

from .common import Scenario
from .peers import PEERS
from .run import SCENARIOS, run_apart, run_here, told
from .table import Row, cell, markdown, passed, write_readme


def run_all(scenarios: list[Scenario]) -> dict[Scenario, Row]:
    """Both clients, two processes at a time; told as they come."""
    results: dict[Scenario, Row] = {}
    with ThreadPoolExecutor(2) as pool:
        running = {
            scenario: {peer: pool.submit(run_apart, scenario, peer) for peer in PEERS}
            for scenario in scenarios
        }
        for scenario, futures in running.items():
            results[scenario] = {peer: future.result() for peer, future in futures.items()}
            print(f"{scenario.section}, {scenario.clauses[0]}: {scenario.told}")
            for peer, outcome in results[scenario].items():
                print(f"    {peer:9} {cell(outcome)}", flush=True)
    return results


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="scenarios with this in their name or clause")
    parser.add_argument("--write-readme", action="store_true")
    parser.add_argument(
        "--one", choices=SCENARIOS, metavar="NAME", help="this one, in this process"
    )
    parser.add_argument("--peer", choices=PEERS, default="ours", help="with --one: the client")
    asked = parser.parse_args()
    if asked.one:
        print(told(run_here(SCENARIOS[asked.one], asked.peer)))
        return 0
    if asked.only and asked.write_readme:
        parser.error("--write-readme shows all scenarios: it goes without --only")
    results = run_all(
        [
            scenario
            for scenario in SCENARIOS.values()
            if any(asked.only in text for text in (scenario.name, *scenario.clauses))
        ]
    )
    if asked.write_readme:
        write_readme(markdown(results))
    for peer in PEERS:
        print(f"{passed(results, peer)} of {len(results)} passed by {peer}")
    return 0 if passed(results, "ours") == len(results) else 1


if __name__ == "__main__":
    sys.exit(main())
