"""How fast an answer came."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

__all__ = ["Meter"]


@dataclass
class Meter:
    """Takes the time of a streamed answer, piece by piece."""

    started: float = field(default_factory=time.perf_counter)
    first: float | None = None
    """When the first piece came, on `time.perf_counter`'s clock."""
    last: float | None = None
    pieces: int = 0
    told: int | None = None
    """The tokens that the server says it generated."""

    def piece(self) -> None:
        """A piece of text has come."""
        self.last = time.perf_counter()
        self.first = self.first or self.last
        self.pieces += 1

    @property
    def tokens(self) -> int:
        """As the server counts them or, where it doesn't say, one for each piece."""
        return self.pieces if self.told is None else self.told

    @property
    def seconds_to_first(self) -> float | None:
        """From the call to the first piece."""
        return None if self.first is None else self.first - self.started

    @property
    def tokens_per_second(self) -> float | None:
        """How fast they came once they did: the wait for the first one is told by itself."""
        if self.first is None or self.last is None or self.last <= self.first:
            return None
        return (self.tokens - 1) / (self.last - self.first)

    def __str__(self) -> str:
        facts = [f"{self.tokens} token{'' if self.tokens == 1 else 's'}"]
        if self.tokens_per_second is not None:
            facts.append(f"{self.tokens_per_second:.0f} tokens/s")
        if self.seconds_to_first is not None:
            facts.append(f"first after {self.seconds_to_first:.2f} s")
        return ", ".join(facts)
