"""Errors: what they say, what they carry, and what they leave behind."""

from __future__ import annotations

import copy
import inspect
import json
import pickle
import time
import traceback
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import openai_async
from openai_async import (
    APIConnectionError,
    APIError,
    APIResponseError,
    APIStatusError,
    APITimeoutError,
    AsyncClient,
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    ConflictError,
    InternalServerError,
    NotFoundError,
    OpenAIError,
    PermissionDeniedError,
    QuotaExceededError,
    RateLimitError,
    ResponseValidationError,
    UnprocessableEntityError,
    errors,
)
from openai_async._error_bodies import NOTHING, SNIPPET, describe

pytestmark = pytest.mark.anyio

KEY = "sk-secret-0123456789"
URL = "http://api.test/v1"


def client_of(
    content: bytes = b"",
    status: int = 200,
    headers: dict[str, str] | None = None,
    failure: Exception | None = None,
    **options: Any,
) -> AsyncClient:
    def handle(_: httpx.Request) -> httpx.Response:
        if failure is not None:
            raise failure
        return httpx.Response(status, headers=headers, content=content)

    given: Any = {"api_key": KEY, "base_url": URL, "max_retries": 0, **options}
    return AsyncClient(transport=httpx.MockTransport(handle), **given)


async def error_of(content: bytes, status: int = 400, **options: Any) -> APIStatusError:
    with pytest.raises(APIStatusError) as caught:
        await client_of(content, status, **options).models.retrieve("m")
    return caught.value


# Classes.


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (304, APIStatusError),
        (400, BadRequestError),
        (401, AuthenticationError),
        (402, APIStatusError),
        (403, PermissionDeniedError),
        (404, NotFoundError),
        (405, APIStatusError),
        (408, APIStatusError),
        (409, ConflictError),
        (413, APIStatusError),
        (418, APIStatusError),
        (422, UnprocessableEntityError),
        (429, RateLimitError),
        (500, InternalServerError),
        (501, InternalServerError),
        (503, InternalServerError),
        (529, InternalServerError),
        (599, InternalServerError),
    ],
)
async def test_the_class_says_the_status(status: int, kind: type[APIStatusError]) -> None:
    headers = {"x-request-id": "req-7"}
    error = await error_of(b'{"error": {"message": "boom"}}', status, headers=headers)
    assert type(error) is kind
    assert error.status_code == error.response.status_code == status
    assert error.request_id == "req-7"
    assert error.message == "boom"
    told = str(error)
    for part in (str(status), "boom", "GET http://api.test/v1/models/m", "req-7"):
        assert part in told


@pytest.mark.parametrize("field", ["code", "type"])
async def test_an_exhausted_quota(field: str) -> None:
    body = json.dumps({"error": {"message": "pay", field: "insufficient_quota"}}).encode()
    assert type(await error_of(body, 429)) is QuotaExceededError
    assert type(await error_of(body, 400)) is BadRequestError


async def test_a_status_without_a_name() -> None:
    assert str(await error_of(b'{"message": "m"}', 529)).startswith("529: m (")


def test_the_tree() -> None:
    assert issubclass(APITimeoutError, APIConnectionError)
    assert issubclass(ResponseValidationError, APIResponseError)
    assert issubclass(QuotaExceededError, RateLimitError)
    assert issubclass(ConfigurationError, ValueError)
    for name in (*errors.__all__, *openai_async.__all__):
        found = getattr(openai_async, name, None)
        if inspect.isclass(found) and issubclass(found, BaseException):
            assert issubclass(found, OpenAIError)
            assert name in (errors.__doc__ or ""), f"{name} is not in the drawing"
            assert found.__doc__


async def test_a_redirect_that_leads_nowhere_is_told() -> None:
    client = AsyncClient(
        api_key="k",
        base_url=URL,
        http_client=httpx.AsyncClient(
            transport=httpx.MockTransport(
                lambda _: httpx.Response(302, headers={"location": "http://elsewhere.test/"})
            )
        ),
    )
    with pytest.raises(APIStatusError, match=r"redirected to http://elsewhere\.test/"):
        await client.models.retrieve("m")


# What is said.

