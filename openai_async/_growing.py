"""What comes in pieces: texts, and objects that we know nothing of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ._json import is_array, is_object

__all__ = ["Text", "TextSoFar", "grow", "so_far", "whole"]

_FIXED = frozenset({"id", "type", "name", "role", "object", "format", "index"})
"""What comes whole each time it comes, wherever it stands."""


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


def grow(held: dict[str, Any], more: Mapping[str, Any]) -> None:
    """Add what we know nothing of: texts and lists go on, objects do inside, the last of else stays."""
    for key, value in more.items():
        if value is None:
            held.setdefault(key, None)
            continue
        old = held.get(key)
        if isinstance(value, str) and key not in _FIXED:
            if not isinstance(old, Text):
                old = held[key] = Text()
            old.add(value)
        elif is_object(value):
            if not is_object(old):
                old = held[key] = {}
            grow(old, value)
        elif is_array(value):
            if not is_array(old):
                old = held[key] = []
            for item in value:
                _grow_item(old, item)
        else:
            held[key] = value


def _grow_item(held: list[Any], item: Any) -> None:
    """Add an item of a list to the one that it goes on with, by its index, or behind all."""
    if not is_object(item):
        held.append(item)
        return
    numbered = held if isinstance(item.get("index"), int) else ()
    grown = next((old for old in numbered if is_object(old) and _may_go_on(old, item)), None)
    if grown is None:
        grown = {}
        held.append(grown)
    grow(grown, item)


def _may_go_on(old: Mapping[str, Any], item: Mapping[str, Any]) -> bool:
    """Whether an object may be one more piece of another: at the same index, and of no other kind."""
    same = (key for key in ("type", "id") if old.get(key) and item.get(key))
    return old.get("index") == item["index"] and all(old[key] == item[key] for key in same)


def whole(held: Mapping[str, Any]) -> dict[str, Any]:
    """What has been grown, with its texts put together."""
    return {key: _put_together(value) for key, value in held.items()}


def _put_together(value: Any) -> Any:
    if isinstance(value, Text):
        return str(value)
    if is_object(value):
        return whole(value)
    return [_put_together(item) for item in value] if is_array(value) else value
