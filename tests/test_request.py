"""What is sent: paths, queries, bodies, keywords; and calls to endpoints without a method."""

from __future__ import annotations

import dataclasses
import enum
import json
import math
from typing import Any, cast
from urllib.parse import parse_qsl, unquote, urlsplit

import anyio
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from openai_async import (
    NOT_GIVEN,
    APIResponseError,
    AsyncClient,
    AsyncStream,
    BinaryBody,
    ConfigurationError,
    NotFoundError,
    Request,
    ResponseValidationError,
)
from tests.common import CHAT, FILE, MODEL
from tests.scripted import BASE_URL, Script, answer

pytestmark = pytest.mark.anyio

ENCODABLE = st.text(st.characters(exclude_categories=["Cs"]))


def sent_by(script: Script, call: Any) -> httpx.Request:
    """The request that `call(client)` makes, from a test that is not async."""

    async def make_it() -> httpx.Request:
        async with script.client() as api:
            await call(api)
        return script.last

    return anyio.run(make_it)


# Paths


@given(ENCODABLE.filter(lambda name: name not in ("", ".", "..")))
def test_an_id_stays_one_segment_whatever_is_in_it(name: str) -> None:
    sent = sent_by(Script(answer(MODEL)), lambda api: api.models.retrieve(name))
    assert sent.url.raw_path.decode().startswith("/v1/models/")
    parts = urlsplit(str(sent.url))
    base, _, segment = parts.path.rpartition("/")
    assert (base, parts.query, parts.fragment) == ("/v1/models", "", "")
    assert unquote(segment) == name
    # Nor does it go elsewhere where somebody on the way resolves dots.
    assert segment.lower().replace("%2e", ".") not in (".", "..")
    assert sent.url.host == "api.test"


@pytest.mark.parametrize(
    "file_id", ["...", "a/b", "../x", "a?b=c", "a#b", "%2e%2e", "a b", "\n", "\\", "ft:a:b"]
)
async def test_an_id_can_reach_no_other_endpoint(file_id: str) -> None:
    script = Script(answer(content=b"x"))
    async with script.client() as api:
        await (await api.files.content(file_id)).read()
    path = script.last.url.raw_path.decode()
    assert path.startswith("/v1/files/")
    assert path.endswith("/content")
    assert unquote(path[len("/v1/files/") : -len("/content")]) == file_id


@pytest.mark.parametrize("bad", ["", ".", "..", None, 5, b"x", "\ud800"])
async def test_an_id_that_is_none_is_told_by_its_parameter(bad: Any) -> None:
    script = Script()
    async with script.client() as api:
        for call in (api.files.retrieve, api.files.delete, api.files.content):
            with pytest.raises(ConfigurationError, match="file_id"):
                await call(bad)
        with pytest.raises(ConfigurationError, match="model"):
            await api.models.retrieve(bad)
    assert not script.requests


@pytest.mark.parametrize(
    "path",
    [
        "http://evil.test/x",
        "HTTPS://evil.test",
        "//evil.test/x",
        "javascript:x",
        "../admin",
        "/../admin",
        "/models/..",
        "/models/../x",
        "/models/..?a=b",
        "/./x",
        "/%2E%2e/x",
        "/x/.%2E",
        "/x/%2e?a=b",
        "/x#y",
        "/x\\..\\y",
        "/x y",
        "/x\r\nHost: evil",
        "/x\x7f",
        "/x\ud800",
        "/" + "x" * 70_000,
    ],
)
async def test_a_path_may_not_leave_the_base_url(path: str) -> None:
    script = Script()
    async with script.client() as api:
        with pytest.raises(ConfigurationError):
            await api.get(path)
    assert not script.requests


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/x", "/v1/x"),
        ("x", "/v1/x"),
        ("/x/", "/v1/x/"),
        ("", "/v1/"),
        ("/x?a=1", "/v1/x?a=1"),
        ("/x/ft:y", "/v1/x/ft:y"),
        ("/..x/y..", "/v1/..x/y.."),
        ("/x?back=../y", "/v1/x?back=../y"),
        ("/%2E%2E%2E/x", "/v1/%2E%2E%2E/x"),
    ],
)
async def test_a_path_below_the_base_url(path: str, sent: str) -> None:
    script = Script()
    async with script.client() as api:
        await api.get(path)
    assert script.last.url.raw_path.decode() == sent


# Queries


class Colour(str, enum.Enum):
    RED = "red"


