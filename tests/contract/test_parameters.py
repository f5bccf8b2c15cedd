"""Our signatures and models beside the document: nothing is missing, nothing is made up.

Which operation a method is for is not in a table here: each method is called, and what it sends is
looked at.
"""

from __future__ import annotations

import email.message
import email.parser
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

import httpx
import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from openai_async import AsyncClient, BinaryBody, Next, Request
from openai_async._models import options_of
from openai_async._stream import Streamed

from . import exceptions
from .documents import Document, Operation, Place, Schema
from .methods import CALLS, METHODS, NOT_OPERATIONS, Call

BASE = "http://api.test/some/base"


class Stop(Exception):  # noqa: N818 - it is no error
    """The request has been seen; there is no answer."""


@dataclass(frozen=True)
class Sent:
    """What a call sent: over the wire, and what it wanted back."""

    call: Call
    operation: Operation
    places: Mapping[str, Place]
    into: Any


async def _record(call: Call, document: Document) -> Sent:
    seen: list[Request] = []
    wire: list[httpx.Request] = []

    async def look(request: Request, call_next: Next) -> httpx.Response:
        seen.append(request)
        return await call_next(request)

    async def stop(request: httpx.Request) -> httpx.Response:
        await request.aread()
        wire.append(request)
        raise Stop

    transport = httpx.MockTransport(stop)
    client = AsyncClient(api_key="k", base_url=BASE, transport=transport, middleware=[look])
    with pytest.raises(Stop):
        await call.make(client)
    request = wire[0]
    path = request.url.raw_path.decode().partition("?")[0].removeprefix(httpx.URL(BASE).path)
    operation = document.operation(request.method, path)
    return Sent(call, operation, dict(_places(request, operation, path)), seen[0].into)


def _places(request: httpx.Request, operation: Operation, path: str) -> Iterator[tuple[str, Place]]:
    for name in operation.ids(path) or ():
        yield name, "path"
    for name in request.url.params:
        yield name, "query"
    kind = request.headers.get("content-type", "")
    if kind == "application/json":
        for name in json.loads(request.content):
            yield name, "json"
    elif kind.startswith("multipart/form-data"):
        head = f"content-type: {kind}\r\n\r\n".encode()
        whole = email.parser.BytesParser().parsebytes(head + request.content)
        parts: Any = whole.get_payload()
        for part in parts:
            yield _name(part), "form"


def _name(part: email.message.Message) -> str:
    return str(part.get_param("name", header="content-disposition")).removesuffix("[]")


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def sent(classic: Document) -> list[Sent]:
    return [await _record(call, classic) for call in CALLS]


def _of(method: str, sent: list[Sent]) -> list[Sent]:
    return [one for one in sent if one.call.method == method]


OPERATIVE = sorted(METHODS.keys() - NOT_OPERATIONS.keys())


@pytest.mark.anyio
async def test_every_operation_has_a_method(classic: Document, sent: list[Sent]) -> None:
    offered = {one.operation.line for one in sent}
    documented = {operation.line for operation in classic.operations}
    assert documented - offered == exceptions.NOT_OFFERED.keys()


@pytest.mark.anyio
@pytest.mark.parametrize("method", OPERATIVE)
async def test_a_method_is_for_one_operation(method: str, sent: list[Sent]) -> None:
    assert len({one.operation.line for one in _of(method, sent)}) == 1


@pytest.mark.anyio
@pytest.mark.parametrize("method", OPERATIVE)
async def test_names(method: str, sent: list[Sent]) -> None:
    documented = _of(method, sent)[0].operation.parameters.keys()
    ours = METHODS[method].keywords | set(METHODS[method].positional)
    assert ours - documented == exceptions.INVENTED.get(method, {}).keys()
    assert documented - ours == exceptions.LEFT_OUT.get(method, {}).keys()


@pytest.mark.anyio
@pytest.mark.parametrize("method", OPERATIVE)
async def test_required(method: str, sent: list[Sent]) -> None:
    parameters = _of(method, sent)[0].operation.parameters
    documented = {name for name, parameter in parameters.items() if parameter.required}
    ours = METHODS[method].required
    assert ours - documented == exceptions.REQUIRED_HERE.get(method, {}).keys()
    assert documented - ours == set()