PAGE = b"""<html><head><title>502</title><style>a {b}</style></head>
<body><h1>Bad&nbsp;Gateway</h1><script>alert('<b>')</script ><p>nginx &lt;1.2&gt;</body></html>"""


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"error": {"message": "m"}}, "m"),
        ({"error": {"message": "m", "code": 5, "param": "p", "type": "t"}}, "m"),
        ({"error": "m"}, "m"),
        ({"error": {"message": {"message": "m"}}}, "m"),
        ({"error": {"error": {"message": "m"}}}, "m"),
        ({"error": {"message": ["m", "n"]}}, "m; n"),
        ({"error": ["m", {"message": "n"}]}, "m; n"),
        ({"error": None, "message": "m"}, "m"),
        ({"error": True, "message": "m"}, "m"),
        ({"error": 5, "msg": "m"}, "m"),
        ({"error": {}, "detail": "m"}, "m"),
        ({"message": "m"}, "m"),
        ({"msg": "m"}, "m"),
        ({"title": "m", "status": 400}, "m"),
        ({"detail": "m"}, "m"),
        ({"detail": {"message": "m"}}, "m"),
        ({"detail": {"error": {"message": "m"}}}, "m"),
        ({"detail": [{"loc": ["body", "n", 0], "msg": "m", "type": "x"}]}, "body.n.0: m"),
        (
            {"detail": [{"loc": ["a"], "msg": "m"}, {"loc": ["b"], "msg": "n"}]},
            "a: m; b: n",
        ),
        ({"errors": [{"message": "m"}, {"message": "n"}]}, "m; n"),
        ({"object": "error", "message": "m", "type": "BadRequestError", "code": 400}, "m"),
        ([{"error": {"code": 400, "message": "m", "status": "INVALID_ARGUMENT"}}], "m"),  # Gemini
        ({"success": False, "errors": [{"code": 7, "message": "m"}], "result": None}, "m"),
        ({"success": False, "error": [{"code": 7, "message": "m"}], "result": []}, "m"),
        ({"object": "error", "message": {"detail": [{"loc": ["a"], "msg": "m"}]}}, "a: m"),
        ({"statusCode": 400, "error": "Bad Request", "message": "m"}, "Bad Request: m"),
        ({"error": "m is wrong", "message": "m"}, "m is wrong"),
        ({"error": "m", "message": "m is wrong"}, "m"),
        ({"error": "invalid_token", "error_description": "m"}, "invalid_token: m"),
        ({"error": "m", "error_type": "validation"}, "m"),
        ({"Message": "m"}, "m"),
        ({"fault": {"faultstring": "m", "detail": {"errorcode": "c"}}}, "m"),
        ({"code": 401, "reason": "m", "detail": {}}, "m"),
        ({"detail": {"msg": "m", "type": "service_unavailable"}}, "m"),
        ({"error": {"message": "m", "code": 429, "metadata": {"raw": "n"}}}, "m: n"),  # OpenRouter
        ({"error": {"message": "m", "metadata": {"raw": '{"error": {"message": "n"}}'}}}, "m: n"),
        ({"error": {"message": "m", "metadata": {"raw": {"a": 1}}}}, "m"),
        ({"error": {"message": "m", "metadata": {"raw": ""}}}, "m"),
        (b'event: error\ndata: {"error": {"message": "m"}}\n\ndata: [DONE]\n\n', "m"),
        (b'data:{"message":"m","code":7}\r\n\r\n', "m"),
        (b"data: {broken}\n\n", "{broken}"),
        ({"error": {"message": "m", "metadata": ["n"]}}, "m"),
        (["m", "n"], "m; n"),
        ("m", "m"),
        ({"error": {"message": ""}}, '{"error": {"message": ""}}'),
        ({"error": {"message": 5}}, '{"error": {"message": 5}}'),
        ({"error": {"code": "c7"}}, '{"error": {"code": "c7"}}'),
        ({"status": "fail"}, '{"status": "fail"}'),
        ({}, "{}"),
        ([], "[]"),
        (None, "null"),
        (5, "5"),
        (b"", NOTHING),
        (b" \r\n", NOTHING),
        (b"plain\n  text", "plain text"),
        (b"caf\xe9", "caf\ufffd"),
        (b'{"error": ', '{"error":'),
        (b"x" * 1000, "x" * 299 + "…"),
        (PAGE, "502 Bad Gateway nginx <1.2>"),
        (b"\n<!DOCTYPE html>\n<HTML><STYLE>never closed", NOTHING),
    ],
)
async def test_what_the_server_said(body: Any, message: str) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    error = await error_of(content)
    assert error.message == message
    assert message in str(error)


