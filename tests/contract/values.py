"""Values of a shape: few, but such that each of its alternatives is in one of them."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import Any

from .shapes import Kind, Shape

FILE = ("file.txt", b"content", "text/plain")


class Values:
    """Makes values, always the same ones. What an object may be is shown in full where it comes first,
    and in one form after that."""

    def __init__(self, *, whole: bool = True, params: bool = False, nulls: bool = True) -> None:
        self._whole = whole  # with the fields that may be left out
        self._nulls = nulls  # with None where there is something else as well
        self._params = params  # without answers that may go back, and with no text beside words
        self._open: set[Hashable] = set()  # what is being made, in which it may not be made again
        self._shown: dict[Hashable, dict[str, Any]] = {}

    def of(self, shape: Shape, name: str = "text") -> list[Any]:
        """Values that between them have each alternative; the fullest first.

        None at all where each would have to contain itself.
        """
        kinds = [kind for kind in shape.kinds if not (self._params and kind.model)]
        found: list[Any] = [value for kind in kinds for value in self._objects(kind)]
        for make in shape.arrays:
            items = self.of(make(), name)
            found += [items] if len(items) < 2 else [items, [_smallest(items)]]
        for make in shape.maps:
            values = self.of(make(), name)
            found.append({f"key{place}": value for place, value in enumerate(values)})
        found += shape.words
        if shape.text and not (self._params and shape.words):
            found.append(name.rpartition(".")[2])
        found += [0.5] if shape.number else []
        found += [1] if shape.integer else []
        found += [True, False] if shape.boolean else []
        found += [FILE] if shape.binary else []
        found += [{"any": ["thing", 1]}] if shape.anything else []
        found += [None] if shape.null and (self._nulls or not found) else []
        return found

    def _objects(self, kind: Kind) -> list[dict[str, Any]]:
        if kind.key in self._shown:
            return [self._shown[kind.key]]
        if kind.key in self._open:
            return []
        self._open.add(kind.key)
        columns: dict[str, list[Any]] = {}
        required = [name for name, member in kind.members.items() if member.required]
        for name in kind.members if self._whole else required:
            columns[name] = self.of(kind.members[name].shape, name)
        self._open.discard(kind.key)
        if not all(columns[name] for name in required):
            return []
        found = rows({name: values for name, values in columns.items() if values}, required)
        self._shown[kind.key] = found[-1]
        return found


def rows(columns: Mapping[str, Sequence[Any]], required: Collection[str]) -> list[dict[str, Any]]:
    """Objects such that each value is in one: as many as the longest column has values.

    The first has all fields. A field all of whose values were there is left out, or small.
    """
    count = max((len(values) for values in columns.values()), default=1)
    small = {name: _smallest(columns[name]) for name in required}
    return [
        {
            name: values[row] if row < len(values) else small[name]
            for name, values in columns.items()
            if row < len(values) or name in required
        }
        for row in range(count)
    ]


def _smallest(values: Sequence[Any]) -> Any:
    return min(values, key=lambda value: len(str(value)))
