"""What a script is for, and how often: shared by scripted answers and scripted faults."""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import TracebackType
from typing import Generic, TypeVar

T = TypeVar("T")

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")


@dataclass(frozen=True)
class Target:
    """A method and a pattern of paths; None stands for any."""

    method: str | None = None
    path: re.Pattern[str] | None = None

    @classmethod
    def parse(cls, text: str | None) -> Target:
        """Read `"POST /chat/completions"`, `"GET /files/*"`, `"/files/{file_id}"`, `"DELETE"`, None.

        The path is without `/v1`, which is dropped if it is there. `*` and `{name}` stand for one
        segment, `**` for the rest.
        """
        method: str | None = None
        path = (text or "").strip()
        first, _, rest = path.partition(" ")
        if first.upper() in METHODS:
            method, path = first.upper(), rest.strip()
        if not path:
            return cls(method)
        if not path.startswith("/") or " " in path:
            raise ValueError(f"not an endpoint: {text!r} (write it as 'POST /chat/completions')")
        path = path.removeprefix("/v1")
        parts = re.split(r"(\*\*|\*|\{\w+\})", path)
        wild = {"**": ".*"}
        pattern = "".join(
            wild.get(part, "[^/]+") if number % 2 else re.escape(part)
            for number, part in enumerate(parts)
        )
        return cls(method, re.compile(pattern))

    def fits(self, method: str, path: str) -> bool:
        """Whether a call is meant."""
        if self.method not in (None, method):
            return False
        return self.path is None or self.path.fullmatch(path) is not None


class Scripted(Generic[T]):
    """Something that was scripted. As a context manager it is taken back at the end of the block."""

    def __init__(
        self, what: T, target: Target, times: int | None, queue: list[Scripted[T]]
    ) -> None:
        if times is not None and times < 1:
            raise ValueError(f"times must be 1 or more, or None for ever: {times}")
        self.what = what
        self.target = target
        self.remaining = times
        self.used: int = 0
        """How many calls it has answered."""
        self._queue = queue

    def use(self) -> None:
        """Count one use; the last one takes it from the queue."""
        self.used += 1
        if self.remaining is not None:
            self.remaining -= 1
            if self.remaining <= 0:
                self.remove()

    def remove(self) -> None:
        """Take it back."""
        if self in self._queue:
            self._queue.remove(self)

    def __enter__(self) -> Scripted[T]:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.remove()