@pytest.mark.anyio
@pytest.mark.parametrize("method", OPERATIVE)
async def test_places(method: str, sent: list[Sent]) -> None:
    calls = _of(method, sent)
    parameters = calls[0].operation.parameters
    body: Place = "form" if any("form" in one.places.values() for one in calls) else "json"
    for one in calls:
        for name, place in one.places.items():
            assert place == (parameters[name].place if name in parameters else body), name
    # Every parameter is sent by one call at least, or nothing would be known of its place.
    took = METHODS[method].keywords | set(METHODS[method].positional)
    assert {name for one in calls for name in one.places} == took


# Answers


@dataclass
class Differences:
    """How a model differs from a schema, as `Model.field`."""

    invented: set[str]
    left_out: set[str]
    required_here: set[str]
    types: set[str]

    def compare(self, model: type[BaseModel], schema: Schema, document: Document) -> None:
        """Add the differences of a model, and of the models in it."""
        schema = document.resolve(schema)
        fields = {field.alias or name: field for name, field in model.model_fields.items()}
        documented: Mapping[str, Schema] = schema.get("properties", {})
        label = model.__name__.partition("[")[0]
        self.invented |= {f"{label}.{name}" for name in fields.keys() - documented.keys()}
        self.left_out |= {f"{label}.{name}" for name in documented.keys() - fields.keys()}
        for name in fields.keys() & documented.keys():
            if fields[name].is_required() and name not in schema.get("required", ()):
                self.required_here.add(f"{label}.{name}")
            self._compare_field(f"{label}.{name}", fields[name], documented[name], document)

    def _compare_field(
        self, where: str, field: FieldInfo, schema: Schema, document: Document
    ) -> None:
        schema = document.resolve(schema)
        options = options_of(field.rebuild_annotation())
        if not any(_fits(option, schema.get("type", "object")) for option in options):
            self.types.add(where)
        items = document.resolve(schema.get("items", schema))
        models = [inner for option in options for inner in _models_in(option)]
        for model in models:
            self.compare(model, items, document)


KINDS: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (float,),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict, BaseModel),
}


def _fits(option: Any, kind: str) -> bool:
    """Whether a type is what JSON Schema means by `kind`."""
    if get_origin(option) is Literal:
        return all(isinstance(value, KINDS[kind]) for value in get_args(option))
    option = get_origin(option) or option
    return isinstance(option, type) and issubclass(option, KINDS[kind])


def _models_in(option: Any) -> Iterator[type[BaseModel]]:
    if isinstance(option, type) and issubclass(option, BaseModel):
        yield option
    elif get_origin(option) is list:
        for inner in options_of(get_args(option)[0]):
            yield from _models_in(inner)


STREAMED = {"chat.completions.create": "CreateChatCompletionStreamResponse"}
"""The schemas of events that the document has, though it doesn't say where they belong."""


def _answers(sent: list[Sent], document: Document) -> Iterator[tuple[type[BaseModel], Schema]]:
    for one in sent:
        into, schema = one.into, one.operation.answer
        if isinstance(into, Streamed):
            into = into.item
            if name := STREAMED.get(one.call.method):
                schema = document.schema(name)
            elif "data" in schema["properties"]:  # a list's items, one by one
                schema = schema["properties"]["data"]["items"]
        if isinstance(into, type) and issubclass(into, BaseModel):
            yield into, schema
        else:
            assert into in (str, BinaryBody), "text and bytes have no fields"


@pytest.mark.anyio
async def test_answers(classic: Document, sent: list[Sent]) -> None:
    found = Differences(set(), set(), set(), set())
    for model, schema in _answers(sent, classic):
        found.compare(model, schema, classic)
    assert found.invented == exceptions.FIELDS_INVENTED.keys()
    assert found.left_out == exceptions.FIELDS_LEFT_OUT.keys()
    assert found.required_here == exceptions.FIELDS_REQUIRED_HERE.keys()
    assert found.types == exceptions.TYPES.keys()