@pytest.mark.parametrize(
    ("query", "sent"),
    [
        ({"a": 1, "b": "x", "c": 1.5}, [("a", "1"), ("b", "x"), ("c", "1.5")]),
        ({"a": True, "b": False}, [("a", "true"), ("b", "false")]),
        ({"a": None, "b": NOT_GIVEN}, []),
        ({"a": ["x", "y"]}, [("a[]", "x"), ("a[]", "y")]),
        ({"a": ("x", None), "b": []}, [("a[]", "x")]),
        ({"m": {"k": "v", "l": True}}, [("m[k]", "v"), ("m[l]", "true")]),
        ({"m": {"k": [{"n": 1}]}}, [("m[k][][n]", "1")]),
        ({"q": "a&b=c#d e+f/%?\u20ac"}, [("q", "a&b=c#d e+f/%?\u20ac")]),
        ({"c": Colour.RED}, [("c", "red")]),
        ({"": ""}, [("", "")]),
    ],
)
async def test_queries_are_flattened(query: dict[str, Any], sent: list[tuple[str, str]]) -> None:
    script = Script(answer(MODEL))
    async with script.client() as api:
        await api.models.retrieve("m", extra_query=query)
    text = script.last.url.query.decode()
    assert parse_qsl(text, keep_blank_values=True) == sent


@given(st.dictionaries(ENCODABLE, ENCODABLE, max_size=4), st.booleans())
def test_any_text_survives_a_query(query: dict[str, str], more: bool) -> None:
    path = "/x?first=1" if more else "/x"
    sent = sent_by(Script(), lambda api: api.get(path, options={"extra_query": query}))
    pairs = [("first", "1")] * more + list(query.items())
    assert parse_qsl(sent.url.query.decode(), keep_blank_values=True) == pairs
    assert sent.url.path == "/v1/x"


async def test_half_a_character_in_a_query() -> None:
    script = Script()
    async with script.client() as api:
        with pytest.raises(ConfigurationError, match="can't be sent"):
            await api.get("/x", options={"extra_query": {"a": "\ud800"}})
    assert not script.requests


# Keywords


async def test_an_unknown_keyword_is_a_type_error_with_advice() -> None:
    script = Script()
    async with script.client() as api:
        with pytest.raises(TypeError, match=r"'modle'; did you mean 'model'\?"):
            await api.chat.completions.create(modle="m", messages=[])  # type: ignore[call-overload]
        with pytest.raises(TypeError, match=r"'zzzzzz'; .*extra_body"):
            await api.chat.completions.create(model="m", messages=[], zzzzzz=1)  # type: ignore[call-overload]
        with pytest.raises(TypeError, match=r"'tiemout'; did you mean 'timeout'"):
            await api.models.retrieve("m", tiemout=1)  # type: ignore[call-arg]
        with pytest.raises(TypeError, match="'stream'"):
            await api.embeddings.create(model="m", input="x", stream=True)  # type: ignore[call-overload]
    assert not script.requests


async def test_a_missing_keyword_is_a_type_error() -> None:
    script = Script()
    async with script.client() as api:
        with pytest.raises(TypeError, match="missing required keyword: messages, model"):
            await api.chat.completions.create()  # type: ignore[call-overload]
        with pytest.raises(TypeError, match="missing required keyword: messages"):
            await api.chat.completions.create(model="m", messages=NOT_GIVEN, stream=True)  # type: ignore[call-overload]
        with pytest.raises(TypeError, match="missing required keyword: file"):
            await api.files.create(purpose="x")  # type: ignore[call-arg]
    assert not script.requests


async def test_what_is_not_given_is_not_sent_and_none_is_null() -> None:
    script = Script(answer(CHAT))
    async with script.client() as api:
        await api.chat.completions.create(
            model="m",
            messages=[],
            temperature=None,
            seed=NOT_GIVEN,  # type: ignore[arg-type]
            stream=NOT_GIVEN,  # type: ignore[call-overload]
            timeout=NOT_GIVEN,
            extra_headers=NOT_GIVEN,
        )
    assert script.sent == {"model": "m", "messages": [], "temperature": None}


@pytest.mark.parametrize("option", ["params", "headers", "query", "idempotency_key"])
async def test_an_unknown_option_is_a_type_error(option: str) -> None:
    script = Script()
    async with script.client() as api:
        for call in (api.get, api.post, api.put, api.patch, api.delete):
            with pytest.raises(TypeError, match=option):
                await call("/x", options={option: {}})  # type: ignore[operator]
    assert not script.requests


# Bodies


async def test_extra_body_adds_and_replaces() -> None:
    script = Script(answer(CHAT))
    async with script.client() as api:
        await api.chat.completions.create(
            model="m", messages=[], top_p=0.5, extra_body={"top_k": 3, "top_p": None}
        )
    assert script.sent == {"model": "m", "messages": [], "top_p": None, "top_k": 3}
    assert script.last.headers["content-type"] == "application/json"


