"""A text that comes in pieces."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Text", "TextSoFar", "so_far"]


class Text:
    """Pieces are put together when somebody looks, so that adding one costs the same each time."""

    __slots__ = ("_pieces", "length")

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self.length: int = 0
        """In characters."""

    def add(self, piece: str) -> int:
        """Add a piece; the length then."""
        self._pieces.append(piece)
        self.length += len(piece)
        return self.length

    @property
    def last(self) -> str:
        """The end of it: the last piece, or more."""
        return self._pieces[-1] if self._pieces else ""

    def until(self, end: int) -> str:
        """The first `end` characters."""
        return str(self)[:end]

    def __str__(self) -> str:
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0] if self._pieces else ""


class TextSoFar:
    """A growing text as it is now: cut when somebody looks, so that keeping it costs next to nothing.

    A copy, and what is unpickled, holds its own part of the text alone.
    """

    __slots__ = ("_end", "_text")

    def __init__(self, text: Text) -> None:
        self._text = text
        self._end = text.length

    def __str__(self) -> str:
        return self._text.until(self._end)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TextSoFar) and str(self) == str(other)

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Callable[[str], TextSoFar], tuple[str]]:
        return so_far, (str(self),)


def so_far(text: str) -> TextSoFar:
    """A text that grows no more."""
    whole = Text()
    whole.add(text)
    return TextSoFar(whole)
