"""What a value may be, in the same words for a Python annotation and for a JSON schema."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

Lazy = Callable[[], "Shape"]
"""Shapes may contain themselves, so what is inside is made when it is looked at."""

Word = str | int | bool | float

SCALARS = ("text", "integer", "number", "boolean", "binary")


@dataclass(frozen=True)
class Member:
    """One field of an object."""

    make: Lazy
    required: bool

    @cached_property
    def shape(self) -> Shape:
        return self.make()


@dataclass(frozen=True, eq=False)
class Kind:
    """An object with fields."""

    name: str
    key: Hashable
    """What it is made from: two kinds with the same key are one."""
    make: Callable[[], Mapping[str, Member]]
    model: bool = False
    """Whether it is a class of answers."""
    partial: bool = False
    """Whether it may have fields that the document doesn't have, and any of them may be missing:
    a class that stands for many schemas, such as `Page`."""

    @cached_property
    def members(self) -> Mapping[str, Member]:
        return self.make()


@dataclass
class Shape:
    """The union of all that is set."""

    anything: bool = False
    null: bool = False
    text: bool = False
    integer: bool = False
    number: bool = False
    boolean: bool = False
    binary: bool = False
    """The content of a file."""
    words: dict[Word, None] = field(default_factory=dict[Word, None])
    """Certain values, in order."""
    arrays: list[Lazy] = field(default_factory=list[Lazy])
    """What their items may be."""
    maps: list[Lazy] = field(default_factory=list[Lazy])
    """What their values may be."""
    kinds: list[Kind] = field(default_factory=list[Kind])
    tag: str | None = None
    """By which field an open union tells its kinds apart."""

    def add(self, other: Shape) -> None:
        """Make it the union of both."""
        for name in ("anything", "null", *SCALARS):
            if getattr(other, name):
                setattr(self, name, True)
        self.words |= other.words
        self.arrays += other.arrays
        self.maps += other.maps
        known = {kind.key for kind in self.kinds}
        self.kinds += [kind for kind in other.kinds if kind.key not in known]
        self.tag = self.tag or other.tag

    def __str__(self) -> str:
        """As Python would write it, in short."""
        parts: list[str] = ["Any"] if self.anything else []
        if self.words:
            shown = [_quoted(word) for word in self.words]
            if len(shown) > 12:
                shown = [*shown[:10], f"... {len(shown) - 10} more"]
            parts.append(f"Literal[{', '.join(shown)}]")
        parts += [kind.name for kind in self.kinds]
        names = {"text": "str", "integer": "int", "number": "float", "boolean": "bool"}
        parts += [names.get(name, "FileInput") for name in SCALARS if getattr(self, name)]
        parts += [f"list[{item()}]" for item in self.arrays]
        parts += [f"dict[str, {value()}]" for value in self.maps]
        return " | ".join(dict.fromkeys([*parts, *(["None"] if self.null else [])])) or "Never"


def _quoted(word: Word) -> str:
    return f'"{word}"' if isinstance(word, str) else str(word)


def union(shapes: Iterable[Shape]) -> Shape:
    """One that is any of them."""
    found = Shape()
    for shape in shapes:
        found.add(shape)
    return found


def union_of(lazy: Iterable[Lazy]) -> Shape:
    """The same, of what is made now."""
    return union(make() for make in lazy)


def merged(objects: Sequence[Mapping[str, Member]]) -> Mapping[str, Member]:
    """The fields of what is one of several objects; required is what all of them require."""
    if len(objects) == 1:
        return objects[0]
    names = dict.fromkeys(name for members in objects for name in members)
    return {name: _joined([members.get(name) for members in objects]) for name in names}


def _joined(members: Sequence[Member | None]) -> Member:
    there = [member for member in members if member is not None]
    return Member(
        lambda: union(member.shape for member in there),
        required=all(member is not None and member.required for member in members),
    )
