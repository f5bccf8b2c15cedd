"""Results as a table for people, as JSON, and as Markdown for the README."""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import os
import platform
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .budgets import Verdict
from .peers import PEERS
from .running import Results
from .scenarios import SCENARIOS

__all__ = ["Spread", "as_json", "markdown", "spread", "tables", "verdict_lines", "write_readme"]

PACKAGES = (
    "openai",
    "httpx",
    "httpx2",
    "aiohttp",
    "httpx-aiohttp",
    "pydantic",
    "numpy",
    "pybase64",
)
BEGIN, END = "<!-- benchmarks: begin -->", "<!-- benchmarks: end -->"

FIGURES = {
    "cpu_us": "CPU, us",
    "cpu_ms": "CPU, ms",
    "cpu_s": "CPU, s",
    "wall_ms": "time, ms",
    "wall_s": "time, s",
    "per_second": "per second",
    "p50_ms": "p50, ms",
    "p99_ms": "p99, ms",
    "first_ms": "first, ms",
    "memory_mib": "extra, MiB",
    "stall_ms": "stall, ms",
    "peak_mib": "memory, MiB",
    "resident_mib": "memory, MiB",
    "grown_mib": "grown, MiB",
    "modules": "modules",
    "cancel_ms": "cancelled, ms",
    "leave_ms": "closed, ms",
    "drop_ms": "dropped, ms",
    "lost": "calls lost",
    "refused": "answers of 429",
    "refused_pct": "of all, %",
}


@dataclass(frozen=True)
class Spread:
    """A figure over the rounds."""

    median: float
    low: float
    high: float


def spread(results: Results, scenario: str, peer: str, figure: str) -> Spread | None:
    """The median, and the range around it; None where there is nothing."""
    rounds = results.get(scenario, {}).get(peer, [])
    values = [figures[figure] for figures in rounds if figure in figures]
    return Spread(statistics.median(values), min(values), max(values)) if values else None


def tables(results: Results) -> str:
    """Every figure of every peer: the median, and the range in brackets."""
    return "\n\n".join(_table(results, name) for name in SCENARIOS if name in results)


def _table(results: Results, scenario: str) -> str:
    peers = results[scenario]
    figures = list(dict.fromkeys(f for rounds in peers.values() for row in rounds for f in row))
    rows = [[SCENARIOS[scenario].title, *(_heading(figure) for figure in figures)]]
    for peer in (name for name in PEERS if name in peers):
        found = [spread(results, scenario, peer, figure) for figure in figures]
        rows.append([PEERS[peer].title, *map(_cell, found)])
    return "\n".join(_aligned(rows))


def _heading(figure: str) -> str:
    name, _, stage = figure.rpartition("_")
    return f"{FIGURES[name]} @{stage}" if stage.isdigit() else FIGURES[figure]


def _cell(found: Spread | None) -> str:
    if found is None:
        return "-"
    if found.low == found.high:
        return number(found.median)
    return f"{number(found.median)} ({number(found.low)}..{number(found.high)})"


