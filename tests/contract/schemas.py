"""JSON schemas as shapes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .shapes import Kind, Lazy, Member, Shape, Word, union

Schema = Mapping[str, Any]

STRUCTURE = frozenset(
    ["type", "enum", "const", "properties", "required", "items", "additionalProperties", "format"]
)
"""The keywords that say what a value is. Bounds and words about it are no part of its shape."""

PRESUMED = {"properties": "object", "items": "array"}
"""The type that a schema is of which forgets to say it."""
Flat = tuple[Schema, str, Schema | None]
"""A schema without references, its name, and what recursive references in it lead to."""


class Schemas:
    """The shapes of the schemas of one document."""

    def __init__(self, whole: Mapping[str, Any]) -> None:
        self._whole = whole
        # By the ids of what is in the document or in here, and so lives on.
        self._flats: dict[tuple[int, int], list[Flat]] = {}

    def resolve(self, schema: Schema) -> tuple[Schema, str]:
        """What a `$ref` stands for, and its name."""
        name = ""
        while "$ref" in schema:
            found: Any = self._whole
            for step in schema["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            name = name or schema["$ref"].rpartition("/")[2]
            schema = found
        return schema, name

    def shape(self, schema: Schema | bool, name: str = "", anchor: Schema | None = None) -> Shape:
        """What a schema allows."""
        if isinstance(schema, bool):
            return Shape(anything=True)
        return union(self._simple(*one) for one in self._flat(schema, name, anchor))

    def _flat(self, schema: Schema, name: str, anchor: Schema | None) -> list[Flat]:
        """The schemas without references, unions and `allOf` that a schema is the union of."""
        if "$recursiveRef" in schema:
            assert anchor is not None
            return self._flat(anchor, name, None)
        target, ref_name = self.resolve(schema)
        if target.get("$recursiveAnchor"):
            anchor = target
        key = (id(target), id(anchor))
        if key not in self._flats:
            name = ref_name or target.get("title", "").replace(" ", "") or name
            self._flats[key] = list(self._flattened(target, name, anchor))
        return self._flats[key]

    def _flattened(self, target: Schema, name: str, anchor: Schema | None) -> Iterator[Flat]:
        own = {key: value for key, value in target.items() if key in STRUCTURE}
        found: list[Flat] = [(own, name, anchor)]
        for part in target.get("allOf", ()):
            options = [(one, "", its) for one, _, its in self._flat(part, "", anchor)]
            found = [_both(one, two) for one in found for two in options]
        for key in ("anyOf", "oneOf"):
            if key in target:
                options = [one for part in target[key] for one in self._flat(part, "", anchor)]
                found = [_both(one, two) for one in found for two in options]
        for one, its_name, its_anchor in found:
            yield one, its_name or name, its_anchor
        if target.get("nullable"):
            yield {"type": "null"}, name, anchor

    def _simple(self, schema: Schema, name: str, anchor: Schema | None) -> Shape:
        """The shape of a schema that `_flat` gave."""
        words: list[Any] = [schema["const"]] if "const" in schema else [*schema.get("enum", ())]
        if words:
            return Shape(null=None in words, words=dict.fromkeys(_words(words)))
        presumed = next((one for word, one in PRESUMED.items() if word in schema), None)
        types = schema.get("type", presumed)
        if types is None:
            return Shape(anything=True)
        names = [types] if isinstance(types, str) else types
        return union(self._typed(one, schema, name, anchor) for one in names)

    def _typed(self, type_: str, schema: Schema, name: str, anchor: Schema | None) -> Shape:
        match type_:
            case "null":
                return Shape(null=True)
            case "string" if schema.get("format") == "binary":
                return Shape(binary=True)
            case "string":
                return Shape(text=True)
            case "integer" | "number" | "boolean":
                return Shape(**{type_: True})
            case "array":
                return Shape(arrays=[self._later(schema.get("items", True), name, anchor)])
            case _ if schema.get("properties"):
                return Shape(kinds=[self._kind(schema, name, anchor)])
            case _:
                inner = schema.get("additionalProperties", True)
                return Shape(maps=[self._later(inner, name, anchor)])

    def _later(self, schema: Any, name: str, anchor: Schema | None) -> Lazy:
        return lambda: self.shape(schema, name, anchor)

    def _kind(self, schema: Schema, name: str, anchor: Schema | None) -> Kind:
        required = schema.get("required", ())

        def members() -> Mapping[str, Member]:
            return {
                field: Member(
                    self._later(inner, f"{name}.{field}", anchor), required=field in required
                )
                for field, inner in schema["properties"].items()
            }

        return Kind(name or "object", id(schema), members)


def _words(values: list[Any]) -> Iterator[Word]:
    for value in values:
        if value is not None:
            yield value


def _both(one: Flat, two: Flat) -> Flat:
    """What fits both: the fields of both, and otherwise what the second says."""
    first, second = one[0], two[0]
    merged = {**first, **second}
    if "properties" in first or "properties" in second:
        merged["properties"] = {**first.get("properties", {}), **second.get("properties", {})}
    merged["required"] = [*first.get("required", ()), *second.get("required", ())]
    name = two[1] if "properties" in second or not one[1] else one[1]
    return merged, name or one[1], two[2] or one[2]
