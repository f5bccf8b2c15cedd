"""Values for JSON Schemas."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openai_async.testing._schema import Filler, UnanswerableError


def fill(schema: dict[str, Any], text: str = "", seed: int = 0) -> Any:
    return Filler(schema, random.Random(seed), text, lambda: "a few words").fill()


NODE = {"type": "object", "properties": {"next": {"$ref": "#"}}}

CASES: list[tuple[dict[str, Any], Callable[[Any], bool]]] = [
    ({"type": ["null", "integer"]}, lambda v: isinstance(v, int)),
    ({"type": "null"}, lambda v: v is None),
    ({"type": "boolean"}, lambda v: isinstance(v, bool)),
    ({"type": "integer", "minimum": 5, "maximum": 5}, lambda v: v == 5),
    ({"type": "integer", "multipleOf": 7, "minimum": 8}, lambda v: v % 7 == 0 and v >= 8),
    ({"type": "number", "exclusiveMaximum": 0}, lambda v: v < 0),
    ({"type": "integer", "exclusiveMinimum": 1, "exclusiveMaximum": 3}, lambda v: v == 2),
    ({"minimum": 200}, lambda v: v >= 200),
    ({"type": "string", "maxLength": 4}, lambda v: len(v) <= 4),
    ({"type": "string", "format": "email"}, lambda v: "@" in v),
    ({"const": [1]}, lambda v: v == [1]),
    ({"enum": [3]}, lambda v: v == 3),
    ({"items": {"type": "boolean"}, "minItems": 4}, lambda v: len(v) == 4),
    ({"type": "array", "uniqueItems": True, "items": {"enum": [1, 2, 3]}, "minItems": 3, "maxItems": 3},
     lambda v: sorted(v) == [1, 2, 3]),
    ({"type": "array", "prefixItems": [{"const": 1}], "items": False}, lambda v: v == [1]),
    ({"type": "object", "minProperties": 2, "additionalProperties": {"type": "integer"}},
     lambda v: len(v) == 2 and all(isinstance(one, int) for one in v.values())),
    ({"required": ["a"], "additionalProperties": {"const": 0}}, lambda v: v == {"a": 0}),
    ({"allOf": [{"properties": {"a": {"const": 1}}}, {"properties": {"b": {"const": 2}}}]},
     lambda v: v == {"a": 1, "b": 2}),
    ({"oneOf": [{"const": "x"}, {"const": "y"}]}, lambda v: v == "x"),
    ({"$defs": {"a/b": {"const": 9}}, "$ref": "#/$defs/a~1b"}, lambda v: v == 9),
    (NODE, lambda v: isinstance(v, dict) and "next" in v),
]  # fmt: skip


@pytest.mark.parametrize(
    ("schema", "fits"), CASES, ids=lambda case: str(case)[:50] if isinstance(case, dict) else ""
)
def test_values_conform(schema: dict[str, Any], fits: Callable[[Any], bool]) -> None:
    for seed in range(20):
        assert fits(fill(schema, seed=seed))


@given(st.integers(-1000, 1000), st.integers(0, 1000), st.integers(0, 99))
def test_numbers_stay_within_their_bounds(low: int, width: int, seed: int) -> None:
    schema = {"type": "number", "minimum": low, "maximum": low + width}
    assert low <= fill(schema, f"take {low + width // 2} or 17", seed) <= low + width


def test_values_come_from_the_text() -> None:
    schema = {
        "properties": {
            "color": {"enum": ["red", "green"]},
            "city": {"type": "string"},
            "name": {"type": "string"},
            "count": {"type": "integer"},
            "ratio": {"type": "number", "maximum": 1},
        }
    }
    text = "Please send 12 green boxes to New York, ratio 0.25, name: Ada."
    assert fill(schema, text) == {
        "color": "green",
        "city": "New York",
        "name": "Ada",
        "count": 12,
        "ratio": 0.25,
    }


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/$defs/missing"},
        {"$ref": "#"},
        {**NODE, "required": ["next"]},
        {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"},
    ],
)
def test_schemas_without_a_value(schema: dict[str, Any]) -> None:
    with pytest.raises(UnanswerableError):
        fill(schema)
