"""How far a job is, and what it has cost."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from .._json import is_object
from ..errors import ConfigurationError
from ..limits import Price
from ..limits._tokens import Usage
from ._results import Result

__all__ = ["Meter", "OnProgress", "Prices", "Progress"]

TELL_SECONDS = 0.1
"""Between two calls of a callback."""
SAMPLE_SECONDS = 1.0
SAMPLES = 30
"""How many samples the rate is taken over."""

Prices: TypeAlias = "Mapping[str, Price | tuple[float, float] | float]"
"""US dollars for a million tokens, by model: as `Budget` takes them, or one number for all tokens.

A name is also that of all models which begin with it, such as those with a date at their end.
"""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is."""

    done: int
    """Items that have come to their end, those below among them."""
    failed: int
    """Items that have an error."""
    cached: int
    """Items whose value came out of the journal."""
    total: int | None
    """How many items there are; None where the source doesn't say."""
    tokens: int
    """Used in this run, as the server counts them."""
    cost: float | None
    """US dollars, in this run; None without `prices`, or where a model isn't among them."""
    elapsed: float
    """Seconds since the job began."""
    rate: float
    """Items a second, over the last half minute; those out of the journal don't count."""
    left: float | None
    """Seconds until the end at this rate; None where nothing is known."""
    ended: bool = False
    """Whether this is the last that is told: the job is over, complete or not."""


OnProgress: TypeAlias = "Callable[[Progress], object]"
"""Called at most ten times a second, and once at the end. What it raises ends the job."""


class Meter:
    """Counts what a job does, and tells of it."""

    def __init__(
        self, total: int | None, on_progress: OnProgress | None, prices: Prices | None
    ) -> None:
        self.done: int = 0
        self.failed: int = 0
        self.cached: int = 0
        self.first_failure: Result[Any, Any] | None = None
        self._total = total
        self._on_progress = on_progress
        self._prices = None if prices is None else _read(prices)
        self._tokens = 0
        self._cost: float | None = None if prices is None else 0.0
        self._began: float | None = None
        self._ended: float | None = None
        self._told = 0.0
        self._samples: deque[tuple[float, int]] = deque(maxlen=SAMPLES)

    def begin(self) -> None:
        """The job begins."""
        self._began = time.monotonic()
        self._samples.append((self._began, 0))
        self.tell()

    def end(self) -> None:
        """The job is over."""
        if self._ended is None:
            self._ended = time.monotonic()
            self.tell()

    def count(self, results: Iterable[Result[Any, Any]]) -> None:
        """Items have come to their end."""
        for result in results:
            self.done += 1
            self.cached += result.cached
            if result.error is not None:
                self.failed += 1
                self.first_failure = self.first_failure or result
        self.tell()

    def spend(self, usage: object, model: object) -> None:
        """Tokens have been used, as an answer's `usage` says."""
        used = _used(usage)
        self._tokens += used.total
        if self._cost is not None and self._prices is not None and used.total:
            price = _price(self._prices, model)
            self._cost = None if price is None else self._cost + price.of(used)

    def tell(self) -> None:
        """Call the callback, if it is time to."""
        now = time.monotonic()
        if now - self._samples[-1][0] >= SAMPLE_SECONDS:
            self._samples.append((now, self.done - self.cached))
        if self._on_progress is not None and (self._ended or now - self._told >= TELL_SECONDS):
            self._told = now
            self._on_progress(self.progress())

    def progress(self) -> Progress:
        """How far the job is now."""
        now = self._ended or time.monotonic()
        rate = self._rate(now)
        left = None if self._total is None else max(0, self._total - self.done)
        return Progress(
            done=self.done,
            failed=self.failed,
            cached=self.cached,
            total=self._total,
            tokens=self._tokens,
            cost=self._cost,
            elapsed=0.0 if self._began is None else now - self._began,
            rate=rate,
            left=0.0 if left == 0 else left / rate if left is not None and rate else None,
            ended=self._ended is not None,
        )

    def _rate(self, now: float) -> float:
        if not self._samples:
            return 0.0
        since, had = self._samples[0]
        return (self.done - self.cached - had) / (now - since) if now > since else 0.0


def _used(usage: object) -> Usage:
    """What an answer's `usage` says, be it a model or a dict; nothing, where there is none."""
    sent, came = _number(usage, "prompt_tokens"), _number(usage, "completion_tokens")
    total = max(sent + came, _number(usage, "total_tokens"))
    cached = _number(_member(usage, "prompt_tokens_details"), "cached_tokens")
    return Usage(total, prompt=total - came, answer=came, cached=min(cached, total - came))


def _number(value: object, name: str) -> int:
    found = _member(value, name)
    return found if isinstance(found, int) else 0


def _member(value: object, name: str) -> Any:
    return value.get(name) if is_object(value) else getattr(value, name, None)


def _price(prices: Mapping[str, Price], model: object) -> Price | None:
    fitting = [name for name in prices if isinstance(model, str) and model.startswith(name)]
    if not fitting:
        return None
    return prices[max(fitting, key=len)]


def _read(prices: Prices) -> dict[str, Price]:
    """Looked at before anything is paid for. Raises `ConfigurationError`."""
    try:
        return {model: _read_one(price) for model, price in prices.items()}
    except (AttributeError, TypeError, ValueError):
        raise ConfigurationError(
            f"prices are numbers, or (prompt, answer), by model, not {prices!r}"
        ) from None


def _read_one(price: Price | tuple[float, float] | float) -> Price:
    if isinstance(price, Price):
        return price
    if isinstance(price, (tuple, list)):
        return Price(*map(float, price))
    return Price(float(price), float(price))
