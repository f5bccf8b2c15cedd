"""The outcomes as tables, and the README's place for them."""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Mapping
from pathlib import Path

from .common import Scenario
from .peers import PEERS
from .run import ROOT, Outcome

Row = dict[str, Outcome]
"""By peer."""
Results = Mapping[Scenario, Row]

README = ROOT / "README.md"
BEGIN, END = "<!-- faults: begin -->", "<!-- faults: end -->"
WIDTH = 80
"""Characters that are shown of what was seen."""


def cell(outcome: Outcome) -> str:
    # A port is another one in each run.
    seen = re.sub(r"(127\.0\.0\.1:)\d+", r"\1…", " ".join(outcome.seen.split()))
    seen = seen if len(seen) <= WIDTH else f"{seen[: WIDTH - 1]}…"
    return f"{'✓' if outcome.passed else '✗'} {seen}"


def passed(results: Results, peer: str) -> int:
    return sum(row[peer].passed for row in results.values())


def by_section(results: Results) -> dict[str, Results]:
    sections: dict[str, dict[Scenario, Row]] = {}
    for scenario, row in results.items():
        sections.setdefault(scenario.section, {})[scenario] = row
    return dict(sections)


def markdown(results: Results) -> str:
    """A summary by section, and behind a click, every row."""
    return "\n\n".join(
        [
            summary(results),
            f"<details>\n<summary>All {len(results)} scenarios, and what was seen</summary>",
            *(f"**{name}**\n\n{rows(part)}" for name, part in by_section(results).items()),
            "</details>",
        ]
    )


def summary(results: Results) -> str:
    lines = [_line("section", "clauses", "scenarios", *map(_title, PEERS)), _line(*["---"] * 5)]
    clauses = 0
    for name, part in by_section(results).items():
        count = len({clause for scenario in part for clause in scenario.clauses})
        clauses += count
        lines.append(_line(name, count, len(part), *(passed(part, peer) for peer in PEERS)))
    totals = (clauses, len(results), *(passed(results, peer) for peer in PEERS))
    lines.append(_line("**all**", *(f"**{total}**" for total in totals)))
    return "\n".join(lines)


def rows(part: Results) -> str:
    lines = [_line("clause", "scenario", *(PEERS[peer].name for peer in PEERS))]
    lines.append(_line(*["---"] * 4))
    before = ""
    for scenario, row in sorted(part.items(), key=lambda item: _place(part, item[0])):
        clause = scenario.clauses[0]
        cells = (_escaped(cell(row[peer])) for peer in PEERS)
        # A clause is named once, before its first scenario.
        lines.append(_line(clause if clause != before else "", scenario.told, *cells))
        before = clause
    return "\n".join(lines)


def _place(part: Results, scenario: Scenario) -> int:
    """Scenarios of one clause stand together, where its first one stands."""
    return [other.clauses[0] for other in part].index(scenario.clauses[0])


def _title(peer: str) -> str:
    name = PEERS[peer].name
    return f"`{name}` {importlib.metadata.version(name)}"


def _line(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def _escaped(text: str) -> str:
    """Words of others, which mean no Markdown."""
    return re.sub(r"([\\|*_`~\[\]])", r"\\\1", text).replace("<", "&lt;")


def write_readme(text: str, path: Path = README) -> None:
    """Put a text between the marks."""
    readme = path.read_text()
    if BEGIN not in readme or END not in readme:
        raise SystemExit(f"{path.name} has no {BEGIN} and {END}")
    before, after = readme.split(BEGIN)[0], readme.split(END)[1]
    path.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}")