def number(value: float) -> str:
    """Three digits that count, or all of those in front of the point."""
    size = abs(value)
    if size >= 100:
        return f"{value:,.0f}"
    if size >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if size >= 1 or not size else f"{value:.3f}"


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for index, row in enumerate(rows):
        first, *rest = (cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join([first.strip().ljust(widths[0]), *rest]).rstrip()
        if index == 0:
            yield "-" * (sum(widths) + 2 * (len(widths) - 1))


def verdict_lines(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """Each budget: pass or FAIL, and the ratio."""
    for verdict in verdicts:
        if verdict.budget.binding:
            word = "pass" if verdict.met else "FAIL"
            yield f"{word}  {verdict.budget.title}: {told(verdict)}, the budget is {bound(verdict)}"
        else:
            yield f"      {verdict.budget.title}: {told(verdict)}, for comparison"


def told(verdict: Verdict) -> str:
    """What was measured, with its range."""
    unit = _unit(verdict)
    value, low, high = (number(x) for x in (verdict.value, verdict.low, verdict.high))
    return f"{value}{unit}" if low == high else f"{value}{unit} ({low}..{high})"


def bound(verdict: Verdict) -> str:
    """What had to be."""
    word = "at least" if verdict.budget.at_least else "at most"
    return f"{word} {number(verdict.budget.bound)}{_unit(verdict)}"


def _unit(verdict: Verdict) -> str:
    return f" {verdict.budget.unit}" if verdict.budget.unit else " x"


def setting() -> dict[str, Any]:
    """What the results depend on; nothing that would tell which machine it was."""
    versions: dict[str, str] = {}
    for package in PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[package] = importlib.metadata.version(package)
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "packages": versions,
    }


def as_json(results: Results, verdicts: Sequence[Verdict]) -> str:
    """All of it: the setting, the figures of each round, and the verdicts."""
    budgets = [
        {
            "title": verdict.budget.title,
            "value": verdict.value,
            "low": verdict.low,
            "high": verdict.high,
            "bound": verdict.budget.bound,
            "at_least": verdict.budget.at_least,
            "met": verdict.met,
            "binding": verdict.budget.binding,
        }
        for verdict in verdicts
    ]
    whole = {"setting": setting(), "budgets": budgets, "results": results}
    return json.dumps(whole, indent=1) + "\n"


SHOWN = (
    ("chat, 50 in flight: CPU per call, us", "chat_50", "cpu_us"),
    ("chat, 500 in flight: requests per second", "chat_500", "per_second"),
    ("chat, 500 in flight: p99, ms", "chat_500", "p99_ms"),
    ("one stream: time to the first token, ms", "stream", "first_ms"),
    ("one stream: CPU per chunk, us", "stream", "cpu_us"),
    ("100 streams at once: CPU per chunk, us", "streams_100", "cpu_us"),
    ("100 x 1,536 embeddings as floats: CPU, ms", "embeddings_list", "cpu_ms"),
    ("100 x 1,536 embeddings as numpy: CPU, ms", "embeddings_numpy", "cpu_ms"),
    ("upload of 200 MiB: extra memory, MiB", "upload", "memory_mib"),
    ("upload of 200 MiB: longest stall of the loop, ms", "upload", "stall_ms"),
    ("import, client, first namespace: time, ms", "start", "wall_ms"),
    ("import, client, first namespace: memory, MiB", "start", "peak_mib"),
    ("the first call in a running loop: longest stall, ms", "first_call", "stall_ms"),
    ("10,000 slow streams at once: extra memory, MiB", "streams_10000", "memory_mib"),
    ("600 calls at once, 50 a second allowed: seconds", "limited_requests", "wall_s"),
    ("600 calls at once, 50 a second allowed: calls lost", "limited_requests", "lost"),
    ("the same, openai with 6 retries: seconds", "limited_retries", "wall_s"),
    ("the same, openai with 6 retries: answers of 429", "limited_retries", "refused"),
    ("after 10,000 calls: memory, MiB", "memory", "resident_mib"),
)
COLUMNS = ("ours", "ours_aiohttp", "official", "official_aiohttp", "httpx", "aiohttp")


def markdown(results: Results) -> str:
    """The table of the README: medians."""
    lines = [
        "| | " + " | ".join(PEERS[peer].title for peer in COLUMNS) + " |",
        "| --- |" + " ---: |" * len(COLUMNS),
    ]
    for title, scenario, figure in SHOWN:
        if scenario in results:
            found = [spread(results, scenario, peer, figure) for peer in COLUMNS]
            cells = ["" if one is None else number(one.median) for one in found]
            lines.append(f"| {title} | " + " | ".join(cells) + " |")
    where = setting()
    versions = ", ".join(f"{name} {version}" for name, version in where["packages"].items())
    lines += [
        "",
        f"Medians. Python {where['python']}, {where['system']}, {where['cores']} cores; {versions}.",
    ]
    return "\n".join(lines)


def write_readme(readme: Path, results: Results, picture: str) -> None:
    """Put the table and the picture between the marks, or at the end where there are none."""
    text = readme.read_text()
    section = f"{BEGIN}\n![CPU of each operation beside the official client's]({picture})\n\n"
    section += f"{markdown(results)}\n{END}"
    before, mark, rest = text.partition(BEGIN)
    after = rest.partition(END)[2] if mark else "\n"
    before = before if mark else f"{text.rstrip()}\n\n"
    readme.write_text(before + section + after)
