"""What strict mode wants of a JSON Schema: every object closed, and every property required."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from ._params import Json, is_list

_NEVER = ("oneOf", "allOf", "not", "if", "default", "patternProperties", "uniqueItems",
          "prefixItems")  # fmt: skip


def strict_problem(schema: Any) -> str | None:
    """What is wrong with a schema, in the API's words; None if nothing is."""
    for path, part in _parts(schema, ()):
        if (problem := _forbidden(part)) is not None:
            where = ", ".join(f"'{step}'" for step in path)
            return f"In context=({where}), {problem}"
    if not isinstance(schema, dict) or cast(Json, schema).get("type") != "object":
        return "schema must be a JSON Schema of 'type: \"object\"'."
    for path, part in _objects(schema):
        where = ", ".join(f"'{step}'" for step in path)
        if part.get("additionalProperties") is not False:
            return (
                f"In context=({where}), 'additionalProperties' is required to be supplied and to "
                "be false."
            )
        needed, properties = part.get("required"), part.get("properties")
        known: list[str] = list(cast(Json, properties)) if isinstance(properties, dict) else []
        missing = [name for name in known if not is_list(needed) or name not in needed]
        if missing:
            return (
                f"In context=({where}), 'required' is required to be supplied and to be an array "
                f"including every key in properties. Missing '{missing[0]}'."
            )
    return None


def _forbidden(part: Json) -> str | None:
    """What a schema must not have, wherever it stands."""
    for key in _NEVER:
        if key in part:
            return f"'{key}' is not permitted."
    beside = sorted(part.keys() - {"$ref", "$defs"})
    if "$ref" in part and beside:
        return f"$ref cannot have keywords {beside}."
    if not part.keys() & {"$ref", "anyOf", "type", "enum", "const", "properties"}:
        return "schema must have a 'type' key."
    return None


def _objects(schema: Any) -> Iterator[tuple[tuple[str, ...], Json]]:
    """Every schema of an object within a schema, with the way to it."""
    for path, part in _parts(schema, ()):
        if part.get("type") == "object" or "properties" in part:
            yield path, part


def _parts(schema: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Json]]:
    """Every schema within a schema, itself too, with the way to it."""
    if is_list(schema):
        for index, part in enumerate(schema):
            yield from _parts(part, (*path, str(index)))
        return
    if not isinstance(schema, dict):
        return
    table = cast(Json, schema)
    yield path, table
    for key in ("properties", "$defs", "definitions"):
        inner: Any = table.get(key)
        if isinstance(inner, dict):
            for name, part in cast(Json, inner).items():
                yield from _parts(part, (*path, key, name))
    for key in ("items", "prefixItems", "anyOf", "oneOf", "allOf"):
        yield from _parts(table.get(key), (*path, key))
