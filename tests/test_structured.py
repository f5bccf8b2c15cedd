"""Types as formats of answers: the schemas that go out, the texts that come back."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
from collections.abc import Callable
from typing import Annotated, Any, Generic, Literal, TypeVar

import pytest
from pydantic import BaseModel, Field, HttpUrl, RootModel, TypeAdapter
from typing_extensions import NotRequired, TypedDict

from openai_async import ConfigurationError, ResponseValidationError
from openai_async._strict_schema import strict_schema
from openai_async._structured import (
    argument_formats,
    flat_tool,
    output_format,
    partial_json,
    pydantic_function_tool,
)
from openai_async.testing._strict import strict_problem

T = TypeVar("T")


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Point(BaseModel):
    """Where."""

    x: int = Field(ge=0)
    y: int = 0


class Circle(BaseModel):
    kind: Literal["circle"]
    center: Point = Field(default=Point(x=1), description="Its middle.")


class Square(BaseModel):
    kind: Literal["square"]
    corner: Point | None = None


class Node(BaseModel):
    name: str
    parent: Node | None = Field(None, description="Above.")
    children: list[Node] = []
    twin: Annotated[Node, Field(description="Beside.")] | None = None


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Shop(BaseModel, extra="allow"):
    """Many things at once."""

    name: str = Field(alias="shopName", examples=["A"], deprecated=True)
    level: Level = Field(Level.LOW, description="How high.")
    shapes: list[Annotated[Circle | Square, Field(discriminator="kind")]] = []
    open_from: datetime.time | None = None
    size: Literal[1, 2] | None = None
    nothing: None = None
    code: Annotated[str, Field(pattern="^[A-Z]+$")] = "A"
    twice: tuple[Color, Color] = (Color.RED, Color.BLUE)
    some: list[int] = Field(default_factory=list, min_length=1, max_length=3)


class Pair(BaseModel, Generic[T]):
    a: T
    b: T


@dataclasses.dataclass
class Weather:
    city: str
    degrees: float | None = None


class Person(TypedDict):
    name: str
    age: NotRequired[int]


def schema(of: Any) -> dict[str, Any]:
    return output_format(of).schema


def everywhere(value: Any) -> Any:
    yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        yield from everywhere(one)


@pytest.mark.parametrize(
    "of",
    [
        Point, Circle, Node, Shop, Level, Weather, Person, Pair[Point], Color, list[int],
        tuple[int, int], set[str], str, Circle | Square,
        Annotated[Circle | Square, Field(discriminator="kind")],
        TypeAdapter(list[Node]), RootModel[list[Point]], decimal.Decimal, datetime.datetime, HttpUrl,
    ],
)  # fmt: skip
def test_every_schema_keeps_the_rules(of: Any) -> None:
    made = output_format(of)
    assert strict_problem(made.schema) is None  # in the built-in server's opinion
    assert made.schema["type"] == "object"
    assert "anyOf" not in made.schema
    assert made.name.replace("_", "").replace("-", "").isalnum()
    for part in everywhere(made.schema):
        if isinstance(part, dict) and part.get("type") == "object" and "properties" in part:
            assert part["required"] == list(part["properties"])
            assert part["additionalProperties"] is False
        if isinstance(part, dict) and "$ref" in part:
            assert set(part) == {"$ref"}
            assert part["$ref"].removeprefix("#/$defs/") in made.schema["$defs"]
        if isinstance(part, dict) and "properties" not in part and "$defs" not in part:
            assert not {"oneOf", "allOf", "default", "discriminator", "prefixItems"} & part.keys()
    assert made.for_chat()["json_schema"]["strict"] is made.for_responses()["strict"] is True


def test_a_model() -> None:
    assert schema(Point) == {
        "title": "Point",
        "description": "Where.",
        "type": "object",
        "properties": {"x": {"type": "integer", "minimum": 0}, "y": {"type": "integer"}},
        "required": ["x", "y"],
        "additionalProperties": False,
    }


def test_a_reference_beside_other_keys_is_written_out() -> None:
    center = schema(Circle)["properties"]["center"]
    assert center["description"] == "Its middle."
    assert center["required"] == ["x", "y"]
    assert "$defs" not in schema(Circle)


def test_a_type_that_holds_itself() -> None:
    made = schema(Node)
    assert made["type"] == "object"
    reference = {"$ref": "#/$defs/Node"}
    assert made["properties"]["children"]["items"] == reference
    assert made["properties"]["parent"]["anyOf"] == [reference, {"type": "null"}]
    assert made["$defs"]["Node"]["properties"] == made["properties"]
    node = output_format(Node).parse('{"name": "a", "parent": {"name": "b", "parent": null}}')
    assert node.parent is not None
    assert node.parent.name == "b"


def test_unions_that_a_field_tells_apart() -> None:
    value = schema(TypeAdapter(Annotated[Circle | Square, Field(discriminator="kind")]))
    assert value["properties"]["value"] == {
        "anyOf": [{"$ref": "#/$defs/Circle"}, {"$ref": "#/$defs/Square"}]
    }


def test_what_strict_mode_has_no_word_for_is_in_the_description() -> None:
    class Told(BaseModel):
        code: str = Field(min_length=3, description="The code.")
        home: HttpUrl
        tags: set[str]
        price: decimal.Decimal

    properties = schema(Told)["properties"]
    assert properties["code"] == {"type": "string", "description": "The code. (minLength: 3)"}
    assert properties["home"]["description"] == "(minLength: 1; maxLength: 2083; format: uri)"
    assert properties["tags"]["description"] == "(uniqueItems: True)"
    assert properties["price"]["anyOf"] == [{"type": "number"}, {"type": "string"}]


@pytest.mark.parametrize(
    ("of", "place"),
    [
        (dict[str, int], "the type"),
        (list[Any], "the type[]"),
        (Any, "the type"),
        (tuple[int, str], "a tuple of several types"),
        (Callable[[], int], "no JSON schema"),
        (object(), "no JSON schema"),
    ],
)
def test_what_can_not_be_expressed_is_refused_before_anything_is_sent(of: Any, place: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        output_format(of)
    assert place in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_refusal_names_the_place() -> None:
    class Inner(BaseModel):
        scores: dict[str, int]

    class Outer(BaseModel):
        inner: list[Inner]

    with pytest.raises(ConfigurationError, match=r"^Inner\.scores is an object with keys of any"):
        output_format(Outer)


@pytest.mark.parametrize("key", ["not", "if", "patternProperties", "allOf"])
def test_keywords_that_are_no_part_of_it(key: str) -> None:
    given = {"type": "object", key: [{"type": "object"}, {"type": "object"}]}
    with pytest.raises(ConfigurationError, match=key):
        strict_schema({"type": "object", "properties": {"a": given}})


def test_a_single_all_of_is_unwrapped() -> None:
    made = strict_schema(
        {
            "type": "object",
            "properties": {
                "a": {"allOf": [{"$ref": "#/$defs/A"}], "default": {}},
                "b": {"allOf": [{"type": "string"}], "description": "B."},
            },
            "$defs": {"A": {"type": "integer"}, "Unused": {"type": "null"}},
        }
    )
    assert made["properties"] == {
        "a": {"$ref": "#/$defs/A"},
        "b": {"type": "string", "description": "B."},
    }
    assert made["$defs"] == {"A": {"type": "integer"}}
    with pytest.raises(ConfigurationError, match="not in its schema"):
        strict_schema({"type": "object", "properties": {"a": {"$ref": "#/$defs/B"}}})


@pytest.mark.parametrize(
    ("of", "text", "value"),
    [
        (Point, '{"x": 1, "y": 2}', Point(x=1, y=2)),
        (Weather, '{"city": "Rome", "degrees": null}', Weather("Rome")),
        (Person, '{"name": "Ann", "age": 3}', {"name": "Ann", "age": 3}),
        (list[int], '{"value": [1, 2]}', [1, 2]),
        (list[int], " [1, 2]", [1, 2]),  # of a server that takes no schema
        (Color, '{"value": "red"}', Color.RED),
        (Circle | Square, '{"value": {"kind": "square", "corner": null}}', Square(kind="square")),
        (datetime.date, '{"value": "2026-01-02"}', datetime.date(2026, 1, 2)),
        (TypeAdapter(int | None), '{"value": null}', None),
    ],
)
def test_parsing(of: Any, text: str, value: Any) -> None:
    assert output_format(of).parse(text) == value


@pytest.mark.parametrize("of", [Point, list[int]])
@pytest.mark.parametrize("text", ["", '{"x": 1', '{"x": "a"}', "I can't", '{"value": "b"}', "null"])
def test_text_that_does_not_fit(of: Any, text: str) -> None:
    with pytest.raises(ResponseValidationError, match=r"does not fit (Point|answer)") as caught:
        output_format(of).parse(text)
    assert caught.value.body == text
    assert caught.value.__cause__ is not None


def test_partial_json() -> None:
    assert partial_json("") is None
    assert partial_json("nothing") is None
    assert partial_json('{"a": [1, "tw') == {"a": [1, "tw"]}
    assert output_format(list[Point]).partial('{"value": [{"x": 1}, {') == [{"x": 1}, {}]
    assert output_format(Point).partial('{"x": 12, "y') == {"x": 12}


def test_names() -> None:
    assert output_format(Pair[Point]).name == "Pair_Point"
    assert output_format(list[int]).name == "answer"
    assert output_format(Node).name == "Node"
    assert output_format(Pair[Pair[Pair[Pair[Pair[Pair[Pair[Pair[Point]]]]]]]]).name.isidentifier()
    assert len(output_format(Pair[Pair[Pair[Pair[Pair[Pair[Pair[Pair[Pair[Pair[Pair[
        Pair[Pair[Point]]]]]]]]]]]]]).name) == 64  # fmt: skip


def test_the_same_type_is_looked_at_once() -> None:
    assert output_format(Point) is output_format(Point)
    unhashable = Annotated[int, Field(json_schema_extra={"a": 1}), []]
    assert output_format(unhashable).parse('{"value": 1}') == 1


def test_function_tools() -> None:
    tool: Any = pydantic_function_tool(Point)
    function = {
        "name": "Point",
        "description": "Where.",
        "parameters": schema(Point),
        "strict": True,
    }
    assert tool == {"type": "function", "function": function}
    assert flat_tool(tool) == {"type": "function", **function}
    plain = {"type": "function", "function": {"name": "other"}}
    assert flat_tool(plain) is plain
    other: Any = pydantic_function_tool(Square, name="draw", description="Draw it.")
    assert other["function"]["description"] == "Draw it."
    formats = argument_formats([tool, plain, other])
    assert formats.keys() == {"Point", "draw"}
    assert formats["Point"].parse('{"x": 3, "y": 0}') == Point(x=3)
    assert argument_formats(None) == {}
