"""Filters of vector stores: what the API lets through, by the attributes of files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import ge, gt, le, lt
from typing import Any

from ._errors import bad_request
from ._params import Json, Many, Rule, Spec, Table, Text, is_list, one_of, required

__all__ = ["Filter", "lets_through"]

_ORDER: Mapping[str, Callable[[Any, Any], bool]] = {"gt": gt, "gte": ge, "lt": lt, "lte": le}
_COMPARISON: Spec = {
    "type": required(one_of("eq", "ne", *_ORDER, "in", "nin")),
    "key": required(Text(1, 64)),
}
_COMPOUND: Spec = {"type": required(one_of("and", "or"))}
_MOST_LEVELS = 32


class Filter(Rule):
    """A comparison, or `and` and `or` of other filters."""

    kind = "an object"

    def __init__(self, level: int = 0) -> None:
        self._level = level

    def check(self, name: str, value: Any) -> Json:
        if self._level == _MOST_LEVELS:
            raise bad_request(f"Invalid '{name}': filters are nested too deeply.", name)
        table = Table().check(name, value)
        if table.get("type") in ("and", "or"):
            within = required(Many(Filter(self._level + 1), 1))
            return Table({**_COMPOUND, "filters": within}).check(name, table)
        Table(_COMPARISON).check(name, table)
        if "value" not in table:
            raise bad_request(f"Missing required parameter: '{name}.value'.", f"{name}.value")
        value = table["value"]
        if (table["type"] in ("in", "nin")) != is_list(value):
            raise bad_request(f"Invalid '{name}.value': lists are for 'in' and 'nin'.", name)
        for one in value if is_list(value) else [value]:
            if not isinstance(one, str | int | float):
                raise Text().wrong_type(f"{name}.value", one)
        return table


def lets_through(wanted: Json | None, attributes: Mapping[str, Any]) -> bool:
    """Whether a file with these attributes is searched."""
    if wanted is None:
        return True
    kind: str = wanted["type"]
    if kind == "and":
        return all(lets_through(one, attributes) for one in wanted["filters"])
    if kind == "or":
        return any(lets_through(one, attributes) for one in wanted["filters"])
    found, value = attributes.get(wanted["key"]), wanted["value"]
    if kind in _ORDER:
        return _comparable(found, value) and _ORDER[kind](found, value)
    values: list[Any] = value if is_list(value) else [value]
    is_one = any(_comparable(found, one) and found == one for one in values)
    return is_one is (kind in ("eq", "in"))


def _comparable(one: Any, other: Any) -> bool:
    """Texts compare with texts, numbers with numbers, and true is no number."""
    if isinstance(one, bool) or isinstance(other, bool):
        return isinstance(one, bool) and isinstance(other, bool)
    return isinstance(one, str) if isinstance(other, str) else isinstance(one, int | float)
