"""Answers over a socket that are not what they say, or not what was asked for."""

from __future__ import annotations

import copy
import json
import logging
import pickle
from typing import Any

import pytest

from openai_async import (
    APIConnectionError,
    APIError,
    APIResponseError,
    APIStatusError,
    NotFoundError,
    OpenAIError,
    ResponseValidationError,
    UnprocessableEntityError,
)
from tests.common import CHAT, HELLO, MODEL
from tests.rawserver import EACH_TRANSPORT, RawServer, answer, json_response, response

from .conftest import ClientOf

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(30), EACH_TRANSPORT]

ID = [("x-request-id", "req-7")]


async def error_of(client: ClientOf, body: bytes, **options: Any) -> APIError:
    """What one call raises, whose answer is this; checked for what holds of all errors."""
    with RawServer(answer(body, then="close")) as server:
        async with client(server, **options) as api:
            with pytest.raises(APIError) as caught:
                await api.chat.completions.create(**HELLO)
    error = caught.value
    assert error.request_id == "req-7"
    assert "req-7" in str(error)
    assert "POST" in str(error)
    assert "/v1/chat/completions" in str(error)
    assert str(pickle.loads(pickle.dumps(error))) == str(copy.deepcopy(error)) == str(error)
    return error


# 200, and no answer.


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "boom", "code": "c7"}},
        {"error": {"message": "boom", "code": "c7"}, "status": 500},
        {"object": "error", "message": "boom", "code": "c7"},
        {**CHAT, "error": {"message": "boom", "code": "c7"}},
    ],
)
async def test_200_with_an_error_object(body: Any, client: ClientOf) -> None:
    error = await error_of(client, json_response(body, headers=ID))
    assert type(error) is APIResponseError
    assert error.code == "c7"
    assert "boom" in str(error)
    assert error.status_code == 200


async def test_200_with_html(client: ClientOf) -> None:
    page = b"<!doctype html><html><body><h1>Sign in</h1></body></html>"
    error = await error_of(client, response(page, content_type="text/html", headers=ID))
    assert type(error) is APIResponseError
    assert "Sign in" in str(error)
    assert error.body == page.decode()


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", None])
async def test_200_with_truncated_json(content_type: str | None, client: ClientOf) -> None:
    half = json.dumps(CHAT).encode()[:60]
    error = await error_of(client, response(half, content_type=content_type, headers=ID))
    assert type(error) is APIResponseError
    assert error.body == half.decode()


async def test_json_cut_at_every_byte(client: ClientOf) -> None:
    """With a length that agrees: no prefix of an answer is taken for one."""
    whole = json.dumps(CHAT).encode()
    with RawServer(answer(*(response(whole[:end]) for end in range(len(whole))))) as server:
        async with client(server) as api:
            for end in range(len(whole)):
                with pytest.raises(APIResponseError) as caught:
                    await api.chat.completions.create(**HELLO)
                assert (caught.value.body or "") == whole[:end].decode()


@pytest.mark.parametrize("body", [b"", b" \n", b"\xef\xbb\xbf"])
async def test_200_with_nothing(body: bytes, client: ClientOf) -> None:
    error = await error_of(client, response(body, headers=ID))
    assert type(error) is APIResponseError


@pytest.mark.parametrize("body", [b"5", b'"text"', b"[1]", b"null", b"[" * 10_000, b"\xff\xfe"])
async def test_200_with_something_else(body: bytes, client: ClientOf) -> None:
    assert type(await error_of(client, response(body, headers=ID))) is APIResponseError


# 4xx and 5xx.


STATUS_BODIES: dict[str, tuple[bytes, str]] = {
    "HTML": (b"<html><h1>Bad\nGateway</h1></html>", "Bad Gateway"),
    "plain text": (b"upstream is down", "upstream is down"),
    "detail": (b'{"detail": "boom"}', "boom"),
    "nested detail": (b'{"detail": [{"loc": ["body", "n"], "msg": "too big"}]}', "body.n: too big"),
    "deeper detail": (b'{"detail": {"error": {"message": "boom"}}}', "boom"),
    "error as a string": (b'{"error": "boom"}', "boom"),
    "integer code": (b'{"error": {"message": "boom", "code": 7}}', "boom"),
    "no message": (b'{"error": {"code": 7}}', '"code": 7'),
    "an array": (b"[]", "[]"),
    "nothing": (b"", "no body"),
    "no text": (b"\xff\xfe\x00", "\ufffd"),
}


