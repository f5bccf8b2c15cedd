"""The budgets of the design: which ratios have to hold, and whether they do."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from .running import Results

__all__ = ["BUDGETS", "Budget", "Verdict", "check"]

TOLERANCE = 0.9
"""What part of a budget the short form, on machines that do other things too, is content with."""


@dataclass(frozen=True)
class Budget:
    """A bound on a figure, or on its ratio to another peer's."""

    title: str
    scenario: str
    figure: str
    bound: float
    peer: str = "ours"
    to: str | None = "official"
    """The peer whose figure it is compared with; None for a bound on the figure itself."""
    at_least: bool = False
    unit: str = ""
    above: bool = False
    """Whether it is about the share that comes on top of the other's: the ratio less 1."""
    binding: bool = True
    """Whether it has to hold; otherwise it is only shown beside the others."""


LIMITED = (
    ("requests", "50 a second"),
    ("silent", "50 a second, not told"),
    ("changing", "50, 25, 100 a second"),
    ("tokens", "tokens"),
)

BUDGETS: Sequence[Budget] = (
    Budget("CPU per chat call, 50 in flight", "chat_50", "cpu_us", 1 / 3),
    Budget("requests per second, 500 in flight", "chat_500", "per_second", 5, at_least=True),
    Budget(
        "CPU per chat call, aiohttp against aiohttp, 50 in flight",
        "chat_50",
        "cpu_us",
        1 / 3,
        "ours_aiohttp",
        "official_aiohttp",
    ),
    Budget("CPU per streamed chunk, as fast as they come", "stream", "cpu_us", 1 / 8),
    # Here each chunk costs a turn of the event loop, which no client can save.
    Budget(
        "CPU per streamed chunk, 100 streams at a model's pace",
        "streams_100",
        "cpu_us",
        1 / 8,
        binding=False,
    ),
    Budget("CPU per 100 x 1,536 embeddings, as floats", "embeddings_list", "cpu_ms", 1 / 3),
    Budget("CPU per 100 x 1,536 embeddings, as numpy", "embeddings_numpy", "cpu_ms", 1 / 5),
    Budget("import, client, first namespace: time", "start", "wall_ms", 1 / 3),
    Budget("import, client, first namespace: memory", "start", "peak_mib", 0.6),
    Budget("our share above bare httpx", "chat_1", "cpu_us", 0.25, to="httpx_pool", above=True),
    Budget("extra memory, upload of 200 MiB", "upload", "memory_mib", 10, to=None, unit="MiB"),
    Budget("upstream stops after cancelling", "abandon", "cancel_ms", 100, to=None, unit="ms"),
    Budget("upstream stops after closing", "abandon", "leave_ms", 100, to=None, unit="ms"),
    Budget("upstream stops after dropping", "abandon", "drop_ms", 100, to=None, unit="ms"),
    *(
        Budget(f"600 calls, {title}: {what}", f"limited_{name}", figure, most, to=None, unit=unit)
        for name, title in LIMITED
        for what, figure, most, unit in (
            ("time", "wall_s", 13, "s"),
            ("calls lost", "lost", 0, "calls"),
            ("refused", "refused_pct", 5, "%"),
        )
    ),
)


@dataclass(frozen=True)
class Verdict:
    """What was found for one budget."""

    budget: Budget
    value: float
    """The median of the rounds."""
    low: float
    high: float

    @property
    def met(self) -> bool:
        """Whether it holds."""
        bound = self.budget.bound
        return self.value >= bound if self.budget.at_least else self.value <= bound

    @property
    def tolerable(self) -> bool:
        """Whether it holds to nine tenths."""
        if self.budget.at_least:
            return self.value >= self.budget.bound * TOLERANCE
        return self.value <= self.budget.bound / TOLERANCE


def check(results: Results) -> list[Verdict]:
    """A verdict for each budget that there are figures for."""
    verdicts: list[Verdict] = []
    for budget in BUDGETS:
        values = list(_values(budget, results))
        if values:
            median = statistics.median(values)
            verdicts.append(Verdict(budget, median, min(values), max(values)))
    return verdicts


def _values(budget: Budget, results: Results) -> Iterator[float]:
    """The figure, or the ratio within one round, of each round."""
    peers = results.get(budget.scenario, {})
    own = peers.get(budget.peer, [])
    other = peers.get(budget.to or "", [])
    for ours, theirs in zip_longest(own, other, fillvalue={}):
        value = ours.get(budget.figure)
        if value is None:
            continue
        if budget.to is None:
            yield value
        elif theirs.get(budget.figure):
            yield value / theirs[budget.figure] - budget.above
