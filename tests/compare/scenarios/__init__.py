"""Faults, and what is asked of a client that meets them: the same of both.

A module for each section of the fault suite's list (three for streams, two for connections). A
scenario is a function of a `Peer`; what it asks is what a user of either client would want, never a
name in our API.
"""

from __future__ import annotations

from tests.compare.common import Scenario

from . import (
    answers,
    connections,
    errors,
    framing,
    http2,
    leaving,
    retries,
    security,
    streams,
    transfers,
)

__all__ = ["MODULES", "SCENARIOS"]

MODULES = (
    framing,
    streams,
    leaving,
    answers,
    retries,
    connections,
    http2,
    security,
    transfers,
    errors,
)
SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario for module in MODULES for scenario in module.case.scenarios
}