async def test_messages_of_an_answer_go_back_without_nulls() -> None:
    script = Script(answer(CHAT))
    async with script.client() as api:
        first = await api.chat.completions.create(model="m", messages=[])
        message = first.choices[0].message
        await api.chat.completions.create(
            model="m", messages=[{"role": "user", "content": "Hi"}, message]
        )
    assert script.sent["messages"][1] == {"role": "assistant", "content": "ab"}


async def test_fields_of_a_message_that_we_do_not_know_go_back_too() -> None:
    choice = {**CHAT["choices"][0], "message": {"role": "assistant", "reasoning_content": "hm"}}
    script = Script(answer({**CHAT, "choices": [choice]}))
    async with script.client() as api:
        first = await api.chat.completions.create(model="m", messages=[])
        await api.chat.completions.create(model="m", messages=[first.choices[0].message])
    assert script.sent["messages"] == [{"role": "assistant", "reasoning_content": "hm"}]


class Loop(list[Any]):
    pass


LOOP = Loop()
LOOP.append(LOOP)


@pytest.mark.parametrize(
    "bad",
    [
        object(),
        "\ud800",
        b"\xff",
        math.nan,
        math.inf,
        -math.inf,
        [{"x": math.nan}],
        {1, object()},
        LOOP,
        lambda: None,
    ],
)
async def test_what_json_has_no_word_for_is_a_type_error_before_anything_is_sent(bad: Any) -> None:
    script = Script()
    async with script.client() as api:
        with pytest.raises(TypeError, match="POST /chat/completions is not JSON"):
            await api.chat.completions.create(
                model="m", messages=[{"role": "user", "content": bad}]
            )
        with pytest.raises(TypeError, match="POST /x is not JSON"):
            await api.post("/x", body=bad)
    assert not script.requests


async def test_a_class_in_a_body_is_told_where_classes_go() -> None:
    async with Script().client() as api:
        body: Any = {"model": "m", "messages": [], "response_format": Script}
        with pytest.raises(TypeError, match=r"response_format is a class, .* parse\(\) and stream"):
            await api.chat.completions.create(**body)


async def test_words_that_look_like_numbers_are_text() -> None:
    script = Script()
    async with script.client() as api:
        await api.post("/x", body={"NaN": "Infinity", "-Infinity": ["NaN, NaN"]})
    assert script.sent == {"NaN": "Infinity", "-Infinity": ["NaN, NaN"]}


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | ENCODABLE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ENCODABLE, inner, max_size=3),
    max_leaves=8,
)


@given(JSON.filter(lambda value: value is not None))
def test_any_json_arrives_as_it_was(body: Any) -> None:
    script = Script()
    sent_by(script, lambda api: api.post("/x", body=body))
    assert script.sent == body


# Endpoints without a method


class Thing(BaseModel):
    id: str


@pytest.mark.parametrize(
    ("cast_to", "body", "value"),
    [
        (Any, b'{"id": "1"}', {"id": "1"}),
        (Any, b"null", None),
        (Any, b"[1]", [1]),
        (dict, b'{"id": "1"}', {"id": "1"}),
        (dict[str, str], b'{"id": "1"}', {"id": "1"}),
        (list[int], b"[1, 2]", [1, 2]),
        (Thing, b'{"id": "1"}', Thing(id="1")),
        (list[Thing], b'[{"id": "1"}]', [Thing(id="1")]),
        (str, b'{"id": "1"}', '{"id": "1"}'),
        (str, b"h\xc3\xa9", "h\u00e9"),
        (bytes, b"\xff\x00", b"\xff\x00"),
        (type(None), b"whatever", None),
    ],
)
async def test_cast_to(cast_to: Any, body: bytes, value: Any) -> None:
    script = Script(answer(content=body))
    async with script.client() as api:
        given_ = [
            await call("/x", cast_to=cast_to)
            for call in (api.get, api.post, api.put, api.patch, api.delete)
        ]
    assert given_ == [value] * 5
    methods = [request.method for request in script.requests]
    assert methods == ["GET", "POST", "PUT", "PATCH", "DELETE"]
    assert all(request.content == b"" for request in script.requests)


async def test_cast_to_a_response_and_a_body() -> None:
    script = Script(answer(content=b"abc", headers={"x-a": "1"}))
    async with script.client() as api:
        response = await api.get("/x", cast_to=httpx.Response)
        assert (response.status_code, response.content, response.headers["x-a"]) == (
            200,
            b"abc",
            "1",
        )
        async with await api.get("/x", cast_to=BinaryBody) as body:
            assert await body.read() == b"abc"
            assert body.response.is_closed


async def test_nothing_is_an_answer_only_where_the_status_says_so() -> None:
    script = Script(answer(status=204), answer(status=200), answer(status=204))
    async with script.client() as api:
        assert await api.delete("/x") is None
        with pytest.raises(APIResponseError, match="200 with an empty body"):
            await api.delete("/x")
        with pytest.raises(APIResponseError, match="204 with an empty body"):
            await api.delete("/x", cast_to=Thing)


