"""The server's clock, which a test may put forward."""

from __future__ import annotations

import time
from dataclasses import dataclass, field


class Clock:
    """The machine's time, ahead by what was let pass.

    It runs on steadily where the machine's own clock is set while the server runs.
    """

    def __init__(self) -> None:
        self._zero = time.time() - time.monotonic()

    def now(self) -> float:
        """Seconds since 1970."""
        return self._zero + time.monotonic()

    def advance(self, seconds: float) -> None:
        """Let so much time pass at once."""
        self._zero += seconds


@dataclass(kw_only=True)
class Timed:
    """What remembers when it was made, and looks at the clock later on."""

    clock: Clock
    created: float = field(init=False)

    def __post_init__(self) -> None:
        self.created = self.clock.now()

    def share_of(self, seconds: float) -> float:
        """How much of so long a time has passed since then: above 1, when it is over."""
        return (self.clock.now() - self.created) / seconds if seconds > 0 else 1.0
