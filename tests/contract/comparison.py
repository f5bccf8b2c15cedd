"""Our shapes beside the document's: what is missing, what is made up, what is another type."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field

from .shapes import SCALARS, Kind, Member, Shape, Word, merged, union_of

NAMES = {
    "text": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "binary": "FileInput (a file)",
}


TAGS = ("type", "object", "role", "event", "op")
"""Fields that tell objects apart, as the document has them."""


@dataclass(frozen=True)
class Value:
    """One of certain values."""

    word: Word


Classes = frozenset[Hashable]
Doubt = tuple[Classes, str, str | Value]
"""In which class, where, and of what."""


@dataclass
class Comparison:
    """Compares and collects findings, each a line."""

    params: bool
    """Whether we send it; else it is answered."""
    only_missing: bool = False
    """For an old document: what we have beside it may come from a newer one."""
    seen: set[Hashable] = field(default_factory=set[Hashable])
    _said: dict[str, None] = field(default_factory=dict[str, None])
    # A class may stand for several schemas, and has what any of them has.
    _classes: Classes = frozenset()
    _compared: Counter[Classes] = field(default_factory=Counter[Classes])
    _doubts: dict[Doubt, list[str]] = field(default_factory=dict[Doubt, list[str]])

    @property
    def findings(self) -> list[str]:
        """What differs, a line each."""
        lines = dict(self._said)
        values: dict[str, dict[str, list[Word]]] = {}
        for (classes, where, what), more in self._doubts.items():
            if classes and len(more) != self._compared[classes]:
                continue
            if isinstance(what, Value):
                values.setdefault(where, {}).setdefault(more[0], []).append(what.word)
            else:
                lines[f"{where}: {what}{more[0]}"] = None
        for where, told in values.items():
            for more, words in told.items():
                lines[f"{where}: {_list(words)} not in the document{more}"] = None
        return [*lines]

    def say(self, where: str, what: str) -> None:
        """Tell of something that is missing."""
        self._said[f"{where}: {what}"] = None

    def doubt(self, where: str, what: str | Value, more: str = "") -> None:
        """Tell of something that is not in the document, unless another schema of the class has it."""
        if not self.only_missing:
            self._doubts.setdefault((self._classes, where, what), []).append(more)

    def compare(self, where: str, ours: Shape, documented: Shape, *, optional: bool) -> None:
        """Find the differences; `optional` is whether a field may be left out on our side."""
        self._null(where, ours, documented, optional)
        if documented.anything or (ours.anything and not self.params and self.only_missing):
            return
        if ours.anything:
            self.say(where, f"is Any; the document says {documented}")
            return
        self._scalars(where, ours, documented)
        self._words(where, ours, documented)
        self._inner(where, ours, documented, "arrays", "[]")
        self._inner(where, ours, documented, "maps", "{}")
        self._kinds(where, ours, documented)

    def _null(self, where: str, ours: Shape, documented: Shape, optional: bool) -> None:
        # What an answer leaves out is None to whoever looks.
        may_be = documented.null or documented.anything or (optional and not self.params)
        if documented.null and not ours.null:
            self.say(where, "None is missing: the document says nullable")
        elif ours.null and not may_be:
            self.doubt(where, "None is not in the document: it is not nullable")

    def _scalars(self, where: str, ours: Shape, documented: Shape) -> None:
        for name in SCALARS:
            have, want = getattr(ours, name), getattr(documented, name)
            if want and not have and not _stands_for(name, ours, documented):
                self.say(where, f"{NAMES[name]} is missing: the document says {documented}")
            if have and not (want or _is_wider(name, documented)):
                what = f"{NAMES[name]} is not in the document"
                self.doubt(where, what, f", which says {documented}")

    def _words(self, where: str, ours: Shape, documented: Shape) -> None:
        missing = [word for word in documented.words if word not in ours.words]
        # One value that is always the same needn't be said in an answer, nor need those that are
        # examples of any text.
        silent = not self.params and ours.text and (len(documented.words) == 1 or documented.text)
        silent = silent or any(_covers(ours, word) for word in missing)
        silent = silent or (self.only_missing and ours.text)
        if missing and not silent:
            self.say(where, f"{_list(missing)} missing in {ours}")
        if not documented.text:
            for word in ours.words:
                if word not in documented.words and not _covers(documented, word):
                    self.doubt(where, Value(word), f", which says {documented}")

    def _inner(self, where: str, ours: Shape, documented: Shape, name: str, mark: str) -> None:
        have, want = getattr(ours, name), getattr(documented, name)
        what = {"arrays": "a list", "maps": "a mapping"}[name]
        if have and want:
            self.compare(where + mark, union_of(have), union_of(want), optional=False)
        elif want:
            self.say(where, f"{what} is missing: the document says {documented}")
        elif have:
            self.doubt(where, f"{what} is not in the document", f", which says {documented}")

    # Objects

    def _kinds(self, where: str, ours: Shape, documented: Shape) -> None:
        # Answers may go back as they are: they are compared where they are answered.
        mine = [kind for kind in ours.kinds if not (self.params and kind.model)]
        groups, missing, extra = _pair(mine, documented.kinds)
        for kind in missing:
            self.say(where, f"{kind.name}{_tags_of(kind)} is missing in {ours}")
        for kind in extra:
            what = f"{kind.name} is not in the document"
            self.doubt(where, what, f", which says {documented}")
        unmarked = not self.params and len(ours.kinds) > 1 and ours.tag is None
        if unmarked and (tag := _common_tag(ours.kinds)):
            self.say(where, f"{ours} should be marked with {_open_union(tag)}")
        for group in groups:
            self._objects(*group)

    def _objects(self, ours: Sequence[Kind], documented: Sequence[Kind]) -> None:
        classes = frozenset(kind.key for kind in ours)
        key = (classes, frozenset(kind.key for kind in documented))
        if key in self.seen:
            return
        self.seen.add(key)
        where = " | ".join(kind.name for kind in ours)
        have = merged([kind.members for kind in ours])
        want = merged([kind.members for kind in documented])
        source = " | ".join(dict.fromkeys(kind.name for kind in documented))
        partial = any(kind.partial for kind in ours)
        outer, self._classes = self._classes, classes
        self._compared[classes] += 1
        for name, member in want.items():
            if name not in have:
                self.say(f"{where}.{name}", f"is missing: {describe(member)}, of {source}")
        for name, member in have.items():
            place = f"{where}.{name}"
            if name not in want:
                if not partial:
                    self.doubt(place, "is not in the document's", f" {source}")
                continue
            if not partial:
                self.required(place, member, want[name])
            self.compare(place, member.shape, want[name].shape, optional=not member.required)
        self._classes = outer

    def required(self, where: str, ours: Member, documented: Member) -> None:
        """Find whether one may be left out and the other not: as the newest document says."""
        if self.only_missing:
            return
        if documented.required and not ours.required:
            self.doubt(where, "must be required")
        elif ours.required and not documented.required:
            self.say(where, "must not be required: the document lets it be left out")


def describe(member: Member) -> str:
    """Of a field or parameter: the type, and whether it is required."""
    return f"{member.shape}, {'required' if member.required else 'optional'}"


def _is_wider(name: str, documented: Shape) -> bool:
    """Whether a type that the document doesn't name is its own, seen from further off."""
    if name == "text":  # an enumeration that may grow
        return any(isinstance(word, str) for word in documented.words)
    if name == "boolean":
        return any(isinstance(word, bool) for word in documented.words)
    if name == "integer":
        return documented.number or any(type(word) is int for word in documented.words)
    return False


