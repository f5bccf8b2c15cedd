"""A text that comes in pieces."""

from __future__ import annotations

__all__ = ["Text"]


class Text:
    """Pieces are put together when somebody looks, so that adding one costs the same each time."""

    __slots__ = ("_pieces", "length")

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self.length = 0
        """In characters."""

    def add(self, piece: str) -> int:
        """Add a piece; the length then."""
        self._pieces.append(piece)
        self.length += len(piece)
        return self.length

    def until(self, end: int) -> str:
        """The first `end` characters."""
        return str(self)[:end]

    def __str__(self) -> str:
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0] if self._pieces else ""
