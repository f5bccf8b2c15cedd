"""Runs the scenarios: the server's process, the peers' processes, rounds in turn."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from typing_extensions import Self

from .peers import PEERS
from .scenarios import SCENARIOS, Figures, Scenario
from .start import measure_start

__all__ = ["Plan", "Results", "run"]

HERE = Path.cwd()
PATIENCE = 180.0
"""Seconds that one run of one scenario may take."""

Results = dict[str, dict[str, list[Figures]]]
"""By scenario, by peer: the figures of each round. One that failed leaves an empty one."""


@dataclass(frozen=True)
class Plan:
    """What to run."""

    short: bool
    rounds: int
    scenarios: Sequence[str] = ()
    """Names; empty for all."""
    peers: Sequence[str] = ()
    """Names; empty for all."""
    tell: Callable[[str], None] = field(default=print)

    def of(self, kind: Callable[[Scenario], bool]) -> list[Scenario]:
        """The scenarios of one kind that are to run."""
        wanted = self.scenarios or list(SCENARIOS)
        return [
            s for s in map(SCENARIOS.__getitem__, wanted) if self.size(s) is not None and kind(s)
        ]

    def size(self, scenario: Scenario) -> dict[str, Any] | None:
        """How much of a scenario is to run; None for nothing."""
        return scenario.short if self.short else scenario.full

    def taking_part(self, scenario: Scenario) -> list[str]:
        """The peers of a scenario."""
        wanted = self.peers or [e.name for e in PEERS.values() if e.short or not self.short]
        return [name for name in wanted if not scenario.peers or name in scenario.peers]


def run(plan: Plan) -> Results:
    """Run the plan; all peers do a scenario in turn before any begins the next one."""
    results: Results = {}
    with Server() as server:
        for number in range(plan.rounds):
            plan.tell(f"round {number + 1} of {plan.rounds}")
            _round(plan, server.url, number, results)
    return results


def _round(plan: Plan, url: str, number: int, results: Results) -> None:
    def wanted(scenario: Scenario) -> bool:
        return scenario.rounds is None or number < scenario.rounds

    with contextlib.ExitStack() as stack:
        workers: dict[str, Worker] = {}
        for scenario in plan.of(lambda s: wanted(s) and not s.fresh):
            for peer in _in_turn(plan.taking_part(scenario), number):
                if peer not in workers:
                    workers[peer] = stack.enter_context(Worker(peer, url))
                _note(plan, results, scenario, peer, workers[peer].run)
    for scenario in plan.of(lambda s: wanted(s) and s.fresh):
        for peer in _in_turn(plan.taking_part(scenario), number):
            if scenario.run is None:
                _note(plan, results, scenario, peer, _starter(peer, number))
            else:
                with Worker(peer, url) as worker:
                    _note(plan, results, scenario, peer, worker.run)


def _in_turn(peers: Sequence[str], number: int) -> Iterator[str]:
    """Each round begins with another peer, so that none is always the one that follows another."""
    first = number % len(peers) if peers else 0
    yield from (*peers[first:], *peers[:first])


def _starter(peer: str, number: int) -> Callable[[str, Mapping[str, Any]], Figures]:
    def start(_name: str, _size: Mapping[str, Any]) -> Figures:
        if number == 0:  # once for the caches
            measure_start(peer, environment(), HERE)
        return measure_start(peer, environment(), HERE)

    return start


def _note(
    plan: Plan,
    results: Results,
    scenario: Scenario,
    peer: str,
    measure: Callable[[str, Mapping[str, Any]], Figures],
) -> None:
    """Run one scenario with one peer and keep what comes of it."""
    started = time.monotonic()
    figures: Figures = {}
    try:
        figures = measure(scenario.name, plan.size(scenario) or {})
    except (RuntimeError, subprocess.CalledProcessError) as error:
        plan.tell(f"  {scenario.name} {peer}: failed: {error}")
    results.setdefault(scenario.name, {}).setdefault(peer, []).append(figures)
    told = ", ".join(f"{name} {value:,.4g}" for name, value in figures.items())
    plan.tell(f"  {scenario.name} {peer}: {told} ({time.monotonic() - started:.1f} s)")


def environment() -> dict[str, str]:
    """That of this process, without what would lead the peers astray: proxies, keys, addresses.

    Byte code is kept, as it is wherever a program runs more than once.
    """
    return {
        name: value
        for name, value in os.environ.items()
        if not name.lower().endswith("_proxy")
        and not name.startswith("OPENAI_")
        and name != "PYTHONDONTWRITEBYTECODE"
    }


class Process:
    """A Python module in a process of its own, spoken to in lines."""

    def __init__(self, module: str, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"benchmarks.{module}", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment(),
            cwd=HERE,
        )

    def ask(self, line: str = "") -> str:
        """Write a line, if there is one, and wait for a line. Raises `RuntimeError`."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        timer = threading.Timer(PATIENCE, self._process.kill)
        timer.start()
        try:
            if line:
                stdin.write(line + "\n")
                stdin.flush()
            answer = stdout.readline()
        except BrokenPipeError:
            answer = ""
        finally:
            timer.cancel()
        if not answer:
            raise RuntimeError("the process ended")
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with contextlib.suppress(BrokenPipeError):
            self._process.communicate()


class Server(Process):
    """The loopback server's process."""

    def __init__(self) -> None:
        super().__init__("server")
        self.url = f"http://127.0.0.1:{int(self.ask())}/v1"


class Worker(Process):
    """A peer's process."""

    def __init__(self, peer: str, url: str) -> None:
        super().__init__("worker", peer, url)

    def run(self, scenario: str, size: Mapping[str, Any]) -> Figures:
        """Run one scenario. Raises `RuntimeError` where it fails."""
        figures: Figures = json.loads(self.ask(json.dumps({"scenario": scenario, "size": size})))
        return figures