def _stands_for(name: str, ours: Shape, documented: Shape) -> bool:
    if name == "integer":
        return ours.number and documented.number
    if name == "text":
        return False
    if name == "boolean":
        return {True, False} <= ours.words.keys()
    return False


def _covers(shape: Shape, word: Word) -> bool:
    """Whether a value is of a type that the shape names."""
    if isinstance(word, bool):
        return shape.boolean
    if isinstance(word, int):
        return shape.integer or shape.number
    return isinstance(word, float) and shape.number


def _list(words: Sequence[Word]) -> str:
    shown = ", ".join(map(repr, words))
    return f"the value {shown} is" if len(words) == 1 else f"the values {shown} are"


def _open_union(tag: str) -> str:
    return "OpenUnion()" if tag == "type" else f'OpenUnion("{tag}")'


# Which object is which


Group = tuple[Sequence[Kind], Sequence[Kind]]


def _pair(
    ours: Sequence[Kind], documented: Sequence[Kind]
) -> tuple[list[Group], list[Kind], list[Kind]]:
    """Objects that belong together; those of the document that have none; those of ours."""
    if len(ours) == len(documented) == 1:
        return [(ours, documented)], [], []
    edges: set[tuple[int, int]] = set()
    missing: list[Kind] = []
    extra: list[Kind] = []
    for place, kind in enumerate(documented):
        found = _closest(kind, ours)
        edges |= {(other, place) for other in found}
        if not found:
            missing.append(kind)
    for place, kind in enumerate(ours):
        found = _closest(kind, documented)
        edges |= {(place, other) for other in found}
        if not found:
            extra.append(kind)
    return list(_components(edges, ours, documented)), missing, extra


