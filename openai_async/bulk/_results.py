"""What a bulk job gives for one item."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar, cast

__all__ = ["Result"]

I = TypeVar("I")  # noqa: E741 - an item
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Result(Generic[I, T]):
    """One item of a job, with what came of it: a value or an error."""

    index: int
    """Which of the job's items it is, from 0."""
    input: I
    """The item itself."""
    value: T | None = None
    """What the call gave; None where it failed."""
    error: Exception | None = None
    """Why there is no value: what the call raised, or what keeps the item from being sent."""
    cached: bool = False
    """Whether the value came out of the journal: nothing was sent for it."""

    @property
    def ok(self) -> bool:
        """Whether there is a value."""
        return self.error is None

    def unwrap(self) -> T:
        """The value. Raises the error where there is none."""
        if self.error is not None:
            raise self.error
        return cast("T", self.value)