async def test_errors_of_endpoints_are_typed() -> None:
    script = Script(answer({"error": {"message": "gone"}}, 404), answer(content=b"<p>no"))
    async with script.client() as api:
        with pytest.raises(NotFoundError, match="gone"):
            await api.get("/x", cast_to=httpx.Response)
        with pytest.raises(APIResponseError, match="not JSON"):
            await api.get("/x")
        with pytest.raises(APIResponseError, match="expected"):
            await Script(answer([1])).client().get("/x", cast_to=dict)
        with pytest.raises(ResponseValidationError):
            await Script(answer({})).client(strict_responses=True).get("/x", cast_to=Thing)


@pytest.mark.parametrize("call", ["post", "put", "patch", "delete"])
async def test_bodies_of_endpoints(call: str) -> None:
    script = Script()
    async with script.client() as api:
        await getattr(api, call)("/x", body={"a": None}, options={"extra_body": {"b": 1}})
    assert script.sent == {"a": None, "b": 1}


@pytest.mark.parametrize("empty", [{}, [], "", 0, False])
async def test_an_empty_body_is_a_body(empty: Any) -> None:
    script = Script()
    async with script.client() as api:
        await api.post("/x", body=empty)
    assert script.sent == empty


async def test_a_form_for_an_endpoint() -> None:
    script = Script(answer(FILE))
    async with script.client() as api:
        await api.post("/x", files={"doc": ("a.txt", b"content")}, body={"n": 1, "l": ["a"]})
    content = script.last.content
    assert b'name="doc"; filename="a.txt"\r\n' in content
    assert b'name="n"\r\n\r\n1\r\n' in content
    assert b'name="l[]"\r\n\r\na\r\n' in content


async def test_a_stream_of_an_endpoint() -> None:
    body = b'data: {"id": "1"}\n\ndata: {"id": "2"}\n\ndata: [DONE]\n\n'
    script = Script(answer(content=body, headers={"content-type": "text/event-stream"}))
    async with script.client() as api:
        stream = await api.stream("/x", cast_to=Thing, body={"stream": True})
        assert isinstance(stream, AsyncStream)
        assert [thing.id async for thing in stream] == ["1", "2"]
    assert (script.sent, script.last.method) == ({"stream": True}, "POST")


async def test_options_of_endpoints() -> None:
    script = Script()
    async with script.client() as api:
        await api.get(
            "/x",
            options={"extra_headers": {"x-a": "1"}, "extra_query": {"q": [1]}, "timeout": 3},
        )
    assert script.last.headers["x-a"] == "1"
    assert script.last.url.query == b"q%5B%5D=1"
    assert script.last.extensions["timeout"]["read"] == 3


# Requests as values


async def test_a_request_is_frozen_and_can_be_sent_by_hand() -> None:
    request = Request("GET", "/models/m", dict)
    with pytest.raises(dataclasses.FrozenInstanceError):
        request.path = "/other"  # type: ignore[misc]
    script = Script(answer(MODEL))
    async with script.client() as api:
        assert await api.request(request) == MODEL
        assert await api.request(request.with_headers({"x-a": "1"})) == MODEL
    assert "x-a" not in script.requests[0].headers
    assert script.last.headers["x-a"] == "1"
    assert str(script.last.url) == f"{BASE_URL}/models/m"


def test_headers_of_a_request_are_checked() -> None:
    with pytest.raises(ConfigurationError, match="headers"):
        Request("GET", "/x", None).with_headers({"x": "a\nb"})


def test_the_client_is_of_the_type_that_made_it() -> None:
    class Own(AsyncClient):
        pass

    assert type(Own(api_key="k").with_options(timeout=1)) is Own


async def test_iterators_are_sent_whole_each_time() -> None:
    """What an iterator gives, it gives once: without keeping it, the second attempt sends `[]`."""
    script = Script(answer({}, 500), answer({}, 500), answer(CHAT))
    messages: Any = ({"role": "user", "content": text} for text in ("one", "two"))
    async with script.client(max_retries=2) as api:
        await api.chat.completions.create(model=MODEL, messages=messages)
    assert len(script.requests) == 3
    for request in script.requests:
        sent = json.loads(request.content)
        assert [message["content"] for message in sent["messages"]] == ["one", "two"]
    script = Script(answer({"object": "list", "data": []}))
    async with script.client() as api:
        await api.responses.input_items.list("resp_1", include=cast("Any", iter(["a", "b"])))
    assert parse_qsl(script.requests[0].url.query.decode()) == [
        ("include[]", "a"),
        ("include[]", "b"),
    ]
