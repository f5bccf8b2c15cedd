"""Runs one scenario with one client: here, or in a process of its own, bounded in time."""

from __future__ import annotations

import asyncio
import inspect
import json
import multiprocessing
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from .common import Missed, Scenario
from .peers import PEERS
from .scenarios import SCENARIOS

SECONDS = 30
"""After which a scenario is given up."""
ROOT = Path(__file__).parents[2]

# Forked from a process that has imported both clients, and done nothing else: an import takes longer
# than most scenarios.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.compare.warm"])


@dataclass(frozen=True)
class Outcome:
    passed: bool
    seen: str


def run_here(scenario: Scenario, peer: str) -> Outcome:
    """In this process."""
    try:
        found = scenario.run(PEERS[peer]())
        if not isinstance(found, str):
            found = asyncio.run(_awaited(found))
        return Outcome(True, found)
    except Missed as missed:
        return Outcome(False, str(missed))
    except BaseException as error:  # whatever else it is, it is a miss
        return Outcome(False, f"{type(error).__name__}: {error}")


def run_apart(scenario: Scenario, peer: str) -> Outcome:
    """In a process of its own."""
    return (_interpreted if scenario.quiet else _forked)(scenario, peer)


async def _awaited(found: object) -> str:
    assert inspect.isawaitable(found)
    return str(await found)


def _forked(scenario: Scenario, peer: str) -> Outcome:
    reader, writer = FORKS.Pipe(duplex=False)
    process = FORKS.Process(target=_tell, args=(writer, scenario.name, peer))
    process.start()
    writer.close()
    try:
        if not reader.poll(SECONDS):
            return Outcome(False, f"hangs: given up after {SECONDS} s")
        outcome: Outcome = reader.recv()
        return outcome
    except EOFError:
        return Outcome(False, "the process died")
    finally:
        process.kill()  # it has said what it had to say, whatever its threads still do
        process.join()
        reader.close()


def _tell(writer: Connection, name: str, peer: str) -> None:
    with open(os.devnull, "w") as nowhere:  # what is said of tasks and warnings is another scenario
        os.dup2(nowhere.fileno(), sys.stderr.fileno())
    writer.send(run_here(SCENARIOS[name], peer))


def _interpreted(scenario: Scenario, peer: str) -> Outcome:
    """By a Python that complains of everything; and then a complaint is a miss."""
    flags = ["-X", "dev", "-W", "error"]
    command = [
        sys.executable,
        *flags,
        "-m",
        "tests.compare",
        "--one",
        scenario.name,
        "--peer",
        peer,
    ]
    try:
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, timeout=SECONDS, cwd=ROOT
        )
        outcome = Outcome(**json.loads(done.stdout.splitlines()[-1]))
    except subprocess.TimeoutExpired:
        return Outcome(False, f"hangs: given up after {SECONDS} s")
    except (ValueError, IndexError):
        return Outcome(False, f"no outcome: {done.stderr[-200:]}")
    if outcome.passed and done.stderr:
        lines = done.stderr.splitlines()
        return Outcome(False, next((line for line in lines if "Warning" in line), lines[0]))
    return outcome


def told(outcome: Outcome) -> str:
    """As `run_here` tells it to another process."""
    return json.dumps(asdict(outcome))
