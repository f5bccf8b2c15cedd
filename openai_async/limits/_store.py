"""`Store`: what a gate asks when its limits are shared with other processes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

__all__ = ["Reservation", "Store"]


@dataclass(frozen=True)
class Reservation:
    """One request, and the tokens that it may use, taken from a limit that is shared."""

    lane: str
    """Whose limit it is: host, a digest of the key, and model."""
    tokens: int
    """How many were reserved."""
    id: str = ""
    """What the store knows it by. Empty where it was given without asking: there is nothing to
    settle."""
    at: float = 0.0
    """When it was given: seconds since 1970, by the store's clock."""


class Store(Protocol):
    """Limits and cool-downs in a place that several processes share.

    A gate asks it for each attempt, after its own limits have let the attempt through. A lane is
    any text that names who shares a limit; it never holds a key.
    """

    async def reserve(self, lane: str, *, tokens: int) -> Reservation | float:
        """Take one request and `tokens`, or say in how many seconds it is worth asking again.

        The seconds take a shared cool-down into account, and have their jitter: sleep for just so
        long. A store may let callers of one process wait in line, in the order of their coming.
        When it is cancelled, nothing stays taken.
        """
        ...

    async def settle(self, reservation: Reservation, *, tokens: int) -> None:
        """Say how many tokens were really used: the rest is given back, or more is taken.

        Never raises for a store that is out of reach.
        """
        ...

    async def pause(self, lane: str, seconds: float) -> None:
        """Let nobody in for so long, in any process. A longer pause that runs already stays."""
        ...

    async def aclose(self) -> None:
        """Close the connections of this event loop."""
        ...
