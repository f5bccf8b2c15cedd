"""The checker itself: it finds what is wrong, and nothing where nothing is."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import anyio
import pytest
from typing_extensions import Required, TypedDict, Unpack

from openai_async import RequestOptions
from openai_async._models import Model
from openai_async._multipart import FileInput
from openai_async._request import path
from openai_async._resource import Resource
from openai_async._unions import OpenUnion

from .annotations import evaluate, shape_of
from .check import Check
from .comparison import Comparison
from .documents import Document
from .findings import matches
from .helpers import missing_parameters, webhooks
from .roundtrip import losses
from .schemas import Schemas
from .surface import Method, methods_of
from .values import FILE, Values
from .wire import Recorder, brackets

SCHEMAS: dict[str, Any] = {
    "Cat": {
        "type": "object",
        "properties": {"type": {"const": "cat"}, "lives": {"type": "integer"}},
        "required": ["type", "lives"],
    },
    "Dog": {
        "allOf": [
            {"type": "object", "properties": {"type": {"enum": ["dog"]}}, "required": ["type"]},
            {
                "properties": {
                    "name": {"type": "string", "nullable": True},
                    "tricks": {"type": "array", "items": {"enum": ["sit", "roll"]}},
                },
                "required": ["name"],
            },
        ]
    },
    "Pet": {"oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}]},
    "Pack": {
        "type": "object",
        "properties": {
            "of": {"type": "array", "items": {"$ref": "#/components/schemas/Pack"}},
            "leader": {"anyOf": [{"$ref": "#/components/schemas/Pet"}, {"type": "null"}]},
        },
    },
    "Filter": {
        "$recursiveAnchor": True,
        "type": "object",
        "properties": {"filters": {"type": "array", "items": {"$recursiveRef": "#"}}},
    },
}


class Cat(Model):
    type: Literal["cat"]
    lives: int


class Dog(Model):
    type: Literal["dog"]
    name: str | None
    tricks: list[Literal["sit", "roll"] | str] | None = None


class Pack(Model):
    of: list[Pack] | None = None
    leader: Annotated[Cat | Dog, OpenUnion()] | None = None


class Filter(Model):
    filters: list[Filter] | None = None


class CatParam(TypedDict):
    type: Literal["cat"]
    lives: int


class DogParam(TypedDict, total=False):
    type: Required[Literal["dog"]]
    name: Required[str | None]
    tricks: Sequence[Literal["sit", "roll"]]


def found(annotation: Any, schema: Any, *, params: bool = False) -> list[str]:
    """What is told of an annotation, beside a schema or the name of one."""
    schema = {"$ref": f"#/components/schemas/{schema}"} if isinstance(schema, str) else schema
    documented = Schemas({"components": {"schemas": SCHEMAS}}).shape(schema, "It")
    comparison = Comparison(params=params)
    comparison.compare("it", shape_of(annotation), documented, optional=False)
    return [*comparison.findings]


@pytest.mark.parametrize(
    ("annotation", "schema", "params"),
    [
        (Cat, "Cat", False),
        (Dog, "Dog", False),
        (Annotated[Cat | Dog, OpenUnion()], "Pet", False),
        (Pack, "Pack", False),
        (Filter, "Filter", False),
        (CatParam | DogParam, "Pet", True),
        (CatParam | DogParam | Cat | Dog, "Pet", True),  # an answer may go back as it is
        (str, {"type": "string"}, True),
        (float, {"type": "number"}, True),
        (Literal["a", "b"] | str, {"type": "string", "enum": ["a", "b"]}, True),
        (str, {"type": "string", "enum": ["only"]}, False),
        (str | None, {"type": ["string", "null"]}, True),
        (evaluate(FileInput, Model.__module__), {"type": "string", "format": "binary"}, True),
        (Mapping[str, Any], {"type": "object"}, True),
        (Mapping[str, str], {"additionalProperties": {"type": "string"}, "type": "object"}, True),
        (
            str | Sequence[str] | Sequence[int],
            {
                "oneOf": [
                    {"type": "string"},
                    {"items": {"type": ["string", "integer"]}, "type": "array"},
                ]
            },
            True,
        ),
    ],
)
def test_what_fits_is_not_told(annotation: Any, schema: Any, params: bool) -> None:
    assert found(annotation, schema, params=params) == []


class Poor(Model):
    """A cat without its lives, with a collar."""

    type: Literal["cat"]
    collar: str


@pytest.mark.parametrize(
    ("annotation", "schema", "params", "told"),
    [
        (
            Poor,
            "Cat",
            False,
            ["Poor.lives: is missing: int, required*", "Poor.collar: is not in *"],
        ),
        (Cat, "Pet", False, ["it: Dog (type='dog') is missing *"]),
        (CatParam, "Pet", True, ["it: Dog (type='dog') is missing *"]),
        (CatParam | Dog, "Pet", True, ["it: Dog (type='dog') is missing *"]),
        (Cat | Dog, "Pet", False, ["it: * should be marked with OpenUnion()"]),
        (CatParam | DogParam, "Cat", True, ["it: DogParam is not in the document*"]),
        (int, {"type": "string"}, True, ["it: str is missing*", "it: int is not in *"]),
        (int, {"type": "number"}, True, ["it: float is missing*"]),
        (float, {"type": "integer"}, True, ["it: int is missing*", "it: float is not in *"]),
        (str, {"type": "string", "nullable": True}, True, ["it: None is missing*"]),
        (str | None, {"type": "string"}, True, ["it: None is not in *"]),
        (str, {"type": "string", "format": "binary"}, True, ["it: str is not*", "it: FileInput*"]),
        (Any, {"type": "string"}, False, ["it: is Any; *"]),
        (Literal["a"], {"enum": ["a", "b"]}, True, ["it: the value 'b' is missing*"]),
        (Literal["a", "b", "c"], {"enum": ["a", "b"]}, True, ["it: the value 'c' is not in *"]),
        (str, {"enum": ["a", "b"]}, False, ["it: the values 'a', 'b' are missing*"]),
        (str, {"type": "array"}, True, ["it: str is not in *", "it: a list is missing*"]),
        (
            Sequence[str],
            {"items": {"type": "integer"}, "type": "array"},
            True,
            ["it[]: str *", "it[]: int *"],
        ),
        (Sequence[str], {"type": "object"}, True, ["it: a list is not in *", "it: a mapping is *"]),
    ],
)
def test_what_differs_is_told(annotation: Any, schema: Any, params: bool, told: list[str]) -> None:
    lines = found(annotation, schema, params=params)
    assert len(lines) == len(told)
    assert all(any(matches(line, one) for line in lines) for one in told), lines


def test_a_class_may_stand_for_several_schemas() -> None:
    comparison = Comparison(params=False)
    schemas = Schemas({"components": {"schemas": SCHEMAS}})
    collared = {"type": "object", "properties": {"collar": {"type": "string"}}}
    for schema in (SCHEMAS["Cat"], collared):
        comparison.compare("it", shape_of(Poor), schemas.shape(schema, "It"), optional=False)
    assert "Poor.lives: is missing: int, required, of It" in comparison.findings
    assert "Poor.collar: is not in the document's It" not in comparison.findings


def test_what_is_required_is_compared() -> None:
    class Lax(Model):
        type: Literal["cat"] | None = None
        lives: int | None = None

    class Strict(Model):
        type: Literal["dog"]
        name: str | None
        tricks: list[Literal["sit", "roll"] | str]

    assert found(Lax, "Cat") == ["Lax.type: must be required", "Lax.lives: must be required"]
    assert found(Strict, "Dog") == [
        "Strict.tricks: must not be required: the document lets it be left out"
    ]


def test_an_old_document_tells_only_what_is_missing() -> None:
    documented = Schemas({"components": {"schemas": SCHEMAS}}).shape(SCHEMAS["Cat"], "Cat")
    comparison = Comparison(params=False, only_missing=True)
    comparison.compare("it", shape_of(Poor), documented, optional=False)
    assert [*comparison.findings] == ["Poor.lives: is missing: int, required, of Cat"]


# Values


def test_values_have_every_alternative() -> None:
    documented = Schemas({"components": {"schemas": SCHEMAS}}).shape(SCHEMAS["Pack"], "Pack")
    packs = Values().of(documented)
    leaders = [pack["leader"] for pack in packs if "leader" in pack]
    assert {leader and leader["type"] for leader in leaders} == {"cat", "dog", None}
    assert Values(whole=False).of(documented) == [{}]


def test_what_a_model_loses_is_told() -> None:
    documented = Schemas({}).shape(SCHEMAS["Cat"], "Cat")
    assert losses([Cat], documented) == []
    assert losses([Poor], documented) == [
        "an answer of the document is refused at collar: Field required"
    ]
    assert losses([Model], documented) == [
        "at .type: unknown to Model",
        "at .lives: unknown to Model",
    ]


# Methods without an operation


async def _create(self: Any, *, name: str, age: int = 0, stream: bool = False) -> Cat: ...
async def _parse(self: Any, *, name: str, text_format: str) -> Cat: ...
def _unwrap(self: Any, payload: str) -> Cat: ...


def _method(name: str, function: Any) -> Method:
    kind = type("Kind", (Resource,), {name.rpartition(".")[2]: function})
    [found] = methods_of(name.rpartition(".")[0], kind(Recorder().client))
    return found


@pytest.mark.skipif(sys.version_info < (3, 11), reason="3.10 can't look overloads up")
def test_what_parse_does_not_take_is_told() -> None:
    create, parse = _method("pets.create", _create), _method("pets.parse", _parse)
    assert [*missing_parameters(parse, {"pets.create": create})] == [
        "pets.parse: parameter 'age' of pets.create is missing"
    ]
    assert [*missing_parameters(create, {"pets.create": create})] == []


def test_the_events_of_webhooks_are_compared() -> None:
    event = {"$ref": "#/components/schemas/Pet"}
    sent = {"post": {"requestBody": {"content": {"application/json": {"schema": event}}}}}
    whole = {**DOCUMENT, "webhooks": {"pet_born": sent}}
    told = Comparison(params=False)
    webhooks(_method("pets.unwrap", _unwrap), Document(Path("openapi-toy.yaml"), whole), told)
    assert told.findings[0] == "pets.unwrap ->: Dog (type='dog') is missing in Cat"


# A method beside its operation

INCLUDE = {"type": "array", "items": {"type": "string"}}
BODY = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name"],
}
ANSWER = {"$ref": "#/components/schemas/Pet"}
OPERATION = {
    "parameters": [
        {"name": "pet_id", "in": "path", "required": True, "schema": {"type": "string"}},
        {"name": "include", "in": "query", "schema": INCLUDE},
    ],
    "requestBody": {"content": {"application/json": {"schema": BODY}}},
    "responses": {"200": {"content": {"application/json": {"schema": ANSWER}}}},
}
DOCUMENT: dict[str, Any] = {
    "components": {"schemas": SCHEMAS},
    "paths": {"/pets/{pet_id}": {"post": OPERATION}},
}


class WrongParams(RequestOptions, total=False):
    name: str
    colour: str
    include: Sequence[str]


class Pets(Resource):
    async def wrong(self, pet_id: str, **params: Unpack[WrongParams]) -> Cat:
        """Everything goes into the body."""
        url = path("/pets/{pet_id}", pet_id=pet_id)
        body = {**params, "colour": "black"}
        return await self._post(url, Cat, json=body, takes=WrongParams)

    async def lost(self, **options: Unpack[RequestOptions]) -> Cat:
        """For no operation."""
        return await self._get("/lost", Cat, query=options)


async def _told(name: str, document: Document) -> tuple[list[str], str]:
    recorder = Recorder()
    vars(recorder.client)["pets"] = Pets(recorder.client)
    [method] = [one for one in methods_of("pets", Pets(recorder.client)) if one.name == name]
    told = Comparison(params=True), Comparison(params=False)
    check = Check(document, method, recorder, *told)
    await check.run()
    await recorder.client.close()
    return [*told[0].findings, *told[1].findings], check.astray


@pytest.fixture
def document() -> Document:
    return Document(Path("openapi-toy.yaml"), DOCUMENT)


def test_a_wrong_method_is_told_of(document: Document) -> None:
    told, _ = anyio.run(_told, "pets.wrong", document)
    assert sorted(told) == sorted(
        [
            "pets.wrong: sends 'colour', which was not given",
            "pets.wrong: parameter 'colour' is sent as black, not colour",
            "pets.wrong: parameter 'age' is missing (json): int, optional",
            "pets.wrong(name): must be required",
            "pets.wrong: parameter 'colour' is not in the document",
            "pets.wrong: parameter 'include' goes into json, not query",
            "pets.wrong ->: Dog (type='dog') is missing in Cat",
            "pets.wrong ->: an answer of the document is refused at type: Input should be 'cat'",
            "pets.wrong ->: an answer of the document is refused at lives: Field required",
        ]
    )


def test_a_method_for_no_operation_is_told_of(document: Document) -> None:
    assert anyio.run(_told, "pets.lost", document) == ([], "GET /lost")


def test_lists_and_objects_in_queries_have_brackets() -> None:
    given = {"a": ["x", "y"], "m": {"k": True, "n": None}, "d": {"gt": 1}, "file": [FILE]}
    assert [pair for name, value in given.items() for pair in brackets(name, value)] == [
        ("a[]", "x"),
        ("a[]", "y"),
        ("m[k]", "true"),
        ("d[gt]", "1"),
        ("file[]", FILE),
    ]


def test_exceptions_may_have_brackets_and_stars() -> None:
    line = "x.create(tools)[]: the values 'a' are missing"
    assert matches(line, "x.create(tools)[]: *")
    assert not matches(line, "x.create(tools): *")