@pytest.mark.parametrize(
    ("body", "details"),
    [
        ({"error": {"message": "m", "code": "c", "param": "p", "type": "t"}}, ("c", "p", "t")),
        ({"error": {"message": "m", "code": 404}}, (404, None, None)),
        ({"message": "m", "code": "c", "type": "t"}, ("c", None, "t")),
        ({"error": "m", "code": "c"}, ("c", None, None)),
        ([{"error": {"message": "m", "code": 404}}], (404, None, None)),
        ({"errors": [{"message": "m", "code": 7}]}, (7, None, None)),
        ({"error": "m", "error_type": "validation"}, (None, None, "validation")),
        ({"error_code": "c", "message": "m"}, ("c", None, None)),
        ({"detail": [{"loc": ["a"], "msg": "m", "type": "missing"}]}, (None, None, None)),
        ({"error": "m"}, (None, None, None)),
        (["m"], (None, None, None)),
    ],
)
async def test_code_param_and_type(body: Any, details: tuple[Any, ...]) -> None:
    error = await error_of(json.dumps(body).encode())
    assert (error.code, error.param, error.type) == details


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 200_000,
        b'{"error":' * 50_000,
        b'{"error":' * 900 + b'"m"' + b"}" * 900,
        b"[" * 900 + b"]" * 900,
        b"<html>" + b"<" * 200_000,
        b"<html>" + b"<script" * 50_000,
        b"<html>" + b"<script>" * 50_000,
        b"<html>" + b"<style></style" * 50_000,
        b"<html>" + b"&" * 200_000,
        b" " * 1_000_000 + b"<html",
    ],
)
async def test_a_hostile_body_is_told_soon(body: bytes) -> None:
    begun = time.process_time()
    error = await error_of(body, 500)
    assert time.process_time() - begun < 1
    assert len(str(error)) < 1000


@given(st.binary() | st.text().map(str.encode))
def test_whatever_the_body_there_is_something_to_say(body: bytes) -> None:
    message, _ = describe(body)
    assert message
    assert len(message) <= max(SNIPPET, len(body))


# Pickles and copies.

REQUEST = httpx.Request(
    "POST",
    f"{URL}/chat/completions?api-key={KEY}",
    headers={"authorization": f"Bearer {KEY}", "x-mine": KEY},
    content=KEY.encode(),
)
RESPONSE = httpx.Response(
    429,
    headers={"x-request-id": "req-7", "content-encoding": "gzip", "set-cookie": KEY},
    request=REQUEST,
    stream=httpx.ByteStream(b""),
)
RESPONSE._content = b'{"error": {"message": "slow down"}}'
STREAMED = httpx.Response(200, request=REQUEST, stream=httpx.ByteStream(b"unread"))


def instances() -> Iterator[OpenAIError]:
    """One of each class, with everything in it."""
    details: dict[str, Any] = {
        "response": RESPONSE,
        "body": {"message": "m", "code": "c"},
        "retries_taken": 2,
    }
    for name in errors.__all__:
        kind = getattr(errors, name)
        if not inspect.isclass(kind) or not issubclass(kind, OpenAIError):
            continue
        if issubclass(kind, APITimeoutError):
            yield kind("it took too long", phase="idle", **details)
        elif issubclass(kind, APIError):
            yield kind("it failed", **details)
        else:
            yield kind("it failed")
    yield APIConnectionError("no answer", request=REQUEST)
    yield APIConnectionError("nothing at all")
    yield APIResponseError("cut", response=STREAMED, body="text")
    hinted = RateLimitError("slow", **details)
    hinted.hints.append("wait a little")
    yield hinted


EACH = pytest.mark.parametrize("error", list(instances()), ids=lambda error: type(error).__name__)


def same(error: OpenAIError, other: OpenAIError) -> None:
    assert type(other) is type(error)
    assert str(other) == str(error)
    assert other.args == error.args
    if isinstance(error, APIError):
        assert isinstance(other, APIError)
        for name in (
            "message",
            "body",
            "code",
            "param",
            "type",
            "retries_taken",
            "hints",
            "status_code",
            "request_id",
        ):
            assert getattr(other, name) == getattr(error, name)
        if error.request is not None:
            assert other.request is not None
            assert other.request.method == error.request.method
            assert other.request.url.path == error.request.url.path
        if error.response is RESPONSE:
            assert other.response is not None
            assert other.response.json() == error.response.json()
    if isinstance(error, APITimeoutError):
        assert isinstance(other, APITimeoutError)
        assert other.phase == error.phase


@EACH
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_error_pickles(error: OpenAIError, protocol: int) -> None:
    same(error, pickle.loads(pickle.dumps(error, protocol)))


@EACH
def test_every_error_copies(error: OpenAIError) -> None:
    same(error, copy.copy(error))
    same(error, copy.deepcopy(error))
    same(error, copy.deepcopy(copy.copy(error)))


