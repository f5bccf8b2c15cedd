"""That the comparison asks for all that the fault suite stands for."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.faults.test_clauses import CLAUSES

from .run import Outcome
from .scenarios import MODULES, SCENARIOS
from .table import BEGIN, END, README, by_section, markdown, write_readme


@pytest.mark.parametrize("section", CLAUSES)
def test_each_clause_has_a_scenario(section: str) -> None:
    """None is left out as a thing that the official client has no option for: it has the effect,
    or hasn't."""
    asked = {
        clause
        for scenario in SCENARIOS.values()
        if scenario.section == section
        for clause in scenario.clauses
    }
    assert asked == CLAUSES[section].keys()


def test_each_scenario_has_a_name_of_its_own() -> None:
    listed = [scenario for module in MODULES for scenario in module.case.scenarios]
    twice = [name for name, times in Counter(s.name for s in listed).items() if times > 1]
    assert not twice
    assert all(scenario.clauses for scenario in listed)


def test_the_readme_shows_each_scenario() -> None:
    """So that `nox -s compare -- --write-readme` is not forgotten."""
    table = README.read_text().split(BEGIN)[1].split(END)[0]
    assert f"All {len(SCENARIOS)} scenarios" in table
    for scenario in SCENARIOS.values():
        assert f"| {scenario.told} |" in table


def test_the_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The official client may not be here.
    monkeypatch.setattr("importlib.metadata.version", lambda _: "1.0")
    row = {"ours": Outcome(True, "all\nof | it"), "official": Outcome(False, "x" * 100)}
    results = dict.fromkeys(SCENARIOS.values(), row)
    text = markdown(results)
    assert "| section | clauses | scenarios | `openai_async` 1.0 | `openai` 1.0 |" in text
    clauses = sum(map(len, CLAUSES.values()))
    assert f"| **all** | **{clauses}** | **{len(results)}** | **{len(results)}** | **0** |" in text
    assert "| ✓ all of \\| it | ✗ xxx" in text
    assert list(by_section(results)) == list(CLAUSES)
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    write_readme(text, readme)
    assert readme.read_text() == f"before\n{BEGIN}\n\n{text}\n\n{END}\nafter\n"
