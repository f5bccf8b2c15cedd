"""What strict mode wants of a JSON Schema: every object closed, and every property required."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from ._params import Json, is_list


def strict_problem(schema: Any) -> str | None:
    """What is wrong with a schema, in the API's words; None if nothing is."""
    for path, part in _objects(schema, ()):
        where = ", ".join(f"'{step}'" for step in path)
        if part.get("additionalProperties") is not False:
            return (
                f"In context=({where}), 'additionalProperties' is required to be supplied and to "
                "be false."
            )
        needed: Any = part.get("required") or ()
        missing = [name for name in part.get("properties") or {} if name not in needed]
        if missing:
            return (
                f"In context=({where}), 'required' is required to be supplied and to be an array "
                f"including every key in properties. Missing '{missing[0]}'."
            )
    return None


def _objects(schema: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Json]]:
    """Every schema of an object within a schema, with the way to it."""
    if is_list(schema):
        for index, part in enumerate(schema):
            yield from _objects(part, (*path, str(index)))
        return
    if not isinstance(schema, dict):
        return
    table = cast(Json, schema)
    if table.get("type") == "object" or "properties" in table:
        yield path, table
    for key in ("properties", "$defs", "definitions"):
        inner: Any = table.get(key)
        if isinstance(inner, dict):
            for name, part in cast(Json, inner).items():
                yield from _objects(part, (*path, key, name))
    for key in ("items", "prefixItems", "anyOf", "oneOf", "allOf"):
        yield from _objects(table.get(key), (*path, key))