@EACH
def test_no_error_tells_a_secret(error: OpenAIError) -> None:
    again = pickle.loads(pickle.dumps(error))
    for told in (str(error), repr(error), str(again), repr(again), repr(vars(again))):
        assert KEY not in told
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert KEY.encode() not in pickle.dumps(error, protocol)


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({"content": b'{"error": {"message": "m"}}', "status": 500}, InternalServerError),
        ({"content": b"not json"}, APIResponseError),
        ({"content": b'{"id": 5}', "strict_responses": True}, ResponseValidationError),
        ({"failure": httpx.ConnectError("refused")}, APIConnectionError),
        ({"failure": httpx.ReadTimeout("slow")}, APITimeoutError),
    ],
)
async def test_errors_of_real_calls_pickle_and_tell_no_secret(
    options: dict[str, Any], kind: type[APIError]
) -> None:
    client = client_of(**options, default_query={"sig": KEY}, default_headers={"x-mine": KEY})
    with pytest.raises(kind) as caught:
        await client.models.retrieve("m")
    error = caught.value
    assert type(error) is kind
    pickled = pickle.dumps(error)
    same(error, pickle.loads(pickled))
    assert KEY.encode() not in pickled
    told = "".join(traceback.format_exception(error))
    assert KEY not in told + str(error) + repr(error)
    assert "GET http://api.test/v1/models/m" in str(error)


# Connection errors.


@pytest.mark.parametrize(
    ("failure", "phase"),
    [
        (httpx.ConnectTimeout("x"), "connect"),
        (httpx.ReadTimeout("x"), "read"),
        (httpx.WriteTimeout("x"), "write"),
        (httpx.PoolTimeout("x"), "pool"),
        (httpx.TimeoutException("x"), "read"),
    ],
)
async def test_a_timeout_says_its_phase(failure: Exception, phase: str) -> None:
    with pytest.raises(APITimeoutError) as caught:
        await client_of(failure=failure).models.retrieve("m")
    assert caught.value.phase == phase
    assert phase in str(caught.value)
    assert caught.value.__cause__ is failure
    assert caught.value.status_code is None
    assert caught.value.response is None


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ConnectError("x"),
        httpx.ReadError("x"),
        httpx.WriteError("x"),
        httpx.CloseError("x"),
        httpx.RemoteProtocolError("x"),
        httpx.LocalProtocolError("x"),
        httpx.ProxyError("x"),
        httpx.DecodingError("x"),
        httpx.TooManyRedirects("x"),
        ConnectionResetError("x"),
        OSError("x"),
        httpx.ReadError(""),
    ],
)
async def test_whatever_the_network_does_is_a_connection_error(failure: Exception) -> None:
    with pytest.raises(APIConnectionError) as caught:
        await client_of(failure=failure).models.retrieve("m")
    assert type(caught.value) is APIConnectionError
    assert caught.value.__cause__ is failure
    assert (str(failure) or "ReadError") in str(caught.value)
    assert "GET http://api.test/v1/models/m" in str(caught.value)


async def test_a_mistake_in_the_callers_own_code_is_left_alone() -> None:
    with pytest.raises(ZeroDivisionError):
        await client_of(failure=ZeroDivisionError()).models.retrieve("m")


def test_what_is_said_with_and_without_facts() -> None:
    assert str(APIConnectionError("no answer")) == "no answer"
    once = APIError("m", response=RESPONSE, retries_taken=1)
    assert (
        str(once) == "m (POST http://api.test/v1/chat/completions, request id req-7, after 1 retry)"
    )
    once.retries_taken = 2
    once.hints += ["do this", "or that"]
    assert str(once).endswith("after 2 retries); do this; or that")
    by_hand = RateLimitError("m", response=httpx.Response(429))
    assert str(by_hand) == "429 Too Many Requests: m"


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (lambda: APITimeoutError("m", phase="connect"), "timeout's connect"),
        (lambda: APITimeoutError("m", phase="read"), "timeout's read"),
        (lambda: APITimeoutError("m", phase="write"), "timeout's write"),
        (lambda: APITimeoutError("m", phase="pool"), "limits"),
        (lambda: APITimeoutError("m", phase="first_event"), "first_event_timeout"),
        (lambda: APITimeoutError("m", phase="idle"), "idle_timeout"),
        (lambda: APITimeoutError("m", phase="deadline"), "deadline"),
        (lambda: AuthenticationError("m", response=httpx.Response(401)), "OPENAI_API_KEY"),
        (lambda: NotFoundError("m", response=httpx.Response(404)), "base_url"),
        (lambda: QuotaExceededError("m", response=httpx.Response(429)), "credit"),
    ],
)
def test_what_to_do_about_it(error: Any, advice: str) -> None:
    assert advice in str(error())
    assert str(pickle.loads(pickle.dumps(error()))) == str(error())


def test_the_servers_own_words_for_a_status_survive_a_pickle() -> None:
    odd = InternalServerError(
        "m", response=httpx.Response(500, extensions={"reason_phrase": b"On Fire"})
    )
    assert str(odd) == str(pickle.loads(pickle.dumps(odd))) == str(copy.copy(odd))
    assert "500 On Fire: m" in str(odd)
