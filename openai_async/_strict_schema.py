"""JSON schemas as strict mode wants them: each object closed, and each of its properties required.

What strict mode has no word for is said in the description (`minLength`), does no harm when it is
left out (`default`), or is a `ConfigurationError` that names the place (an object with free keys).
Whatever a schema loses here is checked all the same, when the answer is validated.

https://platform.openai.com/docs/guides/structured-outputs
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ._json import is_array, is_object
from .errors import ConfigurationError

__all__ = ["strict_schema"]

Schema = dict[str, Any]

_KEPT = frozenset(
    {
        *("title", "description", "type", "enum", "const", "properties", "items", "anyOf"),
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
        *("minItems", "maxItems", "format", "pattern"),
    }
)
_TOLD = ("minLength", "maxLength", "uniqueItems")
"""Left to the description."""
_REFUSED = ("not", "if", "dependentSchemas", "dependentRequired", "patternProperties")
_FORMATS = frozenset(
    {"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"}
)
_REFERENCE = "#/$defs/"


def strict_schema(schema: Mapping[str, Any]) -> Schema:
    """A JSON schema, such as pydantic makes, under the rules of strict mode.

    The root stays what it is: where it is no object, the caller has to wrap it.
    Raises `ConfigurationError` for what strict mode can't express.
    """
    definitions: dict[str, Schema] = schema.get("$defs") or {}
    rest = {key: value for key, value in schema.items() if key != "$defs"}
    name = str(schema.get("title", "the type"))
    converted = _Converter(definitions)
    root = converted.schema(rest, name)
    if set(root) == {"$ref"}:  # of a type that holds itself
        root = converted.definition(root["$ref"], name)
    used = converted.used()
    return {**root, "$defs": used} if used else root


class _Converter:
    """Converts the schemas of one document."""

    def __init__(self, definitions: Mapping[str, Schema]) -> None:
        self._definitions = definitions
        self._converted: dict[str, Schema] = {}
        self._open: list[str] = []
        """The definitions that are being looked into, outermost first."""

    def used(self) -> dict[str, Schema]:
        """The definitions that a reference was left to, those too that only they refer to."""
        return {
            name: self._converted[name] for name in self._definitions if name in self._converted
        }

    def definition(self, reference: str, place: str) -> Schema:
        """A definition by reference, converted."""
        name = reference.removeprefix(_REFERENCE)
        if name not in self._definitions:
            raise ConfigurationError(f"{place} refers to {reference}, which is not in its schema")
        if name not in self._converted:
            self._converted[name] = {}  # it may refer to itself
            self._open.append(name)
            self._converted[name].update(self.schema(self._definitions[name], name))
            self._open.pop()
        return self._converted[name]

    def schema(self, schema: Any, place: str) -> Schema:
        """Any schema within the document; `place` is how errors call it."""
        if not is_object(schema):
            raise _no_type(place)
        if "$ref" in schema or len(schema.get("allOf") or ()) == 1:
            return self._referred(schema, place)
        self._refuse(schema, place)
        strict = {key: value for key, value in schema.items() if key in _KEPT}
        options = schema.get("anyOf") or schema.get("oneOf")
        if options:
            strict["anyOf"] = [self.schema(option, place) for option in options]
        elif schema.get("type") == "object" or "properties" in schema:
            self._close(strict, schema, place)
        elif schema.get("type") == "array" or "items" in schema:
            strict["items"] = self._items(schema, place)
        elif not {"type", "enum", "const"} & schema.keys():
            raise _no_type(place)
        return _described(strict, schema)

    def _referred(self, schema: Schema, place: str) -> Schema:
        """A reference: kept where it stands alone, else what it leads to with what stands beside."""
        [part] = schema.get("allOf") or [{"$ref": schema["$ref"]}]
        beside = {key: schema[key] for key in schema if key in _KEPT and key != "title"}
        if "$ref" not in part:
            return self.schema({**part, **beside}, place)
        name = part["$ref"].removeprefix(_REFERENCE)
        if not beside or name in self._open:  # what holds itself can't be written out
            self.definition(part["$ref"], place)
            return {"$ref": part["$ref"]}
        if name not in self._definitions:
            return self.definition(part["$ref"], place)
        self._open.append(name)
        written_out = self.schema({**self._definitions[name], **beside}, place)
        self._open.pop()
        return written_out

    def _refuse(self, schema: Schema, place: str) -> None:
        refused = [key for key in _REFUSED if key in schema]
        if refused or "allOf" in schema:
            raise ConfigurationError(
                f"{place} can't be a strict schema: {(refused or ['allOf'])[0]!r} is not part of it"
            )

    def _close(self, strict: Schema, schema: Schema, place: str) -> None:
        """Make an object that has just its properties, and all of them."""
        properties: Schema = schema.get("properties") or {}
        if not properties and schema.get("additionalProperties"):
            raise ConfigurationError(
                f"{place} is an object with keys of any name, which a strict schema can't express: "
                "take a list of objects with a key and a value"
            )
        strict["type"] = "object"
        strict["properties"] = {
            name: self.schema(inner, f"{place}.{name}") for name, inner in properties.items()
        }
        strict["required"] = list(properties)
        strict["additionalProperties"] = False

    def _items(self, schema: Schema, place: str) -> Schema:
        """What an array holds: one type, also where it is a tuple."""
        fixed = schema.get("prefixItems")
        if not is_array(fixed):
            return self.schema(schema.get("items"), f"{place}[]")
        kinds = [self.schema(part, f"{place}[]") for part in fixed]
        if not kinds or any(kind != kinds[0] for kind in kinds):
            raise ConfigurationError(
                f"{place} is a tuple of several types, which a strict schema can't express: take an "
                "object with a field for each"
            )
        return kinds[0]


def _described(strict: Schema, schema: Schema) -> Schema:
    """The schema with what it may not say in keywords said in its description."""
    told = [f"{key}: {schema[key]}" for key in _TOLD if key in schema]
    if strict.get("format", "date") not in _FORMATS:
        told.append(f"format: {strict.pop('format')}")
    if "(?" in strict.get("pattern", ""):  # of a group that looks around, which is refused
        del strict["pattern"]
    if told:
        strict["description"] = f"{strict.get('description', '')} ({'; '.join(told)})".strip()
    return strict


def _no_type(place: str) -> ConfigurationError:
    return ConfigurationError(f"{place} may be anything, which a strict schema can't express")
