"""Values of a shape: few, but such that each of its alternatives is in one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .shapes import Kind, Shape, union_of

FILE = ("file.txt", b"content", "text/plain")


class Values:
    """Makes values, always the same ones."""

    def __init__(self, *, whole: bool = True, known: Mapping[str, Any] | None = None) -> None:
        self._whole = whole  # with the fields that may be left out
        self._known = known or {}
        self._open: set[Any] = set()  # what is being made, in which it may not be made again

    def of(self, shape: Shape, name: str = "text") -> list[Any]:
        """Values that between them have each alternative; the fullest first.

        None at all where each would have to contain itself.
        """
        found: list[Any] = []
        for kind in shape.kinds:
            found += self._objects(kind)
        for make in shape.arrays:
            items = self.of(make(), name)
            found.append(items if items or not shape.kinds else [])
        for make in shape.maps:
            values = self.of(make(), name)
            found.append({f"key{place}": value for place, value in enumerate(values)})
        found += shape.words
        if shape.text:
            found.append(self._known.get(name, name.rpartition(".")[2]))
        if shape.number:
            found.append(0.5)
        if shape.integer:
            found.append(1)
        if shape.boolean:
            found.append(True)
        if shape.binary:
            found.append(FILE)
        if shape.anything:
            found.append({"any": ["thing", 1]})
        if shape.null:
            found.append(None)
        return found

    def _objects(self, kind: Kind) -> list[dict[str, Any]]:
        if kind.key in self._open:
            return []
        self._open.add(kind.key)
        try:
            columns: dict[str, list[Any]] = {}
            for name, member in kind.members.items():
                if member.required or self._whole:
                    values = self.of(member.shape, name)
                    if values:
                        columns[name] = values
                    elif member.required:
                        return []
        finally:
            self._open.discard(kind.key)
        return rows(columns)


def rows(columns: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Objects such that each value is in one: as many as the longest column has values."""
    count = max((len(values) for values in columns.values()), default=1)
    return [
        {name: values[row % len(values)] for name, values in columns.items()}
        for row in range(count)
    ]


__all__ = ["FILE", "Values", "rows", "union_of"]