def _closest(kind: Kind, others: Sequence[Kind]) -> list[int]:
    """The places of those that are most like it; none where the tags of all say something else."""
    scores = [_likeness(kind, other) for other in others]
    best = max(scores, default=None)
    if best is None or best[0] < 0:
        return []
    return [place for place, score in enumerate(scores) if score == best]


def _likeness(one: Kind, two: Kind) -> tuple[int, float]:
    """How many of their tags agree, and how many of their fields; below 0 where a tag says no."""
    agreeing = 0
    common = one.members.keys() & two.members.keys()
    for name in common:
        first, second = one.members[name].shape, two.members[name].shape
        if first.words.keys() & second.words.keys():
            agreeing += 1
        elif name in TAGS and _is_tag(first) and _is_tag(second):
            return (-1, 0.0)
    names = one.members.keys() | two.members.keys()
    return (agreeing, len(common) / len(names)) if common else (-1, 0.0)


def _is_tag(shape: Shape) -> bool:
    """Whether a field has to have a certain value, where it is there."""
    return bool(shape.words) and not shape.text


def _tags_of(kind: Kind) -> str:
    tags = [
        f"{name}={next(iter(member.shape.words))!r}"
        for name, member in kind.members.items()
        if _is_tag(member.shape) and len(member.shape.words) == 1
    ]
    return f" ({', '.join(tags)})" if tags else ""


def _common_tag(kinds: Sequence[Kind]) -> str | None:
    """A field by which all can be told apart."""
    for name in ("type", "role", "object"):
        words: list[Word] = []
        for kind in kinds:
            member = kind.members.get(name)
            if member is None or not _is_tag(member.shape) or member.shape.null:
                break
            words += member.shape.words
        else:
            if len(set(words)) == len(words):
                return name
    return None


def _components(
    edges: set[tuple[int, int]], ours: Sequence[Kind], documented: Sequence[Kind]
) -> Iterator[Group]:
    """Edges joined to groups."""
    waiting = set(edges)
    while waiting:
        left, right = min(waiting)
        lefts, rights = {left}, {right}
        while joined := {(a, b) for a, b in waiting if a in lefts or b in rights}:
            waiting -= joined
            lefts |= {a for a, _ in joined}
            rights |= {b for _, b in joined}
        yield [ours[place] for place in sorted(lefts)], [documented[p] for p in sorted(rights)]
