"""A JSON value that conforms to a JSON Schema, with values taken from the conversation if they fit.

Understood: type (also several), enum, const, properties, required, additionalProperties, items,
prefixItems, minItems, maxItems, uniqueItems, minimum, maximum, their exclusive twins, multipleOf,
minLength, maxLength, the common formats, anyOf, oneOf, allOf, and `$ref` within the document.
Not understood: pattern, not, if/then/else; they are passed over.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable, Sequence
from typing import Any, cast
from uuid import UUID

Schema = dict[str, Any]

_DEEP = 6  # from this depth on, only what is required
_TOO_DEEP = 24

_FORMATS: dict[str, Callable[[random.Random], str]] = {
    "date-time": lambda rng: f"{_date(rng)}T{rng.randrange(24):02}:{rng.randrange(60):02}:00Z",
    "date": lambda rng: _date(rng),  # noqa: PLW0108  # defined below
    "time": lambda rng: f"{rng.randrange(24):02}:{rng.randrange(60):02}:00Z",
    "duration": lambda rng: f"PT{rng.randrange(1, 60)}M",
    "email": lambda rng: f"user{rng.randrange(1000)}@example.com",
    "hostname": lambda rng: f"host{rng.randrange(1000)}.example.com",
    "uri": lambda rng: f"https://example.com/{rng.randrange(1000)}",
    "url": lambda rng: f"https://example.com/{rng.randrange(1000)}",
    "ipv4": lambda rng: f"192.0.2.{rng.randrange(1, 255)}",
    "ipv6": lambda rng: f"2001:db8::{rng.randrange(1, 65536):x}",
    "uuid": lambda rng: str(UUID(int=rng.getrandbits(128), version=4)),
}


class UnanswerableError(ValueError):
    """No value can be made for this schema: a `$ref` leads nowhere, or round in a circle."""


class Filler:
    """Makes values for one schema document.

    `text` is what the user has said: its names and numbers become values, in their order. `phrase`
    makes a sentence for strings that nothing in the text is meant for.
    """

    def __init__(
        self, document: Schema, rng: random.Random, text: str, phrase: Callable[[], str]
    ) -> None:
        self._document = document
        self._rng = rng
        self._phrase = phrase
        self._text = text
        self._numbers = [float(number) for number in re.findall(r"-?\b\d+(?:\.\d+)?\b", text)]
        # Names: capitalized words, but not the first one of a sentence.
        self._names = re.findall(r"(?<![.!?])(?<!^)\s((?:[A-Z]\w+)(?:\s[A-Z]\w+)*)", text)

    def fill(self) -> Any:
        """A value for the whole document."""
        return self._value(self._document, "", 0)

    def _value(self, schema: Any, name: str, depth: int) -> Any:
        if depth > _TOO_DEEP:
            raise UnanswerableError("the schema requires an endless value")
        if not isinstance(schema, dict):
            return self._phrase() if schema is True else None
        schema = self._resolve(cast(Schema, schema), depth)
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return self._choose(schema["enum"])
        kind = _type_of(schema)
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            return self._array(schema, name, depth)
        if kind in ("integer", "number"):
            return self._number(schema, whole=kind == "integer")
        if kind == "boolean":
            return self._rng.random() < 0.5
        return None if kind == "null" else self._string(schema, name)

    def _resolve(self, schema: Schema, depth: int) -> Schema:
        """Follow `$ref`, and settle on one of the alternatives."""
        for _ in range(_TOO_DEEP):
            if "$ref" in schema:
                rest = {key: value for key, value in schema.items() if key != "$ref"}
                schema = {**self._find(schema["$ref"]), **rest}
            elif schema.get("allOf"):
                schema = _merge(
                    [self._resolve(part, depth + 1) for part in schema["allOf"]], schema
                )
            elif options := schema.get("anyOf") or schema.get("oneOf"):
                rest = {k: v for k, v in schema.items() if k not in ("anyOf", "oneOf")}
                nulls = [option for option in options if option.get("type") == "null"]
                chosen = (
                    nulls if nulls and depth > _DEEP else [o for o in options if o not in nulls]
                )
                schema = {**rest, **(chosen or options)[0]}
            else:
                return schema
        raise UnanswerableError("a $ref leads round in a circle")

    def _find(self, reference: str) -> Schema:
        found: Any = self._document
        for part in reference.removeprefix("#").split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            found = cast(Schema, found).get(key) if isinstance(found, dict) else None
        if not isinstance(found, dict):
            raise UnanswerableError(f"{reference} is not in the schema")
        return cast(Schema, found)

    def _object(self, schema: Schema, depth: int) -> Schema:
        properties: Schema = schema.get("properties") or {}
        needed: Sequence[str] = schema.get("required") or ()
        value = {
            name: self._value(inner, name, depth + 1)
            for name, inner in properties.items()
            if name in needed or depth < _DEEP
        }
        more: Any = schema.get("additionalProperties", True)
        for name in needed:
            if name not in value:
                value[name] = self._value(more, name, depth + 1)
        while len(value) < schema.get("minProperties", 0):
            value[f"key{len(value) + 1}"] = self._value(more, "", depth + 1)
        return value

    def _array(self, schema: Schema, name: str, depth: int) -> list[Any]:
        least: int = schema.get("minItems", 0)
        most: int = schema.get("maxItems", max(least, 0 if depth > _DEEP else 2))
        values = [self._value(part, name, depth + 1) for part in schema.get("prefixItems", [])]
        items: Any = schema.get("items", True)
        size = self._rng.randint(least, most) if depth > 1 else max(least, min(most, 2))
        for _ in range(32 * size):  # duplicates may have to be thrown away
            if len(values) >= size or items is False:
                break
            value = self._value(items, name, depth + 1)
            if not schema.get("uniqueItems") or value not in values:
                values.append(value)
        return values

    def _number(self, schema: Schema, *, whole: bool) -> float:
        step: float = schema.get("multipleOf") or (1 if whole else 0)
        low, high = schema.get("minimum"), schema.get("maximum")
        least, most = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
        nudge = step or 1e-3
        if isinstance(least, int | float) and not isinstance(least, bool):
            low = least + nudge if low is None else max(low, least + nudge)
        if isinstance(most, int | float) and not isinstance(most, bool):
            high = most - nudge if high is None else min(high, most - nudge)
        low = (0 if high is None else min(0, high)) if low is None else low
        high = max(low + 100, 100) if high is None else high
        for number in self._numbers:
            if low <= number <= high and (not step or number % step == 0):
                self._numbers.remove(number)
                return int(number) if whole or number.is_integer() else number
        if step:
            first, last = math.ceil(low / step), max(math.ceil(low / step), math.floor(high / step))
            value = self._rng.randint(first, last) * step
        else:
            value = round(self._rng.uniform(low, high), 2)
            value = value if low <= value <= high else low
        return int(value) if whole else value

    def _string(self, schema: Schema, name: str) -> str:
        made = _FORMATS.get(schema.get("format", ""))
        if made is not None:
            return made(self._rng)
        least: int = schema.get("minLength", 0)
        most: int | None = schema.get("maxLength")
        text = self._named(name) or (self._names.pop(0) if self._names else self._phrase())
        while len(text) < least:
            text += " " + self._phrase()
        return text[:most]

    def _named(self, name: str) -> str | None:
        """What the text says of a property by its name: `city: Paris`, `"city" is Paris`."""
        said = re.search(
            rf"\b{re.escape(name)}\W{{1,3}}(?:is\s|=\s?)?[\"']?(\w[\w-]*)",
            self._text,
            re.IGNORECASE,
        )
        return said.group(1) if name and said else None

    def _choose(self, options: Sequence[Any]) -> Any:
        """The option that the text names, else any."""
        words = self._text.lower()
        for option in options:
            if isinstance(option, str) and option and option.lower() in words:
                return option
        return self._rng.choice(options)


def _type_of(schema: Schema) -> str:
    """The type to make: of several the first that is not null; where none is named, what fits."""
    kind: Any = schema.get("type")
    if isinstance(kind, list):
        kinds = cast(list[str], kind)
        return next((one for one in kinds if one != "null"), "null")
    if isinstance(kind, str):
        return kind
    if "properties" in schema or "required" in schema:
        return "object"
    if "items" in schema or "prefixItems" in schema:
        return "array"
    return "number" if "minimum" in schema or "maximum" in schema else "string"


def _merge(parts: Sequence[Schema], schema: Schema) -> Schema:
    """`allOf` as one schema: properties and required names together, the rest from the last."""
    merged: Schema = {}
    for part in [*parts, {key: value for key, value in schema.items() if key != "allOf"}]:
        properties = {**merged.get("properties", {}), **part.get("properties", {})}
        needed = [*merged.get("required", []), *part.get("required", [])]
        merged = {**merged, **part}
        if properties:
            merged["properties"] = properties
        if needed:
            merged["required"] = list(dict.fromkeys(needed))
    return merged


def _date(rng: random.Random) -> str:
    return f"20{rng.randrange(20, 30)}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}"
