"""The same faults against this library and against the official client, side by side.

    python -m tests.compare [--only WORD] [--write-readme]

Each scenario runs in a process of its own, for each client, and is bounded in time: a hang is a
miss. The criterion is the same for both, and so are the settings: defaults, but for `max_retries=0`
where a retry would hide what is looked at.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.metadata
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from .peers import PEERS
from .scenarios import QUIET, SCENARIOS, SYNC, Missed

SECONDS = 30
"""After which a scenario is given up."""
ROOT = Path(__file__).parents[2]
BEGIN, END = "<!-- faults: begin -->", "<!-- faults: end -->"


@dataclass(frozen=True)
class Outcome:
    passed: bool
    seen: str


def run_here(name: str, peer: str) -> Outcome:
    """One scenario, in this process."""
    found = PEERS[peer]()
    try:
        if name in SYNC:
            return Outcome(True, SYNC[name](found))
        return Outcome(True, asyncio.run(SCENARIOS[name](found)))
    except Missed as missed:
        return Outcome(False, str(missed))
    except BaseException as error:  # whatever else it is, it is a miss
        return Outcome(False, f"{type(error).__name__}: {error}")


def run_apart(name: str, peer: str) -> Outcome:
    """One scenario, in a process of its own."""
    flags = ["-X", "dev", "-W", "error"] if name in QUIET else []
    command = [sys.executable, *flags, "-m", "tests.compare", "--one", name, "--peer", peer]
    try:
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, timeout=SECONDS, cwd=ROOT
        )
        outcome = Outcome(**json.loads(done.stdout.splitlines()[-1]))
    except subprocess.TimeoutExpired:
        return Outcome(False, f"hangs: given up after {SECONDS} s")
    except (ValueError, IndexError):
        return Outcome(False, f"no outcome: {done.stderr[-200:]}")
    if name in QUIET and outcome.passed and done.stderr:
        warnings = [line for line in done.stderr.splitlines() if "Warning" in line]
        return Outcome(False, (warnings or done.stderr.splitlines())[0][:100])
    return outcome


def cell(outcome: Outcome) -> str:
    seen = " ".join(outcome.seen.split()).replace("|", "\\|").replace("<", "&lt;")
    seen = seen if len(seen) <= 90 else seen[:89] + "…"
    return f"{'✓' if outcome.passed else '✗'} {seen}"


def markdown(results: dict[str, tuple[Outcome, Outcome]]) -> str:
    version = importlib.metadata.version
    ours, official = (sum(row[n].passed for row in results.values()) for n in (0, 1))
    lines = [
        f"| fault | `openai_async` {version('openai_async')} | `openai` {version('openai')} |",
        "| --- | --- | --- |",
        *(f"| {name} | {cell(row[0])} | {cell(row[1])} |" for name, row in results.items()),
        f"| **of {len(results)}** | **{ours}** | **{official}** |",
    ]
    return "\n".join(lines)


def write_readme(table: str) -> None:
    readme = ROOT / "README.md"
    text = readme.read_text()
    if BEGIN not in text or END not in text:
        raise SystemExit(f"README.md has no {BEGIN} and {END}")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    readme.write_text(f"{before}{BEGIN}\n\n{table}\n\n{END}{after}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="scenarios with this in their name")
    parser.add_argument("--write-readme", action="store_true")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--peer", choices=PEERS, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(vars(run_here(asked.one, asked.peer))))
        return 0
    names = [name for name in (*SCENARIOS, *SYNC) if asked.only in name]
    with ThreadPoolExecutor(2) as pool:
        ours = pool.map(lambda name: run_apart(name, "ours"), names)
        official = pool.map(lambda name: run_apart(name, "official"), names)
        results = dict(zip(names, zip(ours, official, strict=True), strict=True))
    for name, row in results.items():
        print(f"{name}\n    ours      {cell(row[0])}\n    official  {cell(row[1])}")
    if asked.write_readme:
        write_readme(markdown(results))
    missed = [name for name, (mine, _) in results.items() if not mine.passed]
    print(f"{len(names) - len(missed)} of {len(names)} passed by ours")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