@pytest.mark.parametrize("status", ["404 Not Found", "422 No", "500 Oh", "503 Busy", "418 Teapot"])
@pytest.mark.parametrize("name", STATUS_BODIES)
async def test_an_error_status(status: str, name: str, client: ClientOf) -> None:
    body, said = STATUS_BODIES[name]
    error = await error_of(client, response(body, status=status, content_type=None, headers=ID))
    assert isinstance(error, APIStatusError)
    assert error.status_code == int(status[:3])
    assert said in str(error)
    assert error.code == (7 if b'"code"' in body else None)
    if status.startswith("404"):
        assert type(error) is NotFoundError
    if status.startswith("422"):
        assert type(error) is UnprocessableEntityError


async def test_an_error_status_with_a_broken_body_is_still_told(client: ClientOf) -> None:
    """The status is lost if its body is cut; what came is not."""
    half = response(b'{"error": {"mes', status="500 Oh", length=500, headers=ID)
    error = await error_of(client, half)
    assert type(error) is APIConnectionError
    assert error.status_code == 500


# Shorter than it says.


@pytest.mark.parametrize("then", ["close", "reset"])
async def test_a_body_shorter_than_its_length(then: Any, client: ClientOf) -> None:
    whole = json.dumps(CHAT).encode()
    short = response(whole, length=len(whole) + 10)
    with RawServer(answer(short, then=then)) as server:
        async with client(server) as api:
            with pytest.raises(APIConnectionError) as caught:
                await api.chat.completions.create(**HELLO)
    assert caught.value.__cause__ is not None


async def test_a_response_cut_at_every_byte(client: ClientOf) -> None:
    """Head and body: nothing short of the whole is an answer, and all else is an error of ours."""
    whole = json_response(MODEL)
    with RawServer(*(answer(whole[:end], then="close") for end in range(len(whole)))) as server:
        async with client(server, connections=1) as api:
            for end in range(len(whole)):
                with pytest.raises(OpenAIError) as caught:
                    await api.models.retrieve("m")
                assert type(caught.value) is APIConnectionError, end


# Good answers of an odd shape.

ODD: dict[str, dict[str, Any]] = {
    "a missing field": {k: v for k, v in CHAT.items() if k != "created"},
    "a null field": {**CHAT, "created": None},
    "an oddly typed field": {**CHAT, "created": "yesterday"},
    "a number for text": {**CHAT, "id": 5},
    "an unknown finish reason": {
        **CHAT,
        "choices": [{**CHAT["choices"][0], "finish_reason": "because"}],
    },
    "an unknown role": {
        **CHAT,
        "choices": [{**CHAT["choices"][0], "message": {"role": "oracle", "content": "ab"}}],
    },
    "an unknown object": {**CHAT, "object": "something"},
    "an unknown field": {**CHAT, "x": {"y": [1]}},
    "null usage": {**CHAT, "usage": None},
    "half a usage": {**CHAT, "usage": {"total_tokens": 3}},
}


@pytest.mark.parametrize("name", ODD)
async def test_an_odd_answer(name: str, client: ClientOf, caplog: pytest.LogCaptureFixture) -> None:
    """Parsed, nothing lost, and one warning for however many of them."""
    with RawServer(answer(json_response(ODD[name]))) as server, caplog.at_level(logging.WARNING):
        async with client(server) as api:
            for _ in range(3):
                found = await api.chat.completions.create(**HELLO)
                assert found.to_dict() == ODD[name]
                assert found.choices[0].message.content == "ab"
    warned = [record for record in caplog.records if record.name == "openai_async"]
    assert len(warned) <= 1
    if name in ("a missing field", "a null field", "an oddly typed field"):
        assert len(warned) == 1


@pytest.mark.parametrize("name", ["a missing field", "a null field", "an oddly typed field"])
async def test_an_odd_answer_under_strict_responses(name: str, client: ClientOf) -> None:
    error = await error_of(client, json_response(ODD[name], headers=ID), strict_responses=True)
    assert type(error) is ResponseValidationError
    assert "created" in str(error)
